/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/admin/webhooks and /v1/admin/webhooks/{id}: the webhooks, and how far each has come in each workspace. What
 * is paged are workspaces: each page has all webhooks, since there are few. How far they have come is read from Redis,
 * once for each workspace.
 */
#include "api/shared/handlers.h"

#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/webhook_body.h"
#include "api/shared/webhook_rows.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/workspaces.h"
#include "presence/hook_calls.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MIN = 10 /* workspaces on a page, however many webhooks are for all of them */ };

/* A webhook that is shown, without its secrets. */
struct shown {
    struct webhook webhook;
    char *id, *url, *workspace; /* owned: the texts of WEBHOOK */
};

/* How a webhook does in a workspace, by Redis. */
struct known {
    char id[IDS_WORKSPACE_MAX + 1];
    struct hook_state state;
};

/* A workspace on the page. */
struct place {
    struct webhook_list *list; /* borrowed: owns this */
    char *workspace;           /* owned */
    struct known *known;       /* owned */
    size_t known_count;
    struct hook_head head;
};

struct webhook_list {
    struct exchange *exchange;
    bool is_one;         /* webhook, not a list of them */
    struct shown *shown; /* owned, as the next */
    size_t shown_count;
    struct place *places;
    size_t place_count;
    const char *after; /* a workspace, borrowed from the exchange's query, or NULL */
    bool more;         /* workspaces than these */
    size_t waiting;    /* for so many answers */
    bool failed;       /* Redis did not give one of them */
};

static void list_free(struct webhook_list *self)
{
    for (size_t i = 0; i < self->shown_count; i++) {
        free(self->shown[i].id);
        free(self->shown[i].url);
        free(self->shown[i].workspace);
    }
    for (size_t i = 0; i < self->place_count; i++) {
        free(self->places[i].workspace);
        free(self->places[i].known);
    }
    free(self->shown);
    free(self->places);
    free(self);
}

/* ---- the answer ---- */

static bool concerns(const struct webhook *webhook, const struct place *place)
{
    return !webhook->workspace || strcmp(webhook->workspace, place->workspace) == 0;
}

static void read_progress(const struct webhook *webhook, const struct place *place, struct webhook_progress *out)
{
    *out = (struct webhook_progress){.workspace = place->workspace};
    for (size_t i = 0; i < place->known_count; i++)
        if (strcmp(place->known[i].id, webhook->id) == 0 && place->known[i].state.made_ms == webhook->created_ms)
            out->state = place->known[i].state;
    if (!webhook->active) /* nothing is sent, so nothing is late */
        out->state.next_try_ms = out->state.behind_since_ms = 0;
    out->lag_changes = hook_state_lag(&out->state, &place->head.cursor);
    if (out->state.behind_since_ms > 0 && place->head.now_ms > out->state.behind_since_ms)
        out->lag_s = (place->head.now_ms - out->state.behind_since_ms) / 1000;
}

static const char *last_place(const struct webhook_list *self)
{
    return self->places[self->place_count - 1].workspace;
}

/* For a program: its fields, with an array of how it does. */
static void add_object(const struct webhook_list *self, struct listing *listing, const struct webhook *webhook)
{
    struct listing rows;

    listing_init(&rows, self->exchange, "workspaces", SIZE_MAX);
    for (size_t i = 0; i < self->place_count; i++) {
        struct webhook_progress progress;
        if (!concerns(webhook, &self->places[i]))
            continue;
        read_progress(webhook, &self->places[i], &progress);
        webhook_rows_progress(&rows, &progress);
    }
    listing_row(listing);
    webhook_rows_fields(listing, webhook);
    listing_rows(listing, &rows);
    if (self->is_one && self->more)
        listing_text(listing, "next", last_place(self));
    listing_end_row_text(listing, webhook->id);
    listing_fini(&rows);
}

/* For a person: a line for each workspace. */
static void add_lines(const struct webhook_list *self, struct listing *listing, const struct webhook *webhook)
{
    if (self->place_count == 0 && !self->after)
        webhook_rows_line(listing, webhook, NULL);
    for (size_t i = 0; i < self->place_count; i++) {
        struct webhook_progress progress;
        if (!concerns(webhook, &self->places[i]))
            continue;
        read_progress(webhook, &self->places[i], &progress);
        webhook_rows_line(listing, webhook, &progress);
    }
}

static void reply(const struct webhook_list *self)
{
    bool is_object = self->is_one && !self->exchange->plain;
    struct listing listing;

    if (is_object)
        listing_init_one(&listing, self->exchange);
    else
        listing_init(&listing, self->exchange, "webhooks", SIZE_MAX);
    for (size_t i = 0; i < self->shown_count; i++) {
        if (self->exchange->plain)
            add_lines(self, &listing, &self->shown[i].webhook);
        else
            add_object(self, &listing, &self->shown[i].webhook);
    }
    listing.page.more = self->more;
    if (self->more)
        page_mark_text(&listing.page, last_place(self), strlen(last_place(self)));
    if (is_object)
        listing_reply_one(&listing, 200);
    else
        listing_reply(&listing);
}

/* ---- what Redis says ---- */

static bool is_shown(const struct webhook_list *self, const char *id)
{
    for (size_t i = 0; i < self->shown_count; i++)
        if (strcmp(self->shown[i].id, id) == 0)
            return true;
    return false;
}

