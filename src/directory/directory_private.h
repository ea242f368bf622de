/* SPDX-License-Identifier: ISC */
/*
 * What the files of directory/ share and nobody else includes: the object itself, its statements and transactions, and
 * what it remembers. The files: directory.c (open, health, what others removed), place.c (the file), backup.c (a copy of
 * it), migrate.c and schema.c (its schema), orphans.c (what belongs to nothing), statement.c (SQL and its failures), workspaces.c,
 * members.c, naming.c, import.c, dms.c, dm_open.c, dm_key.c, tokens.c.
 */
#ifndef ROLLCALL_DIRECTORY_INTERNAL_H
#define ROLLCALL_DIRECTORY_INTERNAL_H

#include "directory/directory.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/types.h>

struct migration;

enum {
    BUSY_MS = 500,           /* how long a call waits for another writer; the loop stands still meanwhile */
    BUSY_SHARE = 20,         /* and all calls together no longer than one part in so many of the time */
    BUSY_OPENING_MS = 10000, /* the same while opening: others may be migrating or recovering */
    PLACE_CHECK_MS = 1000,   /* how often the file is looked for under its path */
    FOREIGN_CHECK_MS = 100,  /* how late a removal made by a process outside of the shared page may be noticed */
    REMEMBERED_MAX = 100000, /* tokens, and members, remembered: some 13 and 8 MB; past it all are forgotten */
    ERROR_BYTES = 768,
};

/* Every statement, prepared when first used and kept until the directory is closed. */
enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_DATA_VERSION,
    STATEMENT_REVISION,
    STATEMENT_TRY_WRITE,
    STATEMENT_ADD_USER,
    STATEMENT_HAS_WORKSPACE,
    STATEMENT_ADD_WORKSPACE,
    STATEMENT_RENAME_WORKSPACE,
    STATEMENT_DELETE_WORKSPACE,
    STATEMENT_GET_WORKSPACE,
    STATEMENT_EACH_WORKSPACE,
    STATEMENT_EACH_WORKSPACE_OF,
    STATEMENT_ADD_MEMBER,
    STATEMENT_CHANGE_MEMBER,
    STATEMENT_DELETE_MEMBER,
    STATEMENT_GET_MEMBER,
    STATEMENT_HAS_MEMBER,
    STATEMENT_COMPARE_NAME,
    STATEMENT_EACH_MEMBER,
    STATEMENT_GET_NAMED,
    STATEMENT_PUT_NAMED,
    STATEMENT_FIND_OPENING,
    STATEMENT_FORGET_OLD_OPENINGS,
    STATEMENT_FORGET_OPENINGS_OF,
    STATEMENT_ADD_OPENING,
    STATEMENT_FIND_PAIR,
    STATEMENT_COUNT_OPENED,
    STATEMENT_COUNT_SEATS,
    STATEMENT_NEXT_DM,
    STATEMENT_RESERVE_DM,
    STATEMENT_ADD_DM,
    STATEMENT_ADD_PARTICIPANT,
    STATEMENT_DELETE_DM,
    STATEMENT_GET_DM,
    STATEMENT_EACH_DM,
    STATEMENT_EACH_DM_OF,
    STATEMENT_EACH_PARTNER,
    STATEMENT_ADD_TOKEN,
    STATEMENT_FIND_TOKEN,
    STATEMENT_HAS_TOKEN,
    STATEMENT_TOUCH_TOKEN,
    STATEMENT_DELETE_TOKEN,
    STATEMENT_EACH_TOKEN,
    STATEMENT_COUNT
};

/* A file as the system knows it, whatever its path. */
struct place {
    dev_t device;
    ino_t inode;
};

struct import {
    char *workspace;              /* owned; NULL while no import is under way */
    enum directory_result result; /* OK, or what went wrong first */
    size_t lines, added, changed;
};

struct directory {
    char *path;                                /* owned */
    sqlite3 *db;                               /* owned */
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* owned; NULL: not used yet */

    struct place place;       /* of the file that was opened */
    struct place wal;         /* of the WAL beside it, which stays the same for as long as it is open */
    bool places_known;        /* the two above are set */
    bool displaced;           /* another file, or none, is under either path now */
    int64_t now_ms;           /* monotonic time at the start of this call */
    int64_t place_checked_ms; /* when DISPLACED was found out */

    int64_t waiting_since_ms; /* of this call, monotonic as all times here */
    int64_t waits_until_ms;   /* until when what was waited is to be made up for: BUSY_SHARE times as long */
    bool impatient;           /* this call waits for nobody */

    _Atomic uint64_t *commits; /* borrowed: the page all workers share, see directory_share(); NULL for none */
    uint64_t commits_seen;     /* its value when VERSION was read */
    int64_t version;           /* SQLite's data_version when REVISION was read; -1: read it again */
    int64_t version_checked_ms;
    int64_t revision;             /* of the database; what is remembered is true of it */
    struct token_entry *tokens;   /* owned: remembered tokens, a hash of tokens.c */
    struct member_entry *members; /* owned: remembered memberships, a hash of members.c */

    struct import import;
    char error[ERROR_BYTES];
};

/* ---- place.c ---- */

/* Makes sure that PATH can be a database: creates an empty file where there is none. False with a sentence in ERROR. */
bool place_prepare(const char *path, char *error, size_t size);
/* Whether we may write PATH and what SQLite keeps beside it. False with a sentence in ERROR. */
bool place_usable(const char *path, char *error, size_t size);
/* Which file is under PATH now; false for none. */
bool place_find(const char *path, struct place *place);
/* Whether the disk of PATH has no room left for this process. */
bool place_full(const char *path);

