/* SPDX-License-Identifier: ISC */
/* GET and POST /v1/workspaces/{ws}/status: the status of some users, or everyone who is not offline, read once. */
#include "api/shared/handlers.h"

#include "api/shared/census.h"
#include "api/shared/page.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "api/shared/unmodified.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/mem.h"
#include "directory/members.h"
#include "presence/presence.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What was asked, until the view is there. */
struct status_request {
    struct exchange *exchange; /* borrowed: owns this */
    char **users;              /* owned, as is each element; NULL: everyone who is not offline */
    size_t count;
    const char *after; /* borrowed from the exchange's query, or NULL */
    char *none_match;  /* owned, or NULL: If-None-Match */
    size_t limit;
};

/* An answer while it is put together. */
struct status_page {
    struct page page;
    struct view *view;
    struct view_reader reader;
    size_t strangers; /* ids that were asked for and are not members' */
};

static void request_free(void *state)
{
    struct status_request *self = state;

    for (size_t i = 0; i < self->count; i++)
        free(self->users[i]);
    free(self->users);
    free(self->none_match);
    free(self);
}

/* ---- a page ---- */

/* Adds USER, LEN bytes and a NUL. */
static void add_user(struct status_page *self, const char *user, size_t len)
{
    if (!page_row(&self->page))
        return;
    render_presence(&self->page.body, self->view, user, &self->reader);
    page_end_row_text(&self->page, user, len);
}

/* Adds those who were asked for and are members. Of others nothing is said. False if the directory cannot be read. */
static bool add_asked(const struct status_request *request, struct status_page *page)
{
    struct exchange *exchange = request->exchange;

    for (size_t i = 0; i < request->count; i++) {
        switch (directory_is_member(service_of(exchange)->directory, exchange->workspace, request->users[i])) {
        case DIRECTORY_OK: add_user(page, request->users[i], strlen(request->users[i])); break;
        case DIRECTORY_NOT_FOUND: page->strangers++; break;
        default: return false;
        }
    }
    return true;
}

/* Adds a page of those who are not offline, by id. True if there are more. */
static bool add_shown(const struct status_request *request, struct status_page *self)
{
    size_t count;
    size_t after_len = request->after ? strlen(request->after) : 0;
    const struct view_entry *const *shown = view_shown_after(self->view, request->after, after_len, &count);

    for (size_t i = 0; i < count && i < request->limit; i++) {
        char user[IDS_USER_MAX + 1];
        size_t len;
        const char *key = view_entry_key(shown[i], &len);
        memcpy(user, key, len);
        user[len] = '\0';
        add_user(self, user, len);
    }
    return count > request->limit;
}

/* Fills SELF with who was asked for, or with everyone who is not offline. False if the directory cannot be read. */
static bool add_users(const struct status_request *request, struct status_page *self)
{
    struct page *page = &self->page;

    buf_add_char(&page->body, '{');
    render_head(&page->body, self->view, self->reader.now_ms);
    page_open(page, ",users");
    if (!request->users)
        page->more = add_shown(request, self);
    else if (!add_asked(request, self))
        return false;
    page_close(page);
    return true;
}

/* ---- replying ---- */

static void reply_page(struct status_request *request, struct view *view, const char *headers)
{
    struct exchange *exchange = request->exchange;
    struct status_page page = {.view = view,
                               .reader = census_reader(service_of(exchange), view, exchange->caller.user)};

    page_init(&page.page, request->users ? SIZE_MAX : request->limit);
    bool ok = add_users(request, &page);
    spend_anyway(exchange, COST_WORK, page.page.rows / COSTS_WORK_ROWS + page.strangers / COSTS_WORK_ASKED);
    if (ok)
        exchange_reply_as(exchange, 200, "application/json", headers, blob_from_buf(&page.page.body));
    else
        exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                         "The directory is unavailable, so members cannot be looked up. Try again.");
    page_fini(&page.page);
}

static void on_view(void *ctx, struct view *view)
{
    struct status_request *request = ctx;
    char header[UNMODIFIED_HEADER_MAX];

    if (!view)
        problems_presence_ok(request->exchange, PRESENCE_UNAVAILABLE);
    else if (!unmodified_reply(request->exchange, view, request->none_match, header))
        reply_page(request, view, header);
}

/* ---- asking ---- */

/* Answers for the COUNT users USERS (NULL: everyone), which it copies. */
static void begin(struct status_request *request, const char *const *users, size_t count)
{
    struct exchange *exchange = request->exchange;

    exchange_keep(exchange, request, request_free);
    if (users)
        request->users = mem_resize(NULL, count + 1, sizeof *request->users);
    for (request->count = 0; request->count < count; request->count++)
        request->users[request->count] = mem_text(users[request->count]);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, request);
}

void status_get(struct exchange *exchange)
{
    struct status_request asked = {.exchange = exchange};
    const char **users;
    size_t count;

    if (!params_limit(exchange, &asked.limit) || !params_after(exchange, &asked.after) ||
        !params_users(exchange, NULL, "user", &users, &count))
        return;
    struct status_request *request = mem_new(sizeof *request);
    *request = asked;
    request->none_match = mem_text(exchange_header(exchange, "HTTP_IF_NONE_MATCH"));
    begin(request, count > 0 ? users : NULL, count);
    free(users);
}

static void post(struct exchange *exchange, const struct json *json)
{
    const char **users;
    size_t count;

    if (!params_users(exchange, json, "users", &users, &count))
        return;
    if (!users) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"users\" is missing. Send an array of user ids.");
        return;
    }
    struct status_request *request = mem_new(sizeof *request);
    request->exchange = exchange;
    begin(request, users, count);
    free(users);
}

void status_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (json)
        post(exchange, json);
    json_free(json);
}