static void on_known(void *ctx, const char *id, const char *state, size_t len)
{
    struct place *self = ctx;
    struct known known = {.id = ""};

    if (!is_shown(self->list, id) || !hook_state_parse(state, len, &known.state))
        return;
    strcpy(known.id, id); /* the directory hands out no longer id */
    self->known = mem_resize(self->known, self->known_count + 1, sizeof *self->known);
    self->known[self->known_count++] = known;
}

static void answered(struct webhook_list *self)
{
    if (--self->waiting > 0)
        return;
    if (!self->failed || problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE))
        reply(self);
    list_free(self);
}

static void on_place(void *ctx, const struct hook_head *head)
{
    struct place *self = ctx;

    if (head)
        self->head = *head;
    else
        self->list->failed = true;
    answered(self->list);
}

static void ask(struct webhook_list *self)
{
    struct presence *presence = service_of(self->exchange)->presence;

    self->waiting = self->place_count + 1;
    for (size_t i = 0; i < self->place_count; i++)
        presence_hooks(presence, self->places[i].workspace,
                       &(struct hook_reader){on_known, on_place, &self->places[i]});
    answered(self);
}

/* ---- the workspaces of the page ---- */

static void add_place(struct webhook_list *self, const char *workspace)
{
    self->places = mem_resize(self->places, self->place_count + 1, sizeof *self->places);
    self->places[self->place_count++] = (struct place){.list = self, .workspace = mem_text(workspace)};
}

static void add_workspace(void *ctx, const struct workspace_row *row)
{
    add_place(ctx, row->id);
}

static int by_workspace(const void *left, const void *right)
{
    return strcmp(((const struct place *)left)->workspace, ((const struct place *)right)->workspace);
}

/* Those that the webhooks name, once each. */
static void add_named(struct webhook_list *self)
{
    for (size_t i = 0; i < self->shown_count; i++) {
        const struct place wanted = {.workspace = self->shown[i].workspace};
        if (self->after && strcmp(wanted.workspace, self->after) <= 0)
            continue;
        if (!self->places || !lfind(&wanted, self->places, &self->place_count, sizeof wanted, by_workspace))
            add_place(self, wanted.workspace);
    }
    if (self->places)
        qsort(self->places, self->place_count, sizeof *self->places, by_workspace);
}

static size_t count_for_all(const struct webhook_list *self)
{
    size_t count = 0;

    for (size_t i = 0; i < self->shown_count; i++)
        count += !self->shown[i].workspace;
    return count;
}

/* At most LIMIT_PAGE rows are answered, unless there are very many webhooks. */
static size_t limit_places(size_t limit, size_t for_all)
{
    size_t most = for_all > 1 ? LIMIT_PAGE / for_all : LIMIT_PAGE;

    if (most < PLACES_MIN)
        most = PLACES_MIN;
    return limit < most ? limit : most;
}

static enum directory_result collect_places(struct webhook_list *self, size_t limit)
{
    size_t for_all = count_for_all(self);
    enum directory_result result = DIRECTORY_OK;

    limit = limit_places(limit, for_all);
    if (for_all > 0)
        result = directory_each_workspace_id(service_of(self->exchange)->directory, self->after, limit + 1,
                                             add_workspace, self);
    else
        add_named(self);
    self->more = self->place_count > limit;
    while (self->place_count > limit)
        free(self->places[--self->place_count].workspace);
    return result;
}

/* ---- the webhooks ---- */

static void add_shown(void *ctx, const struct webhook *webhook)
{
    struct webhook_list *self = ctx;
    struct shown shown = {
        .webhook = *webhook,
        .id = mem_text(webhook->id),
        .url = mem_text(webhook->url),
        .workspace = mem_text(webhook->workspace),
    };

    shown.webhook.id = shown.id;
    shown.webhook.url = shown.url;
    shown.webhook.workspace = shown.workspace;
    shown.webhook.secret = NULL;
    self->shown = mem_resize(self->shown, self->shown_count + 1, sizeof *self->shown);
    self->shown[self->shown_count++] = shown;
}

/* Answers for webhook ID, or for all if it is NULL. */
static void answer(struct exchange *exchange, const char *id)
{
    struct directory *directory = service_of(exchange)->directory;
    const char *after;
    size_t limit;

    if (!params_after_workspace(exchange, &after) || !params_limit(exchange, &limit))
        return;
    struct webhook_list *self = mem_new(sizeof *self);
    *self = (struct webhook_list){.exchange = exchange, .is_one = id, .after = after};
    enum directory_result result = id ? directory_get_webhook(directory, id, add_shown, self)
                                      : directory_each_webhook(directory, NULL, LIMIT_PAGE, add_shown, self);
    if (result == DIRECTORY_OK)
        result = collect_places(self, limit);
    if (id ? webhook_ok(exchange, result) : problems_directory_ok(exchange, result))
        ask(self);
    else
        list_free(self);
}

void admin_webhooks_get(struct exchange *exchange)
{
    answer(exchange, NULL);
}

void admin_webhook_get(struct exchange *exchange)
{
    const char *id;

    if (webhook_path_id(exchange, &id))
        answer(exchange, id);
}
