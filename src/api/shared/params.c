/* SPDX-License-Identifier: ISC */
/* See params.h. */
#include "api/shared/params.h"

#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/workspaces.h"

#include <stdlib.h>
#include <string.h>

bool params_session_text(struct exchange *exchange, const char *name, size_t len)
{
    return ids_session_ok(name, len) ||
           exchange_refuse(exchange, "Invalid session: its name must be 8 to 64 of A-Z, a-z, 0-9, _ and -.");
}

bool params_session(struct exchange *exchange, const struct json *json, bool required, const char **out)
{
    size_t len = 0;

    *out = NULL;
    switch (json_text(json, "session", out, &len)) {
    case JSON_GOT: return params_session_text(exchange, *out, len);
    case JSON_WRONG_TYPE: return exchange_refuse(exchange, "\"session\" must be a string.");
    case JSON_ABSENT: break;
    }
    return !required || exchange_refuse(exchange, "\"session\" is missing. Send the name that join answered with.");
}

bool params_status_text(struct exchange *exchange, const char *name, enum status *out)
{
    *out = STATUS_OFFLINE;
    if (!name)
        return true;
    if (status_parse(name, out) && *out != STATUS_OFFLINE)
        return true;
    return exchange_refuse(exchange, "\"status\" must be \"active\" or \"away\". To go offline, leave.");
}

bool params_status(struct exchange *exchange, const struct json *json, enum status *out)
{
    const char *name = NULL;
    size_t len;

    if (json_text(json, "status", &name, &len) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"status\" must be a string.");
    return params_status_text(exchange, name, out);
}

/* Reads all of TEXT as a decimal number; one that is too large becomes the largest. */
static bool parse_number(const char *text, int64_t *out)
{
    char *end;

    *out = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

/* Takes over what was read into OUT, if it IS_NUMBER and within RANGE. */
static bool take_number(struct exchange *exchange, const char *name, const struct params_range *range, bool is_number,
                        int64_t *out)
{
    if (!is_number || *out < range->low) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be a whole number of at least %lld.", name,
                         (long long)range->low);
        return false;
    }
    if (*out > range->high)
        *out = range->high;
    return true;
}

bool params_number(struct exchange *exchange, const char *name, const struct params_range *range, int64_t *out)
{
    const char *text = query_get(&exchange->query, name, NULL);

    *out = range->otherwise;
    return !text || take_number(exchange, name, range, parse_number(text, out), out);
}

bool params_json_number(struct exchange *exchange, const struct json *json, const char *name,
                        const struct params_range *range, int64_t *out)
{
    *out = range->otherwise;
    switch (json_int(json, name, out)) {
    case JSON_ABSENT: return true;
    case JSON_GOT: return take_number(exchange, name, range, true, out);
    case JSON_WRONG_TYPE: break;
    }
    return take_number(exchange, name, range, false, out);
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
    return exchange_refuse(exchange, "\"n\" must be a whole number that grows with each request of a session.");
}

bool params_limit(struct exchange *exchange, size_t *out)
{
    const struct params_range range = {1, LIMIT_PAGE, LIMIT_PAGE_DEFAULT};
    int64_t limit;

    if (!params_number(exchange, "limit", &range, &limit))
        return false;
    *out = (size_t)limit;
    return true;
}

bool params_flag(struct exchange *exchange, const char *name, bool *out)
{
    const char *text = query_get(&exchange->query, name, NULL);

    *out = text && strcmp(text, "true") == 0;
    if (!text || *out || strcmp(text, "false") == 0)
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be true or false.", name);
    return false;
}

bool params_json_flag(struct exchange *exchange, const struct json *json, const char *name, bool *out)
{
    *out = false;
    if (json_bool(json, name, out) != JSON_WRONG_TYPE)
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be true or false.", name);
    return false;
}

static bool users_ok(struct exchange *exchange, const char *const *users, size_t count)
{
    if (count > LIMIT_WATCHED_USERS) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "A request can name at most %d users. Split it.",
                         LIMIT_WATCHED_USERS);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!ids_user_ok(users[i], strlen(users[i])))
            return exchange_refuse(
                exchange, "Invalid user id: it must be 1 to 128 bytes of valid UTF-8 without control characters.");
    return true;
}

