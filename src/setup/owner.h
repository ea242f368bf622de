/* SPDX-License-Identifier: ISC */
/*
 * The daemon's user: the one who owns the database's directory. When root works on the daemon's files, it does so as
 * that user. So it leaves nothing behind that the daemon cannot use, and it sees files as the daemon will see them.
 */
#ifndef ROLLCALL_SETUP_OWNER_H
#define ROLLCALL_SETUP_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conf;

/*
 * If this process is root, makes it the user who owns the directory of the database, for good. It changes nothing if it
 * is not root, or if that directory does not exist or is root's. False with a sentence in ERROR (of SIZE bytes).
 */
bool owner_become(const struct conf *conf, char *error, size_t size);

/* Writes the name of user UID, or "#" and its number if it has no name, to TEXT of SIZE bytes. */
void owner_name(uid_t uid, char *text, size_t size);

#endif
