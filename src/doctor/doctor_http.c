/* SPDX-License-Identifier: ISC */
/* See doctor_http.h. */
#include "doctor/doctor_http.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/mem.h"
#include "doctor/doctor_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORT_HTTP = 80, PORT_HTTPS = 443, ANSWER_MAX = 1 << 20, READ_BYTES = 16384 };

/* ---- where ---- */

/* What stands behind http:// or https:// in URL; NULL if neither does. */
static const char *behind_scheme(const char *url, bool *tls)
{
    *tls = strncasecmp(url, "https://", 8) == 0;
    if (*tls)
        return url + 8;
    return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

bool doctor_site_init(struct doctor_site *self, const char *url, char *error, size_t size)
{
    const char *why = "";
    const char *rest;
    size_t len;

    memset(self, 0, sizeof *self);
    rest = behind_scheme(url, &self->tls);
    if (!rest) {
        snprintf(error, size, "%s is not a URL like http://www.example.org/presence", url);
        return false;
    }
    len = strcspn(rest, "/?#");
    self->header = mem_copy(rest, len);
    if (!address_split(self->header, self->tls ? PORT_HTTPS : PORT_HTTP, &self->host, &self->port, &why)) {
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

const char *doctor_site_scheme(const struct doctor_site *self)
{
    return self->tls ? "https" : "http";
}

/* ---- the connection ---- */

/* Everything up to the end of the connection. False where it does not come in time. */
static bool receive_all(struct doctor_stream *stream, struct buf *text)
{
    ssize_t got;

    do {
        got = doctor_stream_receive(stream, buf_reserve(text, READ_BYTES), READ_BYTES);
        buf_commit(text, got > 0 ? (size_t)got : 0);
    } while (got > 0 && text->len < ANSWER_MAX);
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
    char coding[16];

    if (!body || sscanf(text->data, "HTTP/1.%*d %d", &answer->status) != 1) {
        snprintf(answer->error, sizeof answer->error, "what came back is no HTTP answer");
        return;
    }
    body += 4;
    buf_add(&answer->head, text->data, (size_t)(body - text->data));
    buf_add_char(&answer->head, '\0');
    if (doctor_answer_header(answer, "Transfer-Encoding", coding, sizeof coding) && strcasecmp(coding, "chunked") == 0)
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

/* Asks on STREAM; what comes back into TEXT, or why nothing did into the answer's error. */
static void exchange(struct doctor_stream *stream, struct buf *text, unsigned patience_s, struct doctor_answer *answer)
{
    if (!doctor_stream_send(stream, text->data, text->len))
        snprintf(answer->error, sizeof answer->error, "the request could not be sent: %s", strerror(errno));
    buf_clear(text);
    if (!*answer->error && !receive_all(stream, text))
        snprintf(answer->error, sizeof answer->error, "no whole answer in %u s", patience_s);
    if (!*answer->error)
        take_apart(text, answer);
}

void doctor_ask(const struct doctor_site *site, const char *method, const char *path, const char *token,
                const char *json, unsigned patience_s, struct doctor_answer *answer)
{
    int64_t began_ms = clock_mono_ms();
    struct doctor_stream stream;
    struct buf text;

    memset(answer, 0, sizeof *answer);
    buf_init(&answer->head);
    buf_init(&answer->body);
    buf_init(&text);
    if (doctor_stream_open(&stream, site->host, site->port, site->tls, patience_s, answer->error,
                           sizeof answer->error)) {
        answer->local = stream.local;
        put_together(&text, site, method, path, token, json);
        exchange(&stream, &text, patience_s, answer);
        answer->took_ms = clock_mono_ms() - began_ms;
    }
    doctor_stream_close(&stream);
    buf_fini(&text);
}

void doctor_answer_fini(struct doctor_answer *answer)
{
    buf_fini(&answer->head);
    buf_fini(&answer->body);
}

bool doctor_answer_header(const struct doctor_answer *answer, const char *name, char *out, size_t size)
{
    char start[64];
    const char *found;
    size_t len;

    snprintf(start, sizeof start, "\r\n%s:", name);
    found = answer->head.data ? strcasestr(answer->head.data, start) : NULL;
    if (!found)
        return false;
    found += strlen(start);
    found += strspn(found, " \t");
    len = strcspn(found, "\r\n");
    if (len >= size)
        return false;
    memcpy(out, found, len);
    out[len] = '\0';
    return true;
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
