/* SPDX-License-Identifier: ISC */
/*
 * Checks that name-value pairs add up: walks the content of PARAMS records (FastCGI Specification 1.0, section 3.4)
 * and keeps nothing but counts. libfcgi believes the lengths it reads and takes as much memory as they say, and makes
 * C strings of what may hold NULs. So pairs that do not add up, or are not text, never get there. Pure: it is fed
 * bytes in any portions.
 */
#ifndef ROLLCALL_TRANSPORT_FCGI_PARAMS_H
#define ROLLCALL_TRANSPORT_FCGI_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fcgi_params {
    uint32_t length[2];  /* of the name and the value of the pair under way */
    uint32_t left;       /* bytes of them still to come */
    unsigned char which; /* the length being read: 0 the name's, 1 the value's, 2 neither: in the text */
    unsigned char more;  /* bytes of that length still to come */
};

/* Ready for the first byte. */
void fcgi_params_init(struct fcgi_params *self);

/* Walks LEN further BYTES. False if a pair claims more than LIMIT_PARAMS_BYTES, or a name or value holds a NUL. */
bool fcgi_params_feed(struct fcgi_params *self, const unsigned char *bytes, size_t len);

/* True between two pairs: the stream may end here. */
bool fcgi_params_complete(const struct fcgi_params *self);

#endif
