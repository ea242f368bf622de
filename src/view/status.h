/* SPDX-License-Identifier: ISC */
/*
 * A user's status, and why it became that: the words that all folders above share, and their names in Redis and JSON.
 */
#ifndef ROLLCALL_VIEW_STATUS_H
#define ROLLCALL_VIEW_STATUS_H

#include <stdbool.h>

enum status { STATUS_OFFLINE, STATUS_AWAY, STATUS_ACTIVE };

/* Why a user's status became what it is. */
enum why { WHY_JOIN, WHY_BEAT, WHY_LEAVE, WHY_CLOSED, WHY_LAPSED, WHY_REMOVED };

/* The name of a status or reason, as in Redis and JSON ("active", "join"): static text. */
const char *status_name(enum status status);
const char *why_name(enum why why);

/* Sets OUT to the status or reason called NAME; false if there is none. */
bool status_parse(const char *name, enum status *out);
bool why_parse(const char *name, enum why *out);

#endif
