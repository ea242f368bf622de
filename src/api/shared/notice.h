/* SPDX-License-Identifier: ISC */
/*
 * Word to open pages that members or conversations of a workspace changed: put together while the directory is read and
 * written, then sent to all whom it concerns. The directory has the change by then, so word that Redis does not take now is
 * kept, and sent again once a tick until it does.
 */
#ifndef ROLLCALL_API_NOTICE_H
#define ROLLCALL_API_NOTICE_H

#include "directory/directory.h"

#include <stddef.h>

struct notice;
struct service;

/* What could not be sent, one of each workspace, with how many marks that is: at most LIMIT_UNTOLD_MARKS. */
struct notice_list {
    struct notice *first;
    struct notice *last;
    size_t marks;
    struct notice *under_way; /* is sent again just now, and in the list no more; NULL: none is */
};

/* An empty one. notice_send() or notice_free() must follow. */
struct notice *notice_new(struct service *service, const char *workspace);
void notice_free(struct notice *self);

/* Everyone is to read the members again. */
void notice_add_roster(struct notice *self);
/* USER is to read their conversations again; CTX is the notice. As often as is convenient: each is told once. */
void notice_add_user(void *ctx, const char *user);
/* All participants of ROW are; CTX is the notice. */
void notice_add_participants(void *ctx, const struct dm_row *row);
/* All are who are in a conversation with one of USERS (COUNT of them), these included. */
void notice_add_partners(struct notice *self, const char *const *users, size_t count);

/* Sends it, and calls DONE (may be NULL) with CTX once it was sent or is to be sent again. Takes over SELF. */
void notice_send(struct notice *self, void (*done)(void *ctx), void *ctx);

/* Once a tick: sends again what could not be sent, one after the other, until one fails. */
void notices_send_again(struct service *service);
/* Forgets it, and logs that there was any. */
void notices_fini(struct notice_list *list);

#endif
