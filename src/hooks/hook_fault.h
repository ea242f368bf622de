/* SPDX-License-Identifier: ISC */
/* Why a letter was not taken: a sentence for the administrator, with what to do. Pure. */
#ifndef ROLLCALL_HOOKS_HOOK_FAULT_H
#define ROLLCALL_HOOKS_HOOK_FAULT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* How it ended. */
struct hook_fault {
    long status;      /* of the answer; 0: there was no answer, or not in time */
    bool refused;     /* an address that webhooks are not delivered to */
    CURLcode code;    /* what libcurl ended with */
    const char *text; /* what libcurl says of it; "" if nothing */
};

/* Writes the sentence to OUT (of SIZE bytes), "" if the status is 2xx. */
void hook_fault_explain(const struct hook_fault *self, char *out, size_t size);

#endif
