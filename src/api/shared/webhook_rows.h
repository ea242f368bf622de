/* SPDX-License-Identifier: ISC */
/* Webhooks as administrators are shown them: the fields of one, and how far it has come in a workspace. */
#ifndef ROLLCALL_API_SHARED_WEBHOOK_ROWS_H
#define ROLLCALL_API_SHARED_WEBHOOK_ROWS_H

#include "api/shared/listing.h"
#include "directory/webhooks.h"
#include "hooks/hook_state.h"

/* How a webhook does in a workspace. */
struct webhook_progress {
    const char *workspace;
    struct hook_state state;
    int64_t lag_changes;
    int64_t lag_s; /* for how long something has been waiting */
};

/* Adds the fields of WEBHOOK, without its secrets, to the row of LISTING. */
void webhook_rows_fields(struct listing *listing, const struct webhook *webhook);

/* Adds a row with PROGRESS to LISTING, which is JSON. */
void webhook_rows_progress(struct listing *listing, const struct webhook_progress *progress);

/* Adds a line of the table LISTING: WEBHOOK in one workspace, or in none if PROGRESS is NULL. */
void webhook_rows_line(struct listing *listing, const struct webhook *webhook, const struct webhook_progress *progress);

#endif
