/* SPDX-License-Identifier: ISC */
/*
 * Reading and checking what a request says. Each function reads one thing. If that breaks its rule, the function
 * replies 400 with a sentence about it, which frees the exchange, and returns false. Only params_known_workspace() uses
 * the directory.
 */
#ifndef ROLLCALL_API_SHARED_PARAMS_H
#define ROLLCALL_API_SHARED_PARAMS_H

#include "http/exchange.h"
#include "http/json.h"
#include "view/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- of a body, borrowed from JSON ---- */

/* "session". If it is absent OUT is NULL, or 400 if it is REQUIRED. */
bool params_session(struct exchange *exchange, const struct json *json, bool required, const char **out);

/* "status": STATUS_OFFLINE if it is absent. */
bool params_status(struct exchange *exchange, const struct json *json, enum status *out);

/* "name", for people to read. OUT is NULL if it is absent. */
bool params_name(struct exchange *exchange, const struct json *json, const char **out);

/* "role": 1 to 32 of [a-z0-9_-]. OUT is NULL if it is absent. */
bool params_role(struct exchange *exchange, const struct json *json, const char **out);

/* ---- of a body or a query ---- */

/*
 * "n" of JSON, or of the query if JSON is NULL: the client's own count of the requests of a session. -1
 * if it is absent.
 */
bool params_count(struct exchange *exchange, const struct json *json, int64_t *out);

/*
 * The texts in the array NAME of JSON, or in the pairs NAME of the query if JSON is NULL. OUT gets an array of COUNT
 * borrowed texts, which the caller frees; NULL if JSON has no such array. A text with a NUL counts as empty.
 */
bool params_texts(struct exchange *exchange, const struct json *json, const char *name, const char ***out,
                  size_t *count);

/* The same of ids of users, at most LIMIT_WATCHED_USERS. */
bool params_users(struct exchange *exchange, const struct json *json, const char *name, const char ***out,
                  size_t *count);

/* Which numbers are accepted: at least LOW; above HIGH counts as HIGH; OTHERWISE if it is absent. */
struct params_range {
    int64_t low;
    int64_t high;
    int64_t otherwise;
};

/* The number NAME of the query. */
bool params_number(struct exchange *exchange, const char *name, const struct params_range *range, int64_t *out);
/* The number NAME of JSON. */
bool params_json_number(struct exchange *exchange, const struct json *json, const char *name,
                        const struct params_range *range, int64_t *out);

/* The truth value NAME of JSON; false if it is absent. */
bool params_json_flag(struct exchange *exchange, const struct json *json, const char *name, bool *out);

/* ---- of a query ---- */

/* "limit": the most entries of a page. */
bool params_limit(struct exchange *exchange, size_t *out);

/* NAME of the query, "true" or "false"; false if it is absent. */
bool params_flag(struct exchange *exchange, const char *name, bool *out);

/* "after": the user's id, or the workspace's, after which a page continues. OUT is NULL if it is absent. */
bool params_after(struct exchange *exchange, const char **out);
bool params_after_workspace(struct exchange *exchange, const char **out);

/* ---- of a path: OUT lives as long as the exchange ---- */

/* The id of a user in segment I or, if the path has no such segment, in "user" of the query, which can hold any id. */
bool params_user(struct exchange *exchange, size_t i, const char **out);
/* The id of a workspace in segment I. */
bool params_path_workspace(struct exchange *exchange, size_t i, const char **out);
/*
 * The same of a workspace that exists: 404 if it does not. What writes to one had better ask the write itself: this
 * machine's copy of a record may not have the workspace yet.
 */
bool params_known_workspace(struct exchange *exchange, size_t i, const char **out);
/* A positive whole number in segment I. */
bool params_path_number(struct exchange *exchange, size_t i, int64_t *out);

/* ---- texts that were read already ---- */

/* NAME of LEN bytes as the name of a session. */
bool params_session_text(struct exchange *exchange, const char *name, size_t len);

/* NAME as a status that clients may set, active or away. NULL gives STATUS_OFFLINE. */
bool params_status_text(struct exchange *exchange, const char *name, enum status *out);

#endif
