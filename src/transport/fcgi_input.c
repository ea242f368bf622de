/* SPDX-License-Identifier: ISC */
/* See fcgi_input.h. */
#include "transport/fcgi_input.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/fcgi_control.h"
#include "transport/fcgi_parser.h"
#include "transport/records.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <sys/socket.h>

struct fcgi_input {
    struct fcgi_partials partials;
    struct fcgi_aheads aheads;
    struct fcgi_parser *parser;                /* owned */
    unsigned char scratch[FCGI_SCRATCH_BYTES]; /* what is looked at */
    size_t len;                                /* bytes in scratch */
    size_t took;                               /* of them, by the request that came and records aside */
};

struct fcgi_input *fcgi_input_new(void)
{
    struct fcgi_parser *parser = fcgi_parser_new();

    if (!parser)
        return NULL;
    struct fcgi_input *self = mem_new(sizeof *self);
    self->parser = parser;
    fcgi_partials_init(&self->partials);
    return self;
}

void fcgi_input_free(struct fcgi_input *self)
{
    if (!self)
        return;
    fcgi_parser_free(self->parser);
    free(self);
}

const struct fcgi_partials *fcgi_input_partials(const struct fcgi_input *self)
{
    return &self->partials;
}

struct fcgi_partial *fcgi_input_expect(struct fcgi_input *self)
{
    return fcgi_partial_new(&self->partials, clock_mono_ms() + LIMIT_INPUT_SECONDS * 1000);
}

void fcgi_input_release(struct fcgi_input *self)
{
    fcgi_parser_release(self->parser);
}

/* ---- the first look ---- */

static void set_request(struct fcgi_arrival *arrival, const struct frame *frame, enum request_fault fault)
{
    arrival->request_id = frame->request_id;
    arrival->keep_conn = frame->keep_conn;
    arrival->request.fault = fault;
    arrival->request.body_len = fault == REQUEST_WHOLE ? frame->body_bytes : 0;
}

/* What was found whole cannot be read if the peer has reset the connection, or memory for it is gone. */
static enum fcgi_came came_whole(bool read)
{
    if (!read)
        log_debug("FastCGI: a request could not be read");
    return read ? FCGI_CAME_REQUEST : FCGI_CAME_END;
}

/* True, and the abort is taken, if the request ID, which took what is in front, is aborted by what follows. */
static bool is_aborted_at_once(struct fcgi_input *self, uint16_t id)
{
    size_t left = self->len - self->took;
    size_t abort_bytes = fcgi_control_abort_bytes(self->scratch + self->took, left, id);

    if (abort_bytes == 0 || abort_bytes > left)
        return false;
    self->took += abort_bytes;
    return true;
}

/* A request begins in scratch. PART if not all of it is there, or if it is not for us; then nothing is taken. */
static enum fcgi_came read_at_first_look(struct fcgi_input *self, struct fcgi_arrival *arrival)
{
    struct frame frame;

    frame_init(&frame);
    frame_feed(&frame, self->scratch, self->len);
    if (frame.state != FRAME_WHOLE || frame.role != FCGI_RESPONDER)
        return FCGI_CAME_PART;
    set_request(arrival, &frame, REQUEST_WHOLE);
    self->took = frame.own_bytes;
    if (is_aborted_at_once(self, frame.request_id))
        return FCGI_CAME_ABORT;
    size_t len = frame.padded_seam ? records_pack(self->scratch, frame.own_bytes) : frame.own_bytes;
    return came_whole(fcgi_parser_read(self->parser, self->scratch, len, &arrival->request));
}

/* ---- in parts ---- */

/* Stores what belongs to the request of what is in scratch. False if the peer does not take answers. */
static bool store(struct fcgi_input *self, int fd, struct fcgi_partial *partial)
{
    do {
        self->took += fcgi_partial_feed(partial, self->scratch + self->took, self->len - self->took);
        if (partial->frame.state == FRAME_ASIDE &&
            !fcgi_control_answer(fd, &partial->frame, fcgi_partial_take_aside(partial)))
            return false;
        fcgi_partial_settle(partial);
    } while (self->took < self->len && partial->frame.state == FRAME_ASIDE);
    return true;
}

static enum fcgi_came read_partial(struct fcgi_input *self, struct fcgi_partial *partial, struct fcgi_arrival *arrival)
{
    set_request(arrival, &partial->frame, fcgi_partial_fault(partial));
    if (partial->frame.role != FCGI_RESPONDER)
        return FCGI_CAME_OTHER_ROLE;
    if (is_aborted_at_once(self, arrival->request_id))
        return FCGI_CAME_ABORT;
    fcgi_partial_finish(partial);
    return came_whole(fcgi_parser_read(self->parser, partial->stored.data, partial->stored.len, &arrival->request));
}

