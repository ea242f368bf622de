/* SPDX-License-Identifier: ISC */
/* See admit.h. */
#include "api/admit.h"

#include "api/shared/audit.h"
#include "api/shared/params.h"
#include "api/shared/service.h"
#include "base/log.h"
#include "directory/directory.h"
#include "presence/presence.h"

#include <string.h>

static bool claimed(const struct claims *claims, const char *workspace, size_t len)
{
    for (size_t i = 0; i < claims->count; i++)
        if (strlen(claims->workspaces[i]) == len && memcmp(claims->workspaces[i], workspace, len) == 0)
            return true;
    return false;
}

/* What comparing costs is spent once a session, not at each of its beats. */
static bool may_rename(const struct route_row *row, const struct claims *claims)
{
    return claims->name[0] != '\0' && (row->route == ROUTE_JOIN || row->route == ROUTE_ME);
}

/* Whom a claimed NAME is to be compared with. */
struct known {
    const char *name;
    bool same;
};

static void compare(void *ctx, const struct member_row *row)
{
    struct known *known = ctx;

    known->same = strcmp(row->name, known->name) == 0;
}

/* A read is enough where nothing is to be changed, which is nearly always. */
static bool is_called(struct directory *directory, const char *workspace, const char *user, const char *name)
{
    struct known known = {name, false};

    return directory_get_member(directory, workspace, user, compare, &known) != DIRECTORY_OK || known.same;
}

static bool write_down(struct exchange *exchange, const char *workspace, bool is_member)
{
    struct service *service = service_of(exchange);
    const struct caller *caller = &exchange->caller;
    const char *name = caller->claims->name[0] ? caller->claims->name : NULL;
    enum member_change changed = MEMBER_SAME;
    struct notice *notice;
    enum directory_result result =
        directory_admit_member(service->directory, workspace, caller->user, name, caller->claims->issued_ms, &changed);

    if (result == DIRECTORY_NOT_FOUND)
        return true; /* no such workspace: answered as for everyone */
    if (is_member && result != DIRECTORY_OK && result != DIRECTORY_CREATED) {
        log_warn("a member's new name could not be written down: %s", directory_error(service->directory));
        return true;
    }
    if (!params_directory_ok(exchange, result))
        return false;
    if (changed == MEMBER_SAME)
        return true;
    service_charge(exchange, COST_WORK, 1);
    audit(exchange, result == DIRECTORY_CREATED ? "member.admit" : "member.rename", workspace, caller->user);
    notice = notice_new(service, workspace);
    notice_add_roster(notice);
    if (changed == MEMBER_RENAMED)
        notice_add_partners(notice, &(const char *){caller->user}, 1);
    notice_send(notice, NULL, NULL);
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
        return params_directory_ok(exchange, result);
    return write_down(exchange, workspace, result == DIRECTORY_OK);
}

bool admit(struct exchange *exchange, const struct route_row *row)
{
    const struct claims *claims = exchange->caller.claims;

    if (row->access == ACCESS_MEMBER)
        return !claimed(claims, exchange->path.segment[2], exchange->path.len[2]) ||
               admit_to(exchange, row, exchange->path.segment[2]);
    service_charge(exchange, COST_WORK, claims->count / COSTS_WORK_ASKED);
    for (size_t i = 0; i < claims->count; i++)
        if (!admit_to(exchange, row, claims->workspaces[i]))
            return false;
    return true;
}
