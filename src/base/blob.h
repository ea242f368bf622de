/* SPDX-License-Identifier: ISC */
/*
 * Bytes that never change and have many holders: the body of an answer, rendered once for all polls that wait for it.
 * Its references are counted, within one thread.
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

/* A copy of LEN bytes (BYTES may be NULL if LEN is 0). It has one reference, the caller's. */
struct blob *blob_new(const void *bytes, size_t len);

/* A copy of the content of BUF, which is cleared. It has one reference, the caller's. */
struct blob *blob_from_buf(struct buf *buf);

/* Adds a reference; returns SELF. */
struct blob *blob_ref(struct blob *self);

/* Gives a reference back; the last one frees. SELF may be NULL. */
void blob_unref(struct blob *self);

#endif
