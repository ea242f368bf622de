/* SPDX-License-Identifier: ISC */
/*
 * Who belongs where: workspaces, users, members, DMs and tokens, in SQLite. One object per process, opened after the
 * fork. Every call is one short transaction, done when it returns; no statement stays open, so that checkpoints are
 * never held up. What is asked for at each request (a token's owner, a membership) is remembered until something was
 * taken away, by whichever process: the database counts its own removals (table revision, kept by triggers).
 *
 * What belongs to which file is told in directory/internal.h.
 */
#ifndef ROLLCALL_DIRECTORY_DIRECTORY_H
#define ROLLCALL_DIRECTORY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directory;

enum directory_result {
    DIRECTORY_OK,        /* done, or found; for writes: existed and was changed or the same */
    DIRECTORY_CREATED,   /* done, and did not exist before */
    DIRECTORY_NOT_FOUND, /* no such row */
    DIRECTORY_INVALID,   /* an argument breaks a rule: a participant who is no member, ... */
    DIRECTORY_LIMIT,     /* a cap of base/limits.h */
    DIRECTORY_OTHER,     /* the key stands for another request */
    DIRECTORY_BUSY,      /* another writer held the database too long: try again */
    DIRECTORY_READONLY,  /* cannot be written: read-only file or directory */
    DIRECTORY_FULL,      /* the disk is full */
    DIRECTORY_BROKEN,    /* corrupt, replaced under us, or an I/O error */
};

/*
 * Opens the database at PATH, made and migrated to this binary's schema where it is older. Returns NULL with a
 * sentence in ERROR (of SIZE bytes) that names the path, the reason and what to do: missing directory, rights, a
 * newer schema, a corrupt file. The caller frees it with directory_close().
 */
struct directory *directory_open(const char *path, char *error, size_t size);
void directory_close(struct directory *self);

/*
 * Removes, and logs, the rows that refer to what is not there, as a program leaves them that does not enforce foreign keys. Looks
 * at every row (a second for some 600,000), so it is for the start of the daemon, not for each of its workers.
 */
enum directory_result directory_tidy(struct directory *self);

/*
 * Copies the database at PATH, which others may be writing, to the file OUT, which is replaced once the copy is whole:
 * one file, to be put in PATH's place while no rollcalld runs. False with a sentence in ERROR (of SIZE bytes).
 */
bool directory_backup(const char *path, const char *out, char *error, size_t size);

/*
 * PAGE is memory that all workers map (MAP_SHARED, zeroed, DIRECTORY_SHARED_BYTES, made before the fork, outliving
 * SELF): each tells the others there that it committed something. With it, a request costs no look at the database;
 * removals made by other programs are then noticed within 100 ms. Optional.
 */
enum { DIRECTORY_SHARED_BYTES = 8 };
void directory_share(struct directory *self, void *page);

/*
 * Whether the database answers and can be written (a write is tried and rolled back); what is wrong into ERROR. If another
 * process writes, a PATIENT caller waits for it as every other call does, and an impatient one gets BUSY at once.
 */
enum directory_result directory_check(struct directory *self, bool patient, char *error, size_t size);

/* The last failure (BUSY, READONLY, FULL, BROKEN) as a sentence for the log; valid until the next call. */
const char *directory_error(const struct directory *self);

/*
 * How many tokens and members were ever taken away: changes when a parked poll may have lost its right. -1:
 * unreadable.
 */
int64_t directory_revision(struct directory *self);

/* ---- workspaces.c ---- */

struct workspace_row {
    const char *id;
    const char *name;
    int64_t members; /* how many */
    int64_t created_ms;
};

/* Creates workspace ID or renames it. NAME may be NULL: unchanged, or the id for a new one. RENAMED (may be NULL) tells
 * whether one that existed has another name now. */
enum directory_result directory_put_workspace(struct directory *self, const char *id, const char *name, bool *renamed);
/* Removes it with its members and DMs. */
enum directory_result directory_delete_workspace(struct directory *self, const char *id);
enum directory_result directory_get_workspace(struct directory *self, const char *id,
                                              void (*fn)(void *ctx, const struct workspace_row *row), void *ctx);
/* Whether there is workspace ID: OK or NOT_FOUND. */
enum directory_result directory_has_workspace(struct directory *self, const char *id);
/* Workspaces by id after AFTER (NULL: from the first), at most LIMIT. */
enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               void (*fn)(void *ctx, const struct workspace_row *row), void *ctx);
/* The workspaces that USER is a member of. Their members are not counted: any user may ask, at any time. */
enum directory_result directory_each_workspace_of(struct directory *self, const char *user,
                                                  void (*fn)(void *ctx, const struct workspace_row *row), void *ctx);

/* ---- members.c ---- */

struct member_row {
    const char *user;
    const char *name; /* never empty: the user id where none was given */
    const char *role; /* "member", "admin", "guest" or what the administrator says: 1 to 32 of [a-z0-9_-] */
};

/* What is different of a member now. */
enum member_change {
    MEMBER_SAME,
    MEMBER_CHANGED, /* is new, or has another role */
    MEMBER_RENAMED, /* has another name, and maybe another role */
};

/*
 * Adds USER to WORKSPACE, or changes its name and role; NULL leaves either unchanged (new: the user id, "member").
 * CHANGED may be NULL. NOT_FOUND: no such workspace.
 */
enum directory_result directory_put_member(struct directory *self, const char *workspace, const char *user,
                                           const char *name, const char *role, enum member_change *changed);
/*
 * Adds USER to WORKSPACE, or changes their name, as a JWT issued at ISSUED_MS (0: it does not say) has it; NAME may be NULL: the
 * user id, or unchanged. One that is older than the last that did so changes nothing, and neither does a second one within
 * LIMIT_RENAME_SECONDS. NOT_FOUND: no such workspace.
 */
