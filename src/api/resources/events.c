/* SPDX-License-Identifier: ISC */
/* See events.h. */
#include "api/resources/events.h"

#include "api/resources/stream_places.h"
#include "api/resources/stream_query.h"
#include "api/shared/outage.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/random.h"
#include "transport/transport.h"

#include <stdio.h>
#include <string.h>

enum {
    FRAME_BYTES = 128,     /* of an event beside its data, at most */
    PING_MS = 15000,       /* below the 30 to 60 s after which proxies close a silent connection */
    ROTATE_S = 900,        /* so that a stream does not keep an old worker, or its place among workers, for ever */
    ROTATE_SPREAD_S = 180, /* from 10 % before that to 10 % after it */
    RETURN_SPREAD_S = 3,   /* clients whose streams end together come back within so many seconds */
};

/* ---- events as bytes ---- */

/* An event of TYPE with the JSON in DATA, with ID unless it is NULL. */
static struct blob *event_new(const char *type, const char *id, const char *data, size_t len)
{
    struct buf out;

    buf_init(&out);
    if (id) {
        buf_add_text(&out, "id: ");
        buf_add_text(&out, id);
        buf_add_char(&out, '\n');
    }
    buf_add_text(&out, "event: ");
    buf_add_text(&out, type);
    buf_add_text(&out, "\ndata: ");
    buf_add(&out, data, len);
    buf_add_text(&out, "\n\n");
    struct blob *event = blob_from_buf(&out);
    buf_fini(&out);
    return event;
}

/* The event with BODY, a page. It begins with {"cursor":"...", which is the id, too. */
static struct blob *page_event(const struct blob *body)
{
    const char *cursor = body->data + strlen("{\"cursor\":\"");
    char id[CURSOR_TEXT_MAX + TOLD_TEXT_MAX + sizeof "_t"];
    size_t len = strcspn(cursor, "\"");

    memcpy(id, cursor, len);
    id[len] = '\0';
    return event_new("changes", id, body->data, body->len);
}

/*
 * The event with BODY, a page whose cursor is NEXT; a reference. Many get the same page, one after the other: it is
 * made once for them, but not if it is one reader's own.
 */
static struct blob *changes_event(struct events_last *last, struct blob *body, const struct cursor *next)
{
    if (next->own_rev > 0)
        return page_event(body);
    if (last->body != body) {
        blob_unref(last->event);
        blob_unref(last->body);
        last->body = blob_ref(body);
        last->event = page_event(body);
    }
    return blob_ref(last->event);
}

void events_last_fini(struct events_last *last)
{
    blob_unref(last->event);
    blob_unref(last->body);
    *last = (struct events_last){.body = NULL};
}

/* ---- telling ---- */

/* Sends EVENT, a reference that is given up. */
static void send_event(const struct woken *stream, struct tell_result *told, struct blob *event)
{
    told->said = true;
    told->held = !conn_send(stream->conn, event);
    blob_unref(event);
}

/* The page from SINCE on, with fewer entries than QUERY allows if it would be too long for an event. */
static struct blob *page_that_fits(const struct woken *stream, const struct cursor *since, struct view_query *query,
                                   struct cursor *next)
{
    size_t most = LIMIT_EVENT_BYTES - FRAME_BYTES - (stream->reading ? READING_FRAME_BYTES : 0);

    for (;;) {
        struct blob *body = view_page(stream->view, stream->start, since, query, next);

        if (body->len <= most || query->limit <= 1)
            return body;
        blob_unref(body);
        query->limit /= 2;
    }
}

/* Whether nothing is news to STREAM, which continues from SEQ. */
static bool knows_all(const struct service *self, const struct woken *stream, int64_t seq,
                      const struct view_query *query)
{
    return !view_has_news(stream->view, seq, query) && !view_has_counts(stream->view, seq, query) && !query->own_news &&
           !stream_places_news(self, stream->view, stream->reading);
}

