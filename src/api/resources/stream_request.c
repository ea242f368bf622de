/* SPDX-License-Identifier: ISC */
/* See stream_request.h. */
#include "api/resources/stream_request.h"

#include "api/shared/params.h"
#include "api/shared/place_params.h"
#include "api/shared/spend.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void request_free(void *state)
{
    struct stream_request *self = state;

    for (size_t i = 0; i < self->count; i++)
        free(self->users[i]);
    free(self->users);
    for (size_t i = 0; i < self->place_count; i++)
        free(self->places[i]);
    free(self->places);
    free(self->places_told);
    reading_free(self->reading);
    free(self);
}

/*
 * Whether Accept names the type of Server-Sent Events, as EventSource sends it, and the gateway can pass such an answer
 * on.
 */
static bool wants_events(const struct exchange *exchange)
{
    const char *accept = exchange_header(exchange, "HTTP_ACCEPT");

    return accept && strstr(accept, "text/event-stream") && !exchange->head && conn_takes_parts(exchange->conn);
}

/*
 * Caddy compresses answers even if they say no-transform, and then holds their parts back until they are long enough.
 * It does not compress what has a Content-Encoding. RFC 9110 (8.4.1) reserves identity for Accept-Encoding, but it
 * works.
 */
static bool is_behind_caddy(const struct exchange *exchange)
{
    const char *software = exchange_header(exchange, "SERVER_SOFTWARE");

    return software && strncmp(software, "Caddy", 5) == 0;
}

struct stream_request *stream_request_new(struct exchange *exchange)
{
    struct stream_request *self = mem_new(sizeof *self);

    self->exchange = exchange;
    self->events = wants_events(exchange);
    self->coded = self->events && is_behind_caddy(exchange);
    exchange_keep(exchange, self, request_free);
    return self;
}

/* Of a stream, the id of the last event that the client has seen counts (HTML Standard, 9.2.4), if it says so. */
static void take_since(struct stream_request *self, const char *text, size_t len)
{
    const char *last = self->events ? exchange_header(self->exchange, "HTTP_LAST_EVENT_ID") : NULL;

    if (last && *last) {
        text = last;
        len = strlen(last);
    }
    if (!text || len == 0)
        return;
    self->has_since = cursor_parse(text, len, &self->since);
    self->unknown_since = !self->has_since;
    if (self->has_since) {
        const char *told = cursor_told(text, len, &len);
        self->places_told = len > 0 ? mem_copy(told, len) : NULL;
    }
}

/* Copies USERS, and frees the array. */
static void take_users(struct stream_request *self, const char **users, size_t count)
{
    self->users = mem_resize(NULL, count + 1, sizeof *self->users);
    for (size_t i = 0; i < count; i++)
        self->users[i] = mem_text(users[i]);
    self->count = count;
    free(users);
}

static bool take_session(struct stream_request *self, const char *name, size_t len)
{
    if (!name)
        return true;
    if (!params_session_text(self->exchange, name, len))
        return false;
    memcpy(self->session, name, len);
    self->is_beat = true;
    return true;
}

/* A refusal frees SELF. */
static bool read_places(struct stream_request *self, const struct json *json)
{
    char **places;
    size_t count;

    if (!place_params_watched(self->exchange, json, &places, &count))
        return false;
    self->places = places;
    self->place_count = count;
    spend_anyway(self->exchange, COST_WORK, count / COSTS_WORK_PLACES);
    return true;
}

bool stream_request_read_query(struct stream_request *self)
{
    struct exchange *exchange = self->exchange;
    const struct query *query = &exchange->query;
    const struct params_range wait = {0, exchange->host->conf->wait_s, exchange->host->conf->wait_s};
    size_t len = 0;
    const char *text = query_get(query, "since", &len);
    const char **users;
    size_t count;

    take_since(self, text, len);
    text = query_get(query, "session", &len);
    if (!params_number(exchange, "wait", &wait, &self->wait_s) || !params_limit(exchange, &self->limit) ||
        !params_flag(exchange, "counts", &self->counts) || !take_session(self, text, len) ||
        !params_count(exchange, NULL, &self->n) ||
        !params_status_text(exchange, query_get(query, "status", NULL), &self->status) ||
        !params_users(exchange, NULL, "user", &users, &count))
        return false;
    take_users(self, users, count);
    return read_places(self, NULL);
}

static bool read_since(struct stream_request *self, const struct json *json)
{
    const char *since = NULL;
    size_t len = 0;

    if (json_text(json, "since", &since, &len) == JSON_WRONG_TYPE) {
        return exchange_refuse(self->exchange, "\"since\" must be a string.");
    }
    take_since(self, since, len);
    return true;
}

bool stream_request_read_json(struct stream_request *self, const struct json *json)
{
    struct exchange *exchange = self->exchange;
    const struct params_range wait = {0, exchange->host->conf->wait_s, exchange->host->conf->wait_s};
    const struct params_range limits = {1, LIMIT_PAGE, LIMIT_PAGE_DEFAULT};
    const char *session;
    const char **users;
    int64_t limit;
    size_t count;

    if (!read_since(self, json) || !params_session(exchange, json, false, &session) ||
        !take_session(self, session, session ? strlen(session) : 0) || !params_count(exchange, json, &self->n) ||
        !params_status(exchange, json, &self->status) ||
        !params_json_number(exchange, json, "wait", &wait, &self->wait_s) ||
        !params_json_number(exchange, json, "limit", &limits, &limit) ||
        !params_json_flag(exchange, json, "counts", &self->counts) ||
        !params_users(exchange, json, "users", &users, &count))
        return false;
    self->limit = (size_t)limit;
    take_users(self, users, count);
    return read_places(self, json);
}
