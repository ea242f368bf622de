/* SPDX-License-Identifier: ISC */
/*
 * What a view needs of a user's own row in the directory: the revision of what they say by hand, and their settings.
 * Looked up when it is first asked for, and again when the view does not know it any more.
 */
#ifndef ROLLCALL_API_SHARED_OWN_ROW_H
#define ROLLCALL_API_SHARED_OWN_ROW_H

#include "view/view.h"

struct service;

/*
 * The revision of what USER of VIEW says by hand, 0 of an onlooker. SEEN is what the cursor of a reader says of it: if
 * that is above what this worker knows, the directory is asked. If it cannot be read, the result is the higher one. If
 * it is news, the user's parked polls are told, each of them, as none of them knows.
 */
int64_t own_row_rev(const struct service *service, struct view *view, const char *user, int64_t seen);

/*
 * USER's own setting for last seen. The view has it of everyone who was ever seen, the directory of others; if that
 * cannot be read: hidden.
 */
enum last_seen own_row_last_seen(const struct service *service, struct view *view, const char *user);

/*
 * Whether USER of VIEW wants neither to send nor to receive who types. If the directory cannot be read, yes: then
 * they are told less.
 */
bool own_row_hides_typing(const struct service *service, struct view *view, const char *user);

#endif
