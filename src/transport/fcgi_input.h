/* SPDX-License-Identifier: ISC */
/*
 * Reads requests from connections' sockets and reports what has come. Everything is taken out of the socket as it
 * comes: what stays keeps the socket readable, and the loop would spin. A request that is whole at the first look is
 * parsed where it lies; any other is kept until it is. What came behind a request is kept for its turn. Records aside
 * are answered on the way. Knows no connection and no state: the caller decides what is next.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_INPUT_H
#define ROLLCALL_TRANSPORT_FCGI_INPUT_H

#include "transport/fcgi_ahead.h"
#include "transport/fcgi_partial.h"

enum { FCGI_SCRATCH_BYTES = 65536 }; /* the most that is looked at in one go */

/* What the connections of a server share for reading. */
struct fcgi_input;

/* NULL if libfcgi cannot be initialised. */
struct fcgi_input *fcgi_input_new(void);
/* All partial requests must have been freed. Takes NULL. */
void fcgi_input_free(struct fcgi_input *self);

/* What all requests that are partly here hold; borrowed. */
const struct fcgi_partials *fcgi_input_partials(const struct fcgi_input *self);

enum fcgi_came {
    FCGI_CAME_NOTHING,
    FCGI_CAME_ASIDE,      /* whole records that belong to no request; they are answered */
    FCGI_CAME_PART,       /* a request is partly here */
    FCGI_CAME_REQUEST,    /* a whole request: fcgi_input_release() must follow */
    FCGI_CAME_OTHER_ROLE, /* a request for a role that we do not serve, taken out */
    FCGI_CAME_ABORT,      /* a request that was aborted before it was handed up, taken out */
    FCGI_CAME_MALFORMED,
    FCGI_CAME_TOO_LARGE, /* its PARAMS are */
    FCGI_CAME_END,       /* the peer has gone, does not take our answers, or its request cannot be read */
};

/* What is known of what came. */
struct fcgi_arrival {
    uint16_t request_id;    /* REQUEST, OTHER_ROLE, ABORT */
    bool keep_conn;         /* the same: the connection stays for another request */
    bool crowded_out;       /* to make room, the bodies of some requests were dropped */
    struct request request; /* REQUEST: until fcgi_input_release() */
};

/* What a connection holds of what has come. All of it is the connection's owner's to free. */
struct fcgi_incoming {
    int fd;
    struct fcgi_partial **partial; /* what is here of its request; NULL at first */
    struct fcgi_ahead **ahead;     /* what is here of what follows; NULL for nothing */
};

/*
 * Looks at what has come, to what was read ahead first. The partial request is made if PART or ASIDE is returned, left
 * alone with NOTHING, freed and NULL with all others. What follows a request is read ahead; if there is no room for it,
 * it is dropped, and keep_conn is false.
 */
enum fcgi_came fcgi_input_read(struct fcgi_input *self, const struct fcgi_incoming *incoming,
                               struct fcgi_arrival *arrival);

/* Frees what the request that came held. */
void fcgi_input_release(struct fcgi_input *self);

/* A request of which nothing has come: its time limit begins. Freed with fcgi_partial_free(). */
struct fcgi_partial *fcgi_input_expect(struct fcgi_input *self);

/* What a client says while it waits for its answer. */
enum fcgi_heard {
    FCGI_HEARD_NOTHING,
    FCGI_HEARD_ABORT, /* it aborts; the record is taken out */
    FCGI_HEARD_PART,  /* what may become an abort when more has come */
    FCGI_HEARD_OTHER, /* its next request, say, which has to wait its turn */
    FCGI_HEARD_END,   /* it has gone */
};

/*
 * Looks at what has come while the answer to request ID is owed: what was read *AHEAD, then what is in the socket FD.
 * Takes nothing out but an abort.
 */
enum fcgi_heard fcgi_input_listen(struct fcgi_input *self, int fd, struct fcgi_ahead **ahead, uint16_t id);

#endif
