/* SPDX-License-Identifier: ISC */
/* What the two parts of watchers share: watchers_wire.c speaks with the sites, watchers.c times them. */
#ifndef ROLLCALL_BENCH_WATCHERS_H
#define ROLLCALL_BENCH_WATCHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    LAGS = 200000,  /* of a tenth of a millisecond */
    ROOM = 1 << 20, /* for what is read at once */
};

enum kind { POLL, STREAM, NCHAN, WEBSOCKET, BARE };

struct client {
    int fd;
    int index;    /* of a watcher, or of one who changes */
    bool changes; /* is one who changes */
    bool open;    /* a WebSocket, or a stream whose head was read */
    bool slow;
    char *path, *token;
    char cursor[96], etag[48];
    char *raw, *text; /* what came and is not complete: bytes of the connection, and of a stream */
    size_t raw_len, text_len;
};

struct bench {
    enum kind kind;
    int epoll;
    unsigned short port;
    int watchers, slow, changers;
    double rate, seconds;
    const char *cursor;
    struct client *clients; /* the watchers, then those who change */
    bool runs;              /* they all waited, and changes are made */
    int ready;              /* WebSockets that have joined */
    int *got;               /* by watcher and changer: the last change that it was told; -1: none */
    int *last;              /* by changer: the last change; -1: none */
    double *sent_ms;        /* by change and changer */
    long changes, told, answers, failed;
    char fault[200];
    unsigned lags[LAGS];
    double worst_ms;
};

static inline double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline void die(const char *what)
{
    perror(what);
    exit(1);
}

static inline void *checked(void *memory)
{
    if (!memory)
        die("memory");
    return memory;
}

/* Sends what CLIENT, a watcher, asks: to be told. */
void wire_ask(struct bench *self, struct client *client);

/* Makes the next change: of each person in turn, away and active in turn. */
void wire_change(struct bench *self);

/* Reads at most MOST bytes and takes the messages that are complete: notes who was told what, and asks again. */
void wire_read(struct bench *self, struct client *client, size_t most);

#endif
