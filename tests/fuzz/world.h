/* SPDX-License-Identifier: ISC */
/*
 * All of a worker but its sockets: requests go in as the web server's variables and a body, Redis is played
 * (redis_played.h), the directory is a real one, which is put back after each input (database.h).
 *
 * Of every answer it is checked here that there is just one, that it is well-formed (answer.h), that nobody got in
 * without a credential, that what was refused changed nothing, and that nobody was told of presence by a Redis that
 * said nothing.
 */
#ifndef ROLLCALL_TESTS_FUZZ_WORLD_H
#define ROLLCALL_TESTS_FUZZ_WORLD_H

#include "answer.h"
#include "api/dispatch.h"
#include "api/resources/events.h"
#include "api/resources/stream_wake.h"
#include "api/shared/outage.h"
#include "api/shared/review.h"
#include "api/shared/service.h"
#include "base/clock.h"
#include "base/log.h"
#include "database.h"
#include "presence/presence.h"
#include "redis_played.h"
#include "streamed.h"
#include "transport/conn.h"
#include "view/parked.h"

enum { WORLD_CLIENTS = 16, WORLD_PARAMS = 64, WORLD_FOREVER_MS = 1000000 /* longer than any stream lasts */ };

/* A client, who sent one request and waits for its answer. */
struct world_client {
    struct conn conn; /* first */
    bool waits;
    bool wrote; /* the directory was changed while the request was handled */
    bool may_write;
    bool known, member, admin; /* by their credentials */
    bool begun;                /* the head of the answer has been sent */
    char method[16];
    struct answer answer;
    struct streamed stream; /* if the answer is one */
};

static struct world {
    struct conf *conf;
    struct service service;
    struct metrics_shared *metrics;
    struct world_client clients[WORLD_CLIENTS];
    size_t client_count;
    struct world_client *current;  /* whose request is being handled */
    struct world_client *answered; /* the latest */
    char answered_body[1 << 16];   /* the beginning of what they got */
    bool full;                     /* sockets take nothing */
} world;

/* ---- clients ---- */

/* What an answer of STATUS by ROUTE must not be. */
static inline void world_judge(const struct world_client *client, unsigned route, int status)
{
    bool open = route == ROUTE_HEALTHZ || route == ROUTE_READYZ || route == ROUTE_METRICS;
    bool presence = route == ROUTE_JOIN || route == ROUTE_HEARTBEAT || route == ROUTE_STATUS || route == ROUTE_STREAM;

    insist(status != 500 && status != 507, "nothing fails of itself");
    if (strcmp(client->method, "OPTIONS") == 0)
        return;
    if (status < 400) {
        insist(open || client->known, "nobody gets in without a credential");
        insist(route < ROUTE_ADMIN_WORKSPACES || open || client->admin, "only an administrator administrates");
        insist(route > ROUTE_DMS || route == ROUTE_UNKNOWN || client->member, "only members see a workspace");
        insist(!presence || played.believable > 0, "nobody is told of presence by a Redis that said nothing");
    }
    insist(status < 400 || status == 503 || !client->wrote || client->may_write, "what is refused changes nothing");
    insist(!client->wrote || client->may_write || !strstr(client->answer.body, "nothing was changed"),
           "what is said to have changed nothing has not");
}

static inline void world_on_reply(void *ctx, unsigned route, int status)
{
    (void)ctx;
    if (world.answered) {
        insist(world.answered->answer.status == status, "what is counted is what was sent");
        world_judge(world.answered, route, status);
    }
    world.answered = NULL;
}

/* CLIENT is told STATUS now, which host.on_reply() counts. */
static inline void world_answered(struct world_client *client)
{
    snprintf(world.answered_body, sizeof world.answered_body, "%s", client->answer.body);
    client->answer.body = world.answered_body;
    if (client == world.current)
        client->wrote = database_changed();
    world.answered = client;
}

static inline void world_on_answer(struct conn *conn, const char *head, size_t len, struct blob *body)
{
    struct world_client *client = (struct world_client *)(void *)conn;

    insist(client->waits, "a request is answered once");
    client->waits = false;
    conn_set_owner(conn, NULL, NULL);
    if (client->stream.began) {
        streamed_take(&client->stream, body, true);
        return;
    }
    answer_take(&client->answer, client->method, head, len, body);
    insist(!client->begun || client->answer.status == 200, "what began as a 200 ends as one");
    world_answered(client);
}

