/* SPDX-License-Identifier: ISC */
/* See dm_page.h. */
#include "api/dm_page.h"

#include "api/params.h"
#include "api/render.h"
#include "api/service.h"
#include "base/buf.h"
#include "directory/directory.h"

struct page {
    struct buf body;
    const struct view *view;
    size_t count;
    size_t limit;
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

static void add_row(void *ctx, const struct dm_row *row)
{
    struct page *page = ctx;

    if (page->count == page->limit) {
        page->more = true;
        return;
    }
    if (page->count++ > 0)
        buf_add_char(&page->body, ',');
    add_dm(page, row);
    page->last = row->id;
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
    result = directory_each_dm(service_of(exchange)->directory, exchange->workspace, user, after, page.limit + 1,
                               add_row, &page);
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
