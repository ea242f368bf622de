/* SPDX-License-Identifier: ISC */
/* GET /v1/me: who the caller is, and where they belong. */
#include "api/handlers.h"

#include "api/params.h"
#include "api/render.h"
#include "api/service.h"
#include "base/buf.h"
#include "directory/directory.h"

static void add_workspace(void *ctx, const struct workspace_row *row)
{
    struct buf *body = ctx;

    buf_add_text(body, body->data[body->len - 1] == '[' ? "{" : ",{");
    render_text(body, "id", row->id);
    render_text(body, ",name", row->name);
    buf_add_char(body, '}');
}

void me_get(struct exchange *exchange)
{
    const struct caller *caller = &exchange->caller;
    enum directory_result result = DIRECTORY_OK;
    struct buf body;

    buf_init(&body);
    buf_add_char(&body, '{');
    if (!caller->admin) {
        render_text(&body, "user", caller->user);
        buf_add_char(&body, ',');
    }
    render_bool(&body, "admin", caller->admin);
    buf_add_text(&body, ",\"workspaces\":[");
    if (!caller->admin)
        result = directory_each_workspace_of(service_of(exchange)->directory, caller->user, add_workspace, &body);
    buf_add_text(&body, "]}\n");
    if (params_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &body);
    buf_fini(&body);
}
