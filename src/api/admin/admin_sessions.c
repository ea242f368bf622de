/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/sessions?user=: a user's sessions, and ending them all. A list of them tells who is
 * invisible, so each look leaves an audit line.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/session_rows.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A request about a user's sessions, until Redis answers. */
struct inquiry {
    struct exchange *exchange;
    struct listing listing;
    size_t live;
    char **sessions; /* owned, as is each element: the live ones, if they are to be ended */
    size_t waiting;  /* for so many sessions to end */
    bool failed;
};

static struct inquiry *inquiry_new(struct exchange *exchange, const char *workspace, const char *user)
{
    struct inquiry *self = mem_new(sizeof *self);

    self->exchange = exchange;
    exchange->workspace = workspace;
    exchange->user = user;
    listing_init(&self->listing, exchange, "sessions", SIZE_MAX);
    return self;
}

static void inquiry_free(struct inquiry *self)
{
    for (size_t i = 0; self->sessions && i < self->live; i++)
        free(self->sessions[i]);
    free(self->sessions);
    listing_fini(&self->listing);
    free(self);
}

static void add_row(void *ctx, const struct session_row *row)
{
    struct inquiry *self = ctx;

    session_rows_add(&self->listing, self->exchange->user, row);
}

static bool read_user(struct exchange *exchange, const char **workspace, const char **user)
{
    return params_known_workspace(exchange, 3, workspace) && params_user(exchange, 5, user);
}

/* ---- listing ---- */

static void on_listed(void *ctx, const struct presence_reply *reply)
{
    struct inquiry *self = ctx;

    if (problems_presence_ok(self->exchange, reply->result))
        listing_reply(&self->listing);
    inquiry_free(self);
}

void admin_sessions_get(struct exchange *exchange)
{
    const char *workspace, *user;

    if (!read_user(exchange, &workspace, &user))
        return;
    audit(exchange, "sessions.read", workspace, user);
    presence_sessions(service_of(exchange)->presence, workspace, user,
                      &(struct session_reader){add_row, on_listed, inquiry_new(exchange, workspace, user)});
}

/* ---- ending ---- */

static void on_left(void *ctx, const struct presence_reply *reply)
{
    struct inquiry *self = ctx;

    self->failed |= reply->result != PRESENCE_OK;
    if (--self->waiting > 0)
        return;
    if (problems_presence_finished(self->exchange, self->failed ? PRESENCE_UNAVAILABLE : PRESENCE_OK,
                                   "Redis became unavailable, and some of the sessions may not have ended. Send the "
                                   "request again; /readyz says what is wrong."))
        exchange_reply(self->exchange, 204, NULL);
    inquiry_free(self);
}

static void take_row(void *ctx, const struct session_row *row)
{
    struct inquiry *self = ctx;

    if (!session_rows_live(row))
        return;
    self->sessions = mem_resize(self->sessions, self->live + 1, sizeof *self->sessions);
    self->sessions[self->live++] = mem_text(row->session);
}

static void on_taken(void *ctx, const struct presence_reply *reply)
{
    struct inquiry *self = ctx;
    struct exchange *exchange = self->exchange;

    if (reply->result != PRESENCE_OK || self->live == 0) {
        if (problems_presence_ok(exchange, reply->result))
            exchange_reply(exchange, 204, NULL);
        inquiry_free(self);
        return;
    }
    audit(exchange, "sessions.end", exchange->workspace, exchange->user);
    self->waiting = self->live;
    for (size_t i = 0; i < self->live; i++)
        presence_leave(service_of(exchange)->presence,
                       &(struct leave){exchange->workspace, exchange->user, self->sessions[i], LEAVE_NOW, 0, -1},
                       on_left, self);
}

void admin_sessions_delete(struct exchange *exchange)
{
    const char *workspace, *user;

    if (read_user(exchange, &workspace, &user))
        presence_sessions(service_of(exchange)->presence, workspace, user,
                          &(struct session_reader){take_row, on_taken, inquiry_new(exchange, workspace, user)});
}
