/* SPDX-License-Identifier: ISC */
/*
 * Webhooks: where an application wants to be told of changes. Administrators set them up; the process that delivers
 * reads them. How far each has come is not here but in Redis.
 */
#ifndef ROLLCALL_DIRECTORY_WEBHOOKS_H
#define ROLLCALL_DIRECTORY_WEBHOOKS_H

#include "directory/directory.h"

/* What is told. */
enum webhook_event {
    WEBHOOK_STATUS = 1,
    WEBHOOK_MESSAGE = 2,
    WEBHOOK_DND = 4,
    WEBHOOK_MEMBER = 8,
    WEBHOOK_DM = 16,
    WEBHOOK_ALL = 31,
};

enum {
    WEBHOOK_DELAY_MAX_S = 60,
    WEBHOOK_SECRET_BYTES = 64,    /* the text of a secret with its NUL fits */
    WEBHOOK_SAME_ROTATION_S = 60, /* within this, a second rotation is taken for the first one sent again */
    WEBHOOK_OLD_SECRET_S = 86400, /* how long the secret before the current one still signs */
};

/* Texts are valid during the callback that gets it, or borrowed for the call. */
struct webhook {
    const char *id; /* as that of a workspace */
    const char *url;
    const char *workspace; /* NULL: all of them */
    unsigned events;       /* bits: enum webhook_event */
    int64_t delay_s;
    bool reveal; /* invisible users are shown as what they are */
    bool active;
    const char *secret;     /* "whsec_" and base64, as Standard Webhooks have it */
    const char *old_secret; /* NULL: none. Signs too until OLD_SECRET_UNTIL_MS, which may be over */
    int64_t old_secret_until_ms;
    int64_t created_ms; /* differs if it was removed and made again with the same id */
};

typedef void webhook_fn(void *ctx, const struct webhook *webhook);

/* Writes a new secret with its NUL to OUT. */
void webhook_new_secret(char out[WEBHOOK_SECRET_BYTES]);

/*
 * Creates the webhook, or changes all of an existing one but its secrets and CREATED_MS, which do not count here except
 * for the SECRET of a new one. NOT_FOUND: no such workspace. LIMIT: LIMIT_WEBHOOKS.
 */
enum directory_result directory_put_webhook(struct directory *self, const struct webhook *webhook);

/*
 * Gives webhook ID the secret SECRET. The one that it had still signs for WEBHOOK_OLD_SECRET_S. If that was rotated in
 * the last WEBHOOK_SAME_ROTATION_S, the one before it does instead: the request may have come twice, so that nobody
 * knows the one in between.
 */
enum directory_result directory_rotate_webhook(struct directory *self, const char *id, const char *secret);

/* Makes webhook ID inactive, if its URL is still this one: NOT_FOUND if not. For a receiver that wants no more. */
enum directory_result directory_stop_webhook(struct directory *self, const char *id, const char *url);

/* Removes webhook ID. */
enum directory_result directory_delete_webhook(struct directory *self, const char *id);

/* Calls FN with webhook ID, or returns NOT_FOUND. */
enum directory_result directory_get_webhook(struct directory *self, const char *id, webhook_fn *fn, void *ctx);

/* Calls FN with each webhook whose id is above AFTER (NULL: all), in order of id, at most LIMIT. */
enum directory_result directory_each_webhook(struct directory *self, const char *after, size_t limit, webhook_fn *fn,
                                             void *ctx);

/* What of the database a reader of webhooks has seen. Zeroed: nothing. */
struct webhooks_seen {
    int64_t version;
    uint64_t commits;
};

/*
 * Sets CHANGED to whether webhooks may be others than at the last call with SEEN: whether anything was committed since,
 * by whichever process. Reads no rows, so it may be called every second or more often.
 */
enum directory_result directory_webhooks_changed(struct directory *self, struct webhooks_seen *seen, bool *changed);

#endif
