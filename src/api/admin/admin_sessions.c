/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/workspaces/{ws}/sessions?user= and .../explain?user= (or explain/{user}): a user's sessions, why they give
 * the status that others see, and ending them all.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/mem.h"
#include "directory/members.h"

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

static const char *note_of(const struct session_row *row)
{
    if (strcmp(row->status, "ended") == 0)
        return "ended for good; a late heartbeat is answered 410 until then";
    if (*row->flag == 'l')
        return "its page was left; a beat before the end of its grace takes it back";
    if (*row->flag == 'c')
        return "its connection was lost; a beat before the end of its grace takes it back";
    return "alive while it beats";
}

static void add_row(void *ctx, const struct session_row *row)
{
    struct inquiry *self = ctx;
    struct listing *listing = &self->listing;

    listing_row(listing);
    listing_text(listing, "user", self->exchange->user);
    listing_text(listing, "session", row->session);
    listing_text(listing, "status", row->status);
    listing_time(listing, "lease_ends", row->lease_ends_ms);
    listing_text(listing, "why", note_of(row));
    listing_end_row_text(listing, row->session);
    if (strcmp(row->status, "ended") != 0)
        self->live++;
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

    if (read_user(exchange, &workspace, &user))
        presence_sessions(service_of(exchange)->presence, workspace, user,
                          &(struct session_reader){add_row, on_listed, inquiry_new(exchange, workspace, user)});
}

/* ---- explaining ---- */

static const char *rule_of(const struct inquiry *self, enum status status)
{
    if (self->live == 0)
        return "no session is alive, so the user is offline";
    if (status == STATUS_ACTIVE)
        return "at least one live session is active, and the most active one counts";
    return "no live session is active and at least one is away";
}

static void ignore_member(void *ctx, const struct member_row *row)
{
    (void)ctx;
    (void)row;
}

static void explain_to_program(struct inquiry *self, const struct presence_reply *reply, bool member, struct buf *out)
{
    buf_add_char(out, '{');
    render_text(out, "user", self->exchange->user);
    render_text(out, ",workspace", self->exchange->workspace);
    render_bool(out, ",member", member);
    render_text(out, ",status", status_name(reply->status));
    render_text(out, ",rule", rule_of(self, reply->status));
    render_int(out, ",now", reply->now_ms);
    buf_add_char(out, ',');
    listing_render(&self->listing, out);
    buf_add_text(out, "}\n");
}

static void explain_to_person(struct inquiry *self, const struct presence_reply *reply, bool member, struct buf *out)
{
    buf_printf(out, "%s is %s in %s: %s.\n", self->exchange->user, status_name(reply->status),
               self->exchange->workspace, rule_of(self, reply->status));
    if (!member)
        buf_printf(out, "%s is not a member of %s, so nobody else sees this status.\n", self->exchange->user,
                   self->exchange->workspace);
    buf_add_char(out, '\n');
    listing_render(&self->listing, out);
}

static void on_explained(void *ctx, const struct presence_reply *reply)
{
    struct inquiry *self = ctx;
    struct exchange *exchange = self->exchange;

    if (!problems_presence_ok(exchange, reply->result)) {
        inquiry_free(self);
        return;
    }
    bool member = directory_get_member(service_of(exchange)->directory, exchange->workspace, exchange->user,
                                       ignore_member, NULL) == DIRECTORY_OK;
    struct buf body;
    buf_init(&body);
    if (exchange->plain) {
        explain_to_person(self, reply, member, &body);
        exchange_reply_as(exchange, 200, "text/plain; charset=utf-8", NULL, blob_from_buf(&body));
    } else {
        explain_to_program(self, reply, member, &body);
        exchange_reply_buf(exchange, 200, &body);
    }
    buf_fini(&body);
    inquiry_free(self);
}

void admin_explain_get(struct exchange *exchange)
{
    const char *workspace, *user;

    if (read_user(exchange, &workspace, &user))
        presence_sessions(service_of(exchange)->presence, workspace, user,
                          &(struct session_reader){add_row, on_explained, inquiry_new(exchange, workspace, user)});
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

    if (strcmp(row->status, "ended") == 0)
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
