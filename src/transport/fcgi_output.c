/* SPDX-License-Identifier: ISC */
/* See fcgi_output.h. */
#include "transport/fcgi_output.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "transport/records.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    GIVE_BACK_BYTES = 8 << 20, /* so much freed memory is worth giving back to the system */
    /*
     * So much of an answer that goes on is sent at once: only when the reader has taken all of it does the kernel take
     * more, and that is how a slow reader differs from a dead one.
     */
    SLICE_BYTES = 1 << 14,
};

struct fcgi_output {
    struct fcgi_outputs *set;  /* borrowed: the server's, which outlives its connections */
    struct fcgi_answer answer; /* its body a reference of ours */
    int64_t deadline_ms;
    char head[]; /* the answer's */
};

/* Leaves the first SLICE_BYTES of GATHER. */
static void cut(struct fcgi_gather *gather)
{
    size_t left = SLICE_BYTES;

    for (int i = 0; i < gather->count; i++) {
        struct iovec *part = &gather->parts[i];

        if (part->iov_len >= left) {
            part->iov_len = left;
            gather->count = i + 1;
            return;
        }
        left -= part->iov_len;
    }
}

enum fcgi_sent fcgi_output_send(int fd, struct fcgi_answer *answer)
{
    size_t total = fcgi_answer_bytes(answer);
    size_t before = answer->sent;
    struct fcgi_gather gather;

    while (answer->sent < total) {
        fcgi_answer_gather(answer, &gather);
        if (answer->open)
            cut(&gather);
        struct msghdr message = {.msg_iov = gather.parts, .msg_iovlen = (size_t)gather.count};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return FCGI_SENT_GONE;
        if (sent < 0)
            return answer->sent > before ? FCGI_SENT_PART : FCGI_SENT_NONE;
        answer->sent += (size_t)sent;
    }
    return FCGI_SENT_ALL;
}

bool fcgi_output_begin(int fd, uint16_t id, const char *content, size_t len)
{
    unsigned char record[FCGI_HEADER_LEN + FCGI_BEGINNING_MAX];
    ssize_t size = (ssize_t)(FCGI_HEADER_LEN + len);

    records_set_header(record, FCGI_STDOUT, id, len);
    memcpy(record + FCGI_HEADER_LEN, content, len);
    ssize_t sent = send(fd, record, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0 && sent < size)
        shutdown(fd, SHUT_RDWR);
    return sent > 0;
}

static void start_limit(struct fcgi_output *self)
{
    self->deadline_ms = clock_mono_ms() + LIMIT_OUTPUT_SECONDS * 1000;
}

static size_t held_bytes(const struct fcgi_output *self)
{
    const struct fcgi_answer *answer = &self->answer;

    return sizeof *self + answer->head_len + (answer->body ? answer->body->len : 0);
}

struct fcgi_output *fcgi_output_new(struct fcgi_outputs *set, const struct fcgi_answer *answer)
{
    struct fcgi_output *self = mem_new(sizeof *self + answer->head_len);

    self->set = set;
    memcpy(self->head, answer->head, answer->head_len);
    self->answer = *answer;
    self->answer.head = self->head;
    if (answer->body)
        blob_ref(answer->body);
    start_limit(self);
    set->bytes += held_bytes(self);
    if (set->bytes > set->most)
        set->most = set->bytes;
    return self;
}

void fcgi_output_free(struct fcgi_output *self)
{
    if (!self)
        return;
    struct fcgi_outputs *set = self->set;
    set->bytes -= held_bytes(self);
    blob_unref(self->answer.body);
    free(self);
    if (set->most - set->bytes < GIVE_BACK_BYTES)
        return;
    set->most = set->bytes;
    mem_give_back();
}

enum fcgi_sent fcgi_output_continue(struct fcgi_output *self, int fd)
{
    enum fcgi_sent sent = fcgi_output_send(fd, &self->answer);

    if (sent == FCGI_SENT_PART)
        start_limit(self);
    return sent;
}

int64_t fcgi_output_deadline_ms(const struct fcgi_output *self)
{
    return self->deadline_ms;
}
