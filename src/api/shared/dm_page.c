/* SPDX-License-Identifier: ISC */
/* See dm_page.h. */
#include "api/shared/dm_page.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory.h"
#include "presence/presence.h"

/* A page while it is put together. */
struct page {
    struct buf body;
    const struct view *view;
    size_t count;
    size_t limit;
    size_t seats; /* participants so far */
    int64_t last;
    bool more;
};

static void add_dm(struct page *page, const struct dm_row *row)
{
    struct buf *out = &page->body;

    buf_add_char(out, '{');
    render_int(out, "id", row->id);
    if (row->name)
        render_text(out, ",name", row->name);
    render_bool(out, ",group", row->group);
    buf_add_text(out, ",\"participants\":[");
    for (size_t i = 0; i < row->participant_count; i++) {
        buf_add_text(out, i > 0 ? ",{" : "{");
        render_presence(out, page->view, row->participants[i].user);
        render_text(out, ",name", row->participants[i].name);
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}");
}

/* A page is cut short so that it does not take long to make. It has at least one conversation. */
static bool has_room(const struct page *page, const struct dm_row *row)
{
    return page->count == 0 || (page->count < page->limit && page->body.len < LIMIT_DM_PAGE_BYTES &&
                                page->seats + row->participant_count <= LIMIT_DM_PAGE_SEATS);
}

static bool add_row(void *ctx, const struct dm_row *row)
{
    struct page *page = ctx;

    page->more = !has_room(page, row);
    if (page->more)
        return false;
    if (page->count++ > 0)
        buf_add_char(&page->body, ',');
    add_dm(page, row);
    page->seats += row->participant_count;
    page->last = row->id;
    return true;
}

static void on_view(void *ctx, struct view *view)
{
    struct exchange *exchange = ctx;
    struct page page = {.view = view};
    const struct params_range ids = {0, INT64_MAX, 0};
    int64_t after;

    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    if (!params_limit(exchange, &page.limit) || !params_number(exchange, "after", &ids, &after))
        return;
    buf_init(&page.body);
    buf_add_char(&page.body, '{');
    render_head(&page.body, "cursor", view);
    buf_add_text(&page.body, ",\"dms\":[");
    enum directory_result result =
        directory_each_dm(service_of(exchange)->directory, exchange->workspace, exchange->user, after, add_row, &page);
    spend_anyway(exchange, COST_WORK, page.seats / COSTS_WORK_ROWS);
    buf_add_char(&page.body, ']');
    if (page.more)
        render_int(&page.body, ",next", page.last);
    buf_add_text(&page.body, "}\n");
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page.body);
    buf_fini(&page.body);
}

void dm_page_reply(struct exchange *exchange)
{
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, exchange);
}

/* ---- a conversation alone ---- */

struct dm_reply {
    struct exchange *exchange; /* borrowed: owns this */
    int64_t id;
};

struct dm_reply *dm_page_prepare(struct exchange *exchange, int64_t id)
{
    struct dm_reply *self = mem_new(sizeof *self);

    *self = (struct dm_reply){exchange, id};
    exchange_keep(exchange, self, NULL);
    return self;
}

static void add_only(void *ctx, const struct dm_row *row)
{
    add_dm(ctx, row);
}

static void on_view_for_one(void *ctx, struct view *view)
{
    const struct dm_reply *self = ctx;
    struct exchange *exchange = self->exchange;
    struct page page = {.view = view};

    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    buf_init(&page.body);
    enum directory_result result =
        directory_get_dm(service_of(exchange)->directory, exchange->workspace, self->id, add_only, &page);
    buf_add_char(&page.body, '\n');
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, exchange->status, &page.body);
    buf_fini(&page.body);
}

void dm_page_reply_one(void *ctx)
{
    struct dm_reply *self = ctx;

    presence_view(service_of(self->exchange)->presence, self->exchange->workspace, 0, on_view_for_one, self);
}
