/* SPDX-License-Identifier: ISC */
/* See address.h. */
#include "base/address.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* TEXT as a port; -1 if it is not. */
static int parse_port(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > 6 || strspn(text, "0123456789") < len)
        return -1;
    int number = atoi(text);
    return number <= 65535 ? number : -1;
}

/* Where the host in TEXT ends: after its ']', or at its only ':'. NULL if brackets or colons are wrong. */
static const char *host_end(const char *text)
{
    if (*text == '[') {
        const char *close = strchr(text, ']');
        return close && (close[1] == '\0' || close[1] == ':') ? close + 1 : NULL;
    }
    const char *colon = strchr(text, ':');
    if (!colon)
        return text + strlen(text);
    return strchr(colon + 1, ':') ? NULL : colon;
}

bool address_split(const char *text, int fallback_port, char **host, int *port, const char **why)
{
    const char *end = host_end(text);
    if (!end) {
        *why = "put an IPv6 address in brackets, as in \"[::1]:9000\"";
        return false;
    }
    *port = fallback_port;
    if (*end == ':')
        *port = parse_port(end + 1);
    if (*port <= 0) {
        *why = "the port must be a number from 1 to 65535, as in \"127.0.0.1:9000\"";
        return false;
    }
    bool bracketed = *text == '[';
    const char *start = bracketed ? text + 1 : text;
    size_t len = (size_t)(end - start) - (bracketed ? 1 : 0);
    if (len == 0) {
        *why = "the host is missing before the port, as in \"127.0.0.1:9000\"";
        return false;
    }
    *host = mem_copy(start, len);
    return true;
}

bool address_is_ip(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

/* ---- origins ---- */

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* What is wrong with TEXT at first sight; NULL if nothing is. */
static const char *origin_fault(const char *text)
{
    if (strchr(text, '*'))
        return "there is no wildcard: list each origin whose pages may send requests";
    if (strcasecmp(text, "null") == 0)
        return "pages of any site can send \"null\", so it cannot be allowed";
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            return "write the host as browsers send it, in Punycode: \"https://xn--bcher-kva.example\"";
        if (iscntrl((unsigned char)*c) || strchr(" ,;\"'<>", *c))
            return "an origin has no spaces, commas or quotes; put each one in its own quotes";
    }
    if (!strstr(text, "://"))
        return "an origin begins with its scheme, as in \"https://app.example.org\"";
    if (strpbrk(strstr(text, "://") + 3, "/?#\\"))
        return "an origin has no path, as in \"https://app.example.org\"";
    return NULL;
}

static bool scheme_ok(const char *scheme)
{
    return islower((unsigned char)*scheme) && scheme[strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] == '\0';
}

/* Whether HOST is valid; rewrites it in place as browsers write it. */
static bool host_ok(char *host, bool bracketed)
{
    struct in6_addr address;
    if (!bracketed)
        return host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._")] == '\0';
    /* The canonical form is never longer: it leaves out all it can. */
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, host, &address) != 1 || !inet_ntop(AF_INET6, &address, text, sizeof text) ||
        strlen(text) > strlen(host))
        return false;
    strcpy(host, text);
    return true;
}

const char *address_join(const char *host, int port, char *out, size_t size)
{
    snprintf(out, size, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
    return out;
}

/* 0 if SCHEME has none. */
static int default_port(const char *scheme)
{
    if (strcmp(scheme, "https") == 0)
        return 443;
    return strcmp(scheme, "http") == 0 ? 80 : 0;
}

enum { NO_PORT = 65536 };

static char *origin_text(const char *scheme, const char *host, bool bracketed, int port)
{
    size_t size = strlen(scheme) + strlen(host) + sizeof "://[]:65535";
    char *text = mem_new(size);
    int len = snprintf(text, size, bracketed ? "%s://[%s]" : "%s://%s", scheme, host);
    if (port != NO_PORT)
        snprintf(text + len, size - (size_t)len, ":%d", port);
    return text;
}

/* The origin of SCHEME and ADDRESS (HOST[:PORT]), both in lower case; NULL with WHY. */
static char *join_origin(const char *scheme, const char *address, const char **why)
{
    bool bracketed = *address == '[';
    char *host = NULL;
    char *origin = NULL;
    int port;
    if (!scheme_ok(scheme))
        *why = "the scheme of an origin has only letters and digits, as in \"https://app.example.org\"";
    else if (address_split(address, NO_PORT, &host, &port, why)) {
        if (host_ok(host, bracketed))
            origin = origin_text(scheme, host, bracketed, port == default_port(scheme) ? NO_PORT : port);
        else
            *why = "the host of an origin must be a name or an address, as in \"https://app.example.org\"";
    }
    free(host);
    return origin;
}

char *address_origin(const char *text, const char **why)
{
    char *copy = mem_text(text);
    size_t len = strlen(copy);
    lower(copy);
    const char *separator = strstr(copy, "://");
    if (separator && copy[len - 1] == '/' && separator + 3 < copy + len - 1)
        copy[len - 1] = '\0'; /* what a browser's address bar adds */
    char *origin = NULL;
    *why = origin_fault(copy);
    if (!*why && separator) {
        copy[separator - copy] = '\0';
        origin = join_origin(copy, separator + 3, why);
    }
    free(copy);
    return origin;
}
