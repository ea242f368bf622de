/* SPDX-License-Identifier: ISC */
/*
 * The user whom the web server itself authenticated. REMOTE_USER alone proves nothing, since some servers pass on
 * whatever name a client claims: only with AUTH_TYPE did the server check it.
 */
#ifndef ROLLCALL_AUTH_REMOTE_USER_H
#define ROLLCALL_AUTH_REMOTE_USER_H

#include "auth/caller.h"

/* Whether the web server authenticated a user; each argument may be NULL. */
bool remote_user_used(const char *remote_user, const char *auth_type);

/* Makes REMOTE_USER the user of CALLER. AUTH_INVALID, with a static sentence in WHY, if it is not a user id. */
enum auth_result remote_user_identify(const char *remote_user, struct caller *caller, const char **why);

#endif
