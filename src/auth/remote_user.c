/* SPDX-License-Identifier: ISC */
/*
 * The user whom the web server itself authenticated. REMOTE_USER alone proves nothing, as some servers pass on whatever
 * name a client claimed: only with AUTH_TYPE did the server check it.
 */
#include "auth/auth_private.h"

#include <string.h>

static bool blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t")] == '\0';
}

bool remote_user_used(const struct auth_input *input)
{
    return !blank(input->remote_user) && !blank(input->auth_type);
}

enum auth_result remote_user_identify(const struct auth_input *input, struct caller *caller, const char **why)
{
    size_t len = strlen(input->remote_user);
    if (!ids_user_ok(input->remote_user, len)) {
        *why = "the web server's user name is no valid user id";
        return AUTH_INVALID;
    }
    memcpy(caller->user, input->remote_user, len + 1);
    return AUTH_OK;
}