/* A head that does not say how long the body is: of a stream, or of a poll that is probed. */
static inline bool world_on_begin(struct conn *conn, const char *head, size_t len)
{
    struct world_client *client = (struct world_client *)(void *)conn;
    bool stream = memmem(head, len, "text/event-stream", 17);

    insist(client->waits, "an answer begins before it ends");
    if (client->begun || world.full)
        return client->begun;
    client->begun = true;
    client->answer = (struct answer){.body = ""};
    if (stream) {
        streamed_begin(&client->stream, &client->answer, head, len);
        world_answered(client);
    } else
        answer_take_head(&client->answer, head, len);
    insist(client->answer.status == 200 && client->answer.length < 0, "what begins is good, and as long as it becomes");
    return true;
}

static inline bool world_on_begun(const struct conn *conn)
{
    return ((const struct world_client *)(const void *)conn)->begun;
}

static inline bool world_on_part(struct conn *conn, struct blob *part)
{
    struct world_client *client = (struct world_client *)(void *)conn;

    insist(client->waits && client->stream.began, "parts are of a stream that goes on");
    insist(!client->stream.held, "nothing is sent while there is no room");
    streamed_take(&client->stream, part, false);
    client->stream.held = world.full;
    return !world.full;
}

/* Sockets take all again, and what they were sent before is through. */
static inline void world_read_on(void)
{
    world.full = false;
    for (size_t i = 0; i < world.client_count; i++) {
        struct world_client *client = &world.clients[i];

        if (!client->waits || !client->stream.held)
            continue;
        client->stream.held = false;
        events_on_sent(&world.service, &client->conn, client->conn.owner);
    }
}

/* The client whose request came last and is not answered goes away. */
static inline void world_gone(void)
{
    for (size_t i = world.client_count; i-- > 0;)
        if (world.clients[i].waits) {
            world.clients[i].waits = false;
            conn_tell_gone(&world.clients[i].conn, &world.service);
            return;
        }
}

static inline bool world_has(const char *text, const char *part)
{
    return text && strstr(text, part);
}

/* Notes who CLIENT is, as far as its credentials can make it somebody. */
static inline void world_know(struct world_client *client, const struct request *request)
{
    const char *authorization = request_param(request, "HTTP_AUTHORIZATION");
    const char *vouched = request_param(request, "REMOTE_USER");
    const char *method = request_param(request, "REQUEST_METHOD");
    bool jwt = world_has(authorization, "ey");

    client->admin = world_has(authorization, ADMIN_TOKEN);
    client->member = world_has(authorization, USER_TOKEN) || vouched || jwt;
    client->known = client->admin || client->member || world_has(authorization, STRANGER_TOKEN);
    client->may_write = jwt; /* its user may have been admitted before the request was refused */
    snprintf(client->method, sizeof client->method, "%s", method ? method : "");
}

static inline void world_send(const struct request *request)
{
    static const struct conn_kind kind = {
        .send_reply = world_on_answer, .begin = world_on_begin, .begun = world_on_begun, .send = world_on_part};
    struct world_client *client = &world.clients[world.client_count++];

    *client = (struct world_client){.conn = {.kind = &kind}, .waits = true};
    world_know(client, request);
    database_changed();
    world.current = client;
    dispatch_on_request(&world.service, &client->conn, request);
    world.current = NULL;
    client->wrote = database_changed() || client->wrote;
    /* Those who wait for an answer about what they wrote may find that this request took it away again. */
    for (size_t i = 0; client->wrote && i + 1 < world.client_count; i++)
        world.clients[i].may_write = true;
}

/*
 * Sends the request of TEXT: lines of NAME=value, an empty line, the body (LEN bytes in all). Does nothing if there
 * were too many.
 */
static inline void world_request(const char *text, size_t len)
{
    char *copy = fuzz_text(text, len);
    char *head_end = strstr(copy, "\n\n");
    char *rest = copy;
    char *params[WORLD_PARAMS + 1] = {NULL};
    size_t body_at = head_end ? (size_t)(head_end - copy) + 2 : len;
    char *body = fuzz_text(copy + body_at, len - body_at);
    struct request request = {.params = params, .body = body, .body_len = len - body_at};

    if (head_end)
        *head_end = '\0';
    for (size_t i = 0; i < WORLD_PARAMS && rest; i++)
        params[i] = fuzz_line(&rest);
    const char *fault = request_param(&request, "FAULT");
    if (fault && *fault >= '0' && *fault <= '0' + REQUEST_LENGTH_WRONG && *fault != '0') {
        request.fault = (enum request_fault)(*fault - '0');
        request.body_len = 0;
        body[0] = '\0';
    }
    if (world.client_count < WORLD_CLIENTS)
        world_send(&request);
    free(body);
    free(copy);
}

