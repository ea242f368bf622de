/* SPDX-License-Identifier: ISC */
/*
 * Bytes that never change and that many hold: the body of an answer, rendered once and given to however many polls wait
 * for it. Counted by reference within one process (and so one thread).
 */
#ifndef ROLLCALL_BASE_BLOB_H
#define ROLLCALL_BASE_BLOB_H

#include <stddef.h>

struct buf;

struct blob {
    unsigned refs; /* holders; the last blob_unref() frees */
    size_t len;
    char data[]; /* len bytes and a NUL */
};

/* A copy of LEN bytes, with one reference: the caller's. */
struct blob *blob_new(const void *bytes, size_t len);

/* The content of BUF, which is cleared. One reference: the caller's. */
struct blob *blob_from_buf(struct buf *buf);

/* One more reference; returns SELF. */
struct blob *blob_ref(struct blob *self);

/* One reference less; takes NULL. */
void blob_unref(struct blob *self);

#endif
