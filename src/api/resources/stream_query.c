/* SPDX-License-Identifier: ISC */
/* See stream_query.h. */
#include "api/resources/stream_query.h"

#include "api/resources/stream_request.h"
#include "api/shared/service.h"
#include "presence/presence.h"

#include <string.h>

struct view_query stream_query_asked(const struct stream_request *request, struct view_entry *const *only, size_t count)
{
    const struct exchange *exchange = request->exchange;

    return (struct view_query){
        .caller = exchange->caller.user,
        .caller_len = strlen(exchange->caller.user),
        .only = only,
        .only_count = count,
        .limit = request->limit,
        .now_ms = presence_now_ms(service_of(exchange)->presence),
    };
}

struct view_query stream_query_woken(const struct service *service, const struct woken *woken)
{
    return (struct view_query){
        .caller = woken->user,
        .caller_len = woken->user_len,
        .only = woken->only,
        .only_count = woken->only_count,
        .limit = woken->limit,
        .now_ms = presence_now_ms(service->presence),
    };
}