/* What the walk over PARTIAL has come to. */
static enum fcgi_came judge(struct fcgi_input *self, struct fcgi_partial *partial, struct fcgi_arrival *arrival)
{
    switch (partial->frame.state) {
    case FRAME_PARTIAL:
    case FRAME_ASIDE: return fcgi_partial_is_empty(partial) ? FCGI_CAME_ASIDE : FCGI_CAME_PART;
    case FRAME_WHOLE: return read_partial(self, partial, arrival);
    case FRAME_ABORTED: set_request(arrival, &partial->frame, REQUEST_WHOLE); return FCGI_CAME_ABORT;
    case FRAME_TOO_LARGE: return FCGI_CAME_TOO_LARGE;
    default: return FCGI_CAME_MALFORMED;
    }
}

/* ---- a look ---- */

/* Sets scratch to what is next: what was read ahead, or what has come. As recv(2). */
static ssize_t fetch(struct fcgi_input *self, const struct fcgi_incoming *incoming)
{
    size_t ahead = fcgi_ahead_take(incoming->ahead, self->scratch, sizeof self->scratch);

    return ahead ? (ssize_t)ahead : recv(incoming->fd, self->scratch, sizeof self->scratch, MSG_DONTWAIT);
}

static enum fcgi_came look(struct fcgi_input *self, int fd, struct fcgi_partial **partial, struct fcgi_arrival *arrival)
{
    enum fcgi_came came = FCGI_CAME_PART;

    if (!*partial || fcgi_partial_is_empty(*partial))
        came = read_at_first_look(self, arrival);
    if (came != FCGI_CAME_PART)
        return came;
    if (!*partial)
        *partial = fcgi_input_expect(self);
    return store(self, fd, *partial) ? judge(self, *partial, arrival) : FCGI_CAME_END;
}

static void keep_ahead(struct fcgi_input *self, struct fcgi_ahead **ahead, struct fcgi_arrival *arrival)
{
    size_t left = self->len - self->took;

    if (left == 0)
        return;
    *ahead = fcgi_ahead_new(&self->aheads, self->scratch + self->took, left);
    if (!*ahead)
        arrival->keep_conn = false;
}

static enum fcgi_came came_nothing(ssize_t len)
{
    return len < 0 && (errno == EAGAIN || errno == EINTR) ? FCGI_CAME_NOTHING : FCGI_CAME_END;
}

enum fcgi_came fcgi_input_read(struct fcgi_input *self, const struct fcgi_incoming *incoming,
                               struct fcgi_arrival *arrival)
{
    struct fcgi_partial **partial = incoming->partial;
    ssize_t len = fetch(self, incoming);

    self->len = len > 0 ? (size_t)len : 0;
    self->took = 0;
    enum fcgi_came came = self->len ? look(self, incoming->fd, partial, arrival) : came_nothing(len);
    keep_ahead(self, incoming->ahead, arrival);
    if (came > FCGI_CAME_PART) {
        fcgi_partial_free(*partial);
        *partial = NULL;
    }
    arrival->crowded_out = came == FCGI_CAME_PART && fcgi_partials_make_room(&self->partials);
    return came;
}

/* ---- while an answer is owed ---- */

/* The first LEN bytes of what has come, to BYTES. As recv(2). */
static ssize_t peek(int fd, const struct fcgi_ahead *ahead, unsigned char *bytes, size_t len)
{
    size_t have = fcgi_ahead_peek(ahead, bytes, len);

    if (have == len)
        return (ssize_t)have;
    ssize_t more = recv(fd, bytes + have, len - have, MSG_PEEK | MSG_DONTWAIT);
    return have && more < 0 ? (ssize_t)have : (ssize_t)have + more;
}

/* Takes LEN bytes, as many as scratch holds at most, which must have come. */
static bool skip(struct fcgi_input *self, int fd, struct fcgi_ahead **ahead, size_t len)
{
    size_t left = len - fcgi_ahead_take(ahead, self->scratch, len);

    return left == 0 || recv(fd, self->scratch, left, MSG_DONTWAIT) == (ssize_t)left;
}

enum fcgi_heard fcgi_input_listen(struct fcgi_input *self, int fd, struct fcgi_ahead **ahead, uint16_t id)
{
    unsigned char header[FCGI_HEADER_LEN];
    ssize_t len = peek(fd, *ahead, header, sizeof header);

    if (len < 0)
        return errno == EAGAIN ? FCGI_HEARD_NOTHING : FCGI_HEARD_END;
    if (len == 0)
        return FCGI_HEARD_END;
    size_t abort_bytes = fcgi_control_abort_bytes(header, (size_t)len, id);
    if (!abort_bytes)
        return fcgi_control_may_abort(header, (size_t)len, id) ? FCGI_HEARD_PART : FCGI_HEARD_OTHER;
    return abort_bytes <= sizeof self->scratch && skip(self, fd, ahead, abort_bytes) ? FCGI_HEARD_ABORT
                                                                                     : FCGI_HEARD_END;
}
