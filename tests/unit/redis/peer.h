/* SPDX-License-Identifier: ISC */
/*
 * A peer on the fixture's socket that speaks like Redis, except for what a test wants it to do wrong. It lives in the
 * test's own loop.
 */
#ifndef ROLLCALL_TESTS_REDIS_PEER_H
#define ROLLCALL_TESTS_REDIS_PEER_H

#include "fixture.h"

#include <hiredis/hiredis.h>

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PEER_REPLID "0123456789012345678901234567890123456789"

struct peer;

struct peer_conn {
    struct peer *peer;
    struct peer_conn *next;
    int fd;
    struct event readable;
    struct redis_arena arena;
    struct redisReader *reader;
    bool closing;
};

struct peer {
    struct fixture *fixture;
    int fd;
    struct event acceptable;
    struct peer_conn *conns; /* owned list */
    /* Answers COMMAND, or returns false to leave that to peer_behave(). NULL: all is left to it. */
    bool (*on_command)(struct peer_conn *conn, const struct redis_value *command);
    bool close_at_once; /* every connection */
    unsigned accepted;
    unsigned reads; /* arrivals of bytes */
    unsigned calls; /* EVALSHAs */
};

static inline void peer_send(struct peer_conn *conn, const char *bytes)
{
    /* The other side may have gone. */
    if (send(conn->fd, bytes, strlen(bytes), MSG_NOSIGNAL) < 0)
        conn->closing = true;
}

static inline bool peer_is(const struct redis_value *command, size_t index, const char *word)
{
    return redis_value_is(redis_value_at(command, index), word);
}

/* As Redis does; every script answers 1. */
static inline void peer_behave(struct peer_conn *conn, const struct redis_value *command)
{
    char text[512];
    const char *word = redis_value_text(redis_value_at(command, 0), NULL);
    const char *second = redis_value_text(redis_value_at(command, 1), NULL);

    if (strcmp(word, "INFO") == 0) {
        static const char info[] = "role:master\r\nmaster_replid:" PEER_REPLID "\r\n";
        snprintf(text, sizeof text, "$%zu\r\n%s\r\n", sizeof info - 1, info);
    } else if (strcmp(word, "SCRIPT") == 0) {
        snprintf(text, sizeof text, "$40\r\n" PEER_REPLID "\r\n");
    } else if (strstr(word, "SUBSCRIBE")) {
        snprintf(text, sizeof text, "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n:1\r\n", strlen(word),
                 *word == 'S' ? "subscribe" : "unsubscribe", strlen(second), second);
    } else {
        snprintf(text, sizeof text,
                 strncmp(word, "EVAL", 4) == 0 ? ":1\r\n"
                 : strcmp(word, "PING") == 0   ? "+PONG\r\n"
                                               : "+OK\r\n");
    }
    peer_send(conn, text);
}

static inline void peer_conn_free(struct peer_conn *conn)
{
    struct peer_conn **at = &conn->peer->conns;

    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    event_del(&conn->readable);
    redisReaderFree(conn->reader);
    redis_arena_fini(&conn->arena);
    close(conn->fd);
    free(conn);
}

static inline void peer_on_command(struct peer_conn *conn, const struct redis_value *command)
{
    struct peer *peer = conn->peer;

    if (peer_is(command, 0, "EVALSHA"))
        peer->calls++;
    if (!peer->on_command || !peer->on_command(conn, command))
        peer_behave(conn, command);
}

static inline void peer_on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct peer_conn *conn = ctx;
    char bytes[65536];
    ssize_t len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    void *command = NULL;

    (void)what;
    if (len < 0 && errno == EAGAIN)
        return;
    if (len <= 0) {
        peer_conn_free(conn);
        return;
    }
    conn->peer->reads++;
    redisReaderFeed(conn->reader, bytes, (size_t)len);
    while (!conn->closing && redisReaderGetReply(conn->reader, &command) == 0 && command) {
        peer_on_command(conn, command);
        redis_arena_reset(&conn->arena);
    }
    if (conn->closing)
        peer_conn_free(conn);
}

static inline void peer_on_acceptable(evutil_socket_t fd, short what, void *ctx)
{
    struct peer *peer = ctx;
    int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct peer_conn *conn;

    (void)what;
    if (accepted < 0)
        return;
    peer->accepted++;
    if (peer->close_at_once) {
        close(accepted);
        return;
    }
    conn = calloc(1, sizeof *conn);
    assert_non_null(conn);
    conn->peer = peer;
    conn->fd = accepted;
    conn->reader = redis_value_reader_new(&conn->arena);
    conn->next = peer->conns;
    peer->conns = conn;
    event_assign(&conn->readable, peer->fixture->base, accepted, EV_READ | EV_PERSIST, peer_on_readable, conn);
    event_add(&conn->readable, NULL);
}

/* Listens on ADDRESS with room for BACKLOG in its queue. */
static inline void peer_listen(struct peer *peer, struct fixture *f, const struct sockaddr *address, socklen_t size,
                               int backlog)
{
    memset(peer, 0, sizeof *peer);
    peer->fixture = f;
    peer->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->fd, address, size), 0);
    assert_int_equal(listen(peer->fd, backlog), 0);
    event_assign(&peer->acceptable, f->base, peer->fd, EV_READ | EV_PERSIST, peer_on_acceptable, peer);
    event_add(&peer->acceptable, NULL);
}

static inline void peer_start(struct peer *peer, struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, f->path, strlen(f->path));
    peer_listen(peer, f, (const struct sockaddr *)&address, sizeof address, 64);
}

/* On a port that the system chooses, which goes into the fixture's configuration. */
static inline void peer_start_tcp(struct peer *peer, struct fixture *f, int backlog)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    peer_listen(peer, f, (const struct sockaddr *)&address, sizeof address, backlog);
    assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&address, &size), 0);
    f->conf.port = ntohs(address.sin_port);
}

/* A connection to a peer on TCP, perhaps still under way. */
static inline int peer_connect_tcp(const struct peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)peer->fixture->conf.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS);
    return fd;
}

static inline void peer_stop(struct peer *peer)
{
    while (peer->conns)
        peer_conn_free(peer->conns);
    event_del(&peer->acceptable);
    close(peer->fd);
}

#endif
