/* SPDX-License-Identifier: ISC */
/* The signature of a webhook's delivery, as Standard Webhooks 1.0 has it: HMAC-SHA256 with a shared secret. */
#ifndef ROLLCALL_AUTH_HOOK_SIGNATURE_H
#define ROLLCALL_AUTH_HOOK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

enum { HOOK_SIGNATURE_BYTES = sizeof "v1," + 44 };

/*
 * Writes the signature of LEN bytes of TEXT ("<webhook-id>.<webhook-timestamp>.<body>") with SECRET to OUT, of
 * HOOK_SIGNATURE_BYTES, with its NUL. False if SECRET is not "whsec_" and 24 to 64 bytes in base64.
 */
bool hook_signature(const char *secret, const char *text, size_t len, char *out);

#endif
