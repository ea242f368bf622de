/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/workspaces/{ws}/members: the members with name, role and status, a page at a time, sorted by user id; or only
 * those who are asked for.
 */
#include "api/shared/handlers.h"

#include "api/shared/census.h"
#include "api/shared/page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/buf.h"
#include "base/mem.h"
#include "directory/members.h"
#include "presence/presence.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What was asked, until the view is there. */
struct members_request {
    struct exchange *exchange; /* borrowed: owns this */
    const char **users;        /* owned; the elements are borrowed from the exchange's query */
    size_t count;              /* 0: all members */
    const char *after;         /* borrowed from the exchange's query, or NULL */
    size_t limit;
};

/* A page while it is put together. */
struct members_page {
    struct page page;
    const struct view *view;
    struct view_reader reader;
};

static void request_free(void *state)
{
    struct members_request *self = state;

    free(self->users);
    free(self);
}

static void add_member(void *ctx, const struct member_row *row)
{
    struct members_page *self = ctx;
    struct buf *out = &self->page.body;

    if (!page_row(&self->page))
        return;
    render_presence(out, self->view, row->user, &self->reader);
    render_text(out, ",name", row->name);
    render_text(out, ",role", row->role);
    page_end_row_text(&self->page, row->user, strlen(row->user));
}

/* Adds those who were asked for and are members. */
static enum directory_result add_asked(const struct members_request *request, struct members_page *page)
{
    struct exchange *exchange = request->exchange;

    for (size_t i = 0; i < request->count; i++) {
        enum directory_result result = directory_get_member(service_of(exchange)->directory, exchange->workspace,
                                                            request->users[i], add_member, page);
        if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
            return result;
    }
    return DIRECTORY_OK;
}

static enum directory_result add_members(const struct members_request *request, struct members_page *page)
{
    struct exchange *exchange = request->exchange;
    const struct member_range range = {exchange->workspace, request->after, request->limit + 1};

    if (request->count > 0)
        return add_asked(request, page);
    return directory_each_member(service_of(exchange)->directory, &range, add_member, page);
}

static void on_view(void *ctx, struct view *view)
{
    const struct members_request *self = ctx;
    struct exchange *exchange = self->exchange;
    if (!view) {
        problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
        return;
    }
    struct members_page members = {.view = view,
                                   .reader = census_reader(service_of(exchange), view, exchange->caller.user)};
    struct page *page = &members.page;
    page_init(page, self->count > 0 ? SIZE_MAX : self->limit);
    buf_add_char(&page->body, '{');
    render_head(&page->body, view, members.reader.now_ms);
    page_open(page, ",members");
    enum directory_result result = add_members(self, &members);
    page_close(page);
    spend_anyway(exchange, COST_WORK, page->rows / COSTS_WORK_ROWS + self->count / COSTS_WORK_ASKED);
    if (problems_directory_ok(exchange, result))
        exchange_reply_buf(exchange, 200, &page->body);
    page_fini(page);
}

void members_get(struct exchange *exchange)
{
    struct members_request asked = {.exchange = exchange};

    if (!params_limit(exchange, &asked.limit) || !params_after(exchange, &asked.after) ||
        !params_users(exchange, NULL, "user", &asked.users, &asked.count))
        return;
    struct members_request *self = mem_new(sizeof *self);
    *self = asked;
    exchange_keep(exchange, self, request_free);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, self);
}
