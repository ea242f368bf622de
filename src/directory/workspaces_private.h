/* SPDX-License-Identifier: ISC */
/* The step on workspaces that other files of directory/ take within their calls. */
#ifndef ROLLCALL_DIRECTORY_WORKSPACES_PRIVATE_H
#define ROLLCALL_DIRECTORY_WORKSPACES_PRIVATE_H

#include "directory/db.h"

/* Whether the workspace exists: OK or NOT_FOUND. */
enum directory_result workspace_exists(struct db *db, const char *workspace);

#endif
