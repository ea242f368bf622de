/* SPDX-License-Identifier: ISC */
/*
 * See redis_conn.h. hiredis parses replies here. Its asynchronous half is not used: it aborts the process on replies
 * that nobody asked for, loses count of subscriptions, and sets and clears EV_WRITE around every command. Here all
 * commands of a turn go out by one send(), and EV_WRITE is waited for only if the socket does not take all.
 */
#include "redis/redis_conn.h"

#include "base/clock.h"
#include "redis/hiredis_compat.h"
#include "redis/redis_value_private.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

enum {
    RECV_BYTES = 16 << 10,
    OUT_KEPT_MAX = 256 << 10,
    LINE_BYTES_MAX = 64 << 10,  /* a line of the protocol; the longest are errors, which quote a line of a script */
    URGENT_BYTES_MAX = 1 << 20, /* of urgent input, before everything else has its turn: a few ms */
    WHY_MAX = 512,
};

static void end(struct redis_conn *conn, const char *what, const char *why)
{
    char sentence[WHY_MAX];

    snprintf(sentence, sizeof sentence, "the %s connection %s: %s", conn->role.name, what, why);
    redis_conn_ignore(conn);
    conn->role.on_lost(conn->role.ctx, sentence);
}

static void lost(struct redis_conn *conn, const char *why)
{
    end(conn, "was lost", why);
}

static void connect_failed(struct redis_conn *conn, const char *why)
{
    end(conn, "failed", why);
}

/* ---- sending ---- */

static void flush_at_end_of_turn(struct redis_conn *conn)
{
    if (conn->flushing)
        return;
    conn->flushing = true;
    event_active(&conn->end_of_turn, EV_TIMEOUT, 0);
}

void redis_conn_push(struct redis_conn *conn, struct redis_request *request)
{
    redis_request_list_push(&conn->requests, request);
    flush_at_end_of_turn(conn);
}

void redis_conn_bulk(struct buf *out, const char *bytes, size_t len)
{
    buf_add_char(out, '$');
    buf_add_int(out, (int64_t)len);
    buf_add(out, "\r\n", 2);
    buf_add(out, bytes, len);
    buf_add(out, "\r\n", 2);
}

void redis_conn_send(struct redis_conn *conn, struct redis_request *request, const char *const *texts, size_t count)
{
    buf_printf(&conn->out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        redis_conn_bulk(&conn->out, texts[i], strlen(texts[i]));
    request->sent_us = clock_mono_us();
    redis_conn_push(conn, request);
}

static void all_sent(struct redis_conn *conn)
{
    conn->sent = 0;
    if (conn->out.capacity > OUT_KEPT_MAX)
        buf_fini(&conn->out);
    else
        buf_clear(&conn->out);
}

static void flush(struct redis_conn *conn)
{
    if (!conn->wire.context || conn->connecting || conn->out.len == 0 || event_pending(&conn->writable, EV_WRITE, NULL))
        return;
    ssize_t sent = redis_wire_send(&conn->wire, conn->out.data + conn->sent, conn->out.len - conn->sent);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        lost(conn, conn->wire.why);
        return;
    }
    if (sent > 0)
        conn->sent += (size_t)sent;
    if (conn->sent == conn->out.len)
        all_sent(conn);
    else if (!conn->ignored)
        event_add(&conn->writable, NULL);
}

static void on_end_of_turn(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_conn *conn = ctx;

    (void)fd;
    (void)what;
    conn->flushing = false;
    flush(conn);
}

/* The socket is ready for the next step of connecting. */
static void go_on_connecting(struct redis_conn *conn)
{
    switch (redis_wire_connect(&conn->wire)) {
    case REDIS_WIRE_READY:
        conn->connecting = false;
        event_add(&conn->readable, NULL);
        break;
    case REDIS_WIRE_READS: event_add(&conn->readable, NULL); break;
    case REDIS_WIRE_WRITES: event_add(&conn->writable, NULL); break;
    case REDIS_WIRE_FAILED: connect_failed(conn, conn->wire.why); break;
    }
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_conn *conn = ctx;

    (void)fd;
    (void)what;
    if (conn->connecting)
        go_on_connecting(conn);
    flush(conn);
}

/* ---- receiving ---- */

static void take_reply(struct redis_conn *conn, const struct redis_value *reply)
{
    const struct redis_conn_role *role = &conn->role;

    if (role->on_message && role->on_message(role->ctx, reply))
        return;
    struct redis_request *request = redis_request_list_shift(&conn->requests);
    if (request)
        request->on_reply(role->owner, request, reply);
    else
        lost(conn, reply->error ? reply->text : "Redis sent an unexpected reply");
}

/* Hands over every whole reply that the parser has. */
static void take_replies(struct redis_conn *conn)
{
    while (!conn->ignored) {
        void *reply = NULL;
        if (redisReaderGetReply(conn->reader, &reply) != REDIS_OK) {
            lost(conn, conn->reader->errstr);
            return;
        }
        if (!reply)
            return;
        take_reply(conn, reply);
        redis_arena_reset(&conn->arena);
    }
}

/*
 * What has come of a reply that is not whole must be possible: the parser keeps all that it is given. Returns what is
 * wrong with it, or NULL.
 */
static const char *impossible(const redisReader *reader)
{
    size_t pending = reader->len - reader->pos;

    if (pending > REDIS_ARENA_MAX)
        return "Redis sends a reply that is too large";
    /* The length of a text is such a line too. */
    if (pending > LINE_BYTES_MAX && !memchr(reader->buf + reader->pos, '\n', LINE_BYTES_MAX))
        return "Redis sends a line that is too long";
    return NULL;
}

