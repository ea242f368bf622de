/* SPDX-License-Identifier: ISC */
/* Reads a request's CONTENT_LENGTH, for both gateways. Private to transport/. */
#ifndef ROLLCALL_TRANSPORT_REQUEST_H
#define ROLLCALL_TRANSPORT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum request_length {
    REQUEST_LENGTH_NONE, /* absent, empty or -1: the body has no known length */
    REQUEST_LENGTH_NUMBER,
    REQUEST_LENGTH_NO_NUMBER, /* or one of more than 18 digits */
};

/* What TEXT (the variable's value, or NULL) says; a number goes into LENGTH. */
enum request_length request_length_parse(const char *text, size_t *length);

#endif
