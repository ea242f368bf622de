/* SPDX-License-Identifier: ISC */
/*
 * One connection to Redis. Commands are put into a buffer and go out together at the end of the loop's turn, by one
 * send(); EV_WRITE is waited for only where the socket does not take all. What comes is parsed and given to whoever asked,
 * in the order of asking; a reply that nobody asked for ends the connection, and nothing worse.
 */
#include "redis/redis_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "redis/hiredis_compat.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    RECV_BYTES = 16 << 10,
    POOL_MAX = 1024,         /* asks kept to be used again: half a megabyte */
    POOL_TAIL_MAX = 4 << 10, /* larger buffers are given back */
    OUT_KEPT_MAX = 256 << 10,
};

/* ---- asks ---- */

void ask_list_init(struct ask_list *list)
{
    list->head = NULL;
    list->end = &list->head;
}

void ask_list_push(struct ask_list *list, struct ask *ask)
{
    ask->next = NULL;
    *list->end = ask;
    list->end = &ask->next;
}

struct ask *ask_list_shift(struct ask_list *list)
{
    struct ask *ask = list->head;

    if (!ask)
        return NULL;
    list->head = ask->next;
    if (!list->head)
        list->end = &list->head;
    return ask;
}

struct ask *ask_new(struct redis *self)
{
    struct ask *ask = self->pool;

    if (!ask)
        return mem_new(sizeof *ask);
    self->pool = ask->next;
    self->pool_count--;
    ask->whole = false;
    return ask;
}

void ask_free(struct redis *self, struct ask *ask)
{
    if (self->pool_count >= POOL_MAX || ask->tail.capacity > POOL_TAIL_MAX) {
        buf_fini(&ask->tail);
        free(ask);
        return;
    }
    buf_clear(&ask->tail);
    ask->next = self->pool;
    self->pool = ask;
    self->pool_count++;
}

/* ---- the connection ---- */

static void on_readable(evutil_socket_t fd, short what, void *ctx);
static void on_writable(evutil_socket_t fd, short what, void *ctx);

void link_init(struct link *link, struct redis *redis, const char *what)
{
    memset(link, 0, sizeof *link);
    link->redis = redis;
    link->what = what;
    buf_init(&link->out);
    ask_list_init(&link->asks);
}

static void watch(struct link *link)
{
    struct redis *redis = link->redis;
    int fd = (int)link->context->fd;

    event_assign(&link->readable, redis->base, fd, EV_READ | EV_PERSIST, on_readable, link);
    event_assign(&link->writable, redis->base, fd, EV_WRITE, on_writable, link);
    /* What changed is told before anything else is done, where the loop knows of priorities. */
    if (link == &redis->channel && event_base_get_npriorities(redis->base) > 1)
        event_priority_set(&link->readable, 0);
    event_add(&link->writable, NULL);
}

static void connect_failed(struct link *link, const char *why)
{
    redis_lose(link->redis, "the %s connection failed: %s" REDIS_NOT_THERE, link->what, why);
}

bool link_open(struct link *link)
{
    const struct conf_redis *conf = link->redis->conf;
    const char *address = link->redis->dial.address;
    redisContext *context;

    link->start_us = clock_mono_us();
    context = conf->unix_path ? redisConnectUnixNonBlock(conf->unix_path)
                              : redisConnectNonBlock(*address ? address : conf->host, conf->port);
    if (!context)
        abort(); /* out of memory */
    if (context->err) {
        connect_failed(link, context->errstr);
        redisFree(context);
        return false;
    }
    link->context = context;
    link->reader = value_reader_new(&link->arena);
    link->connecting = true;
    watch(link);
    return true;
}

void link_ignore(struct link *link)
{
    if (!link->context)
        return;
    event_del(&link->readable);
    event_del(&link->writable);
}

