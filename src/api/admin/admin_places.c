/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/admin/workspaces/{ws}/places: who is where, a row for each thing that somebody does at a place, in the order
 * of the places. It tells who types in which conversation, so each look leaves an audit line.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "base/limits.h"
#include "base/mem.h"
#include "presence/presence.h"
#include "view/place_set.h"

#include <stdlib.h>
#include <string.h>

/* A page while it is put together, place after place. */
struct places_page {
    struct exchange *exchange;
    struct listing listing;
    const char *after; /* borrowed from the exchange's query, or NULL */
    size_t limit;      /* of rows; the things of a place are on one page */
    char **names;      /* owned, as is each element: of the places behind AFTER, sorted when all are there */
    size_t count;
    size_t read; /* names of the workspace, those before AFTER too */
    size_t next; /* of them */
};

static void page_free(struct places_page *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->names[i]);
    free(self->names);
    listing_fini(&self->listing);
    free(self);
}

static void refuse(struct places_page *self)
{
    problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
    page_free(self);
}

/* ---- the rows ---- */

static void add_row(struct places_page *self, const char *place, const struct place_thing *thing)
{
    char text[LIMIT_PLACE_BYTES + 1];

    listing_row(&self->listing);
    listing_text(&self->listing, "place", place);
    memcpy(text, thing->user, thing->user_len);
    text[thing->user_len] = '\0';
    listing_text(&self->listing, "user", text);
    memcpy(text, thing->doing, thing->doing_len);
    text[thing->doing_len] = '\0';
    listing_text(&self->listing, "doing", text);
    listing_time(&self->listing, "since", thing->arrived_ms);
    listing_time(&self->listing, "until", thing->ends_ms);
    listing_end_row_text(&self->listing, place);
}

static void read_place(struct places_page *self);

static void on_things(void *ctx, const struct place_thing *things, size_t count)
{
    struct places_page *self = ctx;

    if (!things) {
        refuse(self);
        return;
    }
    for (size_t i = 0; i < count; i++)
        add_row(self, self->names[self->next], &things[i]);
    self->next++;
    read_place(self);
}

/* Reads the next place. Replies after the last one, or when the page is full. */
static void read_place(struct places_page *self)
{
    bool is_full = self->listing.page.rows >= self->limit;

    if (self->next < self->count && !is_full) {
        presence_things(service_of(self->exchange)->presence, self->exchange->workspace, self->names[self->next],
                        on_things, self);
        return;
    }
    self->listing.page.more = self->next < self->count;
    listing_reply(&self->listing);
    page_free(self);
}

/* ---- the places ---- */

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void read_names(struct places_page *self);

static void on_names(void *ctx, const char *const *names, size_t count)
{
    struct places_page *self = ctx;

    if (!names) {
        refuse(self);
        return;
    }
    self->names = mem_resize(self->names, self->count + count + 1, sizeof *self->names);
    for (size_t i = 0; i < count; i++)
        if (!self->after || strcmp(names[i], self->after) > 0)
            self->names[self->count++] = mem_text(names[i]);
    self->read += count;
    if (count == LIMIT_PLACES_PAGE) {
        read_names(self);
        return;
    }
    qsort(self->names, self->count, sizeof *self->names, by_name);
    read_place(self);
}

static void read_names(struct places_page *self)
{
    presence_places(service_of(self->exchange)->presence, self->exchange->workspace, self->read, on_names, self);
}

/* ---- asking ---- */

static bool read_after(struct exchange *exchange, const char **out)
{
    size_t len = 0;

    *out = query_get(&exchange->query, "after", &len);
    if (!*out || place_name_ok(*out, len))
        return true;
    return exchange_refuse(exchange, "\"after\" must be a place. Send the \"next\" of the page before.");
}

void admin_places_get(struct exchange *exchange)
{
    const char *after;
    size_t limit;

    if (!params_known_workspace(exchange, 3, &exchange->workspace) || !params_limit(exchange, &limit) ||
        !read_after(exchange, &after))
        return;
    audit(exchange, "places.read", exchange->workspace, NULL);
    struct places_page *self = mem_new(sizeof *self);
    *self = (struct places_page){.exchange = exchange, .after = after, .limit = limit};
    listing_init(&self->listing, exchange, "places", SIZE_MAX);
    read_names(self);
}
