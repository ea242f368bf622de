/* SPDX-License-Identifier: ISC */
/* Steps on policies that other files of directory/ take within their calls. */
#ifndef ROLLCALL_DIRECTORY_POLICIES_PRIVATE_H
#define ROLLCALL_DIRECTORY_POLICIES_PRIVATE_H

#include "directory/db.h"
#include "directory/policy.h"

/* Sets OUT to the policy of WORKSPACE: OK or NOT_FOUND. */
enum directory_result policy_read(struct db *db, const char *workspace, struct status_policy *out);

/* Sets OUT to the policy in three columns of STMT from FIRST on: invisible, messages, last_seen. */
struct sqlite3_stmt;
void policy_columns(struct sqlite3_stmt *stmt, int first, struct status_policy *out);

#endif
