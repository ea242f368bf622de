/* SPDX-License-Identifier: ISC */
/*
 * The little HTTP/1.1 client that --doctor needs: one request at a time, over TCP or TLS, each on a connection of its
 * own.
 */
#ifndef ROLLCALL_DOCTOR_HTTP_H
#define ROLLCALL_DOCTOR_HTTP_H

#include "doctor/doctor_answer.h"
#include "doctor/doctor_site.h"
#include "doctor/doctor_stream.h"

/* A request; all texts are borrowed for the call. */
struct doctor_request {
    const char *method;
    const char *path;   /* below the site's prefix */
    const char *accept; /* NULL: anything */
    const char *token;  /* NULL: without Authorization */
    const char *json;   /* the body; NULL: without one */
    unsigned patience_s;
};

/*
 * Sends REQUEST to SITE and waits for the whole ANSWER, or for PATIENCE_S. The caller ends ANSWER with
 * doctor_answer_fini().
 */
void doctor_http_request(const struct doctor_site *site, const struct doctor_request *request,
                         struct doctor_answer *answer);

/* An answer that is looked at while it comes in. */
struct doctor_incoming {
    struct doctor_stream stream;
    struct buf bytes;            /* owned: what has come */
    struct doctor_answer answer; /* of these, as far as they go */
};

/*
 * Sends REQUEST to SITE. Returns false, with a sentence in its answer, if that is not possible. Closed with
 * doctor_incoming_close() in either case.
 */
bool doctor_incoming_open(struct doctor_incoming *self, const struct doctor_site *site,
                          const struct doctor_request *request);

/* Receives until the body of the answer has TEXT in it, for at most WITHIN_MS. Returns whether it has. */
bool doctor_incoming_has(struct doctor_incoming *self, const char *text, int within_ms);

/* Ends the connection, and frees what SELF holds. */
void doctor_incoming_close(struct doctor_incoming *self);

#endif
