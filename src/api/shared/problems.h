/* SPDX-License-Identifier: ISC */
/*
 * What results of the directory and of presence mean to a client: for each failure, the problem to reply with. Reads
 * nothing of the request. membership.h replies to callers who are not members.
 */
#ifndef ROLLCALL_API_SHARED_PROBLEMS_H
#define ROLLCALL_API_SHARED_PROBLEMS_H

#include "directory/directory.h"
#include "http/exchange.h"
#include "presence/presence.h"

#include <stdbool.h>

/*
 * True if RESULT is DIRECTORY_OK or DIRECTORY_CREATED. Otherwise replies with the matching problem and returns false;
 * what an administrator has to repair is logged.
 */
bool problems_directory_ok(struct exchange *exchange, enum directory_result result);

/* The same if DIRECTORY_NOT_FOUND can only be because WORKSPACE does not exist: the problem says so. */
bool problems_workspace_ok(struct exchange *exchange, const char *workspace, enum directory_result result);

/*
 * True if RESULT is PRESENCE_OK. Otherwise replies with the matching problem and returns false. PRESENCE_UNAVAILABLE
 * does not say whether the call was made: the answer may be what was lost.
 */
bool problems_presence_ok(struct exchange *exchange, enum presence_result result);

/*
 * The same for what was begun and cannot be taken back, or was not begun at all: if Redis is unavailable, the reply's
 * detail is DONE, a sentence that says what was done, what is left, and to repeat the request.
 */
bool problems_presence_finished(struct exchange *exchange, enum presence_result result, const char *done);

#endif
