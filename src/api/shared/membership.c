/* SPDX-License-Identifier: ISC */
/* See membership.h. */
#include "api/shared/membership.h"

#include "api/shared/onlooker.h"
#include "api/shared/service.h"
#include "base/ids.h"
#include "directory/members.h"
#include "directory/tokens.h"

static const struct denial denials[] = {
    [POLL_CREDENTIAL_ENDED] = {PROBLEM_EXPIRED_CREDENTIAL,
                               "The credential that this poll began with has expired or was revoked. Get a new one."},
    [POLL_MEMBER_REMOVED] = {PROBLEM_NOT_A_MEMBER, "You are not a member of this workspace, or it does not exist."},
};

const struct denial *membership_denial(enum poll_right right, const char *user)
{
    static const struct denial gone = {PROBLEM_NOT_FOUND, "This workspace does not exist any more."};

    return right == POLL_MEMBER_REMOVED && onlooker_is(user) ? &gone : &denials[right];
}

enum poll_right membership_right(struct directory *directory, const char *workspace, const char *user,
                                 int64_t credential)
{
    if (onlooker_is(user))
        return onlooker_right(directory, workspace, credential);
    if (credential && directory_has_token(directory, credential) == DIRECTORY_NOT_FOUND)
        return POLL_CREDENTIAL_ENDED;
    if (directory_is_member(directory, workspace, user) == DIRECTORY_NOT_FOUND)
        return POLL_MEMBER_REMOVED;
    return POLL_ALLOWED;
}

static enum directory_result look_up(const struct exchange *exchange)
{
    if (!ids_workspace_ok(exchange->path.segment[2], exchange->path.len[2]))
        return DIRECTORY_NOT_FOUND;
    return directory_is_member(service_of(exchange)->directory, exchange->path.segment[2], exchange->caller.user);
}

bool membership_ok(struct exchange *exchange)
{
    if (exchange->caller.admin) {
        exchange_problem(
            exchange, PROBLEM_NOT_A_MEMBER,
            "This token is an administrator's or a program's, so it belongs to no user. Use a member's token.");
        return false;
    }
    switch (look_up(exchange)) {
    case DIRECTORY_OK: return true;
    case DIRECTORY_NOT_FOUND:
        exchange_problem(exchange, PROBLEM_NOT_A_MEMBER, "%s", denials[POLL_MEMBER_REMOVED].detail);
        return false;
    default: break;
    }
    exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                     "The directory is unavailable, so your membership cannot be checked. Try again soon.");
    return false;
}
