/* SPDX-License-Identifier: ISC */
/*
 * The record: PostgreSQL, which holds what this database is a copy of. It is followed by its log, and written to by the
 * calls of directory/ as they are: a transaction of theirs takes the record's lock, follows the log, notes what it
 * changes here, rolls that back, sends it to the record, and follows the log again. So only the log changes the copy,
 * for this machine's writes and for those of others. When a call returns, what it wrote can be read here.
 *
 * All calls wait for PostgreSQL, so they are for threads and programs that may (directory/writer.h).
 */
#ifndef ROLLCALL_DIRECTORY_RECORD_H
#define ROLLCALL_DIRECTORY_RECORD_H

#include "directory/db.h"

struct record;
struct record_events;

/*
 * The record at URL, for the copy at PATH, which has this binary's schema. Does not connect. NULL with a sentence in
 * ERROR (of SIZE bytes) if the copy cannot be used. Close with record_close(), which takes NULL.
 */
struct record *record_new(const char *url, const char *path, char *error, size_t size);
void record_close(struct record *self);

/* Makes the transactions of DB writes to the record. SELF must outlive DB's use. */
enum directory_result record_serve(struct record *self, struct db *db);

/* Commits to the copy are counted at COUNTER; see directory_share(). For FD see pg_stop_at(). */
void record_share(struct record *self, void *counter);
void record_stop_at(struct record *self, int fd);

/*
 * Connects if needed, and brings the copy up to date; makes it again, with a line in the log, if it is of another
 * record or too far behind. An empty PostgreSQL database becomes an empty record. AWAY: not connected; BUSY: another
 * process makes the copy.
 */
enum directory_result record_follow(struct record *self);

/* The last failure as a sentence; valid until the next call. */
const char *record_error(const struct record *self);

/* Moves what others have written, and has come to the copy since the last call, to EVENTS. */
void record_take_events(struct record *self, struct record_events *events);

/* The socket to watch for news, -1 if there is none; whether news have come, or the connection was lost. */
int record_fd(const struct record *self);
bool record_has_news(struct record *self);

/*
 * Tries to become the one on this machine that is told of each commit: the others look every now and then. True if it
 * is. It stays so until record_close() or the end of the process.
 */
bool record_lead(struct record *self);

/* Removes what is old from the log. */
void record_prune(struct record *self);

#endif
