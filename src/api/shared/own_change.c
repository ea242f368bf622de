/* SPDX-License-Identifier: ISC */
/* See own_change.h. */
#include "api/shared/own_change.h"

#include "api/shared/audit.h"
#include "api/shared/layer_body.h"
#include "api/shared/membership.h"
#include "api/shared/own_checks.h"
#include "api/shared/own_reply.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/settings_body.h"
#include "api/shared/write.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "directory/statuses.h"
#include "presence/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a change that is complete is replied to. */
typedef void finish_fn(struct exchange *exchange, const struct presence_reply *reply);

/* A change, while it is written and until Redis has it. */
struct own_change {
    struct list_node node;         /* in the service's changes while it is written and Redis has not answered */
    struct exchange *exchange;     /* borrowed: owns this */
    bool refused;                  /* by Redis; it waits for later ones to be taken back first */
    bool taken_back;               /* is being taken back */
    struct layer layer;            /* that is said; its texts are TEXT and EMOJI, and the exchange's */
    char *text, *emoji;            /* owned; may be NULL */
    bool all;                      /* all own layers are ended */
    struct settings_edit settings; /* with pointers to the next two */
    enum last_seen last_seen;
    bool typing;
    struct status_edit edit;
    const char *action; /* static: how the audit line calls it */
    const char *claim;  /* borrowed from the exchange's path, or NULL */
    finish_fn *finish;
};

static void change_free(void *state)
{
    struct own_change *self = state;

    list_remove(&self->node);
    status_copy_free(self->edit.copy);
    free(self->text);
    free(self->emoji);
    free(self);
}

static struct own_change *change_new(struct exchange *exchange, int64_t now_ms, const char *action)
{
    struct own_change *self = mem_new(sizeof *self);

    list_init(&self->node);
    self->exchange = exchange;
    self->edit = (struct status_edit){.workspace = exchange->workspace,
                                      .user = exchange->user,
                                      .now_ms = now_ms,
                                      .by_user = !exchange->caller.admin,
                                      .keep = true};
    self->action = action;
    exchange_keep(exchange, self, change_free);
    return self;
}

/* ---- after ---- */

static void finish_with_status(struct exchange *exchange, const struct presence_reply *reply)
{
    own_reply_with(exchange, exchange->status, reply);
}

static void finish_with_nothing(struct exchange *exchange, const struct presence_reply *reply)
{
    (void)reply;
    exchange_reply(exchange, 204, NULL);
}

static void finish_with_settings(struct exchange *exchange, const struct presence_reply *reply)
{
    (void)reply;
    own_reply_settings(exchange);
}

/* Takes back what was written, except for what somebody else has changed since. */
static enum directory_result write_back(struct directory *directory, void *state)
{
    struct own_change *self = state;

    if (self->edit.rev == 0)
        return DIRECTORY_OK; /* nothing was written */
    return directory_restore_status(directory, &self->edit);
}

/* Replies to SELF, which Redis has refused and which was taken back with RESULT. */
static void refuse(struct own_change *self, enum directory_result result)
{
    if (result == DIRECTORY_OK || result == DIRECTORY_OTHER || result == DIRECTORY_NOT_FOUND)
        problems_presence_ok(self->exchange, PRESENCE_UNAVAILABLE);
    else
        problems_presence_finished(self->exchange, PRESENCE_UNAVAILABLE,
                                   "The change is stored, but Redis could not be told of it yet. Send the request "
                                   "again; /readyz says what is wrong.");
}

/* Whose changes. */
struct subject {
    char workspace[IDS_WORKSPACE_MAX + 1];
    char user[IDS_USER_MAX + 1];
};

/* The latest of CHANGES that belongs to WHO. NULL: WHO has no change there. */
static struct own_change *latest_of(struct list_node *changes, const struct subject *who)
{
    for (struct list_node *at = changes->prev; at != changes; at = at->prev) {
        struct own_change *change = LIST_OWNER(at, struct own_change, node);
        if (strcmp(change->edit.user, who->user) == 0 && strcmp(change->edit.workspace, who->workspace) == 0)
            return change;
    }
    return NULL;
}

