/* SPDX-License-Identifier: ISC */
/*
 * libfcgi, used for what it is good at. It would block, linger and write in five places; none is reached: it is given a
 * descriptor from which a whole, checked request can be read (no accept, no waiting), keepConnection from the start (it
 * closes nothing) and detached (if it does close after all, it does not linger), and is freed before anything is
 * written. Of select() it has no need on this way, so descriptors may be of any number.
 */
#include "transport/fcgi_private.h"
#include "transport/request.h"

#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>

enum { BODY_KEPT_BYTES = 65536 }; /* memory for bodies beyond that is given back */

/* FCGX_Init() puts handlers of its own on these: SIGTERM would then do nothing but make libfcgi refuse requests. */
static const int taken_signals[] = {SIGPIPE, SIGUSR1, SIGTERM};
enum { TAKEN_SIGNALS = sizeof taken_signals / sizeof *taken_signals };

bool fcgi_parse_init(void)
{
    struct sigaction before[TAKEN_SIGNALS];
    bool ready;

    for (size_t i = 0; i < TAKEN_SIGNALS; i++)
        sigaction(taken_signals[i], NULL, &before[i]);
    ready = FCGX_Init() == 0;
    for (size_t i = 0; i < TAKEN_SIGNALS; i++)
        sigaction(taken_signals[i], &before[i], NULL);
    return ready;
}

/* Reads the body up to the end of STDIN, which it must have. */
static bool read_body(FCGX_Request *fcgx, struct buf *body, size_t body_len)
{
    char *bytes = buf_reserve(body, body_len);
    size_t got = (size_t)FCGX_GetStr(bytes, (int)body_len, fcgx->in);

    buf_commit(body, got);
    return got == body_len && FCGX_GetChar(fcgx->in) == EOF && FCGX_GetError(fcgx->in) == 0;
}

static enum request_fault fault_of(const struct request *request)
{
    size_t length = 0;

    switch (request_length_parse(request_param(request, "CONTENT_LENGTH"), &length)) {
    case REQUEST_LENGTH_NO_NUMBER: return REQUEST_LENGTH_INVALID;
    case REQUEST_LENGTH_NUMBER: return length == request->body_len ? REQUEST_WHOLE : REQUEST_LENGTH_WRONG;
    default: return REQUEST_WHOLE;
    }
}

static void hand_up(const FCGX_Request *fcgx, const struct buf *body, enum request_fault fault,
                    void (*on_request)(void *ctx, const struct request *request), void *ctx)
{
    struct request request = {.params = fcgx->envp, .body = body->data, .body_len = body->len, .fault = fault};

    if (fault == REQUEST_WHOLE)
        request.fault = fault_of(&request);
    if (request.fault != REQUEST_WHOLE) {
        request.body = "";
        request.body_len = 0;
    }
    on_request(ctx, &request);
}

bool fcgi_parse(int *fd, size_t body_len, struct buf *body, enum request_fault fault,
                void (*on_request)(void *ctx, const struct request *request), void *ctx)
{
    FCGX_Request fcgx;
    bool read;

    FCGX_InitRequest(&fcgx, -1, 0);
    fcgx.ipcFd = *fd;
    fcgx.keepConnection = 1;
    fcgx.detached = 1;
    if (FCGX_Accept_r(&fcgx) != 0) {
        *fd = fcgx.ipcFd;
        return false;
    }
    read = read_body(&fcgx, body, body_len);
    if (read)
        hand_up(&fcgx, body, fault, on_request, ctx);
    FCGX_Free(&fcgx, 0);
    buf_clear(body);
    if (body->capacity > BODY_KEPT_BYTES)
        buf_fini(body);
    return read;
}
