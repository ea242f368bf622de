/* SPDX-License-Identifier: ISC */
/*
 * Requests that are partly here. Each keeps its own records in memory, packed now and then, so that it takes no more
 * than about twice its content. A body that is not wanted (too large, or crowded out) is dropped as it comes. A set
 * counts what all of a server's hold, and makes room when that is too much. Knows no socket and no clock.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_PARTIAL_H
#define ROLLCALL_TRANSPORT_FCGI_PARTIAL_H

#include "base/buf.h"
#include "transport/frame.h"
#include "transport/transport.h"

#include <sys/queue.h>

/* All of a server's. */
struct fcgi_partials {
    TAILQ_HEAD(, fcgi_partial) all; /* the oldest first */
    size_t stored_bytes;
    size_t stored_most; /* since memory was last given back */
};

struct fcgi_partial {
    TAILQ_ENTRY(fcgi_partial) entry; /* in set->all */
    struct fcgi_partials *set;       /* borrowed: outlives it */
    struct frame frame;
    struct buf stored; /* its own records; at the end perhaps one that may have to be taken out again */
    size_t packed;     /* how many bytes packing took out of the head: BEGIN_REQUEST and PARAMS */
    size_t counted;    /* of stored, in set->stored_bytes */
    bool crowded_out;  /* its body is drained, not stored */
    int64_t deadline_ms;
};

/* A set of none. */
void fcgi_partials_init(struct fcgi_partials *self);

/*
 * Once more than LIMIT_INPUTS_BYTES is stored: drops the bodies that have more than an even share, from the oldest
 * on, of which an honest sender's would have been through long ago. Their requests go on and get the fault
 * REQUEST_CROWDED_OUT. True if it did.
 */
bool fcgi_partials_make_room(struct fcgi_partials *self);

/* A request of which nothing has come, the youngest of SET. Freed with fcgi_partial_free(), which takes NULL. */
struct fcgi_partial *fcgi_partial_new(struct fcgi_partials *set, int64_t deadline_ms);
void fcgi_partial_free(struct fcgi_partial *self);

/* True until the first byte of a request: what came so far, if anything, was whole records aside. */
bool fcgi_partial_is_empty(const struct fcgi_partial *self);

/*
 * Stores what is the request's of LEN further BYTES and returns how many it took; self->frame.state tells why it
 * stopped. After FRAME_ASIDE, call fcgi_partial_take_aside(). In any case, call fcgi_partial_settle() then.
 */
size_t fcgi_partial_feed(struct fcgi_partial *self, const unsigned char *bytes, size_t len);

/*
 * Takes the record that has just ended, which belongs to no request here, out again. Its bytes are valid until the
 * next call.
 */
const unsigned char *fcgi_partial_take_aside(struct fcgi_partial *self);

/* Packs what is stored, or drops the body if it is not wanted, and counts the rest. */
void fcgi_partial_settle(struct fcgi_partial *self);

/* What is wrong with the request as far as it has come. */
enum request_fault fcgi_partial_fault(const struct fcgi_partial *self);

/* Once it is whole: makes of what is stored a request that libfcgi can read; it has no body if there is a fault. */
void fcgi_partial_finish(struct fcgi_partial *self);

#endif
