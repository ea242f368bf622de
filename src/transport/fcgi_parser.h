/* SPDX-License-Identifier: ISC */
/*
 * libfcgi, used for what it is good at: turning a whole, checked request into variables and a body. One parser per
 * server; it holds one request at a time. Nothing else includes libfcgi's functions.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_PARSER_H
#define ROLLCALL_TRANSPORT_FCGI_PARSER_H

#include <stdbool.h>
#include <stddef.h>

struct fcgi_parser;
struct request;

/* Leaves signals as they are. NULL if libfcgi cannot be initialised. Freed with fcgi_parser_free(). */
struct fcgi_parser *fcgi_parser_new(void);
void fcgi_parser_free(struct fcgi_parser *self);

/*
 * Reads the request of LEN BYTES, which it needs no longer when this returns. REQUEST comes in with body_len as it was
 * counted and with the fault that is known; without one, CONTENT_LENGTH decides about the fault. True: REQUEST is
 * filled and valid until fcgi_parser_release(), which must follow. False: the request cannot be read.
 */
bool fcgi_parser_read(struct fcgi_parser *self, const void *bytes, size_t len, struct request *request);

/* Frees what the request held. */
void fcgi_parser_release(struct fcgi_parser *self);

#endif
