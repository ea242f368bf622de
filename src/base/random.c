/* SPDX-License-Identifier: ISC */
/*
 * See random.h. getrandom(2) needs no file descriptor and does not repeat itself after a fork. Numbers are drawn by
 * rejection, so that all are equally likely.
 */
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            perror("rollcalld: getrandom");
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

void random_name(char *out, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { LETTERS = sizeof letters - 1, FAIR = 256 - 256 % LETTERS };
    unsigned char pool[64];
    size_t left = 0;
    for (size_t i = 0; i < len;) {
        if (left == 0) {
            random_bytes(pool, sizeof pool);
            left = sizeof pool;
        }
        unsigned char byte = pool[--left];
        if (byte < FAIR)
            out[i++] = letters[byte % LETTERS];
    }
    out[len] = '\0';
}

uint32_t random_below(uint32_t bound)
{
    /* The highest multiple of BOUND that fits. Anything above it would make small numbers likelier. */
    uint32_t fair = UINT32_MAX - UINT32_MAX % bound;
    uint32_t number;
    do
        random_bytes(&number, sizeof number);
    while (number >= fair);
    return number % bound;
}
