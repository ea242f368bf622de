/* SPDX-License-Identifier: ISC */
/*
 * Records about requests and connections (FastCGI Specification 1.0, sections 4, 5.4 and 5.5): recognised and
 * answered. Answers are a few bytes. A peer whose socket does not take them at once does not read, and its caller is
 * to close the connection.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_CONTROL_H
#define ROLLCALL_TRANSPORT_FCGI_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;

/*
 * Answers RECORD, whose header FRAME holds and which does not belong to its request. False if the answer cannot be
 * sent.
 */
bool fcgi_control_answer(int fd, const struct frame *frame, const unsigned char *record);

/* Ends request ID without an answer, with PROTOCOL_STATUS of <fastcgi.h>. False if that cannot be sent. */
bool fcgi_control_end(int fd, uint16_t id, unsigned char protocol_status);

/* True if LEN BYTES are FCGI_ABORT_REQUEST for ID, or may become it when more has come. Pure. */
bool fcgi_control_may_abort(const unsigned char *bytes, size_t len, uint16_t id);

/* The length of the record if LEN BYTES begin with the whole header of FCGI_ABORT_REQUEST for ID; otherwise 0. Pure. */
size_t fcgi_control_abort_bytes(const unsigned char *bytes, size_t len, uint16_t id);

#endif
