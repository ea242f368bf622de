/* SPDX-License-Identifier: ISC */
/*
 * Answers. On the wire an answer is STDOUT records with HEAD and then BODY as their content, the empty STDOUT and
 * END_REQUEST: a row of bytes that follows from head, body and id, so that all there is to remember of one partly sent
 * is how many bytes are. Nothing is copied but, for what the socket does not take, the head.
 */
#include "transport/fcgi_private.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    RECORD_CONTENT = 65528, /* the most in a record that needs no padding to end on eight bytes */
    RECORDS_AT_ONCE = 16,   /* in one system call */
    TAIL_BYTES = FCGI_HEADER_LEN + sizeof(FCGI_EndRequestRecord),
};

struct answer {
    const char *head; /* borrowed */
    size_t head_len;
    struct blob *body; /* borrowed; NULL for none */
    size_t sent;       /* bytes on the wire so far */
    uint16_t id;
};

struct fcgi_output {
    struct answer answer;
    int64_t deadline_ms;
    char head[]; /* the answer's */
};

enum sent { SENT_ALL, SENT_SOME, SENT_FAILED };

/* What one system call sends. */
struct gather {
    struct iovec parts[RECORDS_AT_ONCE * 3 + 1];
    unsigned char headers[RECORDS_AT_ONCE][FCGI_HEADER_LEN];
    unsigned char tail[TAIL_BYTES];
    int count;
    size_t skip; /* bytes in front that are sent already */
};

static void add_part(struct gather *self, const void *bytes, size_t len)
{
    if (self->skip >= len) {
        self->skip -= len;
        return;
    }
    self->parts[self->count++] = (struct iovec){(char *)(uintptr_t)bytes + self->skip, len - self->skip};
    self->skip = 0;
}

static void set_header(unsigned char *header, unsigned char type, uint16_t id, size_t len)
{
    header[0] = FCGI_VERSION_1;
    header[1] = type;
    header[2] = (unsigned char)(id >> 8);
    header[3] = (unsigned char)id;
    header[4] = (unsigned char)(len >> 8);
    header[5] = (unsigned char)len;
    header[6] = header[7] = 0;
}

/* The bytes of head and body from FROM, LEN of them. */
static void add_content(struct gather *self, const struct answer *answer, size_t from, size_t len)
{
    size_t head_part = from < answer->head_len ? answer->head_len - from : 0;

    if (head_part > len)
        head_part = len;
    if (head_part)
        add_part(self, answer->head + from, head_part);
    if (len > head_part)
        add_part(self, answer->body->data + (from + head_part - answer->head_len), len - head_part);
}

static void add_tail(struct gather *self, uint16_t id)
{
    memset(self->tail, 0, sizeof self->tail);
    set_header(self->tail, FCGI_STDOUT, id, 0);
    set_header(self->tail + FCGI_HEADER_LEN, FCGI_END_REQUEST, id, sizeof(FCGI_EndRequestBody));
    add_part(self, self->tail, sizeof self->tail);
}

static size_t content_bytes(const struct answer *answer)
{
    return answer->head_len + (answer->body ? answer->body->len : 0);
}

static size_t wire_bytes(const struct answer *answer)
{
    size_t content = content_bytes(answer);

    return content + (content + RECORD_CONTENT - 1) / RECORD_CONTENT * FCGI_HEADER_LEN + TAIL_BYTES;
}

/* What comes after the bytes that are sent, as much as goes into one call. */
static void gather(struct gather *self, const struct answer *answer)
{
    size_t content = content_bytes(answer);
    size_t first = answer->sent / (FCGI_HEADER_LEN + RECORD_CONTENT);
    size_t from = first * RECORD_CONTENT;

    self->count = 0;
    self->skip = answer->sent % (FCGI_HEADER_LEN + RECORD_CONTENT);
    /* The tail is no record of content, though it may begin where one would. */
    if (from > content) {
        self->skip = answer->sent - (wire_bytes(answer) - TAIL_BYTES);
        from = content;
    }
    for (size_t i = 0; i < RECORDS_AT_ONCE && from < content; i++) {
        size_t len = content - from < RECORD_CONTENT ? content - from : RECORD_CONTENT;

        set_header(self->headers[i], FCGI_STDOUT, answer->id, len);
        add_part(self, self->headers[i], FCGI_HEADER_LEN);
        add_content(self, answer, from, len);
        from += len;
    }
    if (from == content)
        add_tail(self, answer->id);
}

/* Sends what the socket takes. */
static enum sent send_answer(int fd, struct answer *answer)
{
    size_t total = wire_bytes(answer);
    struct gather parts;

    while (answer->sent < total) {
        struct msghdr message = {.msg_iov = parts.parts};
        ssize_t sent;

        gather(&parts, answer);
        message.msg_iovlen = (size_t)parts.count;
        sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR ? SENT_SOME : SENT_FAILED;
        answer->sent += (size_t)sent;
    }
    return SENT_ALL;
}

void fcgi_output_free(struct fcgi_output *output)
{
    if (!output)
        return;
    blob_unref(output->answer.body);
    free(output);
}

int64_t fcgi_output_deadline_ms(const struct fcgi_output *output)
{
    return output->deadline_ms;
}

/* There was progress: the time limit begins anew. */
static void renew(struct fcgi_conn *conn)
{
    conn->output->deadline_ms = clock_mono_ms() + LIMIT_OUTPUT_SECONDS * 1000;
    fcgi_conn_enter(conn, FCGI_STATE_OUTPUT);
    fcgi_need_tick(conn->fcgi);
}

/* The socket has not taken all of ANSWER: keeps what is needed to go on. */
static void keep(struct fcgi_conn *conn, const struct answer *answer)
{
    struct fcgi_output *output = mem_new(sizeof *output + answer->head_len);

    memcpy(output->head, answer->head, answer->head_len);
    output->answer = *answer;
    output->answer.head = output->head;
    if (answer->body)
        blob_ref(answer->body);
    conn->output = output;
    renew(conn);
    fcgi_conn_watch(conn, EPOLLOUT);
}

static void on_failed(struct fcgi_conn *conn)
{
    conn->fcgi->stats.aborted++;
    fcgi_conn_close(conn);
}

void fcgi_output_continue(struct fcgi_conn *conn)
{
    struct answer *answer = &conn->output->answer;
    size_t before = answer->sent;

    switch (send_answer(conn->fd, answer)) {
    case SENT_ALL: fcgi_conn_next(conn); break;
    case SENT_SOME:
        if (answer->sent > before)
            renew(conn);
        break;
    case SENT_FAILED: on_failed(conn); break;
    }
}

static void reply(struct conn *base, const char *head, size_t head_len, struct blob *body)
{
    struct fcgi_conn *conn = (struct fcgi_conn *)base; /* its first member */
    struct answer answer = {.head = head, .head_len = conn->begun ? 0 : head_len, .body = body, .id = conn->request_id};

    assert(conn->state == FCGI_STATE_WAITING || conn->state == FCGI_STATE_PARKED || conn->state == FCGI_STATE_GONE);
    conn_set_owner(base, NULL, NULL);
    conn->begun = false;
    if (conn->state == FCGI_STATE_GONE) {
        fcgi_conn_close(conn);
        return;
    }
    switch (send_answer(conn->fd, &answer)) {
    case SENT_ALL: fcgi_conn_next(conn); break;
    case SENT_SOME: keep(conn, &answer); break;
    case SENT_FAILED: on_failed(conn); break;
    }
}

const struct conn_kind fcgi_conn_kind = {.reply = reply, .begin = fcgi_probe_begin, .begun = fcgi_probe_begun};