void link_close(struct link *link)
{
    if (!link->context)
        return;
    link_ignore(link);
    redisReaderFree(link->reader);
    redisFree(link->context);
    link->reader = NULL;
    link->context = NULL;
    link->connecting = false;
    link->sent = 0;
    buf_clear(&link->out);
    arena_reset(&link->arena);
}

void link_fini(struct link *link)
{
    link_close(link);
    buf_fini(&link->out);
    arena_fini(&link->arena);
}

static void lose(struct link *link, const char *why)
{
    redis_lose(link->redis, "the %s connection was lost: %s", link->what, why);
}

/* ---- sending ---- */

void link_push(struct link *link, struct ask *ask)
{
    ask_list_push(&link->asks, ask);
    redis_later(link->redis);
}

void resp_bulk(struct buf *out, const char *bytes, size_t len)
{
    buf_add_char(out, '$');
    buf_add_int(out, (int64_t)len);
    buf_add(out, "\r\n", 2);
    buf_add(out, bytes, len);
    buf_add(out, "\r\n", 2);
}

void link_ask(struct link *link, struct ask *ask, const char *const *texts, size_t count)
{
    buf_printf(&link->out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        resp_bulk(&link->out, texts[i], strlen(texts[i]));
    ask->asked_us = clock_mono_us();
    link_push(link, ask);
}

static void all_sent(struct link *link)
{
    link->sent = 0;
    if (link->out.capacity > OUT_KEPT_MAX)
        buf_fini(&link->out);
    else
        buf_clear(&link->out);
}

void link_flush(struct link *link)
{
    ssize_t sent;

    if (!link->context || link->connecting || link->out.len == 0 || event_pending(&link->writable, EV_WRITE, NULL))
        return;
    sent = send((int)link->context->fd, link->out.data + link->sent, link->out.len - link->sent,
                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        lose(link, strerror(errno));
        return;
    }
    if (sent > 0)
        link->sent += (size_t)sent;
    if (link->sent == link->out.len)
        all_sent(link);
    else
        event_add(&link->writable, NULL);
}

/* The socket is writable for the first time: connect(2) has ended, one way or the other. */
static bool connected(struct link *link)
{
    int fd = (int)link->context->fd;
    int error = 0;
    int on = 1;
    socklen_t size = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0) {
        connect_failed(link, strerror(error));
        return false;
    }
    if (!link->redis->conf->unix_path)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->connecting = false;
    event_add(&link->readable, NULL);
    return true;
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct link *link = ctx;

    (void)fd;
    (void)what;
    if (link->connecting && !connected(link))
        return;
    link_flush(link);
}

/* ---- receiving ---- */

static void take_reply(struct link *link, const struct redis_value *reply)
{
    struct redis *redis = link->redis;
    struct ask *ask;

    if (link == &redis->channel && channel_message(redis, reply))
        return;
    ask = ask_list_shift(&link->asks);
    if (!ask)
        lose(link, reply->error ? reply->text : "a reply came that nobody had asked for");
    else
        ask->on_reply(redis, ask, reply);
}

/* Gives out every whole reply that the parser has. */
static void take_replies(struct link *link)
{
    struct redis *redis = link->redis;

    while (redis->state != STATE_LOSING) {
        void *reply = NULL;
        if (redisReaderGetReply(link->reader, &reply) != REDIS_OK) {
            lose(link, link->reader->errstr);
            return;
        }
        if (!reply)
            return;
        take_reply(link, reply);
        arena_reset(&link->arena);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct link *link = ctx;
    char bytes[RECV_BYTES];
    ssize_t len;

    (void)what;
    if (link->redis->state == STATE_LOSING) {
        /* It may stay readable for ever, and its priority would let nothing else run: not even what closes it. */
        event_del(&link->readable);
        return;
    }
    len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        lose(link, len < 0 ? strerror(errno) : "Redis closed it");
        return;
    }
    link->redis->now_us = clock_mono_us();
    if (redisReaderFeed(link->reader, bytes, (size_t)len) != REDIS_OK)
        lose(link, link->reader->errstr);
    else
        take_replies(link);
}
