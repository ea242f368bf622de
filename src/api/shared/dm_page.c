/* SPDX-License-Identifier: ISC */
/* See dm_page.h. */
#include "api/shared/dm_page.h"

#include "api/shared/census.h"
#include "api/shared/page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/dms.h"
#include "presence/presence.h"

/* The view, and who reads of it. */
struct dm_view {
    const struct view *view;
    struct view_reader reader;
};

/* A page while it is put together. */
struct dms_page {
    struct page page;
    struct dm_view seen;
    size_t seats; /* participants so far */
};

/* Adds the members of ROW's object. */
static void add_dm(struct buf *out, const struct dm_view *seen, const struct dm_row *row)
{
    render_int(out, "id", row->id);
    if (row->name)
        render_text(out, ",name", row->name);
    render_bool(out, ",group", row->group);
    buf_add_text(out, ",\"participants\":[");
    for (size_t i = 0; i < row->participant_count; i++) {
        buf_add_text(out, i > 0 ? ",{" : "{");
        render_presence(out, seen->view, row->participants[i].user, &seen->reader);
        render_text(out, ",name", row->participants[i].name);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

/* A page is cut short so that it does not take long to make. It has at least one conversation. */
static bool has_room(const struct dms_page *self, const struct dm_row *row)
{
    return self->page.rows == 0 ||
           (self->page.body.len < LIMIT_DM_PAGE_BYTES && self->seats + row->participant_count <= LIMIT_DM_PAGE_SEATS);
}

static bool add_row(void *ctx, const struct dm_row *row)
{
    struct dms_page *self = ctx;

    if (!has_room(self, row)) {
        self->page.more = true;
        return false;
    }
    if (!page_row(&self->page))
        return false;
    add_dm(&self->page.body, &self->seen, row);
    page_end_row_number(&self->page, row->id);
    self->seats += row->participant_count;
    return true;
}

/* Who shares a conversation is told more of the others than the workspace's policy lets everyone know. */
static struct dm_view seen_by(const struct exchange *exchange, struct view *view)
{
    struct dm_view seen = {view, census_reader(service_of(exchange), view, exchange->caller.user)};

    seen.reader.partner = true;
    return seen;
}

static void on_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;
    const struct params_range ids = {0, INT64_MAX, 0};
    size_t limit;
    int64_t after;

    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    if (!params_limit(exchange, &limit) || !params_number(exchange, "after", &ids, &after))
        return;
    struct dms_page dms = {.seen = seen_by(exchange, view)};
    struct page *page = &dms.page;
    page_init(page, limit);
    buf_add_char(&page->body, '{');
    render_head(&page->body, view, dms.seen.reader.now_ms);
    page_open(page, ",dms");
    const struct dm_range range = {exchange->workspace, exchange->user, after};
    enum directory_result result = directory_each_dm(service_of(exchange)->directory, &range, add_row, &dms);
    page_close(page);
    spend_anyway(exchange, COST_WORK, dms.seats / COSTS_WORK_ROWS);
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page->body);
    page_fini(page);
}

void dm_page_reply(struct exchange *exchange)
{
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, exchange);
}

/* ---- a conversation alone ---- */

bool dm_page_may_write(struct exchange *exchange)
{
    struct presence *presence = service_of(exchange)->presence;

    if (presence_up(presence, exchange->workspace) || presence_view_now(presence, exchange->workspace))
        return true;
    return problems_presence_finished(
        exchange, PRESENCE_UNAVAILABLE,
        "Presence is unavailable, and nothing was changed. Try again; /readyz says what is wrong.");
}

struct dm_reply {
    struct exchange *exchange; /* borrowed: owns this */
    int64_t id;
    bool written; /* by this request */
};

struct dm_reply *dm_page_prepare(struct exchange *exchange, int64_t id, bool written)
{
    struct dm_reply *self = mem_new(sizeof *self);

    *self = (struct dm_reply){exchange, id, written};
    exchange_keep(exchange, self, NULL);
    return self;
}

/* A body while it is put together. */
struct dm_body {
    struct buf *out;
    struct dm_view seen;
};

static void add_only(void *ctx, const struct dm_row *row)
{
    const struct dm_body *body = ctx;

    buf_add_char(body->out, '{');
    add_dm(body->out, &body->seen, row);
    render_int(body->out, ",now", body->seen.reader.now_ms);
    buf_add_text(body->out, "}\n");
}

static void refuse_one(const struct dm_reply *self)
{
    if (self->written)
        problems_presence_finished(
            self->exchange, PRESENCE_UNAVAILABLE,
            "The conversation is stored, but Redis became unavailable, so it cannot be shown. Do "
            "not open it again: ask for your conversations later; /readyz says what is wrong.");
    else
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
}

static void on_view_for_one(void *ctx, struct view *view)
{
    const struct dm_reply *self = ctx;
    struct exchange *exchange = self->exchange;

    if (!view) {
        refuse_one(self);
        return;
    }
    struct buf out;
    buf_init(&out);
    struct dm_body body = {&out, seen_by(exchange, view)};
    enum directory_result result =
        directory_get_dm(service_of(exchange)->directory, exchange->workspace, self->id, add_only, &body);
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, exchange->status, &out);
    buf_fini(&out);
}

void dm_page_reply_one(void *ctx)
{
    struct dm_reply *self = ctx;

    presence_view(service_of(self->exchange)->presence, self->exchange->workspace, 0, on_view_for_one, self);
}
