/* SPDX-License-Identifier: ISC */
/* See stream_places.h. */
#include "api/resources/stream_places.h"

#include "api/shared/own_row.h"
#include "api/shared/service.h"
#include "base/clock.h"
#include "presence/presence.h"

#include <string.h>

static struct place_wants wants_of(const struct stream_request *request, struct view *view)
{
    const char *user = request->exchange->caller.user;

    return (struct place_wants){
        .user = user,
        .names = (const char *const *)request->places,
        .count = request->place_count,
        .told = request->places_told,
        .told_len = request->places_told ? strlen(request->places_told) : 0,
        .eyes = own_row_hides_typing(service_of(request->exchange), view, user) ? PLACE_QUIET : PLACE_ALL,
    };
}

static void on_read(void *ctx, struct view *view)
{
    struct stream_request *request = ctx;

    request->places_read = true;
    if (request->on_places)
        request->on_places(request, view);
}

bool stream_places_wait(struct stream_request *request, struct view *view, void (*fn)(void *request, struct view *view))
{
    if (request->place_count == 0 || request->places_read)
        return false;
    request->wants = wants_of(request, view);
    presence_want_places(service_of(request->exchange)->presence, view, &request->wants, on_read, request);
    if (request->places_read)
        return false;
    request->on_places = fn;
    return true;
}

void stream_places_begin(struct stream_request *request, struct view *view, enum view_start start)
{
    if (request->place_count == 0)
        return;
    request->wants = wants_of(request, view);
    if (start != VIEW_CONTINUE)
        request->wants.told = NULL;
    request->reading = reading_new(view_places(view), &request->wants, clock_mono_ms());
}

bool stream_places_news(const struct service *service, const struct view *view, const struct reading *reading)
{
    return reading && reading_has_news(reading, presence_now_ms(service->presence, view_workspace(view)));
}

struct blob *stream_places_add(const struct service *service, const struct view *view, struct reading *reading,
                               struct blob *body)
{
    return reading ? reading_answer(reading, body, presence_now_ms(service->presence, view_workspace(view))) : body;
}
