/* SPDX-License-Identifier: ISC */
/*
 * Whether a text is a URL that a webhook may have. What its host turns out to be is for the process that delivers to
 * judge. Pure.
 */
#ifndef ROLLCALL_API_SHARED_WEBHOOK_URL_H
#define ROLLCALL_API_SHARED_WEBHOOK_URL_H

#include <stddef.h>

/* NULL if LEN bytes of TEXT are such a URL, otherwise a sentence, static, about what is wrong. */
const char *webhook_url_fault(const char *text, size_t len);

#endif
