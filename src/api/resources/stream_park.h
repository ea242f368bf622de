/* SPDX-License-Identifier: ISC */
/* Parking a poll that has nothing to be told yet. stream_wake.h replies to it later. */
#ifndef ROLLCALL_API_RESOURCES_STREAM_PARK_H
#define ROLLCALL_API_RESOURCES_STREAM_PARK_H

#include "api/resources/stream_request.h"

struct view;

/*
 * Parks REQUEST on VIEW; it and its exchange are gone then. If its user has as many polls as one may, the oldest
 * ends; if that one's reply has begun already, REQUEST is refused instead.
 */
void stream_park(struct stream_request *request, struct view *view);

#endif
