/* SPDX-License-Identifier: ISC */
/* See token.h. */
#include "auth/token.h"

#include "auth/sha256.h"
#include "base/random.h"
#include "directory/tokens.h"

#include <string.h>

enum { TEXT_LEN = TOKEN_TEXT_BYTES - 1, PREFIX_LEN = 3 };

static const char prefix[] = "rc_";

bool token_has_prefix(const struct bearer *bearer)
{
    return bearer->len >= PREFIX_LEN && memcmp(bearer->text, prefix, PREFIX_LEN) == 0;
}

bool token_well_formed(const struct bearer *bearer)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return bearer->len == TEXT_LEN && token_has_prefix(bearer) &&
           strspn(bearer->text + PREFIX_LEN, letters) == TEXT_LEN - PREFIX_LEN;
}

static enum auth_result found(const struct token_row *row, int64_t now_ms, struct caller *caller, const char **why)
{
    if (row->expires_ms != 0 && now_ms >= row->expires_ms) {
        *why = "the token has expired";
        return AUTH_EXPIRED;
    }
    caller->admin = !row->user;
    caller->scopes = row->scopes;
    caller->credential = row->id;
    caller->expires_ms = row->expires_ms;
    if (row->user)
        memcpy(caller->user, row->user, strlen(row->user) + 1); /* the directory hands out no longer id */
    if (row->workspace)
        memcpy(caller->workspace, row->workspace, strlen(row->workspace) + 1); /* the same */
    return AUTH_OK;
}

enum auth_result token_identify(struct directory *directory, const unsigned char *hash, int64_t now_ms,
                                struct caller *caller, const char **why)
{
    struct token_row row;
    switch (directory_find_token(directory, hash, &row)) {
    case DIRECTORY_OK: return found(&row, now_ms, caller, why);
    case DIRECTORY_NOT_FOUND: *why = "the token is unknown or was revoked"; return AUTH_INVALID;
    default: *why = "the directory cannot be read"; return AUTH_UNAVAILABLE;
    }
}

void token_new(char *text, unsigned char *hash)
{
    struct sha256 sha256;
    memcpy(text, prefix, PREFIX_LEN);
    random_name(text + PREFIX_LEN, TEXT_LEN - PREFIX_LEN);
    sha256_init(&sha256);
    sha256_hash(&sha256, text, TEXT_LEN, hash);
    sha256_fini(&sha256);
}
