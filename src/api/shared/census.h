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

#endif
