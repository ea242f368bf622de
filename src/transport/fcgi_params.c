/* SPDX-License-Identifier: ISC */
/*
 * See fcgi_params.h. A length is one byte, or four with the highest bit set (FastCGI Specification 1.0, section 3.4).
 */
#include "transport/fcgi_params.h"

#include "base/limits.h"

#include <string.h>

enum { FOUR_BYTES = 0x80, IN_TEXT = 2 };

void fcgi_params_init(struct fcgi_params *self)
{
    *self = (struct fcgi_params){0};
}

bool fcgi_params_complete(const struct fcgi_params *self)
{
    return self->which == 0 && self->more == 0;
}

/* The next byte of a length; false if the pair is too long. */
static bool take_length(struct fcgi_params *self, unsigned char byte)
{
    uint32_t *length = &self->length[self->which];

    if (self->more) {
        *length = *length << 8 | byte;
        self->more--;
    } else if (byte & FOUR_BYTES) {
        *length = byte & (FOUR_BYTES - 1);
        self->more = 3;
    } else {
        *length = byte;
    }
    if (self->more)
        return true;
    if (*length > LIMIT_PARAMS_BYTES)
        return false;
    self->which++;
    if (self->which < IN_TEXT)
        return true;
    self->left = self->length[0] + self->length[1];
    if (self->left == 0)
        self->which = 0;
    return true;
}

bool fcgi_params_feed(struct fcgi_params *self, const unsigned char *bytes, size_t len)
{
    while (len) {
        size_t take = 1;

        if (self->which < IN_TEXT) {
            if (!take_length(self, *bytes))
                return false;
        } else {
            take = self->left < len ? self->left : len;
            if (memchr(bytes, '\0', take))
                return false;
            self->left -= (uint32_t)take;
            if (self->left == 0)
                self->which = 0;
        }
        bytes += take;
        len -= take;
    }
    return true;
}
