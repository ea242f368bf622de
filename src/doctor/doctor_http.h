/* SPDX-License-Identifier: ISC */
/* As much of an HTTP/1.1 client as --doctor needs: one request at a time, over TCP or TLS, each on a connection of its own. */
#ifndef ROLLCALL_DOCTOR_HTTP_H
#define ROLLCALL_DOCTOR_HTTP_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Where to ask. */
struct doctor_site {
    char *host;   /* owned; without [] */
    char *header; /* owned: as it stands in Host */
    char *prefix; /* owned: the path, without a slash at its end */
    int port;
    bool tls;
};

struct doctor_answer {
    int status; /* 0: none came */
    int64_t took_ms;
    bool local;      /* the server is on this machine */
    struct buf head; /* owned: the status line and headers */
    struct buf body; /* owned; chunks put together */
    char error[512]; /* why none came */
};

/* URL taken apart. False with a sentence in ERROR (of SIZE bytes). */
bool doctor_site_init(struct doctor_site *self, const char *url, char *error, size_t size);
void doctor_site_fini(struct doctor_site *self);
const char *doctor_site_scheme(const struct doctor_site *self);

/* Asks METHOD PATH (below the prefix), with TOKEN and JSON body, each may be NULL, waiting for PATIENCE_S seconds. */
void doctor_ask(const struct doctor_site *site, const char *method, const char *path, const char *token,
                const char *json, unsigned patience_s, struct doctor_answer *answer);
void doctor_answer_fini(struct doctor_answer *answer);

/* The value of header NAME into OUT. False if it is not there. */
bool doctor_answer_header(const struct doctor_answer *answer, const char *name, char *out, size_t size);
/* Whether the body has "NAME":"VALUE" in it. */
bool doctor_answer_has(const struct doctor_answer *answer, const char *name, const char *value);
/* The text after "NAME":" in the body, which must need no escapes, into OUT. False where there is none. */
bool doctor_answer_text(const struct doctor_answer *answer, const char *name, char *out, size_t size);

#endif
