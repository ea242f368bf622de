/* SPDX-License-Identifier: ISC */
/*
 * Whose things these are: what root is asked to do with the daemon's files is done as the daemon's user, who is known by
 * owning the database's directory. So nothing is left behind that the daemon could not use, and what is looked at is seen
 * as the daemon will see it.
 */
#ifndef ROLLCALL_OWNER_H
#define ROLLCALL_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conf;

/*
 * Root becomes the user who owns the directory of the database, for good. Anybody else, and root where that directory is
 * root's or is not there, stays who they are. False with a sentence in ERROR (of SIZE bytes).
 */
bool owner_become(const struct conf *conf, char *error, size_t size);

/* The name of user UID, or its number where it has none, into TEXT. */
void owner_name(uid_t uid, char *text, size_t size);

#endif
