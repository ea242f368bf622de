/* SPDX-License-Identifier: ISC */
/* Workspaces: administrators create, rename and delete them; anyone's can be listed. */
#ifndef ROLLCALL_DIRECTORY_WORKSPACES_H
#define ROLLCALL_DIRECTORY_WORKSPACES_H

#include "directory/directory.h"

/* Valid during the callback that gets it. */
struct workspace_row {
    const char *id;
    const char *name;
    int64_t members; /* how many */
    int64_t created_ms;
};

typedef void workspace_fn(void *ctx, const struct workspace_row *row);

/*
 * Creates workspace ID, or renames it. NAME may be NULL: the name stays as it is, or is the id of a new one. RENAMED
 * (may be NULL) tells whether an existing workspace has another name now.
 */
enum directory_result directory_put_workspace(struct directory *self, const char *id, const char *name, bool *renamed);

/* Removes workspace ID with its members and DMs. */
enum directory_result directory_delete_workspace(struct directory *self, const char *id);

/* Calls FN with workspace ID, or returns NOT_FOUND. */
enum directory_result directory_get_workspace(struct directory *self, const char *id, workspace_fn *fn, void *ctx);

/* Whether workspace ID exists: OK or NOT_FOUND. */
enum directory_result directory_has_workspace(struct directory *self, const char *id);

/* Calls FN with each workspace whose id is above AFTER (NULL: all), in order of id, at most LIMIT. */
enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               workspace_fn *fn, void *ctx);

/* The same without counting: the members field is 0. */
enum directory_result directory_each_workspace_id(struct directory *self, const char *after, size_t limit,
                                                  workspace_fn *fn, void *ctx);

/*
 * Calls FN with each workspace that USER is a member of, in order of id. The members field is 0: any user may ask at
 * any time, so members are not counted.
 */
enum directory_result directory_each_workspace_of(struct directory *self, const char *user, workspace_fn *fn,
                                                  void *ctx);

#endif
