/* SPDX-License-Identifier: ISC */
/* See fcgi_ahead.h. */
#include "transport/fcgi_ahead.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct fcgi_ahead *fcgi_ahead_new(struct fcgi_aheads *set, const unsigned char *bytes, size_t len)
{
    if (len == 0 || len > LIMIT_AHEADS_BYTES - set->bytes)
        return NULL;
    struct fcgi_ahead *self = mem_new(sizeof *self + len);
    self->set = set;
    self->len = self->capacity = len;
    memcpy(self->bytes, bytes, len);
    set->bytes += len;
    return self;
}

void fcgi_ahead_free(struct fcgi_ahead *self)
{
    if (!self)
        return;
    self->set->bytes -= self->capacity;
    free(self);
}

size_t fcgi_ahead_peek(const struct fcgi_ahead *self, unsigned char *bytes, size_t len)
{
    if (!self)
        return 0;
    if (len > self->len)
        len = self->len;
    memcpy(bytes, self->bytes, len);
    return len;
}

size_t fcgi_ahead_take(struct fcgi_ahead **self, unsigned char *bytes, size_t len)
{
    struct fcgi_ahead *ahead = *self;
    size_t took = fcgi_ahead_peek(ahead, bytes, len);

    if (!took)
        return 0;
    ahead->len -= took;
    memmove(ahead->bytes, ahead->bytes + took, ahead->len);
    if (ahead->len)
        return took;
    fcgi_ahead_free(ahead);
    *self = NULL;
    return took;
}
