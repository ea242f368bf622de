/* SPDX-License-Identifier: ISC */
/* See dm_page.h. */
#include "api/shared/dm_page.h"

#include "api/shared/params.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/limits.h"
#include "directory/directory.h"

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

/* A page is cut short rather than long in the making; the first DM is in it in any case. */
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

void dm_page_reply(struct exchange *exchange, struct view *view, const char *user)
{
    struct page page = {.view = view};
    enum directory_result result;
    int64_t after;

    if (!params_limit(exchange, &page.limit) || !params_number(exchange, "after", 0, INT64_MAX, 0, &after))
        return;
    buf_init(&page.body);
    buf_add_char(&page.body, '{');
    render_head(&page.body, "cursor", view);
    buf_add_text(&page.body, ",\"dms\":[");
    result = directory_each_dm(service_of(exchange)->directory, exchange->workspace, user, after, add_row, &page);
    service_charge(exchange, COST_WORK, page.seats / COSTS_WORK_ROWS);
    buf_add_char(&page.body, ']');
    if (page.more)
        render_int(&page.body, ",next", page.last);
    buf_add_text(&page.body, "}\n");
    if (params_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page.body);
    buf_fini(&page.body);
}

static void add_only(void *ctx, const struct dm_row *row)
{
    add_dm(ctx, row);
}

void dm_page_reply_one(struct exchange *exchange, struct view *view, int64_t id, int status)
{
    struct page page = {.view = view};
    enum directory_result result;

    buf_init(&page.body);
    result = directory_get_dm(service_of(exchange)->directory, exchange->workspace, id, add_only, &page);
    buf_add_char(&page.body, '\n');
    if (params_directory_ok(exchange, result))
        exchange_reply_buf(exchange, status, &page.body);
    buf_fini(&page.body);
}
