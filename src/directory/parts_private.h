/* SPDX-License-Identifier: ISC */
/*
 * What a directory consists of, for the files that define its functions. From the ground up: db_file, db (open,
 * errors), statement and transaction, revision, the memories; then the rows (workspaces, policies, members, naming,
 * import, statuses, dms, dm_key, dm_open, partners, tokens, webhooks) and the schema (migrate, schema, orphans);
 * directory.c wires them.
 */
#ifndef ROLLCALL_DIRECTORY_PARTS_PRIVATE_H
#define ROLLCALL_DIRECTORY_PARTS_PRIVATE_H

#include "directory/db.h"
#include "directory/member_memory.h"
#include "directory/revision.h"
#include "directory/token_memory.h"

/* The import that is under way. */
struct import_state {
    char *workspace;              /* owned; NULL while there is none */
    enum directory_result result; /* OK, or what went wrong first */
    size_t lines, added, changed;
};

struct record;

struct directory {
    struct db db;
    struct record *record; /* owned; NULL unless it writes to one: see directory_open_record() */
    bool beside;           /* workers follow the record, not this: see directory_open_beside() */
    struct revision revision;
    struct member_memory members;
    struct member_memory participants; /* true at revision.changes: removals of these alone are not counted */
    struct token_memory tokens;
    struct import_state import;
    void (*on_use)(void *ctx, int64_t token); /* see directory_only_read(); NULL: uses are noted here */
    void *on_use_ctx;
};

#endif
