/* SPDX-License-Identifier: ISC */
/* The credential of an Authorization header with the scheme Bearer (RFC 6750, 2.1). Pure; does not check it. */
#ifndef ROLLCALL_AUTH_BEARER_H
#define ROLLCALL_AUTH_BEARER_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed from the header; ends after LEN bytes, not with a NUL. */
struct bearer {
    const char *text;
    size_t len;
};

/*
 * Finds the text after "Bearer" in AUTHORIZATION (may be NULL), without the blanks around it; it may be empty. The word
 * may be in any case. False if the header names another scheme.
 */
bool bearer_read(struct bearer *self, const char *authorization);

#endif