enum directory_result directory_admit_member(struct directory *self, const char *workspace, const char *user,
                                             const char *name, int64_t issued_ms, enum member_change *changed);
/* Removes the member, and from the workspace's DMs; a 1:1 DM goes with its participant. FN (may be NULL) gets those who were in
 * a DM with them, as directory_each_partner() tells. */
enum directory_result directory_delete_member(struct directory *self, const char *workspace, const char *user,
                                              void (*fn)(void *ctx, const char *partner), void *ctx);
enum directory_result directory_get_member(struct directory *self, const char *workspace, const char *user,
                                           void (*fn)(void *ctx, const struct member_row *row), void *ctx);
/* Whether USER is a member: OK or NOT_FOUND, from memory when asked again. The hot path. */
enum directory_result directory_is_member(struct directory *self, const char *workspace, const char *user);
/* The same by the database itself: also right after a removal by another program, which memory may not know of yet. */
enum directory_result directory_has_member(struct directory *self, const char *workspace, const char *user);
/* Members by user id (bytewise) after AFTER (NULL: from the first), at most LIMIT. */
enum directory_result directory_each_member(struct directory *self, const char *workspace, const char *after,
                                            size_t limit, void (*fn)(void *ctx, const struct member_row *row),
                                            void *ctx);
/* Several members in one transaction, all or none: import_begin, import_add for each, import_end(commit). ADDED/CHANGED
 * count what is different. import_add is as directory_put_member; import_end must follow in any case. */
enum directory_result directory_import_begin(struct directory *self, const char *workspace);
enum directory_result directory_import_add(struct directory *self, const char *user, const char *name, const char *role,
                                           enum member_change *changed);
enum directory_result directory_import_end(struct directory *self, bool commit, size_t *added, size_t *changed);

/* ---- dms.c ---- */

struct dm_row {
    int64_t id;
    const char *name; /* NULL for none */
    bool group;       /* false: a 1:1 */
    int64_t created_ms;
    const struct member_row *participants; /* by user id */
    size_t participant_count;
};

/* Opens a DM among USERS (COUNT of them, distinct, the opener first); two without a NAME are a 1:1, which exists once:
 * OK with its id where it was there. INVALID: a user is no member (INVALID_USER, may be NULL, tells which). LIMIT: the
 * opener has opened as much as one may, or lately as many groups with INVALID_USER (COUNT where it is no one's fault). */
enum directory_result directory_open_dm(struct directory *self, const char *workspace, const char *const *users,
                                        size_t count, const char *name, int64_t *id, size_t *invalid_user);
/* What a client asks to open. */
struct dm_opening {
    const char *const *users; /* as above */
    size_t count;
    const char *name; /* or NULL */
    const char *key;  /* the client's own for this request: 1 to LIMIT_OPENING_KEY_BYTES bytes of ASCII; or NULL */
};

/* The same; what the opener's key has opened before is found, whichever process opened it: OK with its id, or OTHER if it was
 * another request. */
enum directory_result directory_open_dm_once(struct directory *self, const char *workspace,
                                             const struct dm_opening *opening, int64_t *id, size_t *invalid_user);
/* For administrators: a group DM with an id of their choice, created or with its name and participants replaced. */
enum directory_result directory_put_dm(struct directory *self, const char *workspace, int64_t id,
                                       const char *const *users, size_t count, const char *name, size_t *invalid_user);
enum directory_result directory_delete_dm(struct directory *self, const char *workspace, int64_t id);
enum directory_result directory_get_dm(struct directory *self, const char *workspace, int64_t id,
                                       void (*fn)(void *ctx, const struct dm_row *row), void *ctx);
/* Everyone in WORKSPACE who is in a DM with one of USERS (COUNT of them), these included, each once. */
enum directory_result directory_each_partner(struct directory *self, const char *workspace, const char *const *users,
                                             size_t count, void (*fn)(void *ctx, const char *partner), void *ctx);
/*
 * USER's DMs in WORKSPACE by id after AFTER (0: from the first), until FN returns false: it did not take that one, and wants no
 * more. One query, which reads no further than that. USER NULL: all of them.
 */
enum directory_result directory_each_dm(struct directory *self, const char *workspace, const char *user, int64_t after,
                                        bool (*fn)(void *ctx, const struct dm_row *row), void *ctx);

/* ---- tokens.c ---- */

enum { DIRECTORY_HASH_BYTES = 32 };

struct token_row {
    int64_t id;
    const char *user;  /* NULL for an administrator's token */
    const char *label; /* may be empty */
    int64_t created_ms;
    int64_t expires_ms;   /* 0: never */
    int64_t last_used_ms; /* to the hour or so; 0: never */
};

/* Keeps a token by its SHA-256. USER NULL: an administrator's. */
enum directory_result directory_add_token(struct directory *self, const unsigned char *hash, const char *user,
                                          const char *label, int64_t expires_ms, int64_t *id);
/*
 * The token with this hash; the hot path, from memory when asked again. Expiry is the caller's to check. Of ROW id,
 * user and expires_ms are filled in; it is valid until the next call.
 */
enum directory_result directory_find_token(struct directory *self, const unsigned char *hash, struct token_row *row);
/* Whether token ID still exists. */
enum directory_result directory_has_token(struct directory *self, int64_t id);
enum directory_result directory_delete_token(struct directory *self, int64_t id);
enum directory_result directory_each_token(struct directory *self, int64_t after, size_t limit,
                                           void (*fn)(void *ctx, const struct token_row *row), void *ctx);

#endif
