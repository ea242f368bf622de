/* SPDX-License-Identifier: ISC */
/*
 * Any request of a CGI program: it is handed up once, with the body that CONTENT_LENGTH promises or with what is wrong
 * with it, and its answer is written. The input is a line for CONTENT_LENGTH and one for HTTP_TRANSFER_ENCODING ("-"
 * alone: not set), then what comes on standard input.
 */
#include "base/blob.h"
#include "base/limits.h"
#include "base/log.h"
#include "fuzz.h"
#include "transport/transport.h"

#include <ctype.h>
#include <event2/event.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#define HEAD "Status: 200\r\n\r\n"
#define BODY "body"

enum { INPUT_MAX = 32 << 10 /* fits into a pipe */, TURNS_MAX = 100 };

struct handled {
    unsigned requests;
    unsigned ends;
    enum request_fault expected;
    const char *body; /* that must come if it is whole */
    size_t body_len;
};

static void on_request(void *ctx, struct conn *conn, const struct request *request)
{
    struct handled *self = ctx;
    struct blob *body = blob_new(BODY, strlen(BODY));

    insist(++self->requests == 1, "a request is handed up once");
    insist(request->fault == self->expected, "what is wrong with it is said");
    if (request->fault == REQUEST_WHOLE)
        insist(request->body_len == self->body_len && memcmp(request->body, self->body, self->body_len) == 0,
               "its body is the one that was sent");
    else
        insist(request->body_len == 0, "a body that is not whole is none");
    insist(request->body[request->body_len] == '\0', "a body ends with a NUL");
    conn_reply(conn, HEAD, strlen(HEAD), body);
    blob_unref(body);
}

static void on_done(void *ctx)
{
    struct handled *self = ctx;

    insist(++self->ends == 1, "it ends once");
}

/* What is to be expected of SIZE bytes of BODY with LENGTH and ENCODING, each NULL if it is not set. */
static void expect(struct handled *self, const char *length, const char *encoding, size_t size)
{
    bool none = !length || !*length || strcmp(length, "-1") == 0;
    bool number = !none;

    for (const char *c = length; number && *c; c++)
        number = isdigit((unsigned char)*c);
    if (none)
        self->body_len = encoding && strcasecmp(encoding, "chunked") == 0 ? size : 0;
    else if (!number || strlen(length) > 18)
        self->expected = REQUEST_LENGTH_INVALID;
    else
        self->body_len = strtoull(length, NULL, 10);
    if (self->body_len > LIMIT_BODY_BYTES)
        self->expected = REQUEST_TOO_LARGE;
    else if (self->expected == REQUEST_WHOLE && self->body_len > size)
        self->expected = REQUEST_LENGTH_WRONG;
}

/* Both ends of standard input, which has SIZE bytes of BODY and nothing more, and of standard output. */
static void open_pipes(int in[2], int out[2], const char *body, size_t size)
{
    insist(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "there are pipes");
    insist(write(in[1], body, size) == (ssize_t)size, "the body fits into one");
    close(in[1]);
}

static void look_at_answer(int fd)
{
    char answer[64] = "";

    insist(read(fd, answer, sizeof answer) == (ssize_t)strlen(HEAD BODY) && strcmp(answer, HEAD BODY) == 0,
           "the answer is written whole");
}

static void serve(struct handled *handled, char *const *environment, size_t size)
{
    static struct event_base *base;
    struct transport_handler handler = {.ctx = handled, .on_request = on_request};
    int in[2], out[2];

    if (!base)
        base = event_base_new();
    log_set_level(LOG_LEVEL_ERROR);
    open_pipes(in, out, handled->body, size);
    struct cgi_process process = {environment, in[0], out[1]};
    struct cgi *cgi = cgi_new(base, &process, &handler, on_done);
    for (int turns = 0; !handled->ends && turns < TURNS_MAX; turns++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    insist(handled->requests == 1 && handled->ends == 1, "it is answered and ends");
    cgi_free(cgi);
    look_at_answer(out[0]);
    close(in[0]);
    close(out[0]);
    close(out[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size < INPUT_MAX ? size : INPUT_MAX);
    char *end = text + (size < INPUT_MAX ? size : INPUT_MAX);
    char *rest = text;
    char *length = fuzz_line(&rest);
    char *encoding = fuzz_line(&rest);
    char length_param[INPUT_MAX + 32], encoding_param[INPUT_MAX + 32];
    char *environment[3] = {NULL};
    size_t count = 0;
    struct handled handled = {.body = rest ? rest : end, .expected = REQUEST_WHOLE};

    length = length && strcmp(length, "-") != 0 ? length : NULL;
    encoding = encoding && strcmp(encoding, "-") != 0 ? encoding : NULL;
    if (length) {
        snprintf(length_param, sizeof length_param, "CONTENT_LENGTH=%s", length);
        environment[count++] = length_param;
    }
    if (encoding) {
        snprintf(encoding_param, sizeof encoding_param, "HTTP_TRANSFER_ENCODING=%s", encoding);
        environment[count++] = encoding_param;
    }
    expect(&handled, length, encoding, (size_t)(end - handled.body));
    serve(&handled, environment, (size_t)(end - handled.body));
    free(text);
    return 0;
}
