/* SPDX-License-Identifier: ISC */
/* See stream_query.h. */
#include "api/resources/stream_query.h"

#include "api/resources/stream_request.h"
#include "api/shared/census.h"
#include "api/shared/service.h"
#include "presence/presence.h"

#include <string.h>

struct view_query stream_query_asked(const struct stream_request *request, struct view *view,
                                     struct view_entry *const *only, size_t count)
{
    const struct exchange *exchange = request->exchange;
    const struct service *service = service_of(exchange);

    census_look(service, view);
    return (struct view_query){
        .caller = exchange->caller.user,
        .caller_len = strlen(exchange->caller.user),
        .only = only,
        .only_count = count,
        .limit = request->limit,
        .counts = request->counts && census_take(service, view),
        .now_ms = presence_now_ms(service->presence),
    };
}

struct view_query stream_query_woken(const struct service *service, const struct woken *woken)
{
    census_look(service, woken->view);
    return (struct view_query){
        .caller = woken->user,
        .caller_len = woken->user_len,
        .only = woken->only,
        .only_count = woken->only_count,
        .limit = woken->limit,
        .counts = woken->counts && census_take(service, woken->view),
        .now_ms = presence_now_ms(service->presence),
    };
}