static void tell_news(struct service *self, const struct woken *stream, struct tell_result *told)
{
    struct view *view = stream->view;
    struct view_query query = stream_query_woken(self, stream);
    struct cursor since = {.seq = stream->seq, .head = stream->head};
    struct cursor next;

    if (stream->start == VIEW_CONTINUE && since.head == 0 && knows_all(self, stream, since.seq, &query))
        return;
    strcpy(since.epoch, view_epoch(view));
    struct blob *body = page_that_fits(stream, &since, &query, &next);
    body = stream_places_add(self, view, stream->reading, body);
    send_event(stream, told, changes_event(&self->events_last, body, &next));
    blob_unref(body);
    if (stream->changed_us > 0)
        histogram_add(&self->metrics->fanout_seconds, clock_mono_us() - stream->changed_us);
    told->seq = next.seq;
    told->head = next.head;
    told->more = next.head > 0 || view_has_news(view, next.seq, &query) ||
                 stream_places_news(self, stream->view, stream->reading);
}

static struct blob *ping_event(void)
{
    char data[48];
    int len = snprintf(data, sizeof data, "{\"now\":%lld}", (long long)clock_wall_ms());

    return event_new("ping", NULL, data, (size_t)len);
}

static struct blob *beat_event(const char *session)
{
    char data[IDS_SESSION_MAX + 16];
    int len = snprintf(data, sizeof data, "{\"session\":\"%s\"}", session);

    return event_new("beat", NULL, data, (size_t)len);
}

struct tell_result events_tell(void *ctx, const struct woken *stream, enum tell what)
{
    struct tell_result told = {.seq = stream->seq, .head = stream->head};

    switch (what) {
    case TELL_NEWS: tell_news(ctx, stream, &told); break;
    case TELL_PING: send_event(stream, &told, ping_event()); break;
    case TELL_BEAT: send_event(stream, &told, beat_event(stream->session)); break;
    }
    return told;
}

void events_on_sent(void *ctx, struct conn *conn, void *owner)
{
    struct service *self = ctx;

    (void)conn;
    parked_resume(self->parked, owner);
    self->on_parked(self->host.ctx);
}

/* ---- ending ---- */

static const char *code_of(enum wake why)
{
    switch (why) {
    case WAKE_CREDENTIAL: return "expired_credential";
    case WAKE_REMOVED: return "not_a_member";
    case WAKE_LEFT: return "session_ended";
    case WAKE_SUPERSEDED: return "superseded";
    case WAKE_CROWDED: return "too_many_polls";
    case WAKE_AWAY: return "redis_unavailable";
    case WAKE_DRAIN: return "draining";
    case WAKE_LOST:
    case WAKE_NEWS: /* its time is over; what it was not told comes after its cursor */
    case WAKE_TIMEOUT: break;
    }
    return "rotate";
}

/* When a client may come back, s: those whose streams end together are spread. */
static unsigned retry_s(const struct service *service, enum wake why)
{
    if (why == WAKE_AWAY)
        return outage_retry_s(service);
    return why == WAKE_DRAIN || why == WAKE_LOST ? random_below(RETURN_SPREAD_S + 1) : 0;
}

static struct blob *end_event(const struct service *service, enum wake why)
{
    char data[80];
    int len = snprintf(data, sizeof data, "{\"code\":\"%s\",\"retry_after\":%u}", code_of(why), retry_s(service, why));

    return event_new("end", NULL, data, (size_t)len);
}

void events_end(const struct service *service, const struct woken *stream, enum wake why)
{
    bool drains = service->draining && (why == WAKE_NEWS || why == WAKE_TIMEOUT);
    struct blob *event = end_event(service, drains ? WAKE_DRAIN : why);

    conn_reply(stream->conn, NULL, 0, event);
    blob_unref(event);
}

/* ---- beginning ---- */

/* How long the stream of REQUEST lasts, ms. One whose beat came too late would hold no session: it is to come again. */
static int64_t lasts_ms(const struct service *service, const struct stream_request *request)
{
    bool overtaken = *request->session && !request->is_beat;

    if (service->draining || overtaken)
        return 0;
    return (ROTATE_S - ROTATE_SPREAD_S / 2 + random_below(ROTATE_SPREAD_S + 1)) * INT64_C(1000);
}

struct stream_spec events_spec(const struct stream_request *request, enum view_start start)
{
    const struct service *service = service_of(request->exchange);

    return (struct stream_spec){
        .start = start,
        .seq = request->since.seq,
        .head = request->since.head,
        .now_ms = clock_mono_ms(),
        .lasts_ms = lasts_ms(service, request),
        .ping_ms = PING_MS,
        .beat_ms = request->is_beat ? service->conf->heartbeat_s * INT64_C(1000) : 0,
    };
}
