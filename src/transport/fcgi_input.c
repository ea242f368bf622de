/* SPDX-License-Identifier: ISC */
/*
 * Requests as they come. One that is whole at the first look, and alone, stays in the socket and libfcgi reads it from
 * there. Any other is taken out of the socket as it comes, into memory (a request that stays there keeps it readable,
 * and the loop would spin), up to its last byte and no further, and libfcgi reads it from a memfd.
 */
#include "transport/fcgi_private.h"
#include "transport/records.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* What stored may hold beyond twice the content that it is for: more than any one record. */
enum { PACK_SLACK_BYTES = 1 << 17 };

enum { GIVE_BACK_BYTES = 8 << 20 }; /* so much is worth giving back */

/* Keeps count of what INPUT holds. */
static void count(struct fcgi *fcgi, struct fcgi_input *input, size_t bytes)
{
    fcgi->stored_bytes = fcgi->stored_bytes - input->counted + bytes;
    input->counted = bytes;
    if (fcgi->stored_bytes > fcgi->stored_most)
        fcgi->stored_most = fcgi->stored_bytes;
}

/* Memory that is scattered among what lives on stays with the process if nobody asks the C library to look through it. */
static void give_back(struct fcgi *fcgi)
{
    if (fcgi->stored_most - fcgi->stored_bytes < GIVE_BACK_BYTES)
        return;
    fcgi->stored_most = fcgi->stored_bytes;
    mem_give_back();
}

void fcgi_input_free(struct fcgi *fcgi, struct fcgi_input *input)
{
    if (!input)
        return;
    count(fcgi, input, 0);
    buf_fini(&input->stored);
    free(input);
    give_back(fcgi);
}

/* ---- a whole request ---- */

static void on_request(void *ctx, const struct request *request)
{
    struct fcgi_conn *conn = ctx;

    conn->fcgi->handler.on_request(conn->fcgi->handler.ctx, &conn->conn, request);
}

/* CONN's request becomes one to be answered. */
static void begin_waiting(struct fcgi_conn *conn, const struct frame *frame)
{
    if (conn->state == FCGI_STATE_INPUT)
        fcgi_input_free(conn->fcgi, conn->input);
    conn->input = NULL;
    conn->request_id = frame->request_id;
    conn->keep = frame->keep_conn;
    conn->begun = false;
    conn_set_owner(&conn->conn, NULL, NULL);
    fcgi_conn_enter(conn, conn->watched ? FCGI_STATE_PARKED : FCGI_STATE_WAITING);
    fcgi_need_tick(conn->fcgi);
}

/* libfcgi could not read what was found whole: the peer has reset the connection, or memory for it is gone. */
static void on_unreadable(struct fcgi_conn *conn)
{
    log_debug("FastCGI: a request could not be read");
    fcgi_conn_close(conn);
}

static void serve_from_socket(struct fcgi_conn *conn, const struct frame *frame)
{
    struct fcgi *fcgi = conn->fcgi;
    int fd = conn->fd;

    begin_waiting(conn, frame);
    if (fcgi_parse(&fd, frame->body_bytes, &fcgi->body, REQUEST_WHOLE, on_request, conn))
        return;
    if (fd < 0) {
        conn->fd = -1;
        fcgi->stats.connections--;
    }
    on_unreadable(conn);
}

static bool fill_memfd(struct fcgi *fcgi, const unsigned char *bytes, size_t len)
{
    if (fcgi->memfd < 0)
        fcgi->memfd = memfd_create("fastcgi-request", MFD_CLOEXEC);
    if (fcgi->memfd < 0)
        log_warn("FastCGI: no memory file for a request: %s", strerror(errno));
    return fcgi->memfd >= 0 && pwrite(fcgi->memfd, bytes, len, 0) == (ssize_t)len &&
           lseek(fcgi->memfd, 0, SEEK_SET) == 0;
}

