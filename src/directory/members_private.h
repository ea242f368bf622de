/* SPDX-License-Identifier: ISC */
/* Steps on members that other files of directory/ take within their calls. */
#ifndef ROLLCALL_DIRECTORY_MEMBERS_PRIVATE_H
#define ROLLCALL_DIRECTORY_MEMBERS_PRIVATE_H

#include "directory/db.h"
#include "directory/members.h"

/* Whether the member exists, by the database: OK or NOT_FOUND. */
enum directory_result member_exists(struct db *db, const char *workspace, const char *user);

/* Adds or changes a member, inside a transaction. */
enum directory_result member_put(struct db *db, const char *workspace, const struct member_edit *edit,
                                 enum member_change *changed);

/* Makes sure that USER has a row, since a member or a token is going to refer to it. Inside a transaction. */
enum directory_result member_add_user(struct db *db, const char *user);

#endif
