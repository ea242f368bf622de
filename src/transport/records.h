/* SPDX-License-Identifier: ISC */
/*
 * Records (FastCGI Specification 1.0, section 3.3): their headers, and how to hold many of them in few bytes, since a
 * peer may send one byte in each and 255 bytes of padding behind it. Pure.
 */
#ifndef ROLLCALL_TRANSPORT_RECORDS_H
#define ROLLCALL_TRANSPORT_RECORDS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes the header of a record of TYPE for request ID with LEN bytes of content and no padding: FCGI_HEADER_LEN
 * bytes.
 */
void records_set_header(unsigned char *header, unsigned type, uint16_t id, size_t len);

/*
 * Packs LEN BYTES, which are whole records of one request: takes their padding out, and makes one of neighbours of
 * the same type that fit in it. Those without content stay, since they end a stream. Returns how many bytes are left.
 */
size_t records_pack(unsigned char *bytes, size_t len);

#endif
