/* SPDX-License-Identifier: ISC */
/* See stream_query.h. */
#include "api/resources/stream_query.h"

#include "api/resources/stream_request.h"
#include "api/shared/census.h"
#include "api/shared/onlooker.h"
#include "api/shared/own_row.h"
#include "api/shared/service.h"
#include "presence/presence.h"

#include <string.h>

void stream_query_look(struct stream_request *request, struct view *view)
{
    const struct exchange *exchange = request->exchange;
    bool reads_on = request->has_since || request->unknown_since;

    request->own_rev = own_row_rev(service_of(exchange), view, exchange->caller.user, request->since.own_rev);
    /* A lower one is that of somebody who was removed and added again. */
    request->own_news = reads_on && !onlooker_is(exchange->caller.user) && request->since.own_rev != request->own_rev;
}

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
        .now_ms = presence_shown_ms(service->presence, view_workspace(view)),
        .own_rev = request->own_rev,
        .own_news = request->own_news,
        .own = request->own_rev > 0 ? own_row_last_seen(service, view, exchange->caller.user) : SEEN_EXACT,
    };
}

/* If it is not known any more, the reader may have missed something, and so may the user's other polls. */
static void add_own(const struct service *service, const struct woken *woken, struct view_query *query)
{
    int64_t rev;
    bool known = view_own_rev(woken->view, woken->user, woken->user_len, &rev);

    query->own_rev = known ? rev : own_row_rev(service, woken->view, woken->user, 0);
    query->own_news = woken->own_news || (!known && query->own_rev > 0);
    query->own = own_row_last_seen(service, woken->view, woken->user);
}

struct view_query stream_query_woken(const struct service *service, const struct woken *woken)
{
    census_look(service, woken->view);
    struct view_query query = {
        .caller = woken->user,
        .caller_len = woken->user_len,
        .only = woken->only,
        .only_count = woken->only_count,
        .limit = woken->limit,
        .counts = woken->counts && census_take(service, woken->view),
        .now_ms = presence_shown_ms(service->presence, view_workspace(woken->view)),
    };
    if (!woken->plain)
        add_own(service, woken, &query);
    return query;
}
