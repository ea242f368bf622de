/* SPDX-License-Identifier: ISC */
/* See doctor_http.h. */
#include "doctor/doctor_http.h"

#include "base/clock.h"
#include "doctor/doctor_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20, READ_BYTES = 16384 };

static void write_request(struct buf *text, const struct doctor_site *site, const struct doctor_request *request)
{
    const char *json = request->json;

    buf_printf(text, "%s %s%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: rollcalld-doctor\r\n",
               request->method, site->prefix, request->path, site->header);
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
