/* SPDX-License-Identifier: ISC */
/* See hook_address.h. */
#include "hooks/hook_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first BITS of an address. */
struct range {
    unsigned bits;
    unsigned char start[16];
};

static const struct range four[] = {
    {16, {169, 254}},           /* link-local (RFC 3927); most clouds */
    {32, {100, 100, 100, 200}}, /* Alibaba Cloud */
    {32, {168, 63, 129, 16}},   /* Azure */
    {32, {192, 0, 0, 192}},     /* Oracle Cloud */
    {0, {0}},
};

static const struct range six[] = {
    {10, {0xfe, 0x80}},                                                     /* link-local (RFC 4291, 2.5.6) */
    {32, {0xfd, 0x00, 0x0e, 0xc2}},                                         /* AWS */
    {128, {0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54}}, /* Google Cloud */
    {0, {0}},
};

/* Forms of IPv6 that lead to an IPv4 address, which begins after BITS. */
static const struct range carriers[] = {
    {96, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, /* mapped (RFC 4291, 2.5.5.2) */
    {96, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},       /* compatible (2.5.5.1) */
    {96, {0, 0x64, 0xff, 0x9b}},                      /* NAT64 (RFC 6052) */
    {96, {0, 0x64, 0xff, 0x9b, 0, 1}},                /* NAT64 of a network (RFC 8215), with the usual prefix */
    {16, {0x20, 0x02}},                               /* 6to4 (RFC 3056) */
    {0, {0}},
};

static bool is_in(const struct range *range, const unsigned char *address)
{
    unsigned whole = range->bits / 8;
    unsigned mask = 0xffU << (8 - range->bits % 8) & 0xff;
    return memcmp(range->start, address, whole) == 0 &&
           (range->bits % 8 == 0 || (address[whole] & mask) == (range->start[whole] & mask));
}

/* The first of RANGES that ADDRESS is in, or NULL. */
static const struct range *find(const struct range *ranges, const unsigned char *address)
{
    for (; ranges->bits > 0; ranges++)
        if (is_in(ranges, address))
            return ranges;
    return NULL;
}

bool hook_address_ok(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return !find(four, (const unsigned char *)&in.sin_addr);
    }
    if (address->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    const struct range *carrier = find(carriers, in6.sin6_addr.s6_addr);
    return !find(six, in6.sin6_addr.s6_addr) && !(carrier && find(four, in6.sin6_addr.s6_addr + carrier->bits / 8));
}
