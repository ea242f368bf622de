/* SPDX-License-Identifier: ISC */
/*
 * Records that have to be held, in as few bytes as they can be: a peer may send a byte in each, and 255 of padding. Pure.
 */
#ifndef ROLLCALL_TRANSPORT_RECORDS_H
#define ROLLCALL_TRANSPORT_RECORDS_H

#include <stddef.h>

/*
 * Packs LEN BYTES, which are whole records of one request: takes their padding out, and makes one of neighbours of the same
 * type that fit in it. Those without content stay, since they end a stream. Returns how many bytes are left.
 */
size_t records_pack(unsigned char *bytes, size_t len);

#endif
