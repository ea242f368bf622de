/* SPDX-License-Identifier: ISC */
/* Tells a view what the directory has and the view needs. Read once, and again after the roster changed. */
#ifndef ROLLCALL_API_SHARED_CENSUS_H
#define ROLLCALL_API_SHARED_CENSUS_H

#include "view/view.h"

struct service;

/* Counts the members of VIEW's workspace. False if the directory cannot be read. */
bool census_take(const struct service *service, struct view *view);

/* Looks up its policy for last seen. If the directory cannot be read, the policy stays as it was, at first: hidden. */
void census_look(const struct service *service, struct view *view);

/* The same, and USER ("": an administrator) as a reader of VIEW now. */
struct view_reader census_reader(const struct service *service, struct view *view, const char *user);

/*
 * USER's own setting for last seen. The view has it of everyone who was ever seen, the directory of others; if that
 * cannot be read: hidden.
 */
enum last_seen census_own_last_seen(const struct service *service, struct view *view, const char *user);

/*
 * The revision of what USER of VIEW says by hand. SEEN is what the cursor of a reader says of it: if that is above what
 * this worker knows, the directory is asked. If it cannot be read, the result is what was known, or else SEEN.
 */
int64_t census_own_rev(const struct service *service, struct view *view, const char *user, int64_t seen);

/*
 * Whether USER of VIEW wants neither to send nor to receive who types. If the directory cannot be read, yes: then
 * they are told less.
 */
bool census_hides_typing(const struct service *service, struct view *view, const char *user);

#endif