/*
 * The request is LEN BYTES of memory, which need not outlive its parsing and may be changed. They are without its body where
 * there is a FAULT.
 */
static void serve_from_memory(struct fcgi_conn *conn, const struct frame *frame, unsigned char *bytes, size_t len,
                              enum request_fault fault)
{
    struct fcgi *fcgi = conn->fcgi;
    size_t body_len = fault == REQUEST_WHOLE ? frame->body_bytes : 0;

    begin_waiting(conn, frame);
    if (frame->padded_seam)
        len = records_pack(bytes, len);
    if (!fill_memfd(fcgi, bytes, len) || !fcgi_parse(&fcgi->memfd, body_len, &fcgi->body, fault, on_request, conn))
        on_unreadable(conn);
    if (len > FCGI_SCRATCH_BYTES && fcgi->memfd >= 0)
        (void)!ftruncate(fcgi->memfd, 0);
}

static void refuse_role(struct fcgi_conn *conn, const struct frame *frame)
{
    conn->keep = fcgi_control_end(conn->fd, frame->request_id, FCGI_UNKNOWN_ROLE) && frame->keep_conn;
    fcgi_conn_next(conn);
}

/* ---- the bytes of one ---- */

/* Takes LEN bytes, which have been looked at, out of the socket into scratch. */
static bool consume(struct fcgi_conn *conn, size_t len)
{
    return recv(conn->fd, conn->fcgi->scratch, len, MSG_DONTWAIT) == (ssize_t)len;
}

static void begin_input(struct fcgi_conn *conn)
{
    conn->input = mem_new(sizeof *conn->input);
    frame_init(&conn->input->frame);
    buf_init(&conn->input->stored);
    conn->input->deadline_ms = clock_mono_ms() + LIMIT_INPUT_SECONDS * 1000;
    fcgi_conn_enter(conn, FCGI_STATE_INPUT);
    fcgi_need_tick(conn->fcgi);
}

/* How much of what is stored is the head, or will be. */
static size_t head_bytes(const struct fcgi_input *input)
{
    return input->frame.head_bytes - input->packed;
}

/* What is wrong with a request that has come this far. */
static enum request_fault fault_of(const struct fcgi_input *input)
{
    if (input->frame.body_bytes > LIMIT_BODY_BYTES)
        return REQUEST_TOO_LARGE;
    return input->crowded_out ? REQUEST_CROWDED_OUT : REQUEST_WHOLE;
}

/* Of a request whose body is not wanted only the head is kept, and what may be another record. */
static void drop_body(struct fcgi_input *input)
{
    const struct frame *frame = &input->frame;
    struct buf *stored = &input->stored;
    bool unsure = frame->header_len && (frame->header_len < FCGI_HEADER_LEN || frame->aside);
    size_t tail = unsure ? frame->record_bytes : 0;

    memmove(stored->data + head_bytes(input), stored->data + stored->len - tail, tail);
    stored->len = head_bytes(input) + tail;
    if (stored->capacity > stored->len + 2 * FCGI_SCRATCH_BYTES)
        buf_trim(stored);
}

/* Packs LEN bytes of STORED at FROM, which moves behind them, to where *TO is, which does too. */
static void pack_part(struct buf *stored, size_t *from, size_t len, size_t *to)
{
    unsigned char *bytes = (unsigned char *)stored->data;
    size_t packed = records_pack(bytes + *from, len);

    memmove(bytes + *to, bytes + *from, packed);
    *from += len;
    *to += packed;
}

/*
 * Keeps what is stored in proportion to the content that it is for. It grows by as much again until it is packed again, so
 * each byte is moved a few times at most.
 */
