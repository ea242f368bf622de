/* SPDX-License-Identifier: ISC */
/*
 * How many tokens and members were ever removed, by whichever process: the database counts them (table revision). What
 * was read at one revision is true until that number changes. Reading it for each request would cost more than all the
 * rest, so it is read only after a commit: at once after one of a worker, which the shared page tells, and within
 * REVISION_FOREIGN_CHECK_MS after one of another program, which SQLite's data_version tells. Without the shared page,
 * data_version is asked each time.
 */
#ifndef ROLLCALL_DIRECTORY_REVISION_H
#define ROLLCALL_DIRECTORY_REVISION_H

#include "directory/db.h"

enum { REVISION_FOREIGN_CHECK_MS = 100 };

struct revision {
    int64_t value;              /* the count of removals */
    int64_t changes;            /* grows if anything may have been committed, so also with each removal */
    int64_t version;            /* SQLite's data_version when VALUE was read; -1: read it again */
    int64_t version_checked_ms; /* monotonic */
    uint64_t commits_seen;      /* commits that were counted when VALUE was read */
};

/* What every call that uses memory begins with: db_ready(), and brings SELF up to date. */
enum directory_result revision_update(struct revision *self, struct db *db);

/* Makes the next revision_update() read the count. */
void revision_reset(struct revision *self);

#endif
