/* SPDX-License-Identifier: ISC */
/*
 * Who sent a request: turns what the gateway says of it into a caller, by the first configured method that the request
 * uses. A request that uses a method wrongly is refused, not tried with the next. The methods are token.h, jwt.h and
 * remote_user.h. origin.h says which web pages may send requests.
 */
#ifndef ROLLCALL_AUTH_AUTH_H
#define ROLLCALL_AUTH_AUTH_H

#include "auth/caller.h"
#include "base/conf.h"

struct auth;
struct directory;

/* What the identity of a request may come from; each NULL if the gateway does not set that variable. Borrowed. */
struct auth_input {
    const char *authorization; /* HTTP_AUTHORIZATION */
    const char *remote_user;   /* REMOTE_USER; never an HTTP_* one */
    const char *auth_type;     /* AUTH_TYPE */
    bool known_only;           /* verify no signature: AUTH_UNVERIFIED if one would have to be */
};

/*
 * Prepares the methods that CONF enables: reads and checks their keys. CONF and DIRECTORY are borrowed and must outlive
 * the result. NULL with a sentence in ERROR (of SIZE bytes) if a method cannot work: no key file, a short key, ... Free
 * with auth_free().
 */
struct auth *auth_new(const struct conf *conf, struct directory *directory, char *error, size_t size);

/* Frees SELF, which may be NULL. */
void auth_free(struct auth *self);

/*
 * Tells who sent the request of INPUT, at NOW_MS (wall clock). CALLER is complete if the result is AUTH_OK. WHY (may be
 * NULL) gets a static sentence for the log and the client, which never quotes the credential.
 */
enum auth_result auth_identify(struct auth *self, const struct auth_input *input, int64_t now_ms, struct caller *caller,
                               const char **why);

#endif
