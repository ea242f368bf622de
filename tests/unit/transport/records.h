/* SPDX-License-Identifier: ISC */
/* A web server's side of FastCGI: records put together byte by byte, right ones and wrong ones. */
#ifndef ROLLCALL_TESTS_TRANSPORT_RECORDS_H
#define ROLLCALL_TESTS_TRANSPORT_RECORDS_H

#include "base/buf.h"

#include <fastcgi.h>
#include <stdint.h>
#include <string.h>

enum { RECORD_MAX = 65535 };

/* One record with LEN bytes of CONTENT and PADDING bytes behind them. */
static inline void add_record(struct buf *buf, int type, int id, const void *content, size_t len, int padding)
{
    const unsigned char header[FCGI_HEADER_LEN] = {
        FCGI_VERSION_1,
        (unsigned char)type,
        (unsigned char)(id >> 8),
        (unsigned char)id,
        (unsigned char)(len >> 8),
        (unsigned char)len,
        (unsigned char)padding,
        0,
    };
    char zeros[256] = {0};

    buf_add(buf, header, sizeof header);
    buf_add(buf, content, len);
    buf_add(buf, zeros, (size_t)padding);
}

static inline void add_begin(struct buf *buf, int id, int role, int flags)
{
    const unsigned char body[8] = {(unsigned char)(role >> 8), (unsigned char)role, (unsigned char)flags};

    add_record(buf, FCGI_BEGIN_REQUEST, id, body, sizeof body, 0);
}

/* CONTENT as a stream of records of at most SIZE bytes, and the empty one that ends it. */
static inline void add_stream(struct buf *buf, int type, int id, const void *content, size_t len, size_t size)
{
    const char *bytes = content;

    for (size_t at = 0; at < len; at += size)
        add_record(buf, type, id, bytes + at, len - at < size ? len - at : size, 0);
    add_record(buf, type, id, NULL, 0, 0);
}

static inline void add_length(struct buf *buf, size_t len)
{
    if (len >= 0x80) {
        buf_add_char(buf, (char)(0x80 | len >> 24));
        buf_add_char(buf, (char)(len >> 16));
        buf_add_char(buf, (char)(len >> 8));
    }
    buf_add_char(buf, (char)len);
}

/* The content of PARAMS: one pair more. */
static inline void add_pair(struct buf *pairs, const char *name, const char *value)
{
    add_length(pairs, strlen(name));
    add_length(pairs, strlen(value));
    buf_add_text(pairs, name);
    buf_add_text(pairs, value);
}

/* A request of METHOD with BODY (text, or NULL) as its STDIN; LENGTH is its CONTENT_LENGTH, NULL for none. */
static inline void add_request_of(struct buf *buf, int id, int flags, const char *method, const char *body,
                                  const char *length)
{
    struct buf pairs;

    buf_init(&pairs);
    add_pair(&pairs, "REQUEST_METHOD", method);
    add_pair(&pairs, "SCRIPT_NAME", "/rollcall");
    if (length)
        add_pair(&pairs, "CONTENT_LENGTH", length);
    add_begin(buf, id, FCGI_RESPONDER, flags);
    add_stream(buf, FCGI_PARAMS, id, pairs.data, pairs.len, RECORD_MAX);
    add_stream(buf, FCGI_STDIN, id, body, body ? strlen(body) : 0, RECORD_MAX);
    buf_fini(&pairs);
}

/* A small GET. */
static inline void add_request(struct buf *buf, int id, int flags)
{
    add_request_of(buf, id, flags, "GET", NULL, NULL);
}

#endif