static void pack(struct fcgi_input *input)
{
    const struct frame *frame = &input->frame;
    struct buf *stored = &input->stored;
    size_t under_way = frame->header_len ? frame->record_bytes : 0;
    size_t whole = stored->len - under_way;
    size_t head = frame->head_bytes ? head_bytes(input) : whole;
    size_t from = 0;
    size_t to = 0;

    if (stored->len <= 2 * (frame->params_bytes + frame->body_bytes) + PACK_SLACK_BYTES)
        return;
    pack_part(stored, &from, head, &to);
    input->packed += from - to;
    pack_part(stored, &from, whole - head, &to);
    memmove(stored->data + to, stored->data + from, under_way);
    stored->len = to + under_way;
}

static bool answer_aside(struct fcgi_conn *conn)
{
    struct buf *stored = &conn->input->stored;

    stored->len -= conn->input->frame.record_bytes;
    return fcgi_control_answer(conn->fd, &conn->input->frame, (const unsigned char *)stored->data + stored->len);
}

/* Walks LEN bytes of scratch, stores what belongs to the request, and says how many it TOOK. False where the peer does
 * not take our answers to other records. */
static bool store(struct fcgi_conn *conn, size_t len, size_t *took)
{
    struct fcgi_input *input = conn->input;
    const unsigned char *bytes = conn->fcgi->scratch;

    *took = 0;
    do {
        size_t more = frame_feed(&input->frame, bytes + *took, len - *took);

        buf_add(&input->stored, bytes + *took, more);
        *took += more;
        if (input->frame.state == FRAME_ASIDE && !answer_aside(conn))
            return false;
        if (fault_of(input) == REQUEST_WHOLE)
            pack(input);
        else
            drop_body(input);
        count(conn->fcgi, input, input->stored.len);
    } while (*took < len && (input->frame.state == FRAME_ASIDE || input->frame.state == FRAME_PARTIAL));
    return true;
}

static void on_malformed(struct fcgi_conn *conn, const char *what)
{
    conn->fcgi->stats.malformed++;
    if (fcgi_once_a_minute(&conn->fcgi->malformed_logged_ms))
        log_warn("FastCGI: %s; the connection is closed", what);
    fcgi_conn_close(conn);
}

static void on_whole(struct fcgi_conn *conn)
{
    struct fcgi *fcgi = conn->fcgi;
    struct fcgi_input *input = conn->input;
    const struct frame *frame = &input->frame;
    const enum request_fault fault = fault_of(input);
    const unsigned char end[FCGI_HEADER_LEN] = {
        FCGI_VERSION_1,
        FCGI_STDIN,
        (unsigned char)(frame->request_id >> 8),
        (unsigned char)frame->request_id,
    };

    if (frame->role != FCGI_RESPONDER) {
        refuse_role(conn, frame);
        return;
    }
    if (fault != REQUEST_WHOLE)
        buf_add(&input->stored, end, sizeof end);
    conn->input = NULL;
    serve_from_memory(conn, frame, (unsigned char *)input->stored.data, input->stored.len, fault);
    fcgi_input_free(fcgi, input);
}

static void on_abort(struct fcgi_conn *conn, const struct frame *frame)
{
    conn->fcgi->stats.aborted++;
    conn->keep = fcgi_control_end(conn->fd, frame->request_id, FCGI_REQUEST_COMPLETE) && frame->keep_conn;
    fcgi_conn_next(conn);
}

/* Acts on what the walk has come to. */
static void act(struct fcgi_conn *conn)
{
    const struct frame *frame = &conn->input->frame;

    switch (frame->state) {
    case FRAME_PARTIAL:
    case FRAME_ASIDE:
        /* A kept connection that got nothing but a record aside is as idle as before. */
        if (conn->keep && !frame->begun && frame->header_len == 0)
            fcgi_conn_next(conn);
        else
            fcgi_conn_watch(conn, EPOLLIN | EPOLLRDHUP);
        break;
    case FRAME_WHOLE: on_whole(conn); break;
    case FRAME_ABORTED: on_abort(conn, frame); break;
    case FRAME_MALFORMED: on_malformed(conn, "a peer sent what is no FastCGI request"); break;
    case FRAME_TOO_LARGE: on_malformed(conn, "a request's parameters are too large"); break;
    }
}

