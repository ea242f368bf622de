/* SPDX-License-Identifier: ISC */
/* GET /v1/me: who the caller is, and of which workspaces a member. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "directory/scopes.h"
#include "directory/workspaces.h"

struct page {
    struct buf body;
    size_t rows;
};

static void add_workspace(void *ctx, const struct workspace_row *row)
{
    struct page *page = ctx;

    buf_add_text(&page->body, page->rows++ == 0 ? "{" : ",{");
    render_text(&page->body, "id", row->id);
    render_text(&page->body, ",name", row->name);
    buf_add_char(&page->body, '}');
}

/* What a program's token may do. */
static void add_scopes(struct buf *body, const struct caller *caller)
{
    char names[SCOPES_TEXT_MAX];

    scopes_format(caller->scopes, names);
    buf_add_text(body, ",\"scope\":");
    render_words(body, names);
    if (*caller->workspace)
        render_text(body, ",workspace", caller->workspace);
}

void me_get(struct exchange *exchange)
{
    const struct caller *caller = &exchange->caller;
    enum directory_result result = DIRECTORY_OK;
    struct page page = {.rows = 0};
    struct buf *body = &page.body;

    buf_init(body);
    buf_add_char(body, '{');
    if (!caller->admin) {
        render_text(body, "user", caller->user);
        buf_add_char(body, ',');
    }
    render_bool(body, "admin", caller->scopes & SCOPE_ADMIN);
    if (caller->admin && !(caller->scopes & SCOPE_ADMIN))
        add_scopes(body, caller);
    buf_add_text(body, ",\"workspaces\":[");
    if (!caller->admin)
        result = directory_each_workspace_of(service_of(exchange)->directory, caller->user, add_workspace, &page);
    buf_add_text(body, "]}\n");
    spend_anyway(exchange, COST_WORK, page.rows / COSTS_WORK_ROWS);
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, body);
    buf_fini(body);
}