static struct subject subject_of(const struct exchange *exchange)
{
    struct subject who;

    snprintf(who.workspace, sizeof who.workspace, "%s", exchange->workspace);
    snprintf(who.user, sizeof who.user, "%s", exchange->user);
    return who;
}

static void refuse_latest(struct service *service, const struct subject *who);

static void on_taken_back(void *state, enum directory_result result)
{
    struct own_change *self = state;
    struct service *service = service_of(self->exchange);
    struct subject who = subject_of(self->exchange);

    refuse(self, result);
    if (result == DIRECTORY_OK) /* Redis may have it from what was said after it, here or in another worker */
        presence_say(service->presence, who.workspace, who.user, NULL, NULL);
    refuse_latest(service, &who);
}

/* Takes back what Redis has refused of WHO, the latest first: otherwise a later one would put an earlier one back. */
static void refuse_latest(struct service *service, const struct subject *who)
{
    struct own_change *latest = latest_of(&service->changes, who);

    if (!latest || !latest->refused || latest->taken_back)
        return;
    latest->taken_back = true;
    write_start(service, write_back, on_taken_back, latest);
}

static void on_said(void *ctx, const struct presence_reply *reply)
{
    struct own_change *self = ctx;
    struct exchange *exchange = self->exchange;
    struct service *service = service_of(exchange);
    struct subject who = subject_of(exchange);

    self->refused = reply->result != PRESENCE_OK;
    if (!self->refused) {
        if (exchange->caller.admin)
            audit_said(exchange, self->action, self->claim);
        list_remove(&self->node);
        self->finish(exchange, reply);
    }
    refuse_latest(service, &who);
}

/* Replies that the user whose status was to change is not a member any more. */
static void refuse_stranger(struct exchange *exchange)
{
    if (exchange->caller.admin)
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "\"%s\" is not a member of \"%s\".", exchange->user,
                         exchange->workspace);
    else
        exchange_problem(exchange, PROBLEM_NOT_A_MEMBER, "%s",
                         membership_denial(POLL_MEMBER_REMOVED, exchange->caller.user)->detail);
}

static void say(struct own_change *self)
{
    struct exchange *exchange = self->exchange;
    struct service *service = service_of(exchange);

    list_append(&service->changes, &self->node);
    presence_say(service->presence, exchange->workspace, exchange->user, on_said, self);
}

/* Tells Redis what was written with RESULT, and then replies. */
static void tell(void *state, enum directory_result result)
{
    struct own_change *self = state;
    struct exchange *exchange = self->exchange;

    exchange->status = result == DIRECTORY_CREATED ? 201 : 200;
    if (result == DIRECTORY_NOT_FOUND)
        refuse_stranger(exchange);
    else if (result == DIRECTORY_LIMIT)
        exchange_problem(exchange, PROBLEM_TOO_MANY_CLAIMS,
                         "A user may have %d claims in a workspace. End one, or renew one under its name.",
                         LIMIT_CLAIMS);
    else if (problems_directory_ok(exchange, result))
        say(self);
}

/* The same for what was ended: that there is nothing to end is no error. */
static void tell_of_end(void *state, enum directory_result result)
{
    struct own_change *self = state;

    if (result == DIRECTORY_NOT_FOUND)
        exchange_reply(self->exchange, 204, NULL);
    else
        tell(self, result);
}

/* ---- what is written ---- */

static enum directory_result write_own(struct directory *directory, void *state)
{
    struct own_change *self = state;

    return directory_set_own_layer(directory, &self->edit, &self->layer);
}

static enum directory_result write_clearing(struct directory *directory, void *state)
{
    struct own_change *self = state;

    return directory_clear_own_layers(directory, &self->edit, self->all);
}

static enum directory_result write_claim(struct directory *directory, void *state)
{
    struct own_change *self = state;

    return directory_set_claim(directory, &self->edit, &self->layer);
}

