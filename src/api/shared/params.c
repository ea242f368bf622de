/* SPDX-License-Identifier: ISC */
/* See params.h. */
#include "api/shared/params.h"

#include "api/shared/service.h"
#include "base/conf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(struct exchange *exchange, const char *rule)
{
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "%s", rule);
    return false;
}

bool params_session_text(struct exchange *exchange, const char *name, size_t len)
{
    return ids_session_ok(name, len) || refuse(exchange, "A session's name is 8 to 64 of A-Z, a-z, 0-9, _ and -.");
}

bool params_session(struct exchange *exchange, const struct json *json, bool required, const char **out)
{
    size_t len = 0;

    *out = NULL;
    switch (json_text(json, "session", out, &len)) {
    case JSON_GOT: return params_session_text(exchange, *out, len);
    case JSON_WRONG_TYPE: return refuse(exchange, "\"session\" must be a string.");
    case JSON_ABSENT: break;
    }
    return !required || refuse(exchange, "\"session\" is missing: the name that join answered with.");
}

bool params_status_text(struct exchange *exchange, const char *name, enum status *out)
{
    *out = STATUS_OFFLINE;
    if (!name)
        return true;
    if (status_parse(name, strlen(name), out) && *out != STATUS_OFFLINE)
        return true;
    return refuse(exchange, "\"status\" is \"active\" or \"away\"; to be offline, leave.");
}

bool params_status(struct exchange *exchange, const struct json *json, enum status *out)
{
    const char *name = NULL;
    size_t len;

    if (json_text(json, "status", &name, &len) == JSON_WRONG_TYPE)
        return refuse(exchange, "\"status\" must be a string.");
    return params_status_text(exchange, name, out);
}

/* All of TEXT as a decimal number; one that is too large is the largest. */
static bool parse_number(const char *text, int64_t *out)
{
    char *end;

    *out = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

bool params_number(struct exchange *exchange, const char *name, int64_t low, int64_t high, int64_t otherwise,
                   int64_t *out)
{
    const char *text = query_get(&exchange->query, name, NULL);

    *out = otherwise;
    if (!text)
        return true;
    if (!parse_number(text, out) || *out < low) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be a whole number of at least %lld.", name,
                         (long long)low);
        return false;
    }
    if (*out > high)
        *out = high;
    return true;
}

bool params_count(struct exchange *exchange, const struct json *json, int64_t *out)
{
    const char *text = json ? NULL : query_get(&exchange->query, "n", NULL);

    *out = -1;
    if (text && parse_number(text, out))
        return true;
    if (!text &&
        (!json || json_int(json, "n", out) == JSON_ABSENT || (json_int(json, "n", out) == JSON_GOT && *out >= 0)))
        return true;
    return refuse(exchange, "\"n\" must be a whole number that grows with each heartbeat and poll of a session.");
}

bool params_limit(struct exchange *exchange, size_t *out)
{
    int64_t limit;

    if (!params_number(exchange, "limit", 1, LIMIT_PAGE, LIMIT_PAGE_DEFAULT, &limit))
        return false;
    *out = (size_t)limit;
    return true;
}

static bool users_ok(struct exchange *exchange, const char *const *users, size_t count)
{
    if (count > LIMIT_WATCHED_USERS) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "A request names at most %d users.", LIMIT_WATCHED_USERS);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!ids_user_ok(users[i], strlen(users[i])))
            return refuse(exchange, "A user's id is 1 to 128 bytes of valid UTF-8 without control characters.");
    return true;
}

/* The values of all pairs called NAME. One with a NUL inside is cut by nobody: it counts as empty, which no id is. */
static const char **query_users(const struct query *query, const char *name, size_t *count)
{
    const char **users = mem_resize(NULL, query->count + 1, sizeof *users);

    *count = 0;
    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];
        if (strcmp(pair->name, name) == 0)
            users[(*count)++] = strlen(pair->value) == pair->value_len ? pair->value : "";
    }
    return users;
}

bool params_users(struct exchange *exchange, const struct json *json, const char *name, const char ***out,
                  size_t *count)
{
    *out = NULL;
    *count = 0;
    if (!json) {
        *out = query_users(&exchange->query, name, count);
    } else if (json_texts(json, name, out, count) == JSON_WRONG_TYPE) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be an array of strings.", name);
        return false;
    }
    if (users_ok(exchange, *out, *count))
        return true;
    free(*out);
    return false;
}

bool params_after(struct exchange *exchange, const char **out)
{
    size_t len = 0;

    *out = query_get(&exchange->query, "after", &len);
    return !*out || ids_user_ok(*out, len) || refuse(exchange, "\"after\" must be a user's id: what \"next\" said.");
}