/*
 * Once too much is stored, bodies go, from the oldest on, of which honest senders' are through in no time: those that have more
 * than an even share. Their requests go on, and are answered 503. Small ones are not touched by it.
 */
static void make_room(struct fcgi *fcgi)
{
    struct fcgi_conn *conn;
    size_t inputs = 1;

    if (fcgi->stored_bytes <= LIMIT_INPUTS_BYTES)
        return;
    TAILQ_FOREACH(conn, &fcgi->conns[FCGI_STATE_INPUT], entry)
    inputs += conn->input && conn->input->stored.len > 0;
    TAILQ_FOREACH(conn, &fcgi->conns[FCGI_STATE_INPUT], entry)
    {
        struct fcgi_input *input = conn->input;

        if (!input || !input->frame.head_bytes || input->stored.len < LIMIT_INPUTS_BYTES / inputs)
            continue;
        input->crowded_out = true;
        drop_body(input);
        count(fcgi, input, input->stored.len);
        if (fcgi->stored_bytes <= LIMIT_INPUTS_BYTES / 2)
            break;
    }
    give_back(fcgi);
    if (fcgi_once_a_minute(&fcgi->crowded_logged_ms))
        log_warn("FastCGI: too many large requests come at once; the oldest are answered 503");
}

static void take(struct fcgi_conn *conn, size_t len)
{
    struct fcgi *fcgi = conn->fcgi;
    size_t took;

    if (!conn->input)
        begin_input(conn);
    if (!store(conn, len, &took) || !consume(conn, took)) {
        fcgi_conn_close(conn);
        return;
    }
    act(conn);
    make_room(fcgi);
}

/* ---- a look ---- */

/*
 * libfcgi reads as much as it can get: from the socket it may read only what ends with the request, and only where no
 * other request can follow, however soon.
 */
static bool may_be_read_by_libfcgi(const struct frame *frame, size_t len)
{
    return !frame->keep_conn && !frame->padded_seam && frame->own_bytes == len;
}

/* The first LEN bytes of a request are in scratch. False where they are not all of it, or more than it. */
static bool serve_at_first_look(struct fcgi_conn *conn, size_t len)
{
    struct frame frame;

    frame_init(&frame);
    frame_feed(&frame, conn->fcgi->scratch, len);
    if (frame.state != FRAME_WHOLE || frame.role != FCGI_RESPONDER)
        return false;
    if (may_be_read_by_libfcgi(&frame, len))
        serve_from_socket(conn, &frame);
    else if (consume(conn, frame.own_bytes))
        serve_from_memory(conn, &frame, conn->fcgi->scratch, frame.own_bytes, REQUEST_WHOLE);
    else
        fcgi_conn_close(conn);
    return true;
}

/* Nothing has come yet. */
static void await(struct fcgi_conn *conn)
{
    if (conn->state == FCGI_STATE_IDLE && conn->fcgi->draining) {
        fcgi_conn_close(conn);
        return;
    }
    if (conn->state == FCGI_STATE_INPUT && !conn->input)
        begin_input(conn);
    fcgi_conn_watch(conn, EPOLLIN | EPOLLRDHUP);
}

void fcgi_input_read(struct fcgi_conn *conn)
{
    struct fcgi *fcgi = conn->fcgi;
    ssize_t len = recv(conn->fd, fcgi->scratch, sizeof fcgi->scratch, MSG_PEEK | MSG_DONTWAIT);
    bool first = !conn->input || (!conn->input->frame.begun && !conn->input->frame.header_len);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        await(conn);
    else if (len <= 0)
        fcgi_conn_close(conn);
    else if (!first || !serve_at_first_look(conn, (size_t)len))
        take(conn, (size_t)len);
}
