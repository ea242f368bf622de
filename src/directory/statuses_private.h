/* SPDX-License-Identifier: ISC */
/* How a row is read within a call that writes it. */
#ifndef ROLLCALL_DIRECTORY_STATUSES_PRIVATE_H
#define ROLLCALL_DIRECTORY_STATUSES_PRIVATE_H

#include "directory/db.h"
#include "directory/status_draft.h"

/* Makes SELF the row of USER: OK, or NOT_FOUND and nothing to free. The caller frees it with status_draft_fini(). */
enum directory_result status_read(struct db *db, const char *workspace, const char *user, struct status_draft *self);

#endif
