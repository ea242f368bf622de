/* SPDX-License-Identifier: ISC */
/*
 * See fcgi_parser.h. libfcgi would block, linger and write in five places. None is reached: it is fed a whole, checked
 * request from memory (no accept, no waiting), with keepConnection from the start (it closes nothing) and detached (if
 * it does close after all, it does not linger), and is freed before anything is written. It needs no select() on this
 * path, so descriptors may have any number.
 */
#include "transport/fcgi_parser.h"

#include "base/buf.h"
#include "base/mem.h"
#include "transport/fcgi_feed.h"
#include "transport/request.h"
#include "transport/transport.h"

#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct fcgi_parser {
    FCGX_Request fcgx;
    struct buf body;
    struct fcgi_feed feed;
};

/* FCGX_Init() puts handlers of its own on these: SIGTERM would then only make libfcgi refuse requests. */
static const int taken_signals[] = {SIGPIPE, SIGUSR1, SIGTERM};
enum { TAKEN_SIGNALS = sizeof taken_signals / sizeof *taken_signals };

static bool init_library(void)
{
    struct sigaction before[TAKEN_SIGNALS];

    for (size_t i = 0; i < TAKEN_SIGNALS; i++)
        sigaction(taken_signals[i], NULL, &before[i]);
    bool ready = FCGX_Init() == 0;
    for (size_t i = 0; i < TAKEN_SIGNALS; i++)
        sigaction(taken_signals[i], &before[i], NULL);
    return ready;
}

struct fcgi_parser *fcgi_parser_new(void)
{
    if (!init_library())
        return NULL;
    struct fcgi_parser *self = mem_new(sizeof *self);
    buf_init(&self->body);
    fcgi_feed_init(&self->feed);
    return self;
}

void fcgi_parser_free(struct fcgi_parser *self)
{
    if (!self)
        return;
    fcgi_feed_fini(&self->feed);
    buf_fini(&self->body);
    free(self);
}

/* Reads the body to the end of STDIN, which must come after LEN bytes. */
static bool read_body(struct fcgi_parser *self, size_t len)
{
    FCGX_Stream *in = self->fcgx.in;
    char *bytes = buf_reserve(&self->body, len);
    size_t got = (size_t)FCGX_GetStr(bytes, (int)len, in);

    buf_commit(&self->body, got);
    return got == len && FCGX_GetChar(in) == EOF && FCGX_GetError(in) == 0;
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

static void fill(const struct fcgi_parser *self, struct request *request)
{
    request->params = self->fcgx.envp;
    request->body = self->body.data;
    if (request->fault == REQUEST_WHOLE)
        request->fault = fault_of(request);
    if (request->fault == REQUEST_WHOLE)
        return;
    request->body = "";
    request->body_len = 0;
}

/* Gives libfcgi what it is fed with; false if it finds no request in it. */
static bool accept_fed(struct fcgi_parser *self)
{
    FCGX_Request *fcgx = &self->fcgx;

    FCGX_InitRequest(fcgx, -1, 0);
    fcgx->ipcFd = self->feed.fd;
    fcgx->keepConnection = 1;
    fcgx->detached = 1;
    bool accepted = FCGX_Accept_r(fcgx) == 0;
    self->feed.fd = fcgx->ipcFd;
    return accepted;
}

bool fcgi_parser_read(struct fcgi_parser *self, const void *bytes, size_t len, struct request *request)
{
    if (!fcgi_feed_start(&self->feed, bytes, len))
        return false;
    bool accepted = accept_fed(self);
    bool read = accepted && read_body(self, request->body_len);
    fcgi_feed_end(&self->feed);
    if (accepted && !read)
        fcgi_parser_release(self);
    if (read)
        fill(self, request);
    return read;
}

void fcgi_parser_release(struct fcgi_parser *self)
{
    FCGX_Free(&self->fcgx, 0);
    buf_clear(&self->body);
    if (self->body.capacity > FCGI_KEPT_BYTES)
        buf_fini(&self->body);
}
