/* SPDX-License-Identifier: ISC */
/* See doctor_http.h. */
#include "doctor/doctor_http.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20, READ_BYTES = 16384 };

static void write_request(struct buf *text, const struct doctor_site *site, const struct doctor_request *request)
{
    const char *json = request->json;

    buf_printf(text, "%s %s%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: rollcalld-doctor\r\n",
               request->method, site->prefix, request->path, site->header);
    if (request->accept)
        buf_printf(text, "Accept: %s\r\n", request->accept);
    if (request->token)
        buf_printf(text, "Authorization: Bearer %s\r\n", request->token);
    if (json)
        buf_printf(text, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(json));
    buf_printf(text, "\r\n%s", json ? json : "");
}

/* Everything up to the end of the connection. False if it does not come in time. */
static bool receive_all(struct doctor_stream *stream, struct buf *text)
{
    ssize_t got;

    do {
        got = doctor_stream_receive(stream, buf_reserve(text, READ_BYTES), READ_BYTES);
        buf_commit(text, got > 0 ? (size_t)got : 0);
    } while (got > 0 && text->len < ANSWER_MAX);
    return got == 0;
}

/* Sends TEXT over STREAM and takes the answer, for which TEXT's memory is used again. */
static void exchange(struct doctor_stream *stream, struct buf *text, unsigned patience_s, struct doctor_answer *answer)
{
    if (!doctor_stream_send(stream, text->data, text->len)) {
        snprintf(answer->error, sizeof answer->error, "the request could not be sent: %s", strerror(errno));
        return;
    }
    buf_clear(text);
    if (receive_all(stream, text))
        doctor_answer_parse(answer, text);
    else
        snprintf(answer->error, sizeof answer->error, "no complete answer within %u s", patience_s);
}

void doctor_http_request(const struct doctor_site *site, const struct doctor_request *request,
                         struct doctor_answer *answer)
{
    const struct doctor_peer peer = {site->host, site->port, site->tls, request->patience_s};
    int64_t began_ms = clock_mono_ms();
    struct doctor_stream stream;

    doctor_answer_init(answer);
    if (doctor_stream_open(&stream, &peer, answer->error, sizeof answer->error)) {
        struct buf text;
        buf_init(&text);
        answer->local = stream.local;
        write_request(&text, site, request);
        exchange(&stream, &text, request->patience_s, answer);
        answer->took_ms = clock_mono_ms() - began_ms;
        buf_fini(&text);
    }
    doctor_stream_close(&stream);
}

/* ---- answers that are looked at while they come in ---- */

bool doctor_incoming_open(struct doctor_incoming *self, const struct doctor_site *site,
                          const struct doctor_request *request)
{
    const struct doctor_peer peer = {site->host, site->port, site->tls, request->patience_s};
    char *error = self->answer.error;

    buf_init(&self->bytes);
    doctor_answer_init(&self->answer);
    if (!doctor_stream_open(&self->stream, &peer, error, sizeof self->answer.error))
        return false;
    write_request(&self->bytes, site, request);
    bool sent = doctor_stream_send(&self->stream, self->bytes.data, self->bytes.len);
    buf_clear(&self->bytes);
    if (!sent)
        snprintf(error, sizeof self->answer.error, "the request could not be sent: %s", strerror(errno));
    return sent;
}

/* Takes what has come as the answer so far. */
static void take(struct doctor_incoming *self)
{
    doctor_answer_fini(&self->answer);
    doctor_answer_init(&self->answer);
    if (self->bytes.len > 0)
        doctor_answer_parse(&self->answer, &self->bytes);
}

bool doctor_incoming_has(struct doctor_incoming *self, const char *text, int within_ms)
{
    int64_t end_ms = clock_mono_ms() + within_ms;

    for (;;) {
        take(self);
        if (strstr(buf_text(&self->answer.body), text))
            return true;
        int64_t left_ms = end_ms - clock_mono_ms();
        if (left_ms <= 0 || self->bytes.len > ANSWER_MAX || !doctor_stream_wait(&self->stream, (int)left_ms))
            return false;
        ssize_t got = doctor_stream_receive(&self->stream, buf_reserve(&self->bytes, READ_BYTES), READ_BYTES);
        if (got <= 0)
            return false;
        buf_commit(&self->bytes, (size_t)got);
    }
}

void doctor_incoming_close(struct doctor_incoming *self)
{
    doctor_stream_close(&self->stream);
    buf_fini(&self->bytes);
    doctor_answer_fini(&self->answer);
}
