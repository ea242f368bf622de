/* SPDX-License-Identifier: ISC */
/* Keeps a view told of what the directory has and the view needs. */
#ifndef ROLLCALL_API_SHARED_CENSUS_H
#define ROLLCALL_API_SHARED_CENSUS_H

#include <stdbool.h>

struct service;
struct view;

/* Counts the members of VIEW's workspace, if they may be others than before. False if the directory cannot be read. */
bool census_take(const struct service *service, struct view *view);

#endif
