/* SPDX-License-Identifier: ISC */
/*
 * Finds out if a request is whole: walks the FastCGI records that have arrived so far (FastCGI Specification 1.0,
 * sections 3.3 and 5), and keeps nothing but counts. Pure: no socket, no libfcgi, no memory. The bytes may come in any
 * portions, with the same result. What it finds whole is fit for libfcgi: one responder's BEGIN_REQUEST, PARAMS whose
 * name-value pairs add up, STDIN, and nothing in between.
 */
#ifndef ROLLCALL_TRANSPORT_FRAME_H
#define ROLLCALL_TRANSPORT_FRAME_H

#include "transport/fcgi_params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_state {
    FRAME_PARTIAL,   /* more is to come */
    FRAME_ASIDE,     /* a record has ended that is not this request's: take it out, answer it, go on */
    FRAME_WHOLE,     /* the request is here, up to the empty STDIN record (of other roles: up to the empty PARAMS) */
    FRAME_ABORTED,   /* FCGI_ABORT_REQUEST came before that */
    FRAME_MALFORMED, /* not FastCGI 1, records out of order, or pairs that do not add up: close the connection */
    FRAME_TOO_LARGE, /* PARAMS over LIMIT_PARAMS_BYTES: close the connection */
};

struct frame {
    enum frame_state state;
    uint16_t request_id;
    uint16_t role;
    bool keep_conn;      /* FCGI_KEEP_CONN: the connection stays for another request */
    bool begun;          /* BEGIN_REQUEST is here, and so the three above */
    bool padded_seam;    /* padding where libfcgi forgets it: behind BEGIN_REQUEST or a record that ends a stream */
    size_t own_bytes;    /* bytes of the request's own records, each once it has ended */
    size_t head_bytes;   /* those of BEGIN_REQUEST and PARAMS; 0 until they are here */
    size_t params_bytes; /* content bytes of PARAMS so far */
    size_t body_bytes;   /* content bytes of STDIN so far; over LIMIT_BODY_BYTES the caller drops what it holds */
    /* The record under way, or that has just ended. */
    bool aside;          /* not the request's */
    uint16_t record_id;  /* 0: a management record */
    size_t record_bytes; /* of it so far, header and padding included */
    unsigned char header[8];
    unsigned char header_len;
    unsigned char begin[3]; /* what counts of BEGIN_REQUEST: role and flags */
    unsigned char phase;    /* which records are to come; private */
    uint32_t content_len, content_left, padding_left;
    struct fcgi_params params;
};

/* Ready for a request's first byte. */
void frame_init(struct frame *self);

/*
 * Walks LEN further BYTES and returns how many it took: all of them, or fewer if it stopped after a record because
 * self->state is no longer FRAME_PARTIAL. After FRAME_ASIDE it is to be fed the rest; after the others, frame_init()
 * begins the next request.
 */
size_t frame_feed(struct frame *self, const unsigned char *bytes, size_t len);

/* The type of the record under way, or that has just ended. */
unsigned frame_record_type(const struct frame *self);

#endif
