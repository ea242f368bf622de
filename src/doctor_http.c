/* SPDX-License-Identifier: ISC */
/* See doctor_http.h. Blocking, with the socket's own time limits. */
#include "doctor_http.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PORT_HTTP = 80, ANSWER_MAX = 1 << 20, READ_BYTES = 16384 };

/* ---- where ---- */

bool doctor_site_init(struct doctor_site *self, const char *url, char *error, size_t size)
{
    static const char scheme[] = "http://";
    const char *why = "";
    const char *rest = url + sizeof scheme - 1;
    size_t len;

    memset(self, 0, sizeof *self);
    if (strncasecmp(url, "https://", 8) == 0) {
        snprintf(
            error, size,
            "%s: HTTPS is not spoken here; give the address at which the web server is asked by HTTP, on this machine",
            url);
        return false;
    }
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0) {
        snprintf(error, size, "%s is no URL as http://www.example.org/presence", url);
        return false;
    }
    len = strcspn(rest, "/?#");
    self->header = mem_copy(rest, len);
    if (!address_split(self->header, PORT_HTTP, &self->host, &self->port, &why)) {
        snprintf(error, size, "%s: %s", url, why);
        return false;
    }
    self->prefix = mem_copy(rest + len, strcspn(rest + len, "?#"));
    len = strlen(self->prefix);
    while (len > 0 && self->prefix[len - 1] == '/')
        self->prefix[--len] = '\0';
    return true;
}

void doctor_site_fini(struct doctor_site *self)
{
    free(self->host);
    free(self->header);
    free(self->prefix);
}

/* ---- the connection ---- */

static void set_patience(int fd, unsigned seconds)
{
    struct timeval limit = {.tv_sec = (time_t)seconds};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static int dial(const struct doctor_site *site, unsigned patience_s, struct doctor_answer *answer)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char port[12];
    int fd = -1;
    int code;

    snprintf(port, sizeof port, "%d", site->port);
    code = getaddrinfo(site->host, port, &hints, &all);
    if (code != 0) {
        snprintf(answer->error, sizeof answer->error, "%s: %s", site->host, gai_strerror(code));
        return -1;
    }
    for (const struct addrinfo *one = all; one && fd < 0; one = one->ai_next) {
        fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        set_patience(fd, patience_s);
        if (connect(fd, one->ai_addr, one->ai_addrlen) == 0)
            break;
        snprintf(answer->error, sizeof answer->error, "%s port %s: %s", site->host, port, strerror(errno));
        close(fd);
        fd = -1;
    }
    freeaddrinfo(all);
    return fd;
}

static bool send_all(int fd, const struct buf *text)
{
    for (size_t sent = 0; sent < text->len;) {
        ssize_t some = send(fd, text->data + sent, text->len - sent, MSG_NOSIGNAL);

        if (some <= 0)
            return false;
        sent += (size_t)some;
    }
    return true;
}

/* Everything up to the end of the connection. False where it does not come in time. */
static bool receive_all(int fd, struct buf *text)
{
    ssize_t got;

    do {
        got = recv(fd, buf_reserve(text, READ_BYTES), READ_BYTES, 0);
        if (got > 0)
            text->len += (size_t)got;
    } while (got > 0 && text->len < ANSWER_MAX);
    text->data[text->len] = '\0'; /* the request was there before */
    return got == 0;
}

/* ---- the answer ---- */

/* The chunks at TEXT, put together (RFC 9112, 7.1). */
static void add_chunks(struct buf *body, const char *text, size_t len)
{
    const char *end = text + len;

    for (;;) {
        char *after;
        unsigned long size = strtoul(text, &after, 16);
        const char *data = strstr(after, "\r\n");

        if (size == 0 || !data || size > (size_t)(end - data - 2))
            return;
        buf_add(body, data + 2, size);
        text = data + 2 + size;
        if (end - text < 2)
            return;
        text += 2;
    }
}

static void take_apart(const struct buf *text, struct doctor_answer *answer)
{
    const char *body = text->data ? strstr(text->data, "\r\n\r\n") : NULL;
    const char *chunked;

    if (!body || sscanf(text->data, "HTTP/1.%*d %d", &answer->status) != 1) {
        snprintf(answer->error, sizeof answer->error, "what came back is no HTTP answer");
        return;
    }
    body += 4;
    chunked = strcasestr(text->data, "\r\nTransfer-Encoding: chunked");
    if (chunked && chunked < body)
        add_chunks(&answer->body, body, text->len - (size_t)(body - text->data));
    else
        buf_add(&answer->body, body, text->len - (size_t)(body - text->data));
}

static void put_together(struct buf *text, const struct doctor_site *site, const char *method, const char *path,
                         const char *token, const char *json)
{
    buf_printf(text, "%s %s%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: rollcalld-doctor\r\n", method,
               site->prefix, path, site->header);
    if (token)
        buf_printf(text, "Authorization: Bearer %s\r\n", token);
    if (json)
        buf_printf(text, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(json));
    buf_printf(text, "\r\n%s", json ? json : "");
}

void doctor_ask(const struct doctor_site *site, const char *method, const char *path, const char *token,
                const char *json, unsigned patience_s, struct doctor_answer *answer)
{
    int64_t began_ms = clock_mono_ms();
    struct buf text;
    int fd;

    memset(answer, 0, sizeof *answer);
    buf_init(&answer->body);
    fd = dial(site, patience_s, answer);
    if (fd < 0)
        return;
    buf_init(&text);
    put_together(&text, site, method, path, token, json);
    if (!send_all(fd, &text))
        snprintf(answer->error, sizeof answer->error, "the request could not be sent: %s", strerror(errno));
    buf_clear(&text);
    if (!*answer->error && !receive_all(fd, &text))
        snprintf(answer->error, sizeof answer->error, "no whole answer in %u s", patience_s);
    if (!*answer->error)
        take_apart(&text, answer);
    answer->took_ms = clock_mono_ms() - began_ms;
    buf_fini(&text);
    close(fd);
}

void doctor_answer_fini(struct doctor_answer *answer)
{
    buf_fini(&answer->body);
}

bool doctor_answer_has(const struct doctor_answer *answer, const char *name, const char *value)
{
    char text[256];

    return doctor_answer_text(answer, name, text, sizeof text) && strcmp(text, value) == 0;
}

bool doctor_answer_text(const struct doctor_answer *answer, const char *name, char *out, size_t size)
{
    char start[64];
    const char *found;
    size_t len;

    snprintf(start, sizeof start, "\"%s\":\"", name);
    found = answer->body.data ? strstr(answer->body.data, start) : NULL;
    if (!found)
        return false;
    found += strlen(start);
    len = strcspn(found, "\"");
    if (len >= size)
        return false;
    memcpy(out, found, len);
    out[len] = '\0';
    return true;
}
