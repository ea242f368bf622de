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

struct pg_statement;
struct record;
struct record_events;
struct record_watch;

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

/* How far the copy is goes to WATCH from now on, which is borrowed. */
void record_watch(struct record *self, struct record_watch *watch);

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

/*
 * From now on SELF, of a process that tells nobody of anything, takes over only what nobody has to hear of. The rest is
 * left to those who follow the record on this machine, now or later: record_follow() is BUSY then.
 */
void record_stay_beside(struct record *self);

/*
 * For such a process: runs STATEMENT, which writes a row, at the record alone. ID gets the number that it returns;
 * NOT_FOUND: it returns no row. The sentence of a failure goes to DB.
 */
enum directory_result record_write_alone(struct record *self, struct db *db, const struct pg_statement *statement,
                                         int64_t *id);

/*
 * For the same: waits until the copy has all that the record has now, at most MS. BUSY: it has not; NOT_FOUND: nor does
 * any process on this machine follow the record.
 */
enum directory_result record_await(struct record *self, int ms);

#endif
