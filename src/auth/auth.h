/* SPDX-License-Identifier: ISC */
/*
 * Who is asking: turns what the gateway says of a request into a caller, by the first of the configured ways that the
 * request uses. A request that uses one wrongly is refused; it is not tried with the next. token.c, jwt.c,
 * remote_user.c are the ways; origin.c says which pages may ask.
 */
#ifndef ROLLCALL_AUTH_AUTH_H
#define ROLLCALL_AUTH_AUTH_H

#include "base/conf.h"
#include "base/ids.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct auth;
struct directory;

enum auth_result {
    AUTH_OK,
    AUTH_NONE,        /* no credential at all */
    AUTH_INVALID,     /* a credential that is unknown, revoked, badly signed, or malformed */
    AUTH_EXPIRED,     /* one that was good once */
    AUTH_UNVERIFIED,  /* one that would have to be verified first, where only known ones were asked for */
    AUTH_UNAVAILABLE, /* the directory cannot be read: 503 */
};

/* What a credential says of its user beside who it is: where they belong, and how they are called. */
struct claims {
    int64_t issued_ms;               /* wall clock; 0 where it does not say */
    char name[LIMIT_NAME_BYTES + 1]; /* "" where it says none */
    size_t count;
    char workspaces[LIMIT_CLAIMED_WORKSPACES][IDS_WORKSPACE_MAX + 1]; /* last: a copy ends behind the COUNT there are */
};

struct caller {
    char user[IDS_USER_MAX + 1]; /* "" for an administrator */
    bool admin;
    int64_t credential; /* token id; 0 where it cannot be revoked */
    int64_t expires_ms; /* wall clock; 0: never */
    /* Borrowed, until the next auth_identify(): NULL where nobody is to be admitted by it. */
    const struct claims *claims;
};

/*
 * What of a request identity may come from; each NULL where the gateway sets no such variable. Borrowed for the call.
 */
struct auth_input {
    const char *authorization; /* HTTP_AUTHORIZATION */
    const char *remote_user;   /* REMOTE_USER; never an HTTP_* one */
    const char *auth_type;     /* AUTH_TYPE */
    bool known_only;           /* no signature is verified: AUTH_UNVERIFIED where one would have to be */
};

/*
 * The ways of CONF (borrowed, as is DIRECTORY) made ready: keys read and checked. NULL with a sentence in ERROR where
 * one cannot work (no key file, an empty or short key, ...). Freed with auth_free().
 */
struct auth *auth_new(const struct conf *conf, struct directory *directory, char *error, size_t size);
void auth_free(struct auth *self);

/*
 * Who is asking at NOW_MS (wall clock). CALLER is filled when AUTH_OK. WHY (may be NULL) gets a static sentence for
 * the log and the client, without any part of the credential.
 */
enum auth_result auth_identify(struct auth *self, const struct auth_input *input, int64_t now_ms, struct caller *caller,
                               const char **why);

/* A new token into TEXT ("rc_" and 43 characters, NUL-ended) and its SHA-256 into HASH (32 bytes). */
enum { AUTH_TOKEN_TEXT = 3 + 43 + 1 };
void auth_new_token(char *text, unsigned char *hash);

/* ---- origin.c ---- */

enum origin_result {
    ORIGIN_SAME,    /* none, or the request's own: no CORS headers wanted */
    ORIGIN_ALLOWED, /* one of cors_origins: exact CORS headers */
    ORIGIN_FOREIGN, /* another one, a sibling's too, whether it is named or not: must change nothing, gets no CORS headers */
};

/*
 * What ORIGIN (HTTP_ORIGIN) and SEC_FETCH_SITE (HTTP_SEC_FETCH_SITE), each may be NULL, mean on a request to HOST
 * (HTTP_HOST) by HTTPS or not. INDEX gets which of cors_origins it is, where allowed. Fetch Standard, 3.2; RFC 6454, 7.
 */
enum origin_result origin_check(const struct conf *conf, const char *origin, const char *sec_fetch_site,
                                const char *host, bool https, size_t *index);

#endif