static enum directory_result write_claims_end(struct directory *directory, void *state)
{
    struct own_change *self = state;

    return directory_end_claim(directory, &self->edit, self->claim);
}

static enum directory_result write_settings(struct directory *directory, void *state)
{
    struct own_change *self = state;

    return directory_set_settings(directory, &self->edit, &self->settings);
}

/* Its texts may be those of JSON that is freed before it is written. */
static void take_layer(struct own_change *self, const struct layer *layer)
{
    self->layer = *layer;
    self->layer.text = self->text = mem_text(layer->text);
    self->layer.emoji = self->emoji = mem_text(layer->emoji);
}

/* Writes SELF, and then tells and replies with FINISH. */
static void write_and_tell(struct own_change *self, write_fn *write, finish_fn *finish)
{
    self->finish = finish;
    write_start(service_of(self->exchange), write, finish == finish_with_nothing ? tell_of_end : tell, self);
}

/* ---- what can be changed ---- */

void own_change_put(struct exchange *exchange, const struct json *json)
{
    struct layer layer;
    int64_t now_ms;

    if (!own_checks_redis(exchange, &now_ms) || !layer_body_own(exchange, json, now_ms, &layer) ||
        !own_checks_policy(exchange, &layer) || !own_checks_spend(exchange, COST_OWN_STATUS))
        return;
    struct own_change *self = change_new(exchange, now_ms, "status.put");
    take_layer(self, &layer);
    write_and_tell(self, write_own, finish_with_status);
}

void own_change_clear(struct exchange *exchange, bool all)
{
    int64_t now_ms;

    if (!own_checks_redis(exchange, &now_ms) || !own_checks_spend(exchange, COST_OWN_STATUS))
        return;
    struct own_change *self = change_new(exchange, now_ms, "status.delete");
    self->all = all;
    write_and_tell(self, write_clearing, finish_with_nothing);
}

void own_change_put_claim(struct exchange *exchange, const char *name, size_t len, const struct json *json)
{
    struct layer layer;
    int64_t now_ms;

    if (!own_checks_claim(exchange, name, len) || !own_checks_redis(exchange, &now_ms) ||
        !layer_body_claim(exchange, json, name, now_ms, &layer) || !own_checks_policy(exchange, &layer) ||
        !own_checks_spend(exchange, COST_CLAIM))
        return;
    struct own_change *self = change_new(exchange, now_ms, "claim.put");
    self->claim = name;
    take_layer(self, &layer);
    write_and_tell(self, write_claim, finish_with_status);
}

void own_change_end_claim(struct exchange *exchange, const char *name, size_t len)
{
    int64_t now_ms;

    if (!own_checks_claim(exchange, name, len) || !own_checks_redis(exchange, &now_ms) ||
        !own_checks_spend(exchange, COST_CLAIM))
        return;
    struct own_change *self = change_new(exchange, now_ms, "claim.delete");
    self->claim = name;
    write_and_tell(self, write_claims_end, finish_with_nothing);
}

void own_change_settings(struct exchange *exchange, const struct json *json)
{
    enum last_seen last_seen;
    bool typing;
    bool says_last_seen;
    bool says_typing;
    int64_t now_ms;

    if (!settings_body_last_seen(exchange, json, &last_seen, &says_last_seen) ||
        !settings_body_typing(exchange, json, &typing, &says_typing))
        return;
    if (!says_last_seen && !says_typing) {
        own_reply_settings(exchange);
        return;
    }
    if (!own_checks_redis(exchange, &now_ms) || !own_checks_spend(exchange, COST_OWN_STATUS))
        return;
    struct own_change *self = change_new(exchange, now_ms, "settings.put");
    if (says_last_seen)
        self->last_seen = last_seen;
    if (says_typing)
        self->typing = typing;
    self->settings =
        (struct settings_edit){says_last_seen ? &self->last_seen : NULL, says_typing ? &self->typing : NULL};
    write_and_tell(self, write_settings, finish_with_settings);
}
