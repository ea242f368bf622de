/* SPDX-License-Identifier: ISC */
/*
 * Sends answers and reports how far it came. Never blocks. Of an answer that the socket does not take whole it keeps
 * the head (a copy) and the body (a reference). Knows no connection: the caller decides what is next.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_OUTPUT_H
#define ROLLCALL_TRANSPORT_FCGI_OUTPUT_H

#include "transport/fcgi_answer.h"

#include <stdbool.h>

struct fcgi_output;

/* The memory that all unsent answers of a server take together. Zeroed memory is valid, and empty. */
struct fcgi_outputs {
    size_t bytes; /* a body counts for each that holds it */
    size_t most;  /* that it was, since memory was last given back */
};

enum fcgi_sent {
    FCGI_SENT_ALL,
    FCGI_SENT_PART, /* some of it; the socket takes no more now */
    FCGI_SENT_NONE, /* nothing this time; the socket takes no more now */
    FCGI_SENT_GONE, /* the peer has gone */
};

/* Sends what the socket FD takes of ANSWER, and counts it in ANSWER->sent. */
enum fcgi_sent fcgi_output_send(int fd, struct fcgi_answer *answer);

/*
 * Sends one STDOUT record for request ID: part of an answer that fcgi_output_send() is to end. False if nothing was
 * taken. Half a record shuts the connection down, of which its owner will hear. LEN is at most FCGI_BEGINNING_MAX.
 */
enum { FCGI_BEGINNING_MAX = 4096 };
bool fcgi_output_begin(int fd, uint16_t id, const char *content, size_t len);

/*
 * The rest of ANSWER, to be sent in LIMIT_OUTPUT_SECONDS; it counts in SET, which outlives it, until it is freed with
 * fcgi_output_free(), which takes NULL.
 */
struct fcgi_output *fcgi_output_new(struct fcgi_outputs *set, const struct fcgi_answer *answer);
void fcgi_output_free(struct fcgi_output *self);

/* Sends more of it to FD. With FCGI_SENT_PART the time limit starts again. */
enum fcgi_sent fcgi_output_continue(struct fcgi_output *self, int fd);

/* When its time is over, by clock_mono_ms(). */
int64_t fcgi_output_deadline_ms(const struct fcgi_output *self);

#endif
