/* SPDX-License-Identifier: ISC */
/*
 * A user's row in memory, to be read, changed and written. The rules of the changes are here; the shell around them is
 * status_write.c. Owns all that it holds. Pure functions: they take the time.
 */
#ifndef ROLLCALL_DIRECTORY_STATUS_DRAFT_H
#define ROLLCALL_DIRECTORY_STATUS_DRAFT_H

#include "directory/layer.h"
#include "directory/result.h"

struct status_draft {
    struct status_row row; /* its workspace and user are owned; its layers are those below */
    struct layer *layers;  /* owned, as are their texts */
};

/* Makes SELF the row of USER in WORKSPACE that says nothing yet. */
void status_draft_init(struct status_draft *self, const char *workspace, const char *user);

/* Frees what SELF holds. */
void status_draft_fini(struct status_draft *self);

/* Makes SELF a copy of the row FROM. */
void status_draft_copy(struct status_draft *self, const struct status_row *from);

/* Adds a copy of LAYER. Valid until the next change. */
struct layer *status_draft_add(struct status_draft *self, const struct layer *layer);

/* Removes what has ended by NOW_MS, and what was hidden (see layer.h) unless the user is invisible at NOW_MS. */
void status_draft_tidy(struct status_draft *self, int64_t now_ms);

/* The rules of the functions in statuses.h, on a tidy draft. NOT_FOUND, INVALID and LIMIT mean the same as there. */
enum directory_result status_draft_set_own(struct status_draft *self, const struct layer *layer, int64_t now_ms);
enum directory_result status_draft_clear_own(struct status_draft *self, bool all);

/* Sets LAYER, a claim: OK, CREATED or LIMIT. OTHER: its owner ended it, so it stays away until its end. */
enum directory_result status_draft_set_claim(struct status_draft *self, const struct layer *layer, bool by_user,
                                             int64_t now_ms);

/*
 * Takes a change back that made AFTER of BEFORE: of what it changed, what is still as it made it is as before. Whether
 * there was anything of it.
 */
bool status_draft_take_back(struct status_draft *self, const struct status_row *before, const struct status_row *after);

/* Ends the claim NAME: OK or NOT_FOUND. */
enum directory_result status_draft_end_claim(struct status_draft *self, const char *name, bool by_user, int64_t now_ms);

#endif
