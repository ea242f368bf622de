/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/admin/workspaces/{ws}/notify: for each of some users, whether to send a push, and why. From the truth: what
 * others do not see of somebody invisible counts, and only the verdict is told.
 */
#include "api/shared/handlers.h"

#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "base/buf.h"
#include "base/mem.h"
#include "directory/dms.h"
#include "directory/members.h"
#include "directory/statuses.h"
#include "presence/presence.h"
#include "view/layers.h"
#include "view/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was asked, until Redis has answered. */
struct notify {
    struct exchange *exchange; /* borrowed: owns this */
    struct json *json;         /* owned */
    const char **users;        /* owned; each is borrowed from the JSON */
    size_t count;
    int64_t dm; /* the conversation; 0: none */
};

static void notify_free(void *state)
{
    struct notify *self = state;

    free(self->users);
    json_free(self->json);
    free(self);
}

/* ---- reading ---- */

/* False, having replied, which frees SELF, if it breaks a rule. */
static bool read_request(struct notify *self)
{
    struct exchange *exchange = self->exchange;
    enum json_got dm = json_int(self->json, "dm", &self->dm);

    if (dm == JSON_WRONG_TYPE || (dm == JSON_GOT && self->dm < 1))
        return exchange_refuse(exchange, "\"dm\" must be the id of a conversation.");
    const char **users;
    size_t count;
    if (!params_users(exchange, self->json, "users", &users, &count))
        return false;
    self->users = users;
    self->count = count;
    return users || exchange_refuse(exchange, "\"users\" is missing. Send an array of user ids.");
}

/* ---- whom it is about ---- */

static int compare_participant(const void *user, const void *row)
{
    return strcmp(user, ((const struct member_row *)row)->user);
}

/* Leaves out who does not take part in the conversation ROW. */
static void keep_participants(void *ctx, const struct dm_row *row)
{
    struct notify *self = ctx;
    size_t kept = 0;

    for (size_t i = 0; i < self->count; i++)
        if (bsearch(self->users[i], row->participants, row->participant_count, sizeof *row->participants,
                    compare_participant))
            self->users[kept++] = self->users[i];
    self->count = kept;
}

/* Leaves out who is not a member. */
static enum directory_result keep_members(struct notify *self)
{
    struct exchange *exchange = self->exchange;
    size_t kept = 0;

    for (size_t i = 0; i < self->count; i++) {
        enum directory_result result =
            directory_is_member(service_of(exchange)->directory, exchange->workspace, self->users[i]);
        if (result == DIRECTORY_OK)
            self->users[kept++] = self->users[i];
        else if (result != DIRECTORY_NOT_FOUND)
            return result;
    }
    self->count = kept;
    return DIRECTORY_OK;
}

/* Leaves out those of whom nothing is told. False, having replied, which frees SELF, if nothing can be told. */
static bool keep_known(struct notify *self)
{
    struct exchange *exchange = self->exchange;

    if (self->dm == 0)
        return problems_directory_ok(exchange, keep_members(self));
    enum directory_result result =
        directory_get_dm(service_of(exchange)->directory, exchange->workspace, self->dm, keep_participants, self);
    if (result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "Conversation %lld not found in \"%s\".", (long long)self->dm,
                     exchange->workspace);
    return false;
}

/* ---- answering ---- */

/* A user's truth, at a time. */
struct moment {
    struct truth *truth;
    int64_t now_ms;
};

static void on_row(void *ctx, const struct status_row *row)
{
    struct moment *self = ctx;
    int64_t until_ms = layers_undisturbed(row, self->now_ms);

    self->truth->dnd = until_ms != self->now_ms;
    self->truth->dnd_until_ms = until_ms;
}

/* Of somebody invisible, others may not see a claim that they do not want to be disturbed: the directory has it. */
static enum directory_result look_behind(const struct notify *self, size_t i, struct moment *moment)
{
    struct exchange *exchange = self->exchange;
    enum directory_result result = DIRECTORY_NOT_FOUND;

    if (moment->truth->invisible)
        result =
            directory_get_status(service_of(exchange)->directory, exchange->workspace, self->users[i], on_row, moment);
    return result == DIRECTORY_NOT_FOUND ? DIRECTORY_OK : result;
}

static void add_verdict(struct buf *out, const char *user, const struct truth *truth)
{
    const struct verdict verdict = verdict_of(truth);

    render_text(out, "user", user);
    render_bool(out, ",push", verdict.push);
    render_text(out, ",because", because_name(verdict.because));
    if (verdict.until_ms > 0)
        render_int(out, ",until", verdict.until_ms);
}

/* Adds all verdicts. */
static enum directory_result add_verdicts(const struct notify *self, const struct truth *truths, int64_t now_ms,
                                          struct buf *out)
{
    for (size_t i = 0; i < self->count; i++) {
        struct truth truth = truths[i];
        enum directory_result result = look_behind(self, i, &(struct moment){&truth, now_ms});
        if (result != DIRECTORY_OK)
            return result;
        buf_add_text(out, i == 0 ? "{" : ",{");
        add_verdict(out, self->users[i], &truth);
        buf_add_char(out, '}');
    }
    return DIRECTORY_OK;
}

static void reply(struct notify *self, const struct truth *truths, int64_t now_ms)
{
    struct buf body;

    buf_init(&body);
    buf_add_char(&body, '{');
    render_int(&body, "now", now_ms);
    buf_add_text(&body, ",\"users\":[");
    enum directory_result result = add_verdicts(self, truths, now_ms, &body);
    buf_add_text(&body, "]}\n");
    if (problems_directory_ok(self->exchange, result))
        exchange_reply_buf(self->exchange, 200, &body);
    buf_fini(&body);
}

static void on_truths(void *ctx, const struct truth *truths, int64_t now_ms)
{
    struct notify *self = ctx;

    if (truths)
        reply(self, truths, now_ms);
    else
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
}

static void ask(struct notify *self)
{
    struct exchange *exchange = self->exchange;
    char place[32];
    const struct truths_query query = {
        .workspace = exchange->workspace,
        .users = self->users,
        .count = self->count,
        .place = self->dm > 0 ? place : NULL,
    };

    snprintf(place, sizeof place, "dm:%lld", (long long)self->dm);
    presence_truths(service_of(exchange)->presence, &query, on_truths, self);
}

void admin_notify_post(struct exchange *exchange)
{
    if (!params_known_workspace(exchange, 3, &exchange->workspace))
        return;
    struct json *json = exchange_json(exchange);
    if (!json)
        return;
    struct notify *self = mem_new(sizeof *self);
    self->exchange = exchange;
    self->json = json;
    exchange_keep(exchange, self, notify_free);
    if (read_request(self) && keep_known(self))
        ask(self);
}
