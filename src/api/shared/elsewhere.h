/* SPDX-License-Identifier: ISC */
/* Tells open pages what the record's log says of writes that were made elsewhere, now that they can be read here. */
#ifndef ROLLCALL_API_SHARED_ELSEWHERE_H
#define ROLLCALL_API_SHARED_ELSEWHERE_H

#include <stddef.h>

struct record_event;

/*
 * Tells of the first of COUNT EVENTS, and of those behind it that are for the pages of the same workspace. Returns of
 * how many. CTX is the service: this is what writer_on_events() is given.
 */
size_t elsewhere_tell(void *ctx, const struct record_event *events, size_t count);

#endif