/*
 * The values of all pairs called NAME. One that contains a NUL counts as empty, which is not an id, rather than being
 * cut.
 */
static const char **query_texts(const struct query *query, const char *name, size_t *count)
{
    const char **texts = mem_resize(NULL, query->count + 1, sizeof *texts);

    *count = 0;
    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];
        if (strcmp(pair->name, name) == 0)
            texts[(*count)++] = strlen(pair->value) == pair->value_len ? pair->value : "";
    }
    return texts;
}

bool params_texts(struct exchange *exchange, const struct json *json, const char *name, const char ***out,
                  size_t *count)
{
    *out = NULL;
    *count = 0;
    if (!json)
        *out = query_texts(&exchange->query, name, count);
    if (!json || json_texts(json, name, out, count) != JSON_WRONG_TYPE)
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"%s\" must be an array of strings.", name);
    return false;
}

bool params_users(struct exchange *exchange, const struct json *json, const char *name, const char ***out,
                  size_t *count)
{
    if (!params_texts(exchange, json, name, out, count))
        return false;
    if (users_ok(exchange, *out, *count))
        return true;
    free(*out);
    return false;
}

bool params_after(struct exchange *exchange, const char **out)
{
    size_t len = 0;

    *out = query_get(&exchange->query, "after", &len);
    return !*out || ids_user_ok(*out, len) ||
           exchange_refuse(exchange, "\"after\" must be a user id. Send the \"next\" of the page before.");
}

bool params_after_workspace(struct exchange *exchange, const char **out)
{
    size_t len = 0;

    *out = query_get(&exchange->query, "after", &len);
    return !*out || ids_workspace_ok(*out, len) ||
           exchange_refuse(exchange, "\"after\" must be a workspace's id. Send the \"next\" of the page before.");
}

bool params_user(struct exchange *exchange, size_t i, const char **out)
{
    bool in_path = i < exchange->path.count;
    size_t len = in_path ? exchange->path.len[i] : 0;

    *out = in_path ? exchange->path.segment[i] : query_get(&exchange->query, "user", &len);
    if (!*out)
        return exchange_refuse(exchange, "\"user\" is missing. Send it in the query, as in ?user=bob.");
    return ids_user_ok(*out, len) ||
           exchange_refuse(exchange,
                           "Invalid user id: it must be 1 to 128 bytes of valid UTF-8 without control characters.");
}

bool params_path_workspace(struct exchange *exchange, size_t i, const char **out)
{
    *out = exchange->path.segment[i];
    return ids_workspace_ok(*out, exchange->path.len[i]) ||
           exchange_refuse(
               exchange,
               "Invalid workspace id: it must be 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', and begin with a "
               "letter or digit.");
}

bool params_known_workspace(struct exchange *exchange, size_t i, const char **out)
{
    return params_path_workspace(exchange, i, out) &&
           problems_workspace_ok(exchange, *out, directory_has_workspace(service_of(exchange)->directory, *out));
}

bool params_path_number(struct exchange *exchange, size_t i, int64_t *out)
{
    return (parse_number(exchange->path.segment[i], out) && *out > 0 && *out < INT64_MAX &&
            strlen(exchange->path.segment[i]) == exchange->path.len[i]) ||
           exchange_refuse(exchange, "Invalid id in the path: it must be a whole number above 0 and below 2^63.");
}

bool params_name(struct exchange *exchange, const struct json *json, const char **out)
{
    size_t len = 0;

    *out = NULL;
    if (json_text(json, "name", out, &len) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"name\" must be a string.");
    if (!*out || ids_name_ok(*out, len, LIMIT_NAME_BYTES))
        return true;
    exchange_problem(
        exchange, PROBLEM_BAD_REQUEST,
        "Invalid name: it must be 1 to %d bytes with at least one visible character and no control characters.",
        LIMIT_NAME_BYTES);
    return false;
}

bool params_role(struct exchange *exchange, const struct json *json, const char **out)
{
    size_t len = 0;

    *out = NULL;
    if (json_text(json, "role", out, &len) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"role\" must be a string.");
    return !*out || ids_role_ok(*out, len) ||
           exchange_refuse(exchange, "Invalid role: it must be 1 to 32 of a-z, 0-9, _ and -.");
}
