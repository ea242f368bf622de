/* SPDX-License-Identifier: ISC */
/*
 * Tells open pages that members or conversations of a workspace changed. A notice collects its recipients while the
 * directory is written; then all of them are told. The directory has the change by then, so a notice that Redis does
 * not take is kept and sent again, once a tick, until it does.
 */
#ifndef ROLLCALL_API_SHARED_NOTICE_H
#define ROLLCALL_API_SHARED_NOTICE_H

#include "directory/dms.h"

#include <stddef.h>

struct notice;
struct service;

/* Notices that could not be sent, one for each workspace, with at most LIMIT_UNTOLD_MARKS marks in all. */
struct notice_list {
    struct notice *first;
    struct notice *last;
    size_t marks;
    struct notice *under_way; /* being sent again, and so not in the list; NULL: none */
};

/* An empty notice of WORKSPACE, which is copied. The caller owns it until notice_send() or notice_free(). */
struct notice *notice_new(struct service *service, const char *workspace);
/* Frees it unsent. SELF may be NULL. */
void notice_free(struct notice *self);

/* Everyone should read the members again. */
void notice_add_roster(struct notice *self);
/*
 * USER should read their conversations again. CTX is the notice. Users may be added more than once and are told once.
 */
void notice_add_user(void *ctx, const char *user);
/* The same for all participants of ROW. CTX is the notice. */
void notice_add_participants(void *ctx, const struct dm_row *row);
/* The same for everyone who has a conversation with one of USERS (COUNT of them), and for these. */
void notice_add_partners(struct notice *self, const char *const *users, size_t count);

/* Sends it, and calls DONE (may be NULL) with CTX when it was sent, or was kept to be sent again. Takes over SELF. */
void notice_send(struct notice *self, void (*done)(void *ctx), void *ctx);

/* Once a tick: sends kept notices again, one after the other, until one fails. */
void notices_send_again(struct service *service);
/* Frees all kept notices, and logs that pages were not told. */
void notices_fini(struct notice_list *list);

#endif
