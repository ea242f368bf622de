/* SPDX-License-Identifier: ISC */
/*
 * watchers KIND PORT FILE [NAME=VALUE...]: many clients who all watch the same people, and how soon each is told.
 *
 * KIND is poll or stream (Rollcall), nchan (a long poll of Nchan), websocket (Socket.IO) or bare (bench/bare.c). FILE
 * has a line a client, "path TAB token": first the watchers, then the people who change, changers= of them. A watcher
 * asks again as soon as it is answered. watchers= how many, of whom the last slow= read 1 KB a second; rate= changes a
 * second for seconds= (rate=0: one change). cursor=: where Rollcall's watchers start.
 *
 * Prints "ready" once all wait, waits for a line on stdin, and prints what came of it as JSON: the pairs of a change
 * and a watcher, how many of them came to pass (of a change that is overtaken by a later one of the same person, the
 * watcher is told the later one), how many fast watchers are right about everybody in the end, lags in ms, and its own
 * CPU. Then, if there are slow ones, how many of these are right once they may read as fast as they like.
 */
#include "watchers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum {
    SOURCES = 9,          /* from 127.0.0.1 to 127.0.0.9 in turn: one address has too few ports */
    PORTION = 50,         /* connections between two looks at what came */
    SETTLE_MS = 1500,     /* after the last connection, until all are taken to wait; the driver knows better */
    SETTLE_PER_MS = 5,    /* and a millisecond more for so many clients */
    LATE_MS = 8000,       /* after the last change, until what has not come counts as lost */
    SLOW_BYTES = 1024,    /* that a slow one reads at once */
    SLOW_EVERY_MS = 1000, /* and how often */
};

/* ---- connections ---- */

static void turn(struct bench *self, int wait_ms)
{
    struct epoll_event events[256];
    int n = epoll_wait(self->epoll, events, 256, wait_ms);

    for (int i = 0; i < n; i++)
        wire_read(self, events[i].data.ptr, ROOM);
}

static void turn_for(struct bench *self, double ms)
{
    double end = now_ms() + ms;

    while (now_ms() < end)
        turn(self, 5);
}

