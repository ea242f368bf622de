/* SPDX-License-Identifier: ISC */
/*
 * Many members in one transaction, all or none: directory_import_begin(), directory_import_add() for each,
 * directory_import_end(). The transaction stays open between the calls, so nothing may wait in between.
 */
#ifndef ROLLCALL_DIRECTORY_IMPORT_H
#define ROLLCALL_DIRECTORY_IMPORT_H

#include "directory/members.h"

/* Begins an import to WORKSPACE; none may be under way. NOT_FOUND: no such workspace. */
enum directory_result directory_import_begin(struct directory *self, const char *workspace);

/*
 * Adds or changes one member. CHANGED may be NULL. LIMIT: more than LIMIT_IMPORT_LINES. After a failure, each further
 * call returns that failure.
 */
enum directory_result directory_import_add(struct directory *self, const struct member_edit *edit,
                                           enum member_change *changed);

/*
 * Ends the import, and must be called even after a failure. COMMIT false, or a failure before, rolls back. ADDED and
 * CHANGED count the members that are different now.
 */
enum directory_result directory_import_end(struct directory *self, bool commit, size_t *added, size_t *changed);

#endif
