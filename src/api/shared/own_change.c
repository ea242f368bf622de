/* SPDX-License-Identifier: ISC */
/* See own_change.h. */
#include "api/shared/own_change.h"

#include "api/shared/audit.h"
#include "api/shared/layer_body.h"
#include "api/shared/membership.h"
#include "api/shared/own_reply.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/settings_body.h"
#include "api/shared/spend.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "directory/policies.h"
#include "directory/statuses.h"
#include "presence/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A change, until Redis has it. */
struct own_change {
    struct list_node node;     /* in the service's changes while it is written and Redis has not answered */
    struct exchange *exchange; /* borrowed: owns this */
    bool refused;              /* by Redis; it waits for later ones to be taken back first */
    struct status_edit edit;
    const char *action; /* static: how the audit line calls it */
    const char *claim;  /* borrowed from the exchange's path, or NULL */
    void (*finish)(struct exchange *exchange, const struct presence_reply *reply);
};

static void change_free(void *state)
{
    struct own_change *self = state;

    list_remove(&self->node);
    status_copy_free(self->edit.copy);
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

/* ---- before ---- */

/* Whether Redis can be told now, and its time. Otherwise replies 503. */
static bool redis_ready(struct exchange *exchange, int64_t *now_ms)
{
    struct presence *presence = service_of(exchange)->presence;

    *now_ms = presence_up(presence, exchange->workspace) ? presence_now_ms(presence, exchange->workspace) : 0;
    return *now_ms > 0 || problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
}

static bool spend(struct exchange *exchange, enum cost cost)
{
    return exchange->caller.admin || spend_or_refuse(exchange, cost, 1);
}

static bool has_message(const struct layer *layer)
{
    return (layer->text && *layer->text) || (layer->emoji && *layer->emoji);
}

/* Whether the workspace's policy lets LAYER be said. Otherwise replies, 403. */
static bool policy_allows(struct exchange *exchange, const struct layer *layer)
{
    struct status_policy policy;

    if (layer->show != SHOW_INVISIBLE && !has_message(layer))
        return true;
    if (!problems_directory_ok(exchange,
                               directory_get_policy(service_of(exchange)->directory, exchange->workspace, &policy)))
        return false;
    if (layer->show == SHOW_INVISIBLE && policy.invisible == INVISIBLE_FORBIDDEN) {
        exchange_problem(exchange, PROBLEM_NOT_ALLOWED,
                         "This workspace does not allow its members to be invisible. Send \"auto\" or \"away\".");
        return false;
    }
    if (has_message(layer) && !policy.messages) {
        exchange_problem(exchange, PROBLEM_NOT_ALLOWED,
                         "This workspace does not allow messages. Leave \"text\" and \"emoji\" out.");
        return false;
    }
    return true;
}

static bool claim_name_ok(struct exchange *exchange, const char *name, size_t len)
{
    if (ids_claim_ok(name, len))
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "Invalid name of a claim: it must be 1 to %d of a-z, 0-9, _ and -.",
                     IDS_CLAIM_MAX);
    return false;
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
static bool take_back(struct own_change *self)
{
    if (self->edit.rev == 0)
        return true; /* nothing was written */
    enum directory_result result = directory_restore_status(service_of(self->exchange)->directory, &self->edit);
    return result == DIRECTORY_OK || result == DIRECTORY_OTHER || result == DIRECTORY_NOT_FOUND;
}

/* Takes SELF, which Redis has refused, back, and replies. */
static void refuse(struct own_change *self)
{
    if (take_back(self))
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

/* Takes back what Redis has refused of WHO, the latest first: otherwise a later one would put an earlier one back. */
static void refuse_latest(struct list_node *changes, const struct subject *who)
{
    struct own_change *latest;

    while ((latest = latest_of(changes, who)) && latest->refused)
        refuse(latest);
}

static void on_said(void *ctx, const struct presence_reply *reply)
{
    struct own_change *self = ctx;
    struct exchange *exchange = self->exchange;
    struct list_node *changes = &service_of(exchange)->changes;
    struct subject who;

    snprintf(who.workspace, sizeof who.workspace, "%s", exchange->workspace);
    snprintf(who.user, sizeof who.user, "%s", exchange->user);
    self->refused = reply->result != PRESENCE_OK;
    if (!self->refused) {
        if (exchange->caller.admin)
            audit_said(exchange, self->action, self->claim);
        list_remove(&self->node);
        self->finish(exchange, reply);
    }
    refuse_latest(changes, &who);
}

/* Replies that the user whose status was to change is not a member any more. */
static void refuse_stranger(struct exchange *exchange)
{
    if (exchange->caller.admin)
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "\"%s\" is not a member of \"%s\".", exchange->user,
                         exchange->workspace);
    else
        exchange_problem(exchange, PROBLEM_NOT_A_MEMBER, "%s", membership_denial(POLL_MEMBER_REMOVED)->detail);
}

static void say(struct own_change *self)
{
    struct exchange *exchange = self->exchange;
    struct service *service = service_of(exchange);

    list_append(&service->changes, &self->node);
    presence_say(service->presence, exchange->workspace, exchange->user, on_said, self);
}

/* Tells Redis what was written with RESULT, and then replies with FINISH. */
static void tell(struct own_change *self, enum directory_result result,
                 void (*finish)(struct exchange *exchange, const struct presence_reply *reply))
{
    struct exchange *exchange = self->exchange;

    self->finish = finish;
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
static void tell_of_end(struct own_change *self, enum directory_result result)
{
    if (result == DIRECTORY_NOT_FOUND)
        exchange_reply(self->exchange, 204, NULL);
    else
        tell(self, result, finish_with_nothing);
}

/* ---- what can be changed ---- */

void own_change_put(struct exchange *exchange, const struct json *json)
{
    struct layer layer;
    int64_t now_ms;

    if (!redis_ready(exchange, &now_ms) || !layer_body_own(exchange, json, now_ms, &layer) ||
        !policy_allows(exchange, &layer) || !spend(exchange, COST_OWN_STATUS))
        return;
    struct own_change *self = change_new(exchange, now_ms, "status.put");
    tell(self, directory_set_own_layer(service_of(exchange)->directory, &self->edit, &layer), finish_with_status);
}

void own_change_clear(struct exchange *exchange, bool all)
{
    int64_t now_ms;

    if (!redis_ready(exchange, &now_ms) || !spend(exchange, COST_OWN_STATUS))
        return;
    struct own_change *self = change_new(exchange, now_ms, "status.delete");
    tell_of_end(self, directory_clear_own_layers(service_of(exchange)->directory, &self->edit, all));
}

void own_change_put_claim(struct exchange *exchange, const char *name, size_t len, const struct json *json)
{
    struct layer layer;
    int64_t now_ms;

    if (!claim_name_ok(exchange, name, len) || !redis_ready(exchange, &now_ms) ||
        !layer_body_claim(exchange, json, name, now_ms, &layer) || !policy_allows(exchange, &layer) ||
        !spend(exchange, COST_CLAIM))
        return;
    struct own_change *self = change_new(exchange, now_ms, "claim.put");
    self->claim = name;
    tell(self, directory_set_claim(service_of(exchange)->directory, &self->edit, &layer), finish_with_status);
}

void own_change_end_claim(struct exchange *exchange, const char *name, size_t len)
{
    int64_t now_ms;

    if (!claim_name_ok(exchange, name, len) || !redis_ready(exchange, &now_ms) || !spend(exchange, COST_CLAIM))
        return;
    struct own_change *self = change_new(exchange, now_ms, "claim.delete");
    self->claim = name;
    tell_of_end(self, directory_end_claim(service_of(exchange)->directory, &self->edit, name));
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
    if (!redis_ready(exchange, &now_ms) || !spend(exchange, COST_OWN_STATUS))
        return;
    struct own_change *self = change_new(exchange, now_ms, "settings.put");
    const struct settings_edit settings = {says_last_seen ? &last_seen : NULL, says_typing ? &typing : NULL};
    tell(self, directory_set_settings(service_of(exchange)->directory, &self->edit, &settings), finish_with_settings);
}
