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
    struct fcgi_parser *parser;                /* owned */
    unsigned char scratch[FCGI_SCRATCH_BYTES]; /* what is looked at */
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

/* Takes LEN bytes, which have been looked at, out of the socket into scratch. */
static bool consume(struct fcgi_input *self, int fd, size_t len)
{
    return recv(fd, self->scratch, len, MSG_DONTWAIT) == (ssize_t)len;
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

/*
 * libfcgi reads as much as it can get: from the socket it may read only what ends with the request, and only if no
 * other request can follow, however soon.
 */
static bool may_be_read_by_libfcgi(const struct frame *frame, size_t len)
{
    return !frame->keep_conn && !frame->padded_seam && frame->own_bytes == len;
}

/*
 * The first LEN bytes of a request are in scratch. PART if they are not all of it, or not for us; then nothing is
 * taken.
 */
static enum fcgi_came read_at_first_look(struct fcgi_input *self, int *fd, size_t len, struct fcgi_arrival *arrival)
{
    struct frame frame;

    frame_init(&frame);
    frame_feed(&frame, self->scratch, len);
    if (frame.state != FRAME_WHOLE || frame.role != FCGI_RESPONDER)
        return FCGI_CAME_PART;
    set_request(arrival, &frame, REQUEST_WHOLE);
    if (may_be_read_by_libfcgi(&frame, len))
        return came_whole(fcgi_parser_read(self->parser, fd, &arrival->request));
    if (!consume(self, *fd, frame.own_bytes))
        return FCGI_CAME_END;
    len = frame.padded_seam ? records_pack(self->scratch, frame.own_bytes) : frame.own_bytes;
    return came_whole(fcgi_parser_read_memory(self->parser, self->scratch, len, &arrival->request));
}

/* ---- in parts ---- */

/*
 * Stores what belongs to the request of LEN bytes in scratch. Returns how many it took; 0 if the peer does not take
 * answers.
 */
static size_t store(struct fcgi_input *self, int fd, struct fcgi_partial *partial, size_t len)
{
    size_t took = 0;

    do {
        took += fcgi_partial_feed(partial, self->scratch + took, len - took);
        if (partial->frame.state == FRAME_ASIDE &&
            !fcgi_control_answer(fd, &partial->frame, fcgi_partial_take_aside(partial)))
            return 0;
        fcgi_partial_settle(partial);
    } while (took < len && partial->frame.state == FRAME_ASIDE);
    return took;
}

static enum fcgi_came read_partial(struct fcgi_input *self, struct fcgi_partial *partial, struct fcgi_arrival *arrival)
{
    set_request(arrival, &partial->frame, fcgi_partial_fault(partial));
    if (partial->frame.role != FCGI_RESPONDER)
        return FCGI_CAME_OTHER_ROLE;
    fcgi_partial_finish(partial);
    return came_whole(
        fcgi_parser_read_memory(self->parser, partial->stored.data, partial->stored.len, &arrival->request));
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

static enum fcgi_came take(struct fcgi_input *self, int fd, struct fcgi_partial *partial, size_t len,
                           struct fcgi_arrival *arrival)
{
    size_t took = store(self, fd, partial, len);

    return took && consume(self, fd, took) ? judge(self, partial, arrival) : FCGI_CAME_END;
}

/* ---- a look ---- */

static enum fcgi_came look(struct fcgi_input *self, int *fd, struct fcgi_partial **partial,
                           struct fcgi_arrival *arrival)
{
    ssize_t len = recv(*fd, self->scratch, sizeof self->scratch, MSG_PEEK | MSG_DONTWAIT);
    enum fcgi_came came = FCGI_CAME_PART;

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return FCGI_CAME_NOTHING;
    if (len <= 0)
        return FCGI_CAME_END;
    if (!*partial || fcgi_partial_is_empty(*partial))
        came = read_at_first_look(self, fd, (size_t)len, arrival);
    if (came != FCGI_CAME_PART)
        return came;
    if (!*partial)
        *partial = fcgi_input_expect(self);
    return take(self, *fd, *partial, (size_t)len, arrival);
}

enum fcgi_came fcgi_input_read(struct fcgi_input *self, int *fd, struct fcgi_partial **partial,
                               struct fcgi_arrival *arrival)
{
    enum fcgi_came came = look(self, fd, partial, arrival);

    if (came > FCGI_CAME_PART) {
        fcgi_partial_free(*partial);
        *partial = NULL;
    }
    arrival->crowded_out = came == FCGI_CAME_PART && fcgi_partials_make_room(&self->partials);
    return came;
}

/* ---- while an answer is owed ---- */

enum fcgi_heard fcgi_input_listen(struct fcgi_input *self, int fd, uint16_t id)
{
    unsigned char header[FCGI_HEADER_LEN];
    ssize_t len = recv(fd, header, sizeof header, MSG_PEEK | MSG_DONTWAIT);

    if (len < 0)
        return errno == EAGAIN ? FCGI_HEARD_NOTHING : FCGI_HEARD_END;
    if (len == 0)
        return FCGI_HEARD_END;
    size_t abort_bytes = fcgi_control_abort_bytes(header, (size_t)len, id);
    if (!abort_bytes)
        return fcgi_control_may_abort(header, (size_t)len, id) ? FCGI_HEARD_PART : FCGI_HEARD_OTHER;
    return abort_bytes <= sizeof self->scratch && consume(self, fd, abort_bytes) ? FCGI_HEARD_ABORT : FCGI_HEARD_END;
}
