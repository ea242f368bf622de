/* SPDX-License-Identifier: ISC */
/* The step on DMs that other files of directory/ take within their calls. */
#ifndef ROLLCALL_DIRECTORY_DMS_PRIVATE_H
#define ROLLCALL_DIRECTORY_DMS_PRIVATE_H

#include "directory/db.h"

/* Removes a DM, inside a transaction: OK or NOT_FOUND. */
enum directory_result dm_delete(struct db *db, const char *workspace, int64_t id);

#endif
