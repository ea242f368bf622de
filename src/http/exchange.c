/* SPDX-License-Identifier: ISC */
/* See exchange.h. Reading the request; replies are in reply.c. */
#include "http/exchange.h"

#include "base/conf.h"
#include "base/mem.h"
#include "http/json.h"
#include "http/names.h"
#include "http/reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static enum method method_of(const char *name, bool *head)
{
    static const struct {
        const char *name;
        enum method method;
    } methods[] = {
        {"GET", METHOD_GET},       {"POST", METHOD_POST}, {"PUT", METHOD_PUT},
        {"DELETE", METHOD_DELETE}, {"HEAD", METHOD_GET},  {"OPTIONS", METHOD_OPTIONS},
    };

    *head = name && strcmp(name, "HEAD") == 0;
    for (size_t i = 0; name && i < sizeof methods / sizeof *methods; i++)
        if (strcmp(name, methods[i].name) == 0)
            return methods[i].method;
    return METHOD_OTHER;
}

/* True if Accept names text/plain and not JSON, as `curl -H 'Accept: text/plain'` sends it. */
static bool wants_plain(const char *accept)
{
    return accept && strstr(accept, "text/plain") && !strstr(accept, "json");
}

static void on_gone(void *ctx, struct conn *conn, void *owner)
{
    struct exchange *exchange = owner;

    (void)ctx;
    (void)conn;
    exchange->conn = NULL;
}

struct exchange *exchange_new(const struct exchange_host *host, struct conn *conn, const struct request *request)
{
    struct exchange *self = mem_new(sizeof *self);
    self->host = host;
    self->conn = conn;
    self->request = request;
    self->method = method_of(request_param(request, "REQUEST_METHOD"), &self->head);
    self->plain = wants_plain(exchange_header(self, "HTTP_ACCEPT"));
    conn_set_owner(conn, on_gone, self);
    return self;
}

static void exchange_free(struct exchange *self)
{
    path_fini(&self->path);
    query_fini(&self->query);
    if (self->state)
        self->free_state(self->state);
    request_copy_free(self->held);
    free(self);
}

void exchange_keep(struct exchange *self, void *state, void (*free_state)(void *state))
{
    assert(!self->state);
    self->state = state;
    self->free_state = free_state ? free_state : free;
}

void exchange_hold(struct exchange *self)
{
    if (!self->held)
        self->request = self->held = request_copy(self->request);
}

const char *exchange_header(const struct exchange *self, const char *name)
{
    return request_param(self->request, name);
}

struct json *exchange_json(struct exchange *self)
{
    char error[300];
    struct json *json = json_parse(self->request->body, self->request->body_len, error, sizeof error);
    if (!json) {
        exchange_problem(self, PROBLEM_BAD_JSON, "%s", error);
        return NULL;
    }
    const char *unknown = json_unknown(json, self->body_names);
    if (!unknown)
        return json;
    names_refuse(&(struct names_unknown){self->body_names, "body", unknown, strlen(unknown)}, error, sizeof error);
    json_free(json);
    exchange_problem(self, PROBLEM_BAD_REQUEST, "%s", error);
    return NULL;
}

/* What reply.c needs to know of an exchange. */
static struct reply reply_of(const struct exchange *self, int status)
{
    return (struct reply){
        .conf = self->host->conf, .status = status, .type = "application/json", .cors = self->cors, .head = self->head};
}

/* Sends REPLY, reports it and frees the exchange. Takes over BODY. */
static void finish(struct exchange *self, const struct reply *reply, struct blob *body)
{
    if (self->conn)
        reply_send(reply, self->conn, body);
    else
        blob_unref(body);
    self->host->on_reply(self->host->ctx, self->route, reply->status);
    exchange_free(self);
}

void exchange_reply(struct exchange *self, int status, struct blob *body)
{
    struct reply reply = reply_of(self, status);
    finish(self, &reply, body);
}

void exchange_reply_buf(struct exchange *self, int status, struct buf *buf)
{
    exchange_reply(self, status, blob_from_buf(buf));
}

void exchange_reply_as(struct exchange *self, int status, const char *type, const char *headers, struct blob *body)
{
    struct reply reply = reply_of(self, status);
    reply.type = type;
    reply.extra = headers;
    finish(self, &reply, body);
}

void exchange_problem_with(struct exchange *self, enum problem problem, const struct problem_extra *extra,
                           const char *detail)
{
    struct reply reply = reply_of(self, problem_kind(problem)->status);
    struct blob *body = reply_problem_body(problem, detail, extra->members);
    reply_set_problem(&reply, problem, extra->after_s);
    reply.extra = extra->headers;
    finish(self, &reply, body);
}

void exchange_problem(struct exchange *self, enum problem problem, const char *detail, ...)
{
    char text[512];
    va_list args;

    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    exchange_problem_with(self, problem, &(struct problem_extra){0}, text);
}

bool exchange_refuse(struct exchange *self, const char *rule)
{
    exchange_problem(self, PROBLEM_BAD_REQUEST, "%s", rule);
    return false;
}

struct conn *exchange_park(struct exchange *self)
{
    struct conn *conn = self->conn;
    struct reply reply = reply_of(self, 200);
    if (self->host->conf->probe_s > 0)
        reply_begin(&reply, conn);
    exchange_free(self);
    return conn;
}

bool exchange_begin_events(struct exchange *self, bool coded)
{
    struct reply reply = reply_of(self, 200);
    reply.type = "text/event-stream";
    if (!reply_begin_events(&reply, coded, self->conn))
        return false;
    self->host->on_reply(self->host->ctx, self->route, reply.status);
    return true;
}

static void finish_parked(const struct exchange_parked *parked, const struct reply *reply, struct blob *body)
{
    reply_send(reply, parked->conn, body);
    parked->host->on_reply(parked->host->ctx, parked->route, reply->status);
}

void exchange_reply_parked(const struct exchange_parked *parked, struct blob *body)
{
    const struct reply reply = {
        .conf = parked->host->conf, .status = 200, .type = "application/json", .cors = parked->cors};
    finish_parked(parked, &reply, body);
}

void exchange_problem_parked(const struct exchange_parked *parked, enum problem problem, unsigned after_s,
                             const char *detail)
{
    struct reply reply = {.conf = parked->host->conf, .status = problem_kind(problem)->status, .cors = parked->cors};
    reply_set_problem(&reply, problem, after_s);
    finish_parked(parked, &reply, reply_problem_body(problem, detail, NULL));
}
