/* SPDX-License-Identifier: ISC */
/* See exchange.h. Reading the request; replies are in reply.c. */
#include "http/exchange.h"

#include "base/mem.h"
#include "http/json.h"
#include "http/names.h"
#include "http/reply.h"

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

/* True where Accept names text/plain and no JSON: what `curl -H 'Accept: text/plain'` sends. */
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
    free(self->workspace);
    free(self->user);
    free(self->session);
    free(self);
}

const char *exchange_header(const struct exchange *self, const char *name)
{
    return request_param(self->request, name);
}

struct json *exchange_json(struct exchange *self)
{
    char error[300];
    struct json *json = json_parse(self->request->body, self->request->body_len, error, sizeof error);
    const char *unknown;

    if (!json) {
        exchange_problem(self, PROBLEM_BAD_JSON, "%s", error);
        return NULL;
    }
    unknown = json_unknown(json, self->body_names);
    if (!unknown)
        return json;
    names_refuse(self->body_names, "body", unknown, strlen(unknown), error, sizeof error);
    json_free(json);
    exchange_problem(self, PROBLEM_BAD_REQUEST, "%s", error);
    return NULL;
}

/* What reply.c needs of an exchange. */
static struct reply reply_of(const struct exchange *self, int status)
{
    return (struct reply){
        .conf = self->host->conf, .status = status, .type = "application/json", .cors = self->cors, .head = self->head};
}

/* Sends REPLY, counts it and frees the exchange. Takes over BODY. */
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

void exchange_reply_as(struct exchange *self, int status, const char *type, const char *extra, struct blob *body)
{
    struct reply reply = reply_of(self, status);

    reply.type = type;
    reply.extra = extra;
    finish(self, &reply, body);
}

void exchange_problem_as(struct exchange *self, enum problem problem, unsigned after_s, const char *extra,
                         const char *members, const char *detail)
{
    struct reply reply = reply_of(self, problem_kind(problem)->status);
    struct blob *body = reply_problem_body(problem, detail, members);

    reply_set_problem(&reply, problem, after_s);
    reply.extra = extra;
    finish(self, &reply, body);
}

void exchange_problem(struct exchange *self, enum problem problem, const char *detail, ...)
{
    char text[512];
    va_list args;

    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    exchange_problem_as(self, problem, 0, NULL, NULL, text);
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

void exchange_answer(const struct exchange_host *host, struct conn *conn, uint16_t cors, unsigned route,
                     struct blob *body)
{
    struct reply reply = {.conf = host->conf, .status = 200, .type = "application/json", .cors = cors};

    reply_send(&reply, conn, body);
    host->on_reply(host->ctx, route, reply.status);
}

void exchange_answer_problem(const struct exchange_host *host, struct conn *conn, uint16_t cors, unsigned route,
                             enum problem problem, const char *detail)
{
    struct reply reply = {.conf = host->conf, .status = problem_kind(problem)->status, .cors = cors};

    reply_set_problem(&reply, problem, 0);
    reply_send(&reply, conn, reply_problem_body(problem, detail, NULL));
    host->on_reply(host->ctx, route, reply.status);
}

void exchange_answer_away(const struct exchange_host *host, struct conn *conn, uint16_t cors, unsigned route,
                          unsigned after_s)
{
    struct reply reply = {.conf = host->conf, .status = 503, .cors = cors};

    reply_set_problem(&reply, PROBLEM_REDIS_UNAVAILABLE, after_s);
    reply_send(&reply, conn,
               reply_problem_body(PROBLEM_REDIS_UNAVAILABLE,
                                  "Presence has been out of reach for some seconds; /readyz says why. Try again.",
                                  NULL));
    host->on_reply(host->ctx, route, reply.status);
}
