/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/admin/users/{user}/presence, or .../user/presence?user=, which takes any id: a user in all their workspaces,
 * as others see them there. The workspaces are read one after the other. A token for one workspace is told of that one.
 */
#include "api/shared/handlers.h"

#include "api/shared/census.h"
#include "api/shared/page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/workspaces.h"
#include "presence/presence.h"
#include "view/status.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORKSPACES_MAX = 100 /* on a page: each may have to be read from Redis, all of it */ };

struct place_of_user {
    char id[IDS_WORKSPACE_MAX + 1];
    char *name; /* owned */
};

/* A page while it is put together. */
struct presence_page {
    struct exchange *exchange;  /* borrowed: owns this */
    const char *after;          /* borrowed from the exchange's query, or NULL */
    bool known;                 /* the user is a member somewhere */
    struct place_of_user *list; /* owned: the workspaces, one more than the page takes if there are more */
    size_t count;
    size_t next; /* of them, to be read */
    struct page page;
    enum status best;
    int64_t now_ms;
    bool looping; /* the caller of presence_view() goes on */
    bool arrived; /* and has been answered at once */
    bool failed;
};

static void page_free(void *state)
{
    struct presence_page *self = state;

    for (size_t i = 0; i < self->count; i++)
        free(self->list[i].name);
    free(self->list);
    page_fini(&self->page);
    free(self);
}

/* ---- which workspaces ---- */

static bool is_asked_for(const struct presence_page *self, const char *workspace)
{
    const char *only = self->exchange->caller.workspace;

    return !*only || strcmp(workspace, only) == 0;
}

static void add_workspace(void *ctx, const struct workspace_row *row)
{
    struct presence_page *self = ctx;

    if (!is_asked_for(self, row->id))
        return;
    self->known = true;
    if ((self->after && strcmp(row->id, self->after) <= 0) || self->count > self->page.limit)
        return;
    self->list = mem_resize(self->list, self->count + 1, sizeof *self->list);
    struct place_of_user *place = &self->list[self->count++];
    strcpy(place->id, row->id); /* the directory hands out no longer id */
    place->name = mem_text(row->name);
}

/* False, having replied, which frees SELF. */
static bool list_workspaces(struct presence_page *self)
{
    struct exchange *exchange = self->exchange;

    if (!problems_directory_ok(exchange, directory_each_workspace_of(service_of(exchange)->directory, exchange->user,
                                                                     add_workspace, self)))
        return false;
    if (self->known)
        return true;
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "\"%s\" is not a member of any workspace.", exchange->user);
    return false;
}

/* ---- what the user is there ---- */

/* The one that is beyond the page only shows that there is more: its status does not count. */
static void add_row(struct presence_page *self, struct view *view)
{
    const struct place_of_user *place = &self->list[self->next];
    const char *user = self->exchange->user;
    const struct view_reader reader = census_reader(service_of(self->exchange), view, "");
    const struct view_entry *entry = view_find(view, user, strlen(user));

    if (!page_row(&self->page))
        return;
    self->now_ms = reader.now_ms;
    if (entry && view_entry_status(entry) > self->best)
        self->best = view_entry_status(entry);
    render_text(&self->page.body, "workspace", place->id);
    render_text(&self->page.body, ",name", place->name);
    render_shown(&self->page.body, view, user, &reader);
    page_end_row_text(&self->page, place->id, strlen(place->id));
}

static void reply(struct presence_page *self)
{
    struct buf body;

    page_close(&self->page);
    buf_init(&body);
    buf_add_char(&body, '{');
    render_text(&body, "user", self->exchange->user);
    render_text(&body, ",status", status_name(self->best));
    if (self->now_ms > 0)
        render_int(&body, ",now", self->now_ms);
    buf_add(&body, self->page.body.data, self->page.body.len);
    exchange_reply_buf(self->exchange, 200, &body);
    buf_fini(&body);
}

static void on_view(void *ctx, struct view *view);

/* Reads what is left, until it has to wait, and replies at the end. */
static void go_on(struct presence_page *self)
{
    struct exchange *exchange = self->exchange;

    self->looping = self->arrived = true;
    while (self->arrived && !self->failed && self->next < self->count) {
        self->arrived = false;
        presence_view(service_of(exchange)->presence, self->list[self->next].id, 0, on_view, self);
    }
    self->looping = false;
    if (!self->arrived)
        return;
    if (self->failed)
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
    else
        reply(self);
}

static void on_view(void *ctx, struct view *view)
{
    struct presence_page *self = ctx;

    self->arrived = true;
    self->failed = !view;
    if (view)
        add_row(self, view);
    self->next++;
    if (!self->looping)
        go_on(self);
}

/* ---- asking ---- */

void admin_presence_get(struct exchange *exchange)
{
    bool in_path = strcmp(exchange->path.segment[2], "users") == 0;
    const char *after;
    size_t limit;

    if (!params_user(exchange, in_path ? 3 : SIZE_MAX, &exchange->user) || !params_limit(exchange, &limit) ||
        !params_after_workspace(exchange, &after))
        return;
    struct presence_page *self = mem_new(sizeof *self);
    *self = (struct presence_page){.exchange = exchange, .after = after, .best = STATUS_OFFLINE};
    page_init(&self->page, limit < WORKSPACES_MAX ? limit : WORKSPACES_MAX);
    page_open(&self->page, ",workspaces");
    exchange_keep(exchange, self, page_free);
    if (list_workspaces(self))
        go_on(self);
}
