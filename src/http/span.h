/* SPDX-License-Identifier: ISC */
/* A part of somebody else's text, and what paths need of it: their segments, slashes and dots. Pure, of linear time. */
#ifndef ROLLCALL_HTTP_SPAN_H
#define ROLLCALL_HTTP_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *at; /* borrowed; not NUL-ended */
    size_t len;
};

/* All of TEXT, without its NUL; empty for NULL. */
struct span span_of(const char *text);

/* True if TEXT ends with END. */
bool span_ends_with(struct span text, struct span end);

/* How many slashes TEXT has. */
size_t span_count_slashes(struct span text);

/* TEXT up to the slash that is number COUNT from its end; all of it if it has fewer. */
struct span span_without_last(struct span text, size_t count);

/*
 * The next segment of *REST, a path that begins with a slash. *REST then begins at the slash after the segment, or is
 * empty.
 */
struct span span_take_segment(struct span *rest);

/* True for the segments "." and "..". */
bool span_is_dots(struct span segment);

/*
 * Writes PATH into OUT (as long; it may be PATH itself) as web servers resolve it: without empty segments, dots
 * applied (RFC 3986, 5.2.4). Returns its length.
 */
size_t span_resolve(struct span path, char *out);

#endif
