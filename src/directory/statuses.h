/* SPDX-License-Identifier: ISC */
/*
 * What members say of themselves by hand, and what is claimed of them: the truth, of which Redis has a copy. Writers
 * of different processes do not lose each other's words: each write reads, decides and writes in one transaction.
 *
 * Each write also removes the layers that have ended, and forgets what was hidden (the variants of layer.h) unless the
 * user is invisible now. It raises the row's rev to max(rev + STATUS_REV_STEP, now in ms): so a member who was removed
 * and added again begins above the row that went. Times are Redis's.
 */
#ifndef ROLLCALL_DIRECTORY_STATUSES_H
#define ROLLCALL_DIRECTORY_STATUSES_H

#include "directory/directory.h"
#include "directory/layer.h"

/* By which a write raises a rev at least: more than a row can have ends, each of which uses one up. */
enum { STATUS_REV_STEP = 32 };

/* Gets a user's row, valid during the call. */
typedef void status_fn(void *ctx, const struct status_row *row);

/* Calls FN with the row of USER. NOT_FOUND: they never said anything (rev 0), or there is no such member. */
enum directory_result directory_get_status(struct directory *self, const char *workspace, const char *user,
                                           status_fn *fn, void *ctx);

/* Some rows, in the order of their users, bytewise, or of their revs. Borrowed for the call. */
struct status_range {
    const char *workspace; /* of directory_each_status(): its workspace; of the other: that of the last row or NULL */
    const char *after;     /* the user of the last row; NULL: from the first */
    int64_t rev;           /* of directory_each_status_since(): that of the last row, or where to begin */
    size_t limit;          /* at most so many */
};

/*
 * Calls FN with each row of a workspace, in the order of users, those without layers too: Redis may not have heard of
 * the last one's end.
 */
enum directory_result directory_each_status(struct directory *self, const struct status_range *range, status_fn *fn,
                                            void *ctx);

/*
 * Calls FN with the rows of all workspaces whose rev is RANGE->rev or more, by rev, workspace and user. A row that was
 * changed at a time, whatever changed it, has at least that time in ms as its rev.
 */
enum directory_result directory_each_status_since(struct directory *self, const struct status_range *range,
                                                  status_fn *fn, void *ctx);

/* What a write has changed, to be taken back. */
struct status_copy;

/* Whose row is written, when, and by whom; and what came of it. Zero what is set by the call. */
struct status_edit {
    const char *workspace;
    const char *user;
    int64_t now_ms; /* Redis's time */
    bool by_user;   /* the user does it; not an administrator or an integration. Counts for claims only */
    bool keep;      /* the caller may want to take it back: sets COPY */

    int64_t rev;              /* set: the row's rev now; 0 if nothing was written */
    struct status_copy *copy; /* set if KEEP and something was written: owned by the caller; see status_copy_free() */
};

/*
 * What the user says. A base layer: what LAYER says replaces that part of base, the rest of base stays, and temporary
 * ends. A temporary layer: replaces temporary as a whole, base stays. Of LAYER, kind, show, dnd, text, emoji and
 * until_ms count. INVALID: a temporary layer that has no end in the future, or a claim. NOT_FOUND: no such member.
 */
enum directory_result directory_set_own_layer(struct directory *self, struct status_edit *edit,
                                              const struct layer *layer);

/* Ends temporary if there is one, else base; both if ALL. NOT_FOUND if there is neither. */
enum directory_result directory_clear_own_layers(struct directory *self, struct status_edit *edit, bool all);

/*
 * Sets or renews the claim LAYER->name: OK or CREATED. One that the user has ended is not set before its end: OK, and
 * nothing is written. INVALID: a name, a priority or an end that breaks the rules. LIMIT: it would be one too many
 * (LIMIT_CLAIMS). NOT_FOUND: no such member.
 */
enum directory_result directory_set_claim(struct directory *self, struct status_edit *edit, const struct layer *layer);

/*
 * Ends the claim NAME. If the user does, it cannot be set again before the end that it had. If an integration does,
 * that is over too. NOT_FOUND if there is no such claim.
 */
enum directory_result directory_end_claim(struct directory *self, struct status_edit *edit, const char *name);

/* What a user's settings are to be. NULL: stays as it is. Borrowed for the call. */
struct settings_edit {
    const enum last_seen *last_seen; /* how exactly others are told, if the workspace's policy is not stricter */
    const bool *typing;              /* whether the user sends and receives who types */
};

/* Changes the user's settings. */
enum directory_result directory_set_settings(struct directory *self, struct status_edit *edit,
                                             const struct settings_edit *settings);

/*
 * Takes the write that set EDIT->copy back, layer by layer: what it changed is as before, except for layers that
 * somebody else has changed since. What others have written meanwhile stays. Sets the rev. OTHER: nothing of that write
 * is left, so nothing was done. NOT_FOUND: the user is not a member any more.
 */
enum directory_result directory_restore_status(struct directory *self, struct status_edit *edit);

/* Frees COPY, which may be NULL. */
void status_copy_free(struct status_copy *copy);

#endif
