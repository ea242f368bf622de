/* SPDX-License-Identifier: ISC */
/* Parking a poll that has nothing to be told yet, or a stream. stream_wake.h replies to it later. */
#ifndef ROLLCALL_API_RESOURCES_STREAM_PARK_H
#define ROLLCALL_API_RESOURCES_STREAM_PARK_H

#include "api/resources/stream_request.h"

struct stream_spec;
struct view;

/*
 * Parks REQUEST on VIEW, which frees it and its exchange; as a stream, whose answer begins, if STREAM is not NULL. If
 * its user already has the maximum number of polls, the oldest one ends. If the reply to that one has begun already,
 * REQUEST is refused instead.
 */
void stream_park(struct stream_request *request, struct view *view, const struct stream_spec *stream);

#endif