bool params_user(struct exchange *exchange, size_t i, const char **out)
{
    bool in_path = i < exchange->path.count;
    size_t len = in_path ? exchange->path.len[i] : 0;

    *out = in_path ? exchange->path.segment[i] : query_get(&exchange->query, "user", &len);
    if (!*out)
        return refuse(exchange, "Say whose, as in ?user=bob.");
    return ids_user_ok(*out, len) ||
           refuse(exchange, "A user's id is 1 to 128 bytes of valid UTF-8 without control characters.");
}

bool params_path_workspace(struct exchange *exchange, size_t i, const char **out)
{
    *out = exchange->path.segment[i];
    return ids_workspace_ok(*out, exchange->path.len[i]) ||
           refuse(exchange, "A workspace's id is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', a letter or digit first.");
}

bool params_known_workspace(struct exchange *exchange, size_t i, const char **out)
{
    enum directory_result result;

    if (!params_path_workspace(exchange, i, out))
        return false;
    result = directory_has_workspace(service_of(exchange)->directory, *out);
    if (result != DIRECTORY_NOT_FOUND)
        return params_directory_ok(exchange, result);
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "There is no workspace \"%s\".", *out);
    return false;
}

bool params_path_number(struct exchange *exchange, size_t i, int64_t *out)
{
    return (parse_number(exchange->path.segment[i], out) && *out > 0 && *out < INT64_MAX &&
            strlen(exchange->path.segment[i]) == exchange->path.len[i]) ||
           refuse(exchange, "The id in the path must be a whole number above 0, and below 2^63.");
}

bool params_name(struct exchange *exchange, const struct json *json, const char **out)
{
    size_t len = 0;

    *out = NULL;
    if (json_text(json, "name", out, &len) == JSON_WRONG_TYPE)
        return refuse(exchange, "\"name\" must be a string.");
    if (!*out || ids_name_ok(*out, len, LIMIT_NAME_BYTES))
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST,
                     "A name is 1 to %d bytes of text with something to see in it, without control characters.",
                     LIMIT_NAME_BYTES);
    return false;
}

bool params_role_ok(const char *role, size_t len)
{
    return len >= 1 && len <= 32 && strspn(role, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

bool params_role(struct exchange *exchange, const struct json *json, const char **out)
{
    size_t len = 0;

    *out = NULL;
    if (json_text(json, "role", out, &len) == JSON_WRONG_TYPE)
        return refuse(exchange, "\"role\" must be a string.");
    return !*out || params_role_ok(*out, len) || refuse(exchange, "A role is 1 to 32 of a-z, 0-9, _ and -.");
}

bool params_directory_ok(struct exchange *exchange, enum directory_result result)
{
    const char *error = directory_error(service_of(exchange)->directory);

    switch (result) {
    case DIRECTORY_OK:
    case DIRECTORY_CREATED: return true;
    case DIRECTORY_NOT_FOUND:
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "There is no such entry in the directory.");
        return false;
    case DIRECTORY_INVALID:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "The directory cannot hold this.");
        return false;
    case DIRECTORY_LIMIT:
        exchange_problem(exchange, PROBLEM_CONFLICT, "The directory holds as many of these as it may.");
        return false;
    case DIRECTORY_OTHER:
        exchange_problem(exchange, PROBLEM_KEY_REUSED,
                         "This Idempotency-Key came before with another request; make a new one for each.");
        return false;
    case DIRECTORY_FULL:
        log_error("directory: %s", error);
        exchange_problem(exchange, PROBLEM_DISK_FULL, "Nothing was changed: the server's disk is full.");
        return false;
    case DIRECTORY_BUSY:
    case DIRECTORY_READONLY:
    case DIRECTORY_BROKEN: break;
    }
    log_error("directory: %s", error);
    exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                     "Nothing was changed; /readyz says what is wrong with the directory. Try again.");
    return false;
}

bool params_presence_ok(struct exchange *exchange, enum presence_result result)
{
    char detail[120];

    switch (result) {
    case PRESENCE_OK: return true;
    case PRESENCE_ENDED:
        exchange_problem(exchange, PROBLEM_SESSION_ENDED, "The session was ended by leave; join again.");
        return false;
    case PRESENCE_FULL:
        snprintf(detail, sizeof detail, "A user may have %d sessions in a workspace; end one, or let it lapse.",
                 LIMIT_SESSIONS_PER_USER);
        exchange_problem_as(exchange, PROBLEM_TOO_MANY_SESSIONS, exchange->host->conf->heartbeat_s, NULL, NULL, detail);
        return false;
    case PRESENCE_UNAVAILABLE: break;
    }
    exchange_problem_as(exchange, PROBLEM_REDIS_UNAVAILABLE, service_retry_s(service_of(exchange)), NULL, NULL,
                        "Nothing was changed; /readyz says what is wrong. Try again.");
    return false;
}
