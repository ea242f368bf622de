/* SPDX-License-Identifier: ISC */
/*
 * See frame.h. A record is a header of eight bytes, content and padding. Each step of the walk takes what has come of
 * one of the three. Once its header is here, it is decided if a record may come at this point; once it has ended, what
 * it means.
 */
#include "transport/frame.h"

#include "base/limits.h"
#include "base/number.h"

#include <fastcgi.h>
#include <string.h>

enum phase { AT_BEGIN, AT_PARAMS, AT_STDIN };

_Static_assert(sizeof((struct frame *)0)->header == FCGI_HEADER_LEN, "a header is a header");

void frame_init(struct frame *self)
{
    *self = (struct frame){.state = FRAME_PARTIAL, .phase = AT_BEGIN};
    fcgi_params_init(&self->params);
}

unsigned frame_record_type(const struct frame *self)
{
    return self->header[1];
}

/*
 * True if a record does not belong to the request under way. Before a request begins, that is any record but its
 * beginning: an ABORT_REQUEST may come late, and the rest of an aborted request.
 */
static bool is_aside(const struct frame *self)
{
    if (self->record_id == FCGI_NULL_REQUEST_ID)
        return true;
    if (self->phase == AT_BEGIN)
        return frame_record_type(self) != FCGI_BEGIN_REQUEST;
    return self->record_id != self->request_id;
}

static bool is_in_order(const struct frame *self)
{
    switch (frame_record_type(self)) {
    case FCGI_BEGIN_REQUEST: return self->phase == AT_BEGIN && self->content_len == sizeof(FCGI_BeginRequestBody);
    case FCGI_PARAMS: return self->phase == AT_PARAMS;
    case FCGI_STDIN: return self->phase == AT_STDIN;
    case FCGI_ABORT_REQUEST: return true;
    default: return false;
    }
}

static void start_record(struct frame *self)
{
    const unsigned char *header = self->header;

    self->record_id = (uint16_t)(header[2] << 8 | header[3]);
    self->content_len = self->content_left = (uint32_t)(header[4] << 8 | header[5]);
    self->padding_left = header[6];
    self->aside = is_aside(self);
    if (header[0] != FCGI_VERSION_1 || (!self->aside && !is_in_order(self)))
        self->state = FRAME_MALFORMED;
}

static void end_begin(struct frame *self)
{
    self->request_id = self->record_id;
    self->role = (uint16_t)(self->begin[0] << 8 | self->begin[1]);
    self->keep_conn = (self->begin[2] & FCGI_KEEP_CONN) != 0;
    self->begun = true;
    self->phase = AT_PARAMS;
}

static void end_params(struct frame *self)
{
    if (self->content_len)
        return;
    self->head_bytes = self->own_bytes;
    self->phase = AT_STDIN;
    if (!fcgi_params_complete(&self->params))
        self->state = FRAME_MALFORMED;
    else if (self->role != FCGI_RESPONDER)
        self->state = FRAME_WHOLE;
}

/* libfcgi 2.4.2 forgets of a record's padding when it goes on to another kind of record. */
static bool is_padded_seam(const struct frame *self)
{
    return self->header[6] && (self->content_len == 0 || frame_record_type(self) == FCGI_BEGIN_REQUEST);
}

static void end_record(struct frame *self)
{
    self->header_len = 0;
    if (self->aside) {
        self->state = FRAME_ASIDE;
        return;
    }
    self->own_bytes += self->record_bytes;
    self->padded_seam |= is_padded_seam(self);
    switch (frame_record_type(self)) {
    case FCGI_BEGIN_REQUEST: end_begin(self); break;
    case FCGI_PARAMS: end_params(self); break;
    case FCGI_STDIN:
        if (self->content_len == 0)
            self->state = FRAME_WHOLE;
        break;
    default: self->state = FRAME_ABORTED;
    }
}

static void take_begin(struct frame *self, const unsigned char *bytes, size_t len)
{
    size_t at = self->content_len - self->content_left;

    for (size_t i = 0; i < len && at + i < sizeof self->begin; i++)
        self->begin[at + i] = bytes[i];
}

static void take_params(struct frame *self, const unsigned char *bytes, size_t len)
{
    self->params_bytes += len;
    if (self->params_bytes > LIMIT_PARAMS_BYTES)
        self->state = FRAME_TOO_LARGE;
    else if (!fcgi_params_feed(&self->params, bytes, len))
        self->state = FRAME_MALFORMED;
}

static void take_content(struct frame *self, const unsigned char *bytes, size_t len)
{
    unsigned type = self->aside ? 0 : frame_record_type(self);

    if (type == FCGI_BEGIN_REQUEST)
        take_begin(self, bytes, len);
    else if (type == FCGI_PARAMS)
        take_params(self, bytes, len);
    else if (type == FCGI_STDIN)
        self->body_bytes += len;
    self->content_left -= (uint32_t)len;
}

static size_t take_header(struct frame *self, const unsigned char *bytes, size_t len)
{
    size_t took = number_least(len, sizeof self->header - self->header_len);

    if (self->header_len == 0)
        self->record_bytes = 0;
    memcpy(self->header + self->header_len, bytes, took);
    self->header_len += (unsigned char)took;
    if (self->header_len == sizeof self->header)
        start_record(self);
    return took;
}

static size_t step(struct frame *self, const unsigned char *bytes, size_t len)
{
    size_t took;

    if (self->header_len < sizeof self->header) {
        took = take_header(self, bytes, len);
    } else if (self->content_left) {
        took = number_least(len, self->content_left);
        take_content(self, bytes, took);
    } else {
        took = number_least(len, self->padding_left);
        self->padding_left -= (uint32_t)took;
    }
    self->record_bytes += took;
    if (self->state == FRAME_PARTIAL && self->header_len == sizeof self->header && !self->content_left &&
        !self->padding_left)
        end_record(self);
    return took;
}

size_t frame_feed(struct frame *self, const unsigned char *bytes, size_t len)
{
    size_t at = 0;

    if (self->state == FRAME_ASIDE)
        self->state = FRAME_PARTIAL;
    while (at < len && self->state == FRAME_PARTIAL)
        at += step(self, bytes + at, len - at);
    return at;
}
