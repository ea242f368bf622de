/* SPDX-License-Identifier: ISC */
/*
 * watchers KIND PORT FILE [NAME=VALUE...]: many clients who all watch the same people, and how soon each is told.
 *
 * KIND is poll or stream (Rollcall), nchan (a long poll of Nchan), websocket (Socket.IO) or bare (bench/bare.c). FILE has a line
 * a client, "path TAB token": first the watchers, then the people who change, changers= of them. A watcher asks again as
 * soon as it is answered. watchers= n, of whom the last slow= read 1 KB a second; rate= changes a second for seconds=
 * (rate=0: one change). cursor=: where Rollcall's watchers start.
 *
 * Prints "ready" once all wait, waits for a line on stdin, and prints what came of it as JSON: the pairs of a change and a
 * watcher, how many of them came to pass (of a change that is overtaken by a later one of the same person, the watcher is
 * told the later one), how many fast watchers are right about everybody in the end, lags in ms, and its own CPU.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum {
    SOURCES = 9,          /* from 127.0.0.1 to 127.0.0.9 in turn: one address has not ports enough */
    PORTION = 50,         /* connections between two looks at what came */
    SETTLE_MS = 1500,     /* after the last connection, until all are taken to wait; the driver knows better */
    SETTLE_PER_MS = 5,    /* and a millisecond more for so many clients */
    LATE_MS = 8000,       /* after the last change, until what has not come counts as lost */
    LAGS = 200000,        /* of a tenth of a millisecond */
    SLOW_BYTES = 1024,    /* that a slow one reads at once */
    SLOW_EVERY_MS = 1000, /* and how often */
    ROOM = 1 << 20,
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

static char bytes[ROOM + 1];

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void *checked(void *memory)
{
    if (!memory)
        die("memory");
    return memory;
}