/* Sends METHOD of TARGET with LEN bytes of BODY, as the administrator or u1; its client. */
static inline const struct world_client *world_ask(const char *method, const char *target, const char *body, size_t len)
{
    char uri[512], authorization[80];
    char type[] = "CONTENT_TYPE=application/json", mount[] = "ROLLCALL_MOUNT=";
    char verb[32], query[512];
    char *params[] = {verb, uri, query, authorization, type, mount, NULL};
    char *copy = fuzz_text(body, len);
    const char *asked = strchr(target, '?');
    const struct request request = {.params = params, .body = copy, .body_len = len};

    snprintf(verb, sizeof verb, "REQUEST_METHOD=%s", method);
    snprintf(uri, sizeof uri, "REQUEST_URI=%s", target);
    snprintf(query, sizeof query, "QUERY_STRING=%s", asked ? asked + 1 : "");
    snprintf(authorization, sizeof authorization, "HTTP_AUTHORIZATION=Bearer %s",
             strstr(target, "/admin/") ? ADMIN_TOKEN : USER_TOKEN);
    world_send(&request);
    free(copy);
    return &world.clients[world.client_count - 1];
}

/* ---- time ---- */

static inline void world_nothing(void *ctx)
{
    (void)ctx;
}

/* AFTER_MS from now: what a worker does once a tick, and what is due by then. */
static inline void world_tick(int64_t after_ms)
{
    struct service *service = &world.service;
    int64_t now_ms = clock_mono_ms() + after_ms;

    presence_tick(service->presence, now_ms);
    review_begin(service);
    outage_look(service);
    notices_send_again(service);
    service_measure(service);
    while (review_some(service))
        ;
    while (parked_run(service->parked, now_ms, WORLD_CLIENTS))
        ;
    played_confirm();
}

/* The worker stops: it answers who waits, and lets nobody wait any more. */
static inline void world_drain(void)
{
    world.service.draining = true;
    parked_end_all(world.service.parked, WAKE_DRAIN);
}

/* ---- beginning and ending ---- */

/* The configuration is read from a file, so that what inputs do not say is as by default. */
static inline void world_configure(void)
{
    char path[PLACE_PATH_MAX];
    char database_path[PLACE_PATH_MAX];
    char error[512];
    FILE *file = fopen(place_path(path, "rollcall.conf"), "w");

    insist(file, "a configuration can be written");
    fprintf(file,
            "database = \"%s\"\nauth = {\"token\", \"jwt\", \"remote_user\"}\n"
            "jwt {\n key_file = \"%s\"\n provision = true\n}\ncors_origins = {\"https://app.example.org\"}\n",
            place_path(database_path, "rollcall.db"), credentials_key_file());
    fclose(file);
    world.conf = conf_load(path, error, sizeof error);
    insist(world.conf, "the configuration is valid");
}

static inline void world_make(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    world_configure();
    database_make(world.conf);
    world.metrics = metrics_shared_new(1);
}

/* To be called first for each input. */
static inline void world_begin(void)
{
    const struct presence_events events = {.on_ready = world_nothing, .on_due = world_nothing};
    struct service *service = &world.service;

    if (!world.conf)
        world_make();
    service->conf = world.conf;
    world.conf->probe_s = 0;
    world.full = false;
    service->directory = database.directory;
    service->auth = database.auth;
    service->metrics_shared = world.metrics;
    service->metrics = metrics_slot(world.metrics, 0);
    service->host = (struct exchange_host){world.conf, service, world_on_reply, NULL};
    service->draining = false;
    service->on_parked = world_nothing;
    service->untold = (struct notice_list){.first = NULL};
    service->directory_look = (struct directory_look){.looked_ms = 0};
    service->herd = 0;
    service->revision = directory_revision(service->directory);
    service->accounts = accounts_new(world.conf->rate_limit);
    static const struct parked_calls parked_calls = {.wake = stream_wake, .tell = events_tell};
    service->parked = parked_new(&parked_calls, service);
    service->presence = presence_new(NULL, world.conf, service->directory, service->parked, &events);
    world.client_count = 0;
    world.answered = NULL;
    played_set_up(true);
    played_confirm();
}

/* To be called last: everybody is answered, and the directory is put back as it was. */
static inline void world_end(void)
{
    struct service *service = &world.service;
    bool changed = database_changed();

    for (size_t i = 0; i < world.client_count; i++)
        changed = changed || world.clients[i].wrote;
    world_tick(WORLD_FOREVER_MS);
    parked_end_all(service->parked, WAKE_DRAIN);
    presence_free(service->presence);
    for (size_t i = 0; i < world.client_count; i++)
        insist(!world.clients[i].waits, "every request is answered");
    notices_fini(&service->untold);
    parked_free(service->parked);
    events_last_fini(&service->events_last);
    accounts_free(service->accounts);
    if (changed || database_changed()) {
        database_restore();
        database_changed();
    }
}

#endif
