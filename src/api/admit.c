/* SPDX-License-Identifier: ISC */
/* See admit.h. */
#include "api/admit.h"

#include "api/shared/audit.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "api/shared/write.h"
#include "base/log.h"
#include "base/mem.h"
#include "directory/directory.h"
#include "directory/members.h"
#include "presence/presence.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Whether a claim names WORKSPACE, and which. */
static bool find_claimed(const struct claims *claims, const char *workspace, size_t len, size_t *out)
{
    for (*out = 0; *out < claims->count; ++*out)
        if (strlen(claims->workspaces[*out]) == len && memcmp(claims->workspaces[*out], workspace, len) == 0)
            return true;
    return false;
}

/* Names are compared once a session, not with each of its heartbeats. */
static bool may_rename(const struct route_row *row, const struct claims *claims)
{
    return claims->name[0] != '\0' && (row->route == ROUTE_JOIN || row->route == ROUTE_ME);
}

/* A claimed name, and whether the member has it already. */
struct claimed_name {
    const char *name;
    bool is_same;
};

static void compare(void *ctx, const struct member_row *row)
{
    struct claimed_name *claimed = ctx;

    claimed->is_same = strcmp(row->name, claimed->name) == 0;
}

/* Nearly always the name is the same, and this read spares a write. */
static bool is_called(struct directory *directory, const char *workspace, const char *user, const char *name)
{
    struct claimed_name claimed = {name, false};

    return directory_get_member(directory, workspace, user, compare, &claimed) != DIRECTORY_OK || claimed.is_same;
}

static void tell(struct exchange *exchange, const char *workspace, bool is_renamed)
{
    struct notice *notice = notice_new(service_of(exchange), workspace);

    notice_add_roster(notice);
    if (is_renamed)
        notice_add_partners(notice, &(const char *){exchange->caller.user}, 1);
    notice_send(notice, NULL, NULL);
}

/* A request whose caller is to be admitted, and what goes on with it then. */
struct request_row {
    struct exchange *exchange;
    const struct route_row *row;
    admitted_fn *again;
};

/* A caller who is being made a member of a workspace, or given a name there. */
struct admission {
    struct request_row request;
    struct claims claims;  /* those of the caller do not last */
    const char *workspace; /* of the path, or of CLAIMS */
    size_t next;           /* of the workspaces that are claimed, the one to go on with */
    bool is_member;
    enum member_change changed; /* set by the write */
};

static enum directory_result write_admission(struct directory *directory, void *state)
{
    struct admission *self = state;
    const char *name = self->claims.name[0] ? self->claims.name : NULL;
    const struct member_claim claim = {self->workspace, self->request.exchange->caller.user, name,
                                       self->claims.issued_ms};

    return directory_admit_member(directory, &claim, &self->changed);
}

/* Whether the request goes on. A rename that fails does not stop it. */
static bool is_stored(const struct admission *self, enum directory_result result)
{
    struct exchange *exchange = self->request.exchange;

    if (result == DIRECTORY_NOT_FOUND)
        return true; /* no such workspace: answered later, as for everyone */
    if (self->is_member && result != DIRECTORY_OK && result != DIRECTORY_CREATED) {
        log_warn("a member's new name could not be stored: %s", directory_error(service_of(exchange)->directory));
        return true;
    }
    if (!problems_directory_ok(exchange, result))
        return false;
    if (self->changed == MEMBER_SAME)
        return true;
    spend_anyway(exchange, COST_WORK, 1);
    audit(exchange, result == DIRECTORY_CREATED ? "member.admit" : "member.rename", self->workspace,
          exchange->caller.user);
    tell(exchange, self->workspace, self->changed == MEMBER_RENAMED);
    return true;
}

static bool admit_from(const struct request_row *request, size_t next);

static void on_admission(void *state, enum directory_result result)
{
    struct admission *self = state;
    struct request_row request = self->request;

    request.exchange->caller.claims = &self->claims;
    bool goes_on = is_stored(self, result) && admit_from(&request, self->next);
    if (goes_on)
        request.exchange->caller.claims = NULL;
    free(self);
    if (goes_on)
        request.again(request.exchange, request.row);
}

static void copy_claims(struct claims *to, const struct claims *from)
{
    memcpy(to, from, offsetof(struct claims, workspaces) + from->count * sizeof *from->workspaces);
}

/* Stores what the claim I says of the caller, and goes on then. */
static void store(const struct request_row *request, size_t i, bool is_member)
{
    struct service *service = service_of(request->exchange);
    struct admission *self = mem_new(sizeof *self);

    self->request = *request;
    copy_claims(&self->claims, request->exchange->caller.claims);
    self->workspace = self->claims.workspaces[i];
    self->next = request->row->access == ACCESS_MEMBER ? self->claims.count : i + 1;
    self->is_member = is_member;
    if (service->writer)
        exchange_hold(request->exchange);
    write_start(service, write_admission, on_admission, self);
}

/* Whether the caller is a member of the workspace that claim I names. Otherwise replies, or stores it and goes on. */
static bool admit_to(const struct request_row *request, size_t i)
{
    struct exchange *exchange = request->exchange;
    struct directory *directory = service_of(exchange)->directory;
    const struct caller *caller = &exchange->caller;
    const char *workspace = caller->claims->workspaces[i];
    enum directory_result result = directory_is_member(directory, workspace, caller->user);

    if (result == DIRECTORY_OK && (!may_rename(request->row, caller->claims) ||
                                   is_called(directory, workspace, caller->user, caller->claims->name)))
        return true;
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    store(request, i, result == DIRECTORY_OK);
    return false;
}

/* The same for all claims from NEXT on. */
static bool admit_from(const struct request_row *request, size_t next)
{
    for (size_t i = next; i < request->exchange->caller.claims->count; i++)
        if (!admit_to(request, i))
            return false;
    return true;
}

bool admit(struct exchange *exchange, const struct route_row *row, admitted_fn *again)
{
    const struct request_row request = {exchange, row, again};
    const struct claims *claims = exchange->caller.claims;
    size_t i;

    if (row->access == ACCESS_MEMBER)
        return !find_claimed(claims, exchange->path.segment[2], exchange->path.len[2], &i) || admit_to(&request, i);
    spend_anyway(exchange, COST_WORK, claims->count / COSTS_WORK_ASKED);
    return admit_from(&request, 0);
}
