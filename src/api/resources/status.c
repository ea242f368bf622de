/* SPDX-License-Identifier: ISC */
/* GET and POST /v1/workspaces/{ws}/status: how some people are, or everyone who is not offline, read once. */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was asked, kept until the view is there. */
struct asked {
    struct exchange *exchange;
    char **users; /* owned, each too; NULL: everyone not offline */
    size_t count;
    char *after;      /* owned, or NULL */
    char *none_match; /* owned, or NULL: If-None-Match */
    size_t limit;
};

/* A page being put together. */
struct listing {
    struct buf *out;
    const struct view *view;
    char last[IDS_USER_MAX + 1];
    bool any;
    size_t rows;      /* given so far */
    size_t strangers; /* ids asked for that are no member's */
};

static void asked_free(struct asked *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        free(asked->users[i]);
    free(asked->users);
    free(asked->after);
    free(asked->none_match);
    free(asked);
}

static void list_user(struct listing *listing, const char *user)
{
    if (listing->any)
        buf_add_char(listing->out, ',');
    listing->any = true;
    listing->rows++;
    buf_add_char(listing->out, '{');
    render_presence(listing->out, listing->view, user);
    buf_add_char(listing->out, '}');
}

/* Members alone: of anyone else nothing is said, not even that they are none. False where the directory cannot be read. */
static bool list_asked(struct asked *asked, struct listing *listing)
{
    struct service *service = service_of(asked->exchange);

    for (size_t i = 0; i < asked->count; i++) {
        switch (directory_is_member(service->directory, asked->exchange->workspace, asked->users[i])) {
        case DIRECTORY_OK: list_user(listing, asked->users[i]); break;
        case DIRECTORY_NOT_FOUND: listing->strangers++; break;
        default: return false;
        }
    }
    return true;
}

static void list_online(void *ctx, const struct view_entry *entry)
{
    struct listing *listing = ctx;
    size_t len;
    const char *user = view_entry_key(entry, &len);

    memcpy(listing->last, user, len);
    listing->last[len] = '\0';
    list_user(listing, listing->last);
}

/* True where If-None-Match (RFC 9110, 13.1.2) has TAG. */
static bool not_modified(const char *if_none_match, const char *tag)
{
    return if_none_match && (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, tag));
}

static void reply_listing(struct asked *asked, struct view *view)
{
    struct exchange *exchange = asked->exchange;
    struct listing listing = {.view = view};
    struct buf body, extra;
    bool more = false;
    bool ok = true;

    buf_init(&body);
    buf_init(&extra);
    listing.out = &body;
    buf_add_char(&body, '{');
    render_head(&body, "cursor", view);
    buf_add_text(&body, ",\"users\":[");
    if (asked->users)
        ok = list_asked(asked, &listing);
    else
        more = view_each_online(view, asked->after, asked->after ? strlen(asked->after) : 0, asked->limit, list_online,
                                &listing);
    buf_add_char(&body, ']');
    if (more)
        render_text(&body, ",next", listing.last);
    buf_add_text(&body, "}\n");
    buf_add_text(&extra, "ETag: ");
    render_etag(&extra, view);
    buf_add_text(&extra, "\r\n");
    service_charge(exchange, COST_WORK, listing.rows / COSTS_WORK_ROWS + listing.strangers / COSTS_WORK_ASKED);
    if (ok)
        exchange_reply_as(exchange, 200, "application/json", extra.data, blob_from_buf(&body));
    else
        exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE, "Members cannot be looked up right now; try again.");
    buf_fini(&body);
    buf_fini(&extra);
}

static void on_view(void *ctx, struct view *view)
{
    struct asked *asked = ctx;
    struct buf tag;

    if (!view) {
        params_presence_ok(asked->exchange, PRESENCE_UNAVAILABLE);
        asked_free(asked);
        return;
    }
    buf_init(&tag);
    render_etag(&tag, view);
    if (not_modified(asked->none_match, tag.data)) {
        char extra[CURSOR_TEXT_MAX + 16];
        snprintf(extra, sizeof extra, "ETag: %s\r\n", tag.data);
        exchange_reply_as(asked->exchange, 304, NULL, extra, NULL);
    } else {
        reply_listing(asked, view);
    }
    buf_fini(&tag);
    asked_free(asked);
}

static void status(struct exchange *exchange, const struct json *json, const char *users_name)
{
    const char *after;
    const char **users;
    struct asked *asked;
    size_t count;
    size_t limit;

    if (!params_limit(exchange, &limit) || !params_after(exchange, &after) ||
        !params_users(exchange, json, users_name, &users, &count))
        return;
    if (json && !users) {
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "\"users\" is missing: the ids of those who are asked for.");
        return;
    }
    asked = mem_new(sizeof *asked);
    asked->exchange = exchange;
    asked->limit = limit;
    asked->after = mem_text(after);
    asked->none_match = json ? NULL : mem_text(exchange_header(exchange, "HTTP_IF_NONE_MATCH"));
    asked->count = count;
    if (count > 0 || json)
        asked->users = mem_resize(NULL, count + 1, sizeof *asked->users);
    for (size_t i = 0; i < count; i++)
        asked->users[i] = mem_text(users[i]);
    free(users);
    exchange->workspace = mem_text(exchange->path.segment[2]);
    presence_view(service_of(exchange)->presence, exchange->workspace, 0, on_view, asked);
}

void status_get(struct exchange *exchange)
{
    status(exchange, NULL, "user");
}

void status_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);

    if (json)
        status(exchange, json, "users");
    json_free(json);
}
