/* SPDX-License-Identifier: ISC */
/* See fcgi_partial.h. */
#include "transport/fcgi_partial.h"

#include "base/limits.h"
#include "base/mem.h"
#include "transport/records.h"

#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACK_SLACK_BYTES = 1 << 17, /* what stored may hold beyond twice the content it is for: more than any one record */
    TRIM_BYTES = 1 << 17,       /* so much unused capacity is worth giving back at once */
    GIVE_BACK_BYTES = 8 << 20,  /* so much freed memory is worth giving back to the system */
};

/* ---- memory ---- */

static void count(struct fcgi_partial *self, size_t bytes)
{
    struct fcgi_partials *set = self->set;

    set->stored_bytes = set->stored_bytes - self->counted + bytes;
    self->counted = bytes;
    if (set->stored_bytes > set->stored_most)
        set->stored_most = set->stored_bytes;
}

/*
 * Freed memory that is scattered among what is in use stays with the process unless the C library is asked to look
 * for it.
 */
static void give_back(struct fcgi_partials *set)
{
    if (set->stored_most - set->stored_bytes < GIVE_BACK_BYTES)
        return;
    set->stored_most = set->stored_bytes;
    mem_give_back();
}

struct fcgi_partial *fcgi_partial_new(struct fcgi_partials *set, int64_t deadline_ms)
{
    struct fcgi_partial *self = mem_new(sizeof *self);

    self->set = set;
    self->deadline_ms = deadline_ms;
    frame_init(&self->frame);
    buf_init(&self->stored);
    TAILQ_INSERT_TAIL(&set->all, self, entry);
    return self;
}

void fcgi_partial_free(struct fcgi_partial *self)
{
    if (!self)
        return;
    struct fcgi_partials *set = self->set;
    TAILQ_REMOVE(&set->all, self, entry);
    count(self, 0);
    buf_fini(&self->stored);
    free(self);
    give_back(set);
}

/* ---- what is stored ---- */

/* How much of what is stored is the head, or will be. */
static size_t head_bytes(const struct fcgi_partial *self)
{
    return self->frame.head_bytes - self->packed;
}

/* Keeps the head, and what may turn out to be another record. */
static void drop_body(struct fcgi_partial *self)
{
    const struct frame *frame = &self->frame;
    struct buf *stored = &self->stored;
    bool unsure = frame->header_len && (frame->header_len < FCGI_HEADER_LEN || frame->aside);
    size_t tail = unsure ? frame->record_bytes : 0;

    memmove(stored->data + head_bytes(self), stored->data + stored->len - tail, tail);
    stored->len = head_bytes(self) + tail;
    if (stored->capacity > stored->len + TRIM_BYTES)
        buf_trim(stored);
}

/* Packs LEN bytes of STORED at *FROM to *TO; both then move past them. */
static void pack_part(struct buf *stored, size_t *from, size_t len, size_t *to)
{
    unsigned char *bytes = (unsigned char *)stored->data;
    size_t packed = records_pack(bytes + *from, len);

    memmove(bytes + *to, bytes + *from, packed);
    *from += len;
    *to += packed;
}

/* What is stored doubles, at least, until it is packed again, so each byte is moved a few times at most. */
static void pack(struct fcgi_partial *self)
{
    const struct frame *frame = &self->frame;
    struct buf *stored = &self->stored;
    size_t under_way = frame->header_len ? frame->record_bytes : 0;
    size_t whole = stored->len - under_way;
    size_t head = frame->head_bytes ? head_bytes(self) : whole;
    size_t from = 0;
    size_t to = 0;

    if (stored->len <= 2 * (frame->params_bytes + frame->body_bytes) + PACK_SLACK_BYTES)
        return;
    pack_part(stored, &from, head, &to);
    self->packed += from - to;
    pack_part(stored, &from, whole - head, &to);
    memmove(stored->data + to, stored->data + from, under_way);
    stored->len = to + under_way;
}

bool fcgi_partial_is_empty(const struct fcgi_partial *self)
{
    return !self->frame.begun && self->frame.header_len == 0;
}

size_t fcgi_partial_feed(struct fcgi_partial *self, const unsigned char *bytes, size_t len)
{
    size_t took = frame_feed(&self->frame, bytes, len);

    buf_add(&self->stored, bytes, took);
    return took;
}

const unsigned char *fcgi_partial_take_aside(struct fcgi_partial *self)
{
    self->stored.len -= self->frame.record_bytes;
    return (const unsigned char *)self->stored.data + self->stored.len;
}

void fcgi_partial_settle(struct fcgi_partial *self)
{
    if (fcgi_partial_fault(self) == REQUEST_WHOLE)
        pack(self);
    else
        drop_body(self);
    count(self, self->stored.len);
}

enum request_fault fcgi_partial_fault(const struct fcgi_partial *self)
{
    if (self->frame.body_bytes > LIMIT_BODY_BYTES)
        return REQUEST_TOO_LARGE;
    return self->crowded_out ? REQUEST_CROWDED_OUT : REQUEST_WHOLE;
}

void fcgi_partial_finish(struct fcgi_partial *self)
{
    struct buf *stored = &self->stored;

    if (fcgi_partial_fault(self) != REQUEST_WHOLE) {
        unsigned char end[FCGI_HEADER_LEN];

        records_set_header(end, FCGI_STDIN, self->frame.request_id, 0);
        buf_add(stored, end, sizeof end);
    }
    if (self->frame.padded_seam)
        stored->len = records_pack((unsigned char *)stored->data, stored->len);
}

/* ---- the set ---- */

void fcgi_partials_init(struct fcgi_partials *self)
{
    *self = (struct fcgi_partials){.stored_bytes = 0};
    TAILQ_INIT(&self->all);
}

/* Above this size a request has more than an even share. */
static size_t even_share(const struct fcgi_partials *self)
{
    const struct fcgi_partial *partial;
    size_t holders = 1;

    TAILQ_FOREACH (partial, &self->all, entry)
        holders += partial->stored.len > 0;
    return LIMIT_INPUTS_BYTES / holders;
}

bool fcgi_partials_make_room(struct fcgi_partials *self)
{
    if (self->stored_bytes <= LIMIT_INPUTS_BYTES)
        return false;
    size_t share = even_share(self);
    struct fcgi_partial *partial;
    TAILQ_FOREACH (partial, &self->all, entry) {
        if (!partial->frame.head_bytes || partial->stored.len < share)
            continue;
        partial->crowded_out = true;
        drop_body(partial);
        count(partial, partial->stored.len);
        if (self->stored_bytes <= LIMIT_INPUTS_BYTES / 2)
            break;
    }
    give_back(self);
    return true;
}
