/* SPDX-License-Identifier: ISC */
/* GET /v1/admin/workspaces/{ws}/members with Accept: application/x-ndjson: members as an import takes them, an object a line. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/limits.h"

#include <string.h>

/* A body being put together. */
struct dump {
    struct buf body;
    size_t count;
    size_t limit;
    char last[IDS_USER_MAX + 1];
    bool more;
};

static void add_row(void *ctx, const struct member_row *row)
{
    struct dump *dump = ctx;

    if (dump->count == dump->limit) {
        dump->more = true;
        return;
    }
    dump->count++;
    buf_add_char(&dump->body, '{');
    render_text(&dump->body, "user", row->user);
    render_text(&dump->body, ",name", row->name);
    render_text(&dump->body, ",role", row->role);
    buf_add_text(&dump->body, "}\n");
    strcpy(dump->last, row->user); /* the directory passes on no longer id */
}

/* As a query may hold it (RFC 3986, 2.3). */
static void add_escaped(struct buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *text; text++) {
        if (strchr(plain, *text))
            buf_add_char(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
    }
}

static void reply(struct exchange *exchange, struct dump *dump)
{
    struct buf link;

    buf_init(&link);
    if (dump->more) {
        buf_add_text(&link, "Link: <?after=");
        add_escaped(&link, dump->last);
        buf_printf(&link, "&limit=%zu>; rel=\"next\"\r\n", dump->limit);
    }
    exchange_reply_as(exchange, 200, "application/x-ndjson", link.len > 0 ? link.data : NULL,
                      blob_from_buf(&dump->body));
    buf_fini(&link);
}

void admin_members_export(struct exchange *exchange)
{
    struct dump dump = {0};
    const char *workspace;
    const char *after;
    int64_t limit;

    if (!params_path_workspace(exchange, 3, &workspace) ||
        !params_number(exchange, "limit", &(struct params_range){1, LIMIT_EXPORT_MEMBERS, LIMIT_EXPORT_MEMBERS},
                       &limit) ||
        !params_after(exchange, &after))
        return;
    dump.limit = (size_t)limit;
    buf_init(&dump.body);
    if (problems_directory_ok(exchange, directory_each_member(service_of(exchange)->directory, workspace, after,
                                                              dump.limit + 1, add_row, &dump)))
        reply(exchange, &dump);
    buf_fini(&dump.body);
}
