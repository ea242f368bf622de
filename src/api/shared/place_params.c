/* SPDX-License-Identifier: ISC */
/* See place_params.h. */
#include "api/shared/place_params.h"

#include "api/shared/onlooker.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/dms.h"
#include "view/place_set.h"
#include "view/reading.h"

#include <stdlib.h>
#include <string.h>

/* How long somebody is there, in seconds. */
enum { FOR_MIN_S = 2, FOR_TYPING_S = 8, FOR_OTHER_S = 60 };

static const char name_rule[] =
    "Invalid place: its name must be 1 to 128 bytes of valid UTF-8 without control characters.";

/* ---- which place ---- */

static bool is_conversation(const char *place)
{
    return strncmp(place, "dm:", 3) == 0;
}

/* Whether the caller may know of PLACE. */
static bool may_enter(struct exchange *exchange, const char *place)
{
    enum directory_result result = DIRECTORY_NOT_FOUND;
    int64_t id;

    if (!is_conversation(place))
        return true;
    if (onlooker_is(exchange->caller.user))
        return exchange_refuse(exchange,
                               "Who is in a conversation is told to its participants only. Leave out the places "
                               "that begin with \"dm:\".");
    id = place_dm(place);
    if (id > 0)
        result = directory_is_in_dm(service_of(exchange)->directory, exchange->workspace, id, exchange->caller.user);
    if (result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "You are not in a conversation with this id.");
    return false;
}

bool place_params_name(struct exchange *exchange, const char **out)
{
    size_t last = exchange->path.count - 1;
    size_t len = exchange->path.len[last];

    *out = exchange->path.segment[last];
    if (strcmp(exchange->path.segment[last - 1], "places") != 0)
        *out = query_get(&exchange->query, "place", &len);
    if (!*out)
        return exchange_refuse(exchange, "\"place\" is missing. Send it in the query, as in ?place=ticket:42.");
    if (!place_name_ok(*out, len))
        return exchange_refuse(exchange, name_rule);
    return may_enter(exchange, *out);
}

/* ---- what is done there ---- */

static bool doing_ok(struct exchange *exchange, const char *doing, size_t len)
{
    return place_doing_ok(doing, len) ||
           exchange_refuse(exchange, "Invalid \"doing\": it must be 1 to 32 of a-z and -.");
}

static bool read_doing(struct exchange *exchange, const struct json *json, const char **out)
{
    size_t len = 0;

    *out = NULL;
    if (json_text(json, "doing", out, &len) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"doing\" must be a string.");
    if (*out)
        return doing_ok(exchange, *out, len);
    *out = "viewing";
    return true;
}

static bool read_for(struct exchange *exchange, const struct json *json, struct place_deed *out)
{
    int64_t for_s = strcmp(out->doing, "typing") == 0 ? FOR_TYPING_S : FOR_OTHER_S;

    if (json_int(json, "for", &for_s) == JSON_WRONG_TYPE || for_s < FOR_MIN_S || for_s > LIMIT_PLACE_SECONDS) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"for\" must be a whole number of seconds from %d to %d.",
                         FOR_MIN_S, LIMIT_PLACE_SECONDS);
        return false;
    }
    out->for_ms = for_s * 1000;
    return true;
}

bool place_params_deed(struct exchange *exchange, const struct json *json, struct place_deed *out)
{
    return params_session(exchange, json, true, &out->session) && read_doing(exchange, json, &out->doing) &&
           read_for(exchange, json, out) && params_count(exchange, json, &out->n);
}

bool place_params_end(struct exchange *exchange, struct place_deed *out)
{
    size_t session_len = 0;
    size_t doing_len = 0;

    out->session = query_get(&exchange->query, "session", &session_len);
    out->doing = query_get(&exchange->query, "doing", &doing_len);
    if (!out->session)
        return exchange_refuse(exchange, "\"session\" is missing. Send the name that join answered with.");
    return params_session_text(exchange, out->session, session_len) &&
           (!out->doing || doing_ok(exchange, out->doing, doing_len)) && params_count(exchange, NULL, &out->n);
}

/* ---- which places a stream tells of ---- */

static bool watched_ok(struct exchange *exchange, const char *const *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!place_name_ok(places[i], strlen(places[i])))
            return exchange_refuse(exchange, name_rule);
        bool is_all_own = strcmp(places[i], READING_DMS) == 0 && !onlooker_is(exchange->caller.user);
        if (!is_all_own && !may_enter(exchange, places[i]))
            return false;
    }
    return true;
}

static bool has(char *const *places, size_t count, const char *place)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(places[i], place) == 0)
            return true;
    return false;
}

/* A copy of COUNT PLACES, each once; COUNT gets how many they are. */
static char **copy_each(const char *const *places, size_t *count)
{
    char **copies = mem_resize(NULL, *count + 1, sizeof *copies);
    size_t found = 0;

    for (size_t i = 0; i < *count; i++)
        if (!has(copies, found, places[i]))
            copies[found++] = mem_text(places[i]);
    *count = found;
    return copies;
}

bool place_params_watched(struct exchange *exchange, const struct json *json, char ***out, size_t *count)
{
    const char **places;
    bool ok;

    if (!params_texts(exchange, json, json ? "places" : "place", &places, count))
        return false;
    ok = *count <= LIMIT_WATCHED_PLACES;
    if (!ok)
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "A stream can tell of at most %d places.",
                         LIMIT_WATCHED_PLACES);
    ok = ok && watched_ok(exchange, places, *count);
    *out = ok ? copy_each(places, count) : NULL;
    free(places);
    return ok;
}
