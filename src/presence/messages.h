/* SPDX-License-Identifier: ISC */
/*
 * What comes over Redis's channels, read and checked: the changes of a workspace (rollcall:{p}:<workspace>:changes),
 * what is told to one worker (rollcall:worker:<name>), what concerns a user's own polls (rollcall:own), and who is at a
 * place (rollcall:{p}:<workspace>:places). Texts that are not such a message are recognized, never believed. Pure.
 */
#ifndef ROLLCALL_PRESENCE_MESSAGES_H
#define ROLLCALL_PRESENCE_MESSAGES_H

#include "base/ids.h"
#include "base/limits.h"
#include "view/view.h"

/*
 * Reads TEXT as a change: its epoch, as Redis has it, into META_EPOCH (EPOCH_LEN + 1 bytes); OUT's key and note are
 * borrowed from TEXT.
 */
bool message_change(const char *text, char *meta_epoch, struct change *out);

/* What a user says by hand was changed, or a time of it is over; told on script_own_channel(). */
struct own_message {
    char workspace[IDS_WORKSPACE_MAX + 1];
    const char *user; /* borrowed from the text */
    int64_t rev;
};

/* Reads TEXT as such a message. */
bool message_own(const char *text, struct own_message *out);

enum session_event {
    /*
     * A newer poll of it came to another worker: the older ones, which have a lower beat, end. Or with 0 for the beat,
     * something else happened to it elsewhere: what is known of it here does not hold any more.
     */
    SESSION_SUPERSEDED,
    SESSION_LEFT,   /* it has ended for good: its stream, which has this beat, ends */
    SESSION_LAPSED, /* its lease is over, and its stream has this beat */
};

/* What happened to a session that has a poll or stream here. */
struct session_message {
    enum session_event what;
    char workspace[IDS_WORKSPACE_MAX + 1];
    char session[IDS_SESSION_MAX + 1];
    const char *user; /* borrowed from the text */
    int64_t beat;
};

/* Reads TEXT as such a message. */
bool message_session(const char *text, struct session_message *out);

/*
 * A session began to do something at a place, or ended it, or will end it earlier. A sign of a later release means that
 * something happened to it, which its readers find out when they read the set again.
 */
struct place_message {
    bool begins;
    bool for_good; /* it ends, whatever was said of it before */
    char session[IDS_SESSION_MAX + 1];
    char doing[LIMIT_DOING_BYTES + 1];
    char place[LIMIT_PLACE_BYTES + 1];
    char user[IDS_USER_MAX + 1];
};

/* Reads TEXT as such a message. */
bool message_place(const char *text, struct place_message *out);

#endif
