/* SPDX-License-Identifier: ISC */
/*
 * What requests say, checked: each function reads one thing and, where it breaks its rule, replies 400 with a sentence about
 * it and returns false; the exchange is gone then.
 */
#ifndef ROLLCALL_API_PARAMS_H
#define ROLLCALL_API_PARAMS_H

#include "directory/directory.h"
#include "http/exchange.h"
#include "http/json.h"
#include "presence/presence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "session" of a body; OUT is NULL where it is absent and not REQUIRED. Borrowed from JSON. */
bool params_session(struct exchange *exchange, const struct json *json, bool required, const char **out);

/* "status" of a body: STATUS_OFFLINE where it is absent. */
bool params_status(struct exchange *exchange, const struct json *json, enum status *out);

/* The status called NAME (NULL: STATUS_OFFLINE): only "active" and "away" can be said of oneself. */
bool params_status_text(struct exchange *exchange, const char *name, enum status *out);

/* "n" of a body, or of the query if JSON is NULL: the client's own count of the beats of a session; -1 if it is absent. */
bool params_count(struct exchange *exchange, const struct json *json, int64_t *out);

/* A name that is a session's. */
bool params_session_text(struct exchange *exchange, const char *name, size_t len);

/* A number of the query in [LOW, HIGH], above HIGH taken as HIGH; OTHERWISE where it is absent. */
bool params_number(struct exchange *exchange, const char *name, int64_t low, int64_t high, int64_t otherwise,
                   int64_t *out);

/* "limit" of the query: entries in a page. */
bool params_limit(struct exchange *exchange, size_t *out);

/* The COUNT ids of users in "user" of the query, or in "users" of JSON (where it is given): *OUT is heap memory the caller
 * frees, the ids are borrowed. None at all: NULL. At most LIMIT_WATCHED_USERS. */
bool params_users(struct exchange *exchange, const struct json *json, const char *name, const char ***out,
                  size_t *count);

/* "after" of the query, where a page of users continues; OUT is NULL where it is absent. */
bool params_after(struct exchange *exchange, const char **out);

/* The id of a user: in the path, at segment I, or in "user" of the query, which can carry any id. */
bool params_user(struct exchange *exchange, size_t i, const char **out);
/* The id of a workspace in the path, at segment I. */
bool params_path_workspace(struct exchange *exchange, size_t i, const char **out);
/* The same of one that exists: 404 with its id if it does not exist. */
bool params_known_workspace(struct exchange *exchange, size_t i, const char **out);
/* A positive whole number in the path, at segment I. */
bool params_path_number(struct exchange *exchange, size_t i, int64_t *out);

/* "name" of a body, as people read it; OUT is NULL where it is absent. Borrowed from JSON. */
bool params_name(struct exchange *exchange, const struct json *json, const char **out);

/* "role" of a body: 1 to 32 of [a-z0-9_-]; OUT is NULL where it is absent. Borrowed from JSON. */
bool params_role(struct exchange *exchange, const struct json *json, const char **out);
bool params_role_ok(const char *role, size_t len);

/* Replies with what RESULT of the directory means, where it is neither DIRECTORY_OK nor DIRECTORY_CREATED; false then. Logs
 * what an administrator has to mend. */
bool params_directory_ok(struct exchange *exchange, enum directory_result result);

/* Replies with what RESULT of a call means, where it is not PRESENCE_OK; false then. */
bool params_presence_ok(struct exchange *exchange, enum presence_result result);

#endif