/* ---- migrate.c ---- */

/*
 * Whether STEPS lead on from the schema that the database has; BROKEN where it is newer, or not ours. Changes
 * nothing.
 */
enum directory_result migrate_check(struct directory *self, const struct migration *steps);
/* Applies those of STEPS that it lacks, all or none. Any number of processes may do so at once. */
enum directory_result migrate_run(struct directory *self, const struct migration *steps);

/* ---- schema.c ---- */

/*
 * Whether the database has all of the schema of *VERSION; BROKEN with what it lacks. *VERSION 0, as a restored dump has it: sets
 * it to the version whose schema this is, and leaves it for an empty database; BROKEN too where it holds anything else.
 */
enum directory_result schema_check(struct directory *self, int64_t *version);
/* A new database in memory with the schema of VERSION. The caller closes it. */
sqlite3 *schema_model(int64_t version);

/* ---- directory.c ---- */

/* What every call begins with: notes the time; BROKEN where the file is no longer under its path. */
enum directory_result directory_ready(struct directory *self);
/* directory_ready(), and forgets what is remembered if anything was taken from the database meanwhile. */
enum directory_result directory_fresh(struct directory *self);

/* ---- statement.c ---- */

/* What SQLite's RC means to callers; writes the sentence of directory_error(). */
enum directory_result directory_fail(struct directory *self, int rc);
/* The same for what we find out ourselves. */
enum directory_result directory_broken(struct directory *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Statement WHICH, made of SQL at first, to be bound and stepped; NULL where it cannot be made, which all below take.
 */
sqlite3_stmt *statement_use(struct directory *self, enum statement which, const char *sql);
/* TEXT (NULL: SQL's NULL) or BYTES as parameter INDEX, from 1. Borrowed until statement_done(). */
void statement_text(sqlite3_stmt *stmt, int index, const char *text);
void statement_blob(sqlite3_stmt *stmt, int index, const void *bytes, size_t len);
void statement_int(sqlite3_stmt *stmt, int index, int64_t value);
/* The next row: OK; NOT_FOUND where there is none. */
enum directory_result statement_step(struct directory *self, sqlite3_stmt *stmt);
/* Ends the use of STMT: nothing of it stays open. */
void statement_done(sqlite3_stmt *stmt);
/* A whole use of a statement that answers nothing: OK, NOT_FOUND where no row was changed, or what went wrong. */
enum directory_result statement_run(struct directory *self, sqlite3_stmt *stmt);
/* A whole use of one that answers one number. */
enum directory_result statement_number(struct directory *self, sqlite3_stmt *stmt, int64_t *number);
/*
 * A whole use of one that answers rows: calls ON_ROW for each until it took LIMIT of them. ON_ROW returns false for a
 * row whose text is not fit to be passed on: it does not count, and is logged as one of WHAT. OK, also without any
 * row.
 */
enum directory_result statement_each(struct directory *self, sqlite3_stmt *stmt, size_t limit, const char *what,
                                     bool (*on_row)(void *ctx, sqlite3_stmt *stmt), void *ctx);
/* The same, until *LEFT, which counts down, is 0: ON_ROW may set it so. */
enum directory_result statement_each_until(struct directory *self, sqlite3_stmt *stmt, size_t *left, const char *what,
                                           bool (*on_row)(void *ctx, sqlite3_stmt *stmt), void *ctx);
/* The text in column INDEX: NULL where it is none, is not valid UTF-8 or holds a NUL. */
const char *statement_column(sqlite3_stmt *stmt, int index);

/* A write transaction, behind directory_ready(). */
enum directory_result transaction_begin(struct directory *self);
/* Commits where RESULT is OK or CREATED, else rolls back. Returns RESULT, or why it could not be committed. */
enum directory_result transaction_end(struct directory *self, enum directory_result result);

/* ---- workspaces.c, members.c, dms.c, tokens.c ---- */

/* Whether the workspace exists: OK or NOT_FOUND. */
enum directory_result workspace_exists(struct directory *self, const char *workspace);
/* Whether the member exists, by the database: OK or NOT_FOUND. */
enum directory_result member_exists(struct directory *self, const char *workspace, const char *user);
/* Adds or changes a member inside a transaction. */
enum directory_result member_put(struct directory *self, const char *workspace, const char *user, const char *name,
                                 const char *role, enum member_change *changed);
/* A row for USER, whom a member or a token is going to refer to, inside a transaction. */
enum directory_result member_add_user(struct directory *self, const char *user);
/* What OPENING's key has opened, inside a transaction: OK with its ID, OTHER, or NOT_FOUND. */
enum directory_result dm_key_find(struct directory *self, const char *workspace, const struct dm_opening *opening,
                                  int64_t *id);
/* Remembers that OPENING's key has opened ID, inside a transaction. */
enum directory_result dm_key_keep(struct directory *self, const char *workspace, const struct dm_opening *opening,
                                  int64_t id, int64_t now_ms);
/* Removes a DM inside a transaction. */
enum directory_result dm_delete(struct directory *self, const char *workspace, int64_t id);

/* How many memberships are remembered. */
size_t members_remembered(const struct directory *self);
void members_forget(struct directory *self);
void tokens_forget(struct directory *self);

#endif
