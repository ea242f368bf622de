/* SPDX-License-Identifier: ISC */
/*
 * A thread of a worker that writes to the record, since that waits for PostgreSQL, and follows it. Of all workers that
 * use one copy, one is told of each commit; the others look every WRITER_LOOK_MS. The worker's loop gives it jobs, and
 * is told of the end of each by a descriptor. The thread has a directory of its own: nothing of the loop's is shared
 * but the jobs.
 */
#ifndef ROLLCALL_DIRECTORY_WRITER_H
#define ROLLCALL_DIRECTORY_WRITER_H

#include "directory/directory.h"
#include "directory/record_events.h"
#include "directory/writer_state.h"

struct writer;

enum { WRITER_LOOK_MS = 5000, WRITER_RETRY_MS = 1000, WRITER_LEAD_MS = 500, WRITER_PATIENCE_MS = 1000 };

/*
 * Something to be written. If one fails because the record is held by another transaction or away, those that have
 * waited for WRITER_PATIENCE_MS fail with it, and are not run.
 */
struct writer_job {
    /* In the thread: the calls of directory/ that write, with DIRECTORY. */
    enum directory_result (*run)(struct directory *directory, void *ctx);
    /* In the loop: RESULT is that of RUN, and ERROR a sentence if the directory failed. */
    void (*done)(void *ctx, enum directory_result result, const char *error);
    void *ctx; /* of both, and theirs alone until DONE is called */
};

/*
 * Starts the thread for the copy at PATH of the record at URL. COMMITS is that of directory_share(); all three outlive
 * SELF. NULL with a sentence in ERROR (of SIZE bytes) if no thread can be started, or no descriptor opened.
 */
struct writer *writer_new(const char *path, const char *url, void *commits, char *error, size_t size);

/*
 * Ends the thread and frees SELF, which may be NULL. DONE is called with AWAY for jobs that were not run; one that is
 * under way ends first, or gives up.
 */
void writer_free(struct writer *self);

/* Hands JOB, which is copied, to the thread. False, and DONE is not called, if LIMIT_WRITES_WAITING wait already. */
bool writer_submit(struct writer *self, const struct writer_job *job);

/* Notes that TOKEN was used, without telling anybody whether that went well. CTX is the writer. */
void writer_note_use(void *ctx, int64_t token);

/* Calls FN with CTX, in the loop, for the events that the log tells of: some milliseconds' worth in each turn. */
void writer_on_events(struct writer *self, record_events_fn *fn, void *ctx);

/* The descriptor that is readable when jobs are done or events have come; what then calls DONE and FN. */
int writer_fd(const struct writer *self);
void writer_finish(struct writer *self);

/* writer_state_sentence() and writer_state_figures() of its thread, now. */
void writer_wrong(struct writer *self, char *out);
void writer_figures(struct writer *self, struct writer_figures *out);

#endif
