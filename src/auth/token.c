/* SPDX-License-Identifier: ISC */
/*
 * Rollcall's own tokens: "rc_" and 43 random characters of [A-Za-z0-9], 256 bits. Only their SHA-256 is kept; a fast
 * hash is enough for what cannot be guessed.
 */
#include "auth/auth_private.h"
#include "base/random.h"
#include "directory/directory.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_LEN = AUTH_TOKEN_TEXT - 1, PREFIX_LEN = 3 };

static bool looks_right(const char *text, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return len == TEXT_LEN && memcmp(text, "rc_", PREFIX_LEN) == 0 &&
           strspn(text + PREFIX_LEN, letters) == TEXT_LEN - PREFIX_LEN;
}

static enum auth_result found(const struct token_row *row, int64_t now_ms, struct caller *caller, const char **why)
{
    if (row->expires_ms != 0 && now_ms >= row->expires_ms) {
        *why = "the token has expired";
        return AUTH_EXPIRED;
    }
    caller->admin = row->user == NULL;
    caller->credential = row->id;
    caller->expires_ms = row->expires_ms;
    if (row->user != NULL)
        memcpy(caller->user, row->user, strlen(row->user) + 1); /* the directory passes on no longer id */
    return AUTH_OK;
}

enum auth_result token_identify(struct auth *self, const char *text, size_t len, int64_t now_ms, struct caller *caller,
                                const char **why)
{
    if (!looks_right(text, len)) {
        *why = "the bearer credential is no Rollcall token";
        return AUTH_INVALID;
    }
    unsigned char hash[DIRECTORY_HASH_BYTES];
    struct token_row row;
    auth_hash(self, text, TEXT_LEN, hash);
    switch (directory_find_token(self->directory, hash, &row)) {
    case DIRECTORY_OK: return found(&row, now_ms, caller, why);
    case DIRECTORY_NOT_FOUND: *why = "the token is unknown or was revoked"; return AUTH_INVALID;
    default: *why = "the directory cannot be read"; return AUTH_UNAVAILABLE;
    }
}

void auth_new_token(char *text, unsigned char *hash)
{
    memcpy(text, "rc_", PREFIX_LEN);
    random_name(text + PREFIX_LEN, TEXT_LEN - PREFIX_LEN);
    if (EVP_Digest(text, TEXT_LEN, hash, NULL, EVP_sha256(), NULL) != 1)
        abort();
}
