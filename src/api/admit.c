/* SPDX-License-Identifier: ISC */
/* See admit.h. */
#include "api/admit.h"

#include "api/shared/audit.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/log.h"
#include "directory/directory.h"
#include "directory/members.h"
#include "presence/presence.h"

#include <string.h>

static bool is_claimed(const struct claims *claims, const char *workspace, size_t len)
{
    for (size_t i = 0; i < claims->count; i++)
        if (strlen(claims->workspaces[i]) == len && memcmp(claims->workspaces[i], workspace, len) == 0)
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

/* Makes the caller a member, or gives a member the claimed name. A rename that fails does not stop the request. */
static bool store(struct exchange *exchange, const char *workspace, bool is_member)
{
    struct directory *directory = service_of(exchange)->directory;
    const struct caller *caller = &exchange->caller;
    const char *name = caller->claims->name[0] ? caller->claims->name : NULL;
    enum member_change changed = MEMBER_SAME;
    const struct member_claim claim = {workspace, caller->user, name, caller->claims->issued_ms};
    enum directory_result result = directory_admit_member(directory, &claim, &changed);

    if (result == DIRECTORY_NOT_FOUND)
        return true; /* no such workspace: answered later, as for everyone */
    if (is_member && result != DIRECTORY_OK && result != DIRECTORY_CREATED) {
        log_warn("a member's new name could not be stored: %s", directory_error(directory));
        return true;
    }
    if (!problems_directory_ok(exchange, result))
        return false;
    if (changed == MEMBER_SAME)
        return true;
    spend_anyway(exchange, COST_WORK, 1);
    audit(exchange, result == DIRECTORY_CREATED ? "member.admit" : "member.rename", workspace, caller->user);
    tell(exchange, workspace, changed == MEMBER_RENAMED);
    return true;
}

static bool admit_to(struct exchange *exchange, const struct route_row *row, const char *workspace)
{
    struct directory *directory = service_of(exchange)->directory;
    const struct caller *caller = &exchange->caller;
    enum directory_result result = directory_is_member(directory, workspace, caller->user);

    if (result == DIRECTORY_OK &&
        (!may_rename(row, caller->claims) || is_called(directory, workspace, caller->user, caller->claims->name)))
        return true;
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    return store(exchange, workspace, result == DIRECTORY_OK);
}

bool admit(struct exchange *exchange, const struct route_row *row)
{
    const struct claims *claims = exchange->caller.claims;

    if (row->access == ACCESS_MEMBER)
        return !is_claimed(claims, exchange->path.segment[2], exchange->path.len[2]) ||
               admit_to(exchange, row, exchange->path.segment[2]);
    spend_anyway(exchange, COST_WORK, claims->count / COSTS_WORK_ASKED);
    for (size_t i = 0; i < claims->count; i++)
        if (!admit_to(exchange, row, claims->workspaces[i]))
            return false;
    return true;
}
