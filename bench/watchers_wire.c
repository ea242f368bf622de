/* SPDX-License-Identifier: ISC */
/* What watchers and those who change say and hear, by each protocol. See watchers.c. */
#include "watchers.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static char bytes[ROOM + 1];

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

/* WATCHER is told that changer WHO is AWAY, or active: their last change, or the one before it if that does not fit. */
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

void wire_ask(struct bench *self, struct client *client)
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

void wire_change(struct bench *self)
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

/*
 * ---- what comes, by protocol. Each takes one message of LEN bytes AT and returns its length, or 0 if it is not
 * complete ----
 */

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
        wire_ask(self, client);
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
        wire_ask(self, client);
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

/* ---- reading ---- */

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

void wire_read(struct bench *self, struct client *client, size_t most)
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