static void set_priority(struct redis_conn *conn, bool urgent)
{
    const int count = event_base_get_npriorities(conn->base);

    event_priority_set(&conn->readable, urgent ? 0 : count - 1);
}

/* Everything else has had its turn. */
static void on_rested(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_conn *conn = ctx;

    (void)fd;
    (void)what;
    conn->urgent_bytes = 0;
    if (conn->wire.context && !conn->ignored)
        set_priority(conn, true);
}

/* LEN bytes of urgent input have come. If it does not end, it must not keep the loop from everything else. */
static void count_urgent(struct redis_conn *conn, size_t len)
{
    bool resting = conn->urgent_bytes > URGENT_BYTES_MAX;

    conn->urgent_bytes += len;
    if (resting || conn->urgent_bytes <= URGENT_BYTES_MAX)
        return;
    set_priority(conn, false);
    event_active(&conn->rested, EV_TIMEOUT, 0);
}

/* Takes what one recv() has. False if that was nothing, or the connection is of no more use. */
static bool receive(struct redis_conn *conn)
{
    char bytes[RECV_BYTES];
    ssize_t len = redis_wire_recv(&conn->wire, bytes, sizeof bytes);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (len <= 0) {
        lost(conn, conn->wire.why);
        return false;
    }
    conn->received_us = clock_mono_us();
    if (conn->role.urgent)
        count_urgent(conn, (size_t)len);
    if (redisReaderFeed(conn->reader, bytes, (size_t)len) != REDIS_OK) {
        lost(conn, conn->reader->errstr);
        return false;
    }
    take_replies(conn);
    const char *why = conn->ignored ? NULL : impossible(conn->reader);
    if (why)
        lost(conn, why);
    return !conn->ignored;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_conn *conn = ctx;

    (void)fd;
    (void)what;
    if (conn->connecting) {
        go_on_connecting(conn);
        flush(conn);
    }
    if (!conn->connecting && receive(conn) && redis_wire_holds_input(&conn->wire))
        event_active(&conn->readable, EV_READ, 0);
}

bool redis_conn_has_input(const struct redis_conn *conn)
{
    return conn->reader->len > conn->reader->pos || redis_wire_has_input(&conn->wire);
}

static void connect_timed_out(struct redis_conn *conn, int64_t connect_ms)
{
    char why[160];

    snprintf(why, sizeof why,
             conn->wire.reached
                 ? "no answer to the TLS handshake within %g s; use Redis's tls-port, or redis:// if it has none"
                 : "no answer within %g s",
             (double)connect_ms / 1e3);
    connect_failed(conn, why);
}

void redis_conn_check(struct redis_conn *conn, int64_t now_us, int64_t connect_ms, int64_t silence_ms)
{
    const struct redis_request *oldest = conn->requests.head;
    char why[64];

    if (conn->connecting && now_us - conn->start_us > connect_ms * 1000) {
        connect_timed_out(conn, connect_ms);
    } else if (!conn->connecting && oldest && now_us - oldest->sent_us > silence_ms * 1000) {
        snprintf(why, sizeof why, "no answer for %g s", (double)silence_ms / 1e3);
        lost(conn, why);
    }
}

/* ---- opening and closing ---- */

void redis_conn_init(struct redis_conn *conn, struct event_base *base, const struct redis_conn_role *role)
{
    memset(conn, 0, sizeof *conn);
    conn->base = base;
    conn->role = *role;
    buf_init(&conn->out);
    redis_request_list_init(&conn->requests);
    event_assign(&conn->end_of_turn, base, -1, EV_TIMEOUT, on_end_of_turn, conn);
    event_assign(&conn->rested, base, -1, EV_TIMEOUT, on_rested, conn);
    event_priority_set(&conn->rested, event_base_get_npriorities(base) - 1);
}

static void watch(struct redis_conn *conn)
{
    int fd = conn->wire.fd;

    event_assign(&conn->readable, conn->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
    event_assign(&conn->writable, conn->base, fd, EV_WRITE, on_writable, conn);
    if (conn->role.urgent)
        set_priority(conn, true);
    event_add(&conn->writable, NULL);
}

bool redis_conn_open(struct redis_conn *conn, const struct redis_place *place)
{
    conn->start_us = clock_mono_us();
    if (!redis_wire_open(&conn->wire, place)) {
        connect_failed(conn, conn->wire.why);
        return false;
    }
    conn->reader = redis_value_reader_new(&conn->arena);
    conn->connecting = true;
    conn->ignored = false;
    watch(conn);
    return true;
}

void redis_conn_ignore(struct redis_conn *conn)
{
    if (!conn->wire.context)
        return;
    /* Closing may have a lower priority than input: while that kept arriving, nothing else would run. */
    event_del(&conn->readable);
    event_del(&conn->writable);
    conn->ignored = true;
}

void redis_conn_close(struct redis_conn *conn)
{
    if (!conn->wire.context)
        return;
    redis_conn_ignore(conn);
    redisReaderFree(conn->reader);
    redis_wire_close(&conn->wire);
    conn->reader = NULL;
    conn->connecting = false;
    conn->sent = 0;
    buf_clear(&conn->out);
    redis_arena_reset(&conn->arena);
}

void redis_conn_fini(struct redis_conn *conn)
{
    redis_conn_close(conn);
    event_del(&conn->end_of_turn);
    event_del(&conn->rested);
    buf_fini(&conn->out);
    redis_arena_fini(&conn->arena);
}
