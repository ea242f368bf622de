/* SPDX-License-Identifier: ISC */
/* See blob.h: header and bytes are one piece of memory. */
#include "base/blob.h"

#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct blob *blob_new(const void *bytes, size_t len)
{
    struct blob *self = mem_resize(NULL, sizeof *self + len + 1, 1);
    self->refs = 1;
    self->len = len;
    if (len)
        memcpy(self->data, bytes, len);
    self->data[len] = '\0';
    return self;
}

struct blob *blob_from_buf(struct buf *buf)
{
    struct blob *self = blob_new(buf->data, buf->len);
    buf_clear(buf);
    return self;
}

struct blob *blob_ref(struct blob *self)
{
    assert(self->refs > 0 && self->refs < UINT_MAX);
    self->refs++;
    return self;
}

void blob_unref(struct blob *self)
{
    if (!self)
        return;
    assert(self->refs > 0);
    if (--self->refs == 0)
        free(self);
}
