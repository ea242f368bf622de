/* SPDX-License-Identifier: ISC */
/* See fcgi_answer.h. */
#include "transport/fcgi_answer.h"

#include "base/blob.h"
#include "transport/records.h"

#include <fastcgi.h>
#include <string.h>

enum { RECORD_CONTENT = 65528 }; /* the most in a record that needs no padding to end on eight bytes */

_Static_assert(sizeof((struct fcgi_gather *)0)->headers[0] == FCGI_HEADER_LEN, "a header is a header");
_Static_assert(FCGI_ANSWER_TAIL_BYTES == FCGI_HEADER_LEN + sizeof(FCGI_EndRequestRecord),
               "an empty STDOUT and the end");

static size_t content_bytes(const struct fcgi_answer *self)
{
    return self->head_len + (self->body ? self->body->len : 0);
}

static size_t tail_bytes(const struct fcgi_answer *self)
{
    return self->open ? 0 : FCGI_ANSWER_TAIL_BYTES;
}

size_t fcgi_answer_bytes(const struct fcgi_answer *self)
{
    size_t content = content_bytes(self);

    return content + (content + RECORD_CONTENT - 1) / RECORD_CONTENT * FCGI_HEADER_LEN + tail_bytes(self);
}

static void add_part(struct fcgi_gather *gather, const void *bytes, size_t len)
{
    if (gather->skip >= len) {
        gather->skip -= len;
        return;
    }
    gather->parts[gather->count++] = (struct iovec){(char *)(uintptr_t)bytes + gather->skip, len - gather->skip};
    gather->skip = 0;
}

/* The bytes of head and body from FROM, LEN of them. */
static void add_content(struct fcgi_gather *gather, const struct fcgi_answer *answer, size_t from, size_t len)
{
    size_t head_part = from < answer->head_len ? answer->head_len - from : 0;

    if (head_part > len)
        head_part = len;
    if (head_part)
        add_part(gather, answer->head + from, head_part);
    if (len > head_part)
        add_part(gather, answer->body->data + (from + head_part - answer->head_len), len - head_part);
}

static void add_tail(struct fcgi_gather *gather, uint16_t id)
{
    memset(gather->tail, 0, sizeof gather->tail);
    records_set_header(gather->tail, FCGI_STDOUT, id, 0);
    records_set_header(gather->tail + FCGI_HEADER_LEN, FCGI_END_REQUEST, id, sizeof(FCGI_EndRequestBody));
    add_part(gather, gather->tail, sizeof gather->tail);
}

void fcgi_answer_gather(const struct fcgi_answer *self, struct fcgi_gather *gather)
{
    size_t content = content_bytes(self);
    size_t from = self->sent / (FCGI_HEADER_LEN + RECORD_CONTENT) * RECORD_CONTENT;

    gather->count = 0;
    gather->skip = self->sent % (FCGI_HEADER_LEN + RECORD_CONTENT);
    /* The tail is not a record of content, though it may begin at the place of one. */
    if (from > content) {
        gather->skip = self->sent - (fcgi_answer_bytes(self) - tail_bytes(self));
        from = content;
    }
    for (size_t i = 0; i < FCGI_ANSWER_RECORDS && from < content; i++) {
        size_t len = content - from < RECORD_CONTENT ? content - from : RECORD_CONTENT;

        records_set_header(gather->headers[i], FCGI_STDOUT, self->id, len);
        add_part(gather, gather->headers[i], FCGI_HEADER_LEN);
        add_content(gather, self, from, len);
        from += len;
    }
    if (from == content && !self->open)
        add_tail(gather, self->id);
}
