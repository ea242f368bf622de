/* SPDX-License-Identifier: ISC */
/* An answer of a web server, taken apart, and what --doctor reads from it. Nothing in it is trusted. */
#ifndef ROLLCALL_DOCTOR_ANSWER_H
#define ROLLCALL_DOCTOR_ANSWER_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct doctor_answer {
    int status; /* 0: there is no answer */
    int64_t took_ms;
    bool local;      /* the server is on this machine */
    struct buf head; /* owned: the status line and headers, NUL-ended */
    struct buf body; /* owned; chunks put together */
    char error[512]; /* why there is no answer */
};

/* Makes SELF empty. Freed with doctor_answer_fini(). */
void doctor_answer_init(struct doctor_answer *self);

/* Frees what SELF holds. */
void doctor_answer_fini(struct doctor_answer *self);

/* Takes all the BYTES that came over a connection as the answer. If they are not HTTP, says so in SELF->error. */
void doctor_answer_parse(struct doctor_answer *self, const struct buf *bytes);

/* Copies the value of header NAME into OUT (of SIZE bytes). False if it is missing or does not fit. */
bool doctor_answer_header(const struct doctor_answer *self, const char *name, char *out, size_t size);

/*
 * Copies the text after "NAME":" in the body, which must need no escapes, into OUT. False if it is missing or does not
 * fit.
 */
bool doctor_answer_text(const struct doctor_answer *self, const char *name, char *out, size_t size);

/* Whether the body has "NAME":"VALUE" in it. */
bool doctor_answer_has(const struct doctor_answer *self, const char *name, const char *value);

/* The number after "NAME": in the body; 0 if there is none. */
int64_t doctor_answer_int(const struct doctor_answer *self, const char *name);

#endif
