/* SPDX-License-Identifier: ISC */
/*
 * A call of presence.h that Redis has not answered yet: what it is about, and its callback. Each call is answered
 * exactly once, by pending_finish() or by a function below that calls it. The answer frees it.
 */
#ifndef ROLLCALL_PRESENCE_PENDING_H
#define ROLLCALL_PRESENCE_PENDING_H

#include "presence/presence_private.h"

struct pending {
    struct presence *presence; /* borrowed: answers all calls before it goes */
    presence_reply_fn *done;   /* or NULL */
    void *ctx;
    presence_session_fn *on_session;
    char fresh[EPOCH_LEN + 1]; /* the epoch that it would begin the workspace with */
    bool sent;                 /* Redis was up then: it may run the call though that fails */
    struct leftover about;     /* its workspace and user */
    struct recent *recent;     /* owned: what is known of the session of a poll; or NULL */
    bool is_poll;
    struct beat beat; /* its texts are in ABOUT and SESSION */
    char session[IDS_SESSION_MAX + 1];
    bool asked;                  /* Redis was told what the user says by hand */
    int64_t said_rev;            /* of what is said by hand */
    struct place_said *said;     /* owned: what is said of a place; or NULL */
    struct presence_reply reply; /* if it waits for other workers */
};

/* A call about WORKSPACE, and about USER in it unless that is NULL; both are copied, and their lengths checked. */
struct pending *pending_new(struct presence *presence, const char *workspace, const char *user, presence_reply_fn *done,
                            void *ctx);

/* Copies BEAT, the one that it is about, into it. */
void pending_keep_beat(struct pending *self, const struct beat *beat);

/* Calls the callback, if there is one, and frees SELF. REPLY is borrowed. */
void pending_finish(struct pending *self, const struct presence_reply *reply);

/* The same when the workers that its script told something have it. */
void pending_finish_told(struct pending *self, const struct presence_reply *reply);

/* If RESULT is a failure: answers PRESENCE_UNAVAILABLE, frees SELF, and returns true. Otherwise does nothing. */
bool pending_failed(struct pending *self, enum redis_result result);

/* SCRIPT got an answer of the wrong shape: logs it, answers as if Redis were out of reach, and frees SELF. */
void pending_odd(struct pending *self, enum script script);

#endif