static void fail(struct bench *self, struct client *client, const char *what)
{
    if (self->failed++ == 0)
        snprintf(self->fault, sizeof self->fault, "%.190s", what);
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

/* ---- what is told ---- */

static void add_lag(struct bench *self, double ms)
{
    long at = (long)(ms * 10);

    self->lags[at < 0 ? 0 : at < LAGS ? at : LAGS - 1]++;
    if (ms > self->worst_ms)
        self->worst_ms = ms;
}

/* WATCHER is told that changer WHO is away, or active: their last change, or, if that does not fit, the one before it. */
static void told(struct bench *self, int watcher, int who, bool away)
{
    if (watcher >= self->watchers || who < 0 || who >= self->changers || self->last[who] < 0)
        return;
    int change = self->last[who];
    if ((change % 2 == 0) != away)
        change--;
    int *got = &self->got[(size_t)watcher * (size_t)self->changers + (size_t)who];
    double now = now_ms();
    for (; *got < change; ++*got) {
        if (watcher >= self->watchers - self->slow)
            continue;
        self->told++;
        add_lag(self, now - self->sent_ms[(size_t)(*got + 1) * (size_t)self->changers + (size_t)who]);
    }
}

/* Every "user":"cN","status":"..." in LEN bytes AT. */
static void scan(struct bench *self, const struct client *client, const char *at, size_t len)
{
    const char *end = at + len;

    self->answers++;
    while ((at = memmem(at, (size_t)(end - at), "\"user\":\"c", 9))) {
        int who = atoi(at + 9);
        const char *status = memmem(at, (size_t)(end - at), "\"status\":\"a", 11);
        if (!status)
            return;
        told(self, client->index, who, status[11] == 'w');
        at = status + 11;
    }
}

/* ---- sending ---- */

static void put(struct bench *self, struct client *client, const char *text, size_t len)
{
    if (client->fd >= 0 && write(client->fd, text, len) != (ssize_t)len)
        fail(self, client, "write");
}

static void send_frame(struct bench *self, struct client *client, const char *text)
{
    unsigned char frame[256] = {0x81};
    size_t len = strlen(text);

    frame[1] = (unsigned char)(0x80 | len); /* masked with zeros; below 126 bytes */
    memcpy(frame + 6, text, len);
    put(self, client, (char *)frame, 6 + len);
}

/* A GET of PATH with HEADERS, each with its CRLF. */
static void send_get(struct bench *self, struct client *client, const char *path, const char *headers)
{
    char request[2048];
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: www.example.org\r\n%s\r\n", path, headers);

    put(self, client, request, (size_t)len);
}

static void ask(struct bench *self, struct client *client)
{
    char path[512];
    char headers[512] = "";
    const char *accept = self->kind == STREAM ? "text/event-stream" : "application/json";

    switch (self->kind) {
    case POLL:
    case STREAM:
        snprintf(path, sizeof path, "%s&since=%s", client->path, client->cursor);
        snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\nAccept: %s\r\n", client->token, accept);
        send_get(self, client, path, headers);
        return;
    case NCHAN:
        if (client->cursor[0] != '\0')
            snprintf(headers, sizeof headers, "If-Modified-Since: %s\r\nIf-None-Match: %s\r\n", client->cursor,
                     client->etag);
        send_get(self, client, client->path, headers);
        return;
    case WEBSOCKET:
        send_get(self, client, client->path,
                 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        return;
    case BARE: send_get(self, client, client->path, ""); return;
    }
}

/* The next change: of each person in turn, away and active in turn. */
static void change(struct bench *self)
{
    int who = (int)(self->changes % self->changers);
    int turn = (int)(self->changes++ / self->changers);
    struct client *client = &self->clients[self->watchers + who];
    const char *status = turn % 2 == 0 ? "away" : "active";
    char request[1024], body[128], credential[256] = "";
    int len;

    self->last[who] = turn;
    self->sent_ms[turn * self->changers + who] = now_ms();
    if (self->kind == BARE) {
        send_get(self, client, client->path, "");
        return;
    }
    if (self->kind == WEBSOCKET) {
        snprintf(body, sizeof body, "42[\"change\",{\"user\":\"c%d\",\"status\":\"%s\"}]", who, status);
        send_frame(self, client, body);
        return;
    }
    len = snprintf(body, sizeof body,
                   self->kind == NCHAN ? "{\"user\":\"c%d\",\"status\":\"%s\"}"
                                       : "{\"session\":\"bench-c%d\",\"status\":\"%s\"}",
                   who, status);
    if (client->token[0] != '-')
        snprintf(credential, sizeof credential, "Authorization: Bearer %s\r\n", client->token);
    len = snprintf(request, sizeof request,
                   "POST %s HTTP/1.1\r\nHost: www.example.org\r\n%sContent-Type: application/json\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   client->path, credential, len, body);
    put(self, client, request, (size_t)len);
}

/* ---- what comes, by protocol. Each takes one message of LEN bytes AT and returns its length, or 0 if it is not complete ---- */

static void take_packet(struct bench *self, struct client *client, const char *at, size_t len)
{
    if (len > 0 && at[0] == '0')
        send_frame(self, client, "40");
    else if (len == 1 && at[0] == '2')
        send_frame(self, client, "3");
    else if (len > 1 && at[0] == '4' && at[1] == '0')
        self->ready++;
    else if (!client->changes)
        scan(self, client, at, len);
}

static size_t take_frame(struct bench *self, struct client *client, const char *at, size_t len)
{
    const unsigned char *frame = (const unsigned char *)at;
    size_t head = 2;

    if (len < 4)
        return len >= 2 && (frame[1] & 127) + 2u <= len ? 2u + (frame[1] & 127) : 0;
    size_t content = frame[1] & 127;
    if (content == 126) {
        content = (size_t)(frame[2] << 8 | frame[3]);
        head = 4;
    }
    if (len < head + content)
        return 0;
    take_packet(self, client, at + head, content);
    return head + content;
}

/* Adds a chunk to what a stream has sent, and takes what is complete. */
static void take_events(struct bench *self, struct client *client, const char *at, size_t len)
{
    client->text = checked(realloc(client->text, client->text_len + len + 1));
    memcpy(client->text + client->text_len, at, len);
    client->text_len += len;
    char *end = memrchr(client->text, '\n', client->text_len);
    if (!end || end == client->text || end[-1] != '\n')
        return;
    size_t whole = (size_t)(end + 1 - client->text);
    scan(self, client, client->text, whole);
    client->text_len -= whole;
    memmove(client->text, client->text + whole, client->text_len);
}

static size_t take_chunk(struct bench *self, struct client *client, const char *at, size_t len)
{
    const char *line = memmem(at, len, "\r\n", 2);
    if (!line)
        return 0;
    size_t content = strtoul(at, NULL, 16);
    size_t head = (size_t)(line + 2 - at);
    if (len < head + content + 2)
        return 0;
    if (content == 0)
        fail(self, client, "a stream has ended");
    else
        take_events(self, client, at + head, content);
    return head + content + 2;
}

static void copy_after(const char *text, const char *name, char end, char *value, size_t size)
{
    const char *at = strcasestr(text, name);
    if (!at)
        return;
    at += strlen(name);
    const char *to = strchr(at, end);
    if (to)
        snprintf(value, size, "%.*s", (int)(to - at), at);
}

static void take_answer(struct bench *self, struct client *client, const char *head, const char *body, size_t len)
{
    if (client->changes)
        return;
    if (self->kind == NCHAN) {
        copy_after(head, "Last-Modified: ", '\r', client->cursor, sizeof client->cursor);
        copy_after(head, "Etag: ", '\r', client->etag, sizeof client->etag);
    }
    if (self->kind == BARE)
        told(self, client->index, 0, true);
    scan(self, client, body, len);
    const char *cursor = self->kind == POLL ? memmem(body, len, "\"cursor\":\"", 10) : NULL;
    if (cursor)
        copy_after(cursor, "\"cursor\":\"", '"', client->cursor, sizeof client->cursor);
    if (self->rate > 0 || !self->runs)
        ask(self, client);
}

/* An answer of HTTP: AT is changed, so that its head is a text. */
static size_t take_http(struct bench *self, struct client *client, char *at, size_t len)
{
    char *end = memmem(at, len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - at);
    end[2] = '\0';
    bool upgraded = self->kind == WEBSOCKET;
    int expected = upgraded ? 101 : 200;
    bool waits = !self->runs && atoi(at + 9) == 503; /* thousands came at once: it asks again */
    if (atoi(at + 9) != expected && !waits && !(client->changes && atoi(at + 9) / 100 == 2)) {
        fail(self, client, at);
        return head;
    }
    client->open = !waits && (upgraded || (self->kind == STREAM && !client->changes));
    if (client->open)
        return head;
    const char *length = strcasestr(at, "content-length:");
    size_t body = length ? strtoul(length + 15, NULL, 10) : 0;
    if (len < head + body) {
        end[2] = '\r';
        return 0;
    }
    if (waits)
        ask(self, client);
    else
        take_answer(self, client, at, at + head, body);
    return head + body;
}

static size_t take_one(struct bench *self, struct client *client, char *at, size_t len)
{
    if (!client->open)
        return take_http(self, client, at, len);
    return self->kind == WEBSOCKET ? take_frame(self, client, at, len) : take_chunk(self, client, at, len);
}

/* ---- connections ---- */

/* Keeps the LEN bytes AT that are not a whole message, in bytes[], for the next time. */
static void keep(struct client *client, const char *at, size_t len)
{
    if (len == 0 && client->raw_len == 0)
        return;
    if (len > client->raw_len)
        client->raw = checked(realloc(client->raw, len));
    if (len > 0)
        memcpy(client->raw, at, len);
    client->raw_len = len;
}

/* Reads at most MOST bytes and takes the messages that are complete. */
static void read_some(struct bench *self, struct client *client, size_t most)
{
    size_t len = client->raw_len;
    size_t at = 0;

    if (client->fd < 0)
        return;
    if (len > 0)
        memcpy(bytes, client->raw, len);
    ssize_t n = read(client->fd, bytes + len, most < ROOM - len ? most : ROOM - len);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        fail(self, client, "the connection was closed");
        return;
    }
    len += (size_t)n;
    bytes[len] = '\0';
    for (size_t taken = 1; at < len && taken > 0 && client->fd >= 0; at += taken)
        taken = take_one(self, client, bytes + at, len - at);
    keep(client, bytes + at, len - at);
}

static void turn(struct bench *self, int wait_ms)
{
    struct epoll_event events[256];
    int n = epoll_wait(self->epoll, events, 256, wait_ms);

    for (int i = 0; i < n; i++)
        read_some(self, events[i].data.ptr, ROOM);
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
            ask(self, client);
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
        read_some(self, &self->clients[self->watchers - self->slow + (int)(reads % self->slow)], SLOW_BYTES);
}

static void make_changes(struct bench *self, long total)
{
    double start = now_ms();
    double end = start + self->seconds * 1e3;
    double now;

    while ((now = now_ms()) < end || self->changes < total) {
        double due = start + (self->rate > 0 ? (double)self->changes * 1e3 / self->rate : 0);
        if (self->changes < total && now >= due) {
            change(self);
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
