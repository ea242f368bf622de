/* SPDX-License-Identifier: ISC */
/* What a view is asked for a poll or stream. */
#ifndef ROLLCALL_API_RESOURCES_STREAM_QUERY_H
#define ROLLCALL_API_RESOURCES_STREAM_QUERY_H

#include "view/parked.h"

struct service;
struct stream_request;

/* Finds out whether the caller of REQUEST is to read again what they say by hand. To be called before the next one. */
void stream_query_look(struct stream_request *request, struct view *view);

/* For REQUEST of VIEW, with the COUNT entries ONLY that it follows (NULL: everyone). All is borrowed. */
struct view_query stream_query_asked(const struct stream_request *request, struct view *view,
                                     struct view_entry *const *only, size_t count);

/* For WOKEN, from which all is borrowed. */
struct view_query stream_query_woken(const struct service *service, const struct woken *woken);

#endif
