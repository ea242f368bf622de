/* SPDX-License-Identifier: ISC */
/*
 * HTTP requests to receivers, many at once, in the event loop. No redirect is followed, no proxy used, and nothing is
 * kept of what receivers answer but the status and Retry-After. This is all that the rest of Rollcall sees of libcurl.
 */
#ifndef ROLLCALL_HOOKS_HOOK_POST_H
#define ROLLCALL_HOOKS_HOOK_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct hook_post;
struct hook_posts;

enum { HOOK_POST_MS = 10000 /* from the name's lookup to the end of the answer */ };

/* What is sent; all borrowed until hook_posts_send() returns. */
struct hook_request {
    const char *url;
    const char *id;        /* webhook-id */
    int64_t timestamp_s;   /* webhook-timestamp */
    const char *signature; /* webhook-signature */
    const char *body;      /* JSON */
    size_t len;
};

/* What came of it. */
struct hook_answer {
    int status;            /* 0: there was no answer */
    int64_t retry_after_s; /* 0: the receiver did not say */
    const char *error;     /* a sentence, "" if the status is 2xx. Valid during the call */
};

/* Called once, from the loop, unless the request was cancelled. */
typedef void hook_answer_fn(void *ctx, const struct hook_answer *answer);

/*
 * LINK_LOCAL: addresses that hook_address_ok() refuses may be connected to. The CA certificates are those of the file
 * that SSL_CERT_FILE names, or the system's. Aborts if libcurl cannot be used.
 */
struct hook_posts *hook_posts_new(struct event_base *base, bool link_local);

/* Cancels all requests. Takes NULL. */
void hook_posts_free(struct hook_posts *self);

/* Sends REQUEST. The result is valid until FN is called with CTX, never before this returns. */
struct hook_post *hook_posts_send(struct hook_posts *self, const struct hook_request *request, hook_answer_fn *fn,
                                  void *ctx);

/* Ends POST without calling its function. It may have arrived. */
void hook_posts_cancel(struct hook_posts *self, struct hook_post *post);

/* How many are under way. */
size_t hook_posts_count(const struct hook_posts *self);

#endif
