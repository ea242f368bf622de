/* SPDX-License-Identifier: ISC */
/*
 * Rollcall's own tokens: "rc_" and 43 random characters of [A-Za-z0-9], 256 bits. The directory keeps only their
 * SHA-256; a fast hash is enough for a secret that nobody can guess.
 */
#ifndef ROLLCALL_AUTH_TOKEN_H
#define ROLLCALL_AUTH_TOKEN_H

#include "auth/bearer.h"
#include "auth/caller.h"

struct directory;

enum { TOKEN_TEXT_BYTES = 3 + 43 + 1 }; /* with the NUL */

/* Makes a new token: its text goes to TEXT (TOKEN_TEXT_BYTES, NUL-ended), its SHA-256 to HASH (32 bytes). */
void token_new(char *text, unsigned char *hash);

/* Whether BEARER begins as our tokens do. */
bool token_has_prefix(const struct bearer *bearer);

/* Whether BEARER has exactly the form of a token. */
bool token_well_formed(const struct bearer *bearer);

/*
 * Looks up the token whose SHA-256 is HASH, at NOW_MS (wall clock). Fills CALLER (zeroed before) if the result is
 * AUTH_OK; else WHY gets a static sentence.
 */
enum auth_result token_identify(struct directory *directory, const unsigned char *hash, int64_t now_ms,
                                struct caller *caller, const char **why);

#endif
