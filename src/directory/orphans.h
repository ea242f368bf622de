/* SPDX-License-Identifier: ISC */
/*
 * Rows that refer to missing rows, left by a program that does not enforce foreign keys: an administrator's shell, or
 * half a dump. A member of a deleted workspace must not become a member of the next one with that name.
 */
#ifndef ROLLCALL_DIRECTORY_ORPHANS_H
#define ROLLCALL_DIRECTORY_ORPHANS_H

#include "directory/directory.h"

/*
 * Removes, and logs, the orphaned rows. Reads every row (a second for some 600,000), so it is meant for the start of
 * the daemon, not of each worker.
 */
enum directory_result directory_tidy(struct directory *self);

#endif
