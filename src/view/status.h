/* SPDX-License-Identifier: ISC */
/* The words of presence that every floor above shares, and their names in Redis and JSON. */
#ifndef ROLLCALL_VIEW_STATUS_H
#define ROLLCALL_VIEW_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status { STATUS_OFFLINE, STATUS_AWAY, STATUS_ACTIVE };

/* Why a user's status became what it is. */
enum why { WHY_JOIN, WHY_BEAT, WHY_LEAVE, WHY_CLOSED, WHY_LAPSED, WHY_REMOVED };

/* "active", "away", "offline"; "join", "beat", ... : static text. */
const char *status_name(enum status status);
const char *why_name(enum why why);

/* The status or reason called NAME (of LEN bytes); false where there is none such. */
bool status_parse(const char *name, size_t len, enum status *out);
bool why_parse(const char *name, size_t len, enum why *out);

/* The workspace's epoch as cursors show it: of meta's epoch and Redis's replication id. */
enum { EPOCH_LEN = 16 };

/* How far a reader has read: "<epoch>-<seq>", and "<epoch>-<seq>-<head>" between the pages of a full answer. */
struct cursor {
    char epoch[EPOCH_LEN + 1];
    int64_t seq;
    int64_t head; /* the head when the full answer began, so that it can be continued below the floor; else 0 */
};

enum { CURSOR_TEXT_MAX = EPOCH_LEN + 1 + 20 + 1 + 20 + 1 };

/* TEXT into CURSOR; false where it is no cursor of ours. */
bool cursor_parse(const char *text, size_t len, struct cursor *cursor);

/* CURSOR as text into OUT, which has CURSOR_TEXT_MAX bytes; returns its length. */
size_t cursor_format(const struct cursor *cursor, char *out);

#endif
