/* SPDX-License-Identifier: ISC */
/* The places that a poll or stream asks for: read before it is answered, and told with whatever it is told. */
#ifndef ROLLCALL_API_RESOURCES_STREAM_PLACES_H
#define ROLLCALL_API_RESOURCES_STREAM_PLACES_H

#include "api/resources/stream_request.h"
#include "view/parked.h"

struct blob;
struct service;

/*
 * Whether REQUEST has to wait until the sets that it asks for were read. Then FN is called once with it and
 * VIEW, which may not be whole any more, or with NULL if the view is gone.
 */
bool stream_places_wait(struct stream_request *request, struct view *view,
                        void (*fn)(void *request, struct view *view));

/*
 * Begins to read for REQUEST, if it asks for places. Unless START continues, its reader has to forget what they know,
 * so they are told all.
 */
void stream_places_begin(struct stream_request *request, struct view *view, enum view_start start);

/* Whether there is news of places of VIEW for READING, which may be NULL. */
bool stream_places_news(const struct service *service, const struct view *view, const struct reading *reading);

/* BODY, a reference that is taken over, with what READING, unless that is NULL, is told of places of VIEW. */
struct blob *stream_places_add(const struct service *service, const struct view *view, struct reading *reading,
                               struct blob *body);

#endif
