/* SPDX-License-Identifier: ISC */
/*
 * What the receiver of a webhook knows of those who have changed since its cursor. By it a change that has cancelled
 * itself, such as that of a page that was loaded again, is not told. It is a help: if it knows nothing, everybody who
 * has changed is told. So it has a cap, and nothing is lost with it. Pure.
 */
#ifndef ROLLCALL_HOOKS_HOOK_KNOWN_H
#define ROLLCALL_HOOKS_HOOK_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view;
struct view_entry;

/* Somebody, as a receiver sees them. */
struct hook_image {
    unsigned status : 2;
    bool removed : 1;
    bool dnd : 1;
    uint32_t until; /* a hash of the end of DND alone */
    uint32_t said;  /* of message, emoji and their end; 0 without them */
};

/* Of ENTRY, a person, as it is now. */
struct hook_image hook_image_of(const struct view_entry *entry);

/* Whether one who is told EVENTS (enum webhook_event) can tell A from B. */
bool hook_image_differs(struct hook_image a, struct hook_image b, unsigned events);

/* Of one person. */
struct hook_fact {
    struct hook_image image; /* what the receiver knows */
    struct hook_image sent;  /* what it is being told */
    bool sending;            /* it is being told that */
    bool doubtful;           /* it may know something else, since it is not known whether a delivery came */
    int64_t first_ms;        /* monotonic: of the first change since; of the latest one */
    int64_t last_ms;
};

struct hook_known {
    struct hook_fact_node *facts; /* owned hash, by user */
    bool blind;                   /* nothing is known; zeroed memory is not blind */
    bool fresh;                   /* it is known from the delivery on that is under way */
};

/* Nothing is known from now on. */
void hook_known_forget(struct hook_known *self);

/* All is known: the receiver is being told everything up to now. */
void hook_known_begin(struct hook_known *self);

/* ENTRY, a person, is about to change: what it is now is what the receiver knows, unless it knows something older. */
void hook_known_note(struct hook_known *self, const struct view_entry *entry, int64_t now_ms);

/* What is known of USER (LEN bytes), for the caller to change; or NULL. */
struct hook_fact *hook_known_find(const struct hook_known *self, const char *user, size_t len);

/* The receiver was told all up to SEQ of VIEW. */
void hook_known_told(struct hook_known *self, const struct view *view, int64_t seq);

/* It is not known whether the receiver was told what was sent. */
void hook_known_doubt(struct hook_known *self);

/* Whether there is somebody of whom that is not known. */
bool hook_known_doubts(const struct hook_known *self);

#endif
