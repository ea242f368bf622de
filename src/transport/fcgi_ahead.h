/* SPDX-License-Identifier: ISC */
/*
 * What was read from a connection before its turn: the bytes behind a request, which came with it. Web servers send
 * nothing there until they have their answer; others may send the next request, or that they abort this one. Knows no
 * socket.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_AHEAD_H
#define ROLLCALL_TRANSPORT_FCGI_AHEAD_H

#include <stdbool.h>
#include <stddef.h>

/* The memory of all of a server's. Zeroed memory is valid, and empty. */
struct fcgi_aheads {
    size_t bytes;
};

struct fcgi_ahead {
    struct fcgi_aheads *set; /* borrowed: outlives it */
    size_t len;              /* not 0 */
    size_t capacity;         /* counted in set->bytes */
    unsigned char bytes[];
};

/*
 * LEN BYTES, which are copied; freed with fcgi_ahead_free() or fcgi_ahead_take(). NULL if LEN is 0, or if SET would
 * hold more than LIMIT_AHEADS_BYTES.
 */
struct fcgi_ahead *fcgi_ahead_new(struct fcgi_aheads *set, const unsigned char *bytes, size_t len);
/* Frees it early. Takes NULL. */
void fcgi_ahead_free(struct fcgi_ahead *self);

/*
 * Takes up to LEN bytes from the front of *SELF, which may be NULL, to BYTES, and returns how many. *SELF is NULL once
 * nothing is left.
 */
size_t fcgi_ahead_take(struct fcgi_ahead **self, unsigned char *bytes, size_t len);

/* The same, without taking them out. */
size_t fcgi_ahead_peek(const struct fcgi_ahead *self, unsigned char *bytes, size_t len);

#endif