static void dial(struct bench *self, struct client *client, int i)
{
    struct sockaddr_in source = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(0x7f000001u + (unsigned)(i % SOURCES))};
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(self->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1, little = 4096;

    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (client->slow)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    if (fd < 0 || bind(fd, (struct sockaddr *)&source, sizeof source) < 0 ||
        connect(fd, (struct sockaddr *)&server, sizeof server) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    client->fd = fd;
}

static void watch(struct bench *self, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

    epoll_ctl(self->epoll, EPOLL_CTL_ADD, client->fd, &event);
}

static void connect_all(struct bench *self)
{
    int count = self->watchers + self->changers;

    for (int i = 0; i < count; i++) {
        struct client *client = &self->clients[i];
        dial(self, client, i);
        if (!client->slow)
            watch(self, client);
        if (!client->changes || self->kind == WEBSOCKET)
            wire_ask(self, client);
        if (i % PORTION == PORTION - 1)
            turn(self, 5);
    }
    double end = now_ms() + 30000;
    while (self->kind == WEBSOCKET && self->ready < count && self->failed == 0 && now_ms() < end)
        turn(self, 5);
    turn_for(self, SETTLE_MS + (double)count / SETTLE_PER_MS);
}

/* ---- the run ---- */

/* Slow ones whose turn it is at NOW read a little; which starts with *NEXT. */
static void read_slowly(struct bench *self, double now)
{
    static double began;
    static long reads;

    if (self->slow == 0)
        return;
    if (began == 0)
        began = now;
    for (long due = (long)((now - began) * self->slow / SLOW_EVERY_MS); reads < due; reads++)
        wire_read(self, &self->clients[self->watchers - self->slow + (int)(reads % self->slow)], SLOW_BYTES);
}

static void make_changes(struct bench *self, long total)
{
    double start = now_ms();
    double end = start + self->seconds * 1e3;
    double now;

    while ((now = now_ms()) < end || self->changes < total) {
        double due = start + (self->rate > 0 ? (double)self->changes * 1e3 / self->rate : 0);
        if (self->changes < total && now >= due) {
            wire_change(self);
            continue;
        }
        read_slowly(self, now);
        turn(self, self->changes < total && due - now < 4 ? (int)(due - now) : 4);
    }
}

static void await_rest(struct bench *self, long pairs)
{
    double end = now_ms() + LATE_MS;

    while (self->told < pairs && now_ms() < end) {
        read_slowly(self, now_ms());
        turn(self, 5);
    }
}

static int right_watchers(const struct bench *self)
{
    int right = 0;

    for (int watcher = 0; watcher < self->watchers - self->slow; watcher++) {
        const int *got = &self->got[(size_t)watcher * (size_t)self->changers];
        right += memcmp(got, self->last, (size_t)self->changers * sizeof *got) == 0;
    }
    return right;
}

static double quantile(const struct bench *self, double part)
{
    double want = part * (double)self->told;
    double seen = 0;

    for (int i = 0; i < LAGS; i++) {
        seen += self->lags[i];
        if (seen > want)
            return i / 10.0;
    }
    return -1;
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The slow ones may read as fast as they like at last: how many are right then. */
static int right_slow(struct bench *self)
{
    int right = 0;
    int fast = self->watchers - self->slow;

    for (int i = fast; i < self->watchers; i++) {
        if (self->clients[i].fd >= 0)
            watch(self, &self->clients[i]);
    }
    turn_for(self, self->slow > 0 ? LATE_MS : 0);
    for (int i = fast; i < self->watchers; i++)
        right += memcmp(&self->got[(size_t)i * (size_t)self->changers], self->last,
                        (size_t)self->changers * sizeof *self->last) == 0;
    return right;
}

static void run(struct bench *self)
{
    long total = self->rate > 0 ? (long)(self->rate * self->seconds) : 1;
    long pairs = total * (self->watchers - self->slow);
    double start = now_ms();
    double cpu = cpu_seconds();

    self->answers = 0;
    self->runs = true;
    make_changes(self, total);
    await_rest(self, pairs);
    double seconds = (now_ms() - start) / 1e3;
    printf("{\"pairs\":%ld,\"told\":%ld,\"right\":%d,\"seconds\":%.3f,\"p50\":%.1f,\"p99\":%.1f,\"worst\":%.1f,"
           "\"answers\":%ld,\"failed\":%ld,\"fault\":\"",
           pairs, self->told, right_watchers(self), seconds, quantile(self, .5), quantile(self, .99), self->worst_ms,
           self->answers, self->failed);
    for (const char *at = self->fault; *at != '\0' && *at >= ' '; at++)
        putchar(*at == '"' || *at == '\\' ? ' ' : *at);
    printf("\",\"cpu\":%.3f}\n", cpu_seconds() - cpu);
    fflush(stdout);
    if (self->slow > 0) {
        printf("{\"right\":%d}\n", right_slow(self));
        fflush(stdout);
    }
}

/* ---- the beginning ---- */

static void read_clients(struct bench *self, const char *file)
{
    FILE *lines = fopen(file, "r");
    int count = self->watchers + self->changers;
    size_t size = 0;

    if (!lines)
        die(file);
    self->clients = checked(calloc((size_t)count, sizeof *self->clients));
    for (int i = 0; i < count; i++) {
        struct client *client = &self->clients[i];
        char *line = NULL;
        if (getline(&line, &size, lines) <= 0)
            die("too few lines");
        size = 0;
        client->changes = i >= self->watchers;
        client->index = client->changes ? i - self->watchers : i;
        client->slow = !client->changes && i >= self->watchers - self->slow;
        client->path = strtok(line, "\t\n");
        client->token = strtok(NULL, "\t\n");
        snprintf(client->cursor, sizeof client->cursor, "%s", self->cursor);
    }
    fclose(lines);
}

static void make_books(struct bench *self)
{
    size_t people = (size_t)self->changers;
    size_t pairs = (size_t)self->watchers * people;

    self->got = checked(malloc(pairs * sizeof *self->got));
    memset(self->got, -1, pairs * sizeof *self->got);
    self->last = checked(malloc(people * sizeof *self->last));
    memset(self->last, -1, people * sizeof *self->last);
    self->sent_ms = checked(calloc((size_t)(self->rate * self->seconds) + 2 * people, sizeof *self->sent_ms));
}

static bool read_option(struct bench *self, const char *name, const char *value)
{
    if (strcmp(name, "watchers") == 0)
        self->watchers = atoi(value);
    else if (strcmp(name, "slow") == 0)
        self->slow = atoi(value);
    else if (strcmp(name, "changers") == 0)
        self->changers = atoi(value);
    else if (strcmp(name, "rate") == 0)
        self->rate = atof(value);
    else if (strcmp(name, "seconds") == 0)
        self->seconds = atof(value);
    else if (strcmp(name, "cursor") == 0)
        self->cursor = value;
    else
        return false;
    return true;
}

static bool read_arguments(struct bench *self, int argc, char **argv)
{
    static const char *const kinds[] = {"poll", "stream", "nchan", "websocket", "bare"};
    size_t kind = 0;

    if (argc < 4)
        return false;
    while (kind < 5 && strcmp(kinds[kind], argv[1]) != 0)
        kind++;
    self->kind = (enum kind)kind;
    self->port = (unsigned short)atoi(argv[2]);
    for (int i = 4; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            return false;
        *value++ = '\0';
        if (!read_option(self, argv[i], value))
            return false;
    }
    return kind < 5;
}

int main(int argc, char **argv)
{
    static struct bench self = {.watchers = 100, .changers = 1, .cursor = ""};
    struct rlimit limit;

    if (!read_arguments(&self, argc, argv))
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a bench that is interrupted leaves nothing behind */
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    self.epoll = epoll_create1(0);
    read_clients(&self, argv[3]);
    make_books(&self);
    connect_all(&self);
    puts("ready");
    fflush(stdout);
    fcntl(0, F_SETFL, O_NONBLOCK);
    for (char line[8]; read(0, line, sizeof line) <= 0;)
        turn(&self, 2);
    run(&self);
    return self.failed > 0;
}
