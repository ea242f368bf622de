/* SPDX-License-Identifier: ISC */
/*
 * An answer as bytes on the wire: STDOUT records with HEAD and then BODY as their content, the empty STDOUT and
 * END_REQUEST. All of them follow from head, body and id, so all there is to remember of an answer that is partly
 * sent is how many bytes are. A part of an answer that goes on has no end. Nothing is copied. Pure.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_ANSWER_H
#define ROLLCALL_TRANSPORT_FCGI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct blob;

enum {
    FCGI_ANSWER_RECORDS = 16, /* the most that are gathered at once */
    FCGI_ANSWER_TAIL_BYTES = 24,
};

struct fcgi_answer {
    const char *head; /* borrowed */
    size_t head_len;
    struct blob *body; /* borrowed; NULL for none */
    size_t sent;       /* bytes on the wire so far */
    uint16_t id;
    bool open; /* more of the answer is to follow: no end */
};

/* What one system call sends. Its parts point into the answer and into itself. */
struct fcgi_gather {
    struct iovec parts[FCGI_ANSWER_RECORDS * 3 + 1];
    unsigned char headers[FCGI_ANSWER_RECORDS][8];
    unsigned char tail[FCGI_ANSWER_TAIL_BYTES];
    int count;   /* of parts */
    size_t skip; /* private: bytes in front that are sent already */
};

/* How many bytes the answer has on the wire. */
size_t fcgi_answer_bytes(const struct fcgi_answer *self);

/*
 * Sets GATHER, which need not be initialised, to what follows the bytes that are sent, as much as goes into one call.
 */
void fcgi_answer_gather(const struct fcgi_answer *self, struct fcgi_gather *gather);

#endif
