/* SPDX-License-Identifier: ISC */
/* See reply.h. */
#include "http/reply.h"

#include "base/buf.h"
#include "base/conf.h"
#include "base/utf8.h"
#include "transport/transport.h"

#include <string.h>

static void add_status(struct buf *head, int status)
{
    buf_add_text(head, "Status: ");
    buf_add_int(head, status);
    buf_add_char(head, ' ');
    buf_add_text(head, problem_reason(status));
    buf_add_text(head, "\r\n");
}

/* Fetch Standard, 3.2.3: the exact origin, since credentials are allowed. */
static void add_cors(struct buf *head, const struct reply *reply)
{
    if (reply->conf->cors_origin_count == 0)
        return;
    buf_add_text(head, "Vary: Origin\r\n");
    if (!reply->cors)
        return;
    buf_add_text(head, "Access-Control-Allow-Origin: ");
    buf_add_text(head, reply->conf->cors_origins[reply->cors - 1]);
    buf_add_text(head, "\r\nAccess-Control-Allow-Credentials: true\r\n"
                       "Access-Control-Expose-Headers: ETag, Retry-After\r\n");
}

static void add_content(struct buf *head, const struct reply *reply, const struct blob *body)
{
    if (reply->status == 204 || reply->status == 304)
        return;
    buf_add_text(head, "Content-Type: ");
    buf_add_text(head, reply->type);
    buf_add_text(head, "\r\nContent-Length: ");
    buf_add_int(head, body ? (int64_t)body->len : 0);
    buf_add_text(head, "\r\n");
}

/* Sends a head with further header lines EXTRA, and the first bytes of the body. */
static bool begin(const struct reply *reply, const char *extra, const char *body, struct conn *conn)
{
    struct buf head;

    buf_init(&head);
    add_status(&head, reply->status);
    buf_add_text(&head, "Content-Type: ");
    buf_add_text(&head, reply->type);
    buf_add_text(&head, "\r\n");
    buf_add_text(&head, extra);
    add_cors(&head, reply);
    buf_add_text(&head, "\r\n");
    buf_add_text(&head, body);
    bool begun = conn_begin(conn, head.data, head.len);
    buf_fini(&head);
    return begun;
}

void reply_begin(const struct reply *reply, struct conn *conn)
{
    begin(reply, "Cache-Control: no-store\r\n", "", conn);
}

#define EVENTS_HEAD "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n"

bool reply_begin_events(const struct reply *reply, bool coded, struct conn *conn)
{
    return begin(reply, coded ? EVENTS_HEAD "Content-Encoding: identity\r\n" : EVENTS_HEAD, ": ok\n\n", conn);
}

void reply_send(const struct reply *reply, struct conn *conn, struct blob *body)
{
    struct buf head;

    buf_init(&head);
    add_status(&head, reply->status);
    add_content(&head, reply, body);
    buf_add_text(&head, "Cache-Control: no-store\r\n");
    add_cors(&head, reply);
    if (reply->after_s) {
        buf_add_text(&head, "Retry-After: ");
        buf_add_int(&head, reply->after_s);
        buf_add_text(&head, "\r\n");
    }
    if (reply->challenge)
        buf_add_text(&head, "WWW-Authenticate: Bearer realm=\"rollcall\"\r\n");
    if (reply->extra)
        buf_add_text(&head, reply->extra);
    buf_add_text(&head, "\r\n");
    conn_reply(conn, head.data, head.len, reply->head ? NULL : body);
    buf_fini(&head);
    blob_unref(body);
}

void reply_set_problem(struct reply *reply, enum problem problem, unsigned after_s)
{
    int status = problem_kind(problem)->status;

    reply->type = "application/problem+json";
    reply->after_s = after_s;
    if (after_s == 0 && (status == 503 || status == 429))
        reply->after_s = 2;
    reply->challenge = status == 401;
}

/* Adds DETAIL, which may quote what came in, cut at any byte: what is no character becomes a question mark. */
static void add_detail(struct buf *body, const char *detail)
{
    struct buf text;
    size_t len = strlen(detail);

    buf_init(&text);
    for (size_t at = 0; at < len; at++) {
        size_t valid = utf8_valid_len(detail + at, len - at);
        buf_add(&text, detail + at, valid);
        at += valid;
        if (at < len)
            buf_add_char(&text, '?');
    }
    buf_add_json(body, buf_text(&text), text.len);
    buf_fini(&text);
}

struct blob *reply_problem_body(enum problem problem, const char *detail, const char *members)
{
    const struct problem_kind *kind = problem_kind(problem);
    struct buf body;
    struct blob *blob;

    buf_init(&body);
    buf_printf(&body,
               "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":", kind->title,
               kind->status, kind->code);
    add_detail(&body, detail);
    if (members)
        buf_add_text(&body, members);
    buf_add_text(&body, "}\n");
    blob = blob_from_buf(&body);
    buf_fini(&body);
    return blob;
}
