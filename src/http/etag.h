/* SPDX-License-Identifier: ISC */
/* Entity tags: whether a client has an answer already. Pure functions. */
#ifndef ROLLCALL_HTTP_ETAG_H
#define ROLLCALL_HTTP_ETAG_H

#include <stdbool.h>

/* Whether IF_NONE_MATCH (RFC 9110, 13.1.2; may be NULL) has TAG, quotes included. Weak tags match too. */
bool etag_matches(const char *if_none_match, const char *tag);

#endif
