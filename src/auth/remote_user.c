/* SPDX-License-Identifier: ISC */
/* See remote_user.h. */
#include "auth/remote_user.h"

#include <string.h>

static bool blank(const char *text)
{
    return !text || text[strspn(text, " \t")] == '\0';
}

bool remote_user_used(const char *remote_user, const char *auth_type)
{
    return !blank(remote_user) && !blank(auth_type);
}

enum auth_result remote_user_identify(const char *remote_user, struct caller *caller, const char **why)
{
    size_t len = strlen(remote_user);
    if (!ids_user_ok(remote_user, len)) {
        *why = "the web server's user name is not a valid user id";
        return AUTH_INVALID;
    }
    memcpy(caller->user, remote_user, len + 1);
    return AUTH_OK;
}
