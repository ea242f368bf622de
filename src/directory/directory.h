/* SPDX-License-Identifier: ISC */
/*
 * The directory: workspaces, users, members, DMs, tokens and webhooks, in SQLite. One object a thread, opened after the
 * fork. Every call is one short transaction, finished when it returns; no statement stays open, so checkpoints are
 * never held up. A token's owner and a membership, which every request asks for, are remembered until something is
 * removed, by whichever process: the database counts its own removals (table revision, kept by triggers).
 *
 * The rows have headers of their own: workspaces.h, policies.h, members.h, import.h, statuses.h, dms.h, tokens.h,
 * webhooks.h.
 */
#ifndef ROLLCALL_DIRECTORY_DIRECTORY_H
#define ROLLCALL_DIRECTORY_DIRECTORY_H

#include "directory/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directory;

/*
 * Opens the database at PATH; creates it, or migrates it to this binary's schema, if needed. NULL with a sentence in
 * ERROR (of SIZE bytes) that names the path, the reason and what to do: missing directory, permissions, a newer schema,
 * a corrupt file. Close with directory_close().
 */
struct directory *directory_open(const char *path, char *error, size_t size);

/*
 * The same for a copy of the record at URL (directory/record.h): its writes go there. They wait for PostgreSQL, and are
 * AWAY if that cannot be reached.
 */
struct directory *directory_open_record(const char *path, const char *url, char *error, size_t size);

/* Opens one that suits. Unless URL is "", it is up to date and writes to the record there, otherwise to itself. */
struct directory *directory_open_to_write(const char *path, const char *url, char *error, size_t size);

/*
 * The same for a program that runs beside workers, or between two runs of theirs. Only tokens can be added and deleted
 * with it. They go to the record alone: what pages have to hear of comes to the copy by the workers, who tell them.
 */
struct directory *directory_open_beside(const char *path, const char *url, char *error, size_t size);

/*
 * For one that was opened so, with a record: waits some seconds for the workers to bring the copy up to date. OK: it
 * is. Otherwise a sentence is in ERROR (of SIZE bytes); NOT_FOUND: no worker follows the record now.
 */
enum directory_result directory_await_workers(struct directory *self, char *error, size_t size);

/*
 * Whether SELF can be used: with HAS_RECORD it has to be a copy of a record, without it must not be one; an empty one
 * suits both. False, with a sentence in ERROR, if its rows would be lost, or would be written past the record.
 */
bool directory_suits(struct directory *self, bool has_record, char *error, size_t size);

/*
 * Makes SELF, a copy, one that only reads: another directory writes to the record. ON_USE is told of each token whose
 * last use is to be noted.
 */
void directory_only_read(struct directory *self, void (*on_use)(void *ctx, int64_t token), void *ctx);

/* What directory_error() says from now on, for a failure of another directory. */
void directory_take_error(struct directory *self, const char *error);

/* Closes and frees SELF, which may be NULL. */
void directory_close(struct directory *self);

/*
 * Lets the workers tell each other of their commits through PAGE: memory that all of them map (MAP_SHARED, zeroed,
 * DIRECTORY_SHARED_BYTES, made before the fork, outliving SELF). A request then costs no look at the database; removals
 * by other programs are noticed within 100 ms. Optional.
 */
enum { DIRECTORY_SHARED_BYTES = 8 };
void directory_share(struct directory *self, void *page);

/*
 * Whether the database answers and can be written (tries a write and rolls it back). Of one that only reads: whether it
 * is a complete copy. What is wrong goes to ERROR (of SIZE bytes). If another process is writing, a PATIENT caller
 * waits for it, as every other call does; another gets BUSY at once.
 */
enum directory_result directory_check(struct directory *self, bool patient, char *error, size_t size);

/* The last failure (BUSY, READONLY, FULL, BROKEN) as a sentence for the log; valid until the next call. */
const char *directory_error(const struct directory *self);

/*
 * How many tokens and members were ever removed. A change means that a parked poll may have lost its right. -1:
 * unreadable.
 */
int64_t directory_revision(struct directory *self);

#endif
