/* SPDX-License-Identifier: ISC */
/* See onlooker.h. */
#include "api/shared/onlooker.h"

#include "api/shared/params.h"
#include "directory/tokens.h"
#include "directory/workspaces.h"
#include "http/exchange.h"

#include <stdio.h>

bool onlooker_is(const char *user)
{
    return *user == '\n';
}

bool onlooker_ok(struct exchange *exchange)
{
    struct caller *caller = &exchange->caller;

    if (!params_known_workspace(exchange, 3, &exchange->workspace))
        return false;
    snprintf(caller->user, sizeof caller->user, "\n%lld", (long long)caller->credential);
    return true;
}

enum poll_right onlooker_right(struct directory *directory, const char *workspace, int64_t credential)
{
    if (directory_token_may(directory, credential, SCOPE_READ, workspace) == DIRECTORY_NOT_FOUND)
        return POLL_CREDENTIAL_ENDED;
    if (directory_has_workspace(directory, workspace) == DIRECTORY_NOT_FOUND)
        return POLL_MEMBER_REMOVED;
    return POLL_ALLOWED;
}
