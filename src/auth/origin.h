/* SPDX-License-Identifier: ISC */
/* Which web page sent a request, and whether it may: the same origin, an allowed one, or a foreign one. Pure. */
#ifndef ROLLCALL_AUTH_ORIGIN_H
#define ROLLCALL_AUTH_ORIGIN_H

#include "base/conf.h"

#include <stdbool.h>
#include <stddef.h>

enum origin_result {
    ORIGIN_SAME,    /* no page, or one of the request's own origin: needs no CORS headers */
    ORIGIN_ALLOWED, /* one of cors_origins: gets exact CORS headers */
    ORIGIN_FOREIGN, /* another one, named or not, a sibling too: may change nothing, gets no CORS headers */
};

/* What a request says of the page that sent it and of where it went; each text may be NULL. Borrowed for the call. */
struct origin_input {
    const char *origin;         /* HTTP_ORIGIN */
    const char *sec_fetch_site; /* HTTP_SEC_FETCH_SITE */
    const char *host;           /* HTTP_HOST */
    bool https;
};

/*
 * Judges the page of INPUT by CONF (Fetch Standard, 3.2; RFC 6454, 7). If it is allowed, INDEX gets which of
 * cors_origins it is.
 */
enum origin_result origin_check(const struct conf *conf, const struct origin_input *input, size_t *index);

#endif
