/* SPDX-License-Identifier: ISC */
/*
 * What a token of a program may do under /v1/admin: a set of scopes, one bit each. Their names in SQL and JSON. Pure.
 */
#ifndef ROLLCALL_DIRECTORY_SCOPES_H
#define ROLLCALL_DIRECTORY_SCOPES_H

#include <stdbool.h>

enum scope {
    SCOPE_READ = 1,    /* who is here, as members see it; workspaces and their members */
    SCOPE_CLAIMS = 2,  /* set and end claims */
    SCOPE_NOTIFY = 4,  /* ask whether to send a push */
    SCOPE_MEMBERS = 8, /* who belongs where: members and conversations */
    SCOPE_ADMIN = 16,  /* all else. It has no name: only an administrator's token has it */
    SCOPES_ALL = 31,
};

enum { SCOPES_TEXT_MAX = 48 }; /* bytes of the names of all of them, with the NUL */

/* Adds the scope NAME to SCOPES. False if it is not one. */
bool scopes_add(const char *name, unsigned *scopes);

/* Sets SCOPES to those that TEXT names, separated by single spaces. False, with no scopes, if a name is not known. */
bool scopes_parse(const char *text, unsigned *scopes);

/* Writes the names of SCOPES into TEXT (SCOPES_TEXT_MAX), separated by spaces. */
void scopes_format(unsigned scopes, char *text);

#endif
