/* SPDX-License-Identifier: ISC */
/* See record.h. */
#include "directory/record.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "directory/capture.h"
#include "directory/copy.h"
#include "directory/record_follow.h"
#include "directory/record_head.h"
#include "directory/record_link.h"
#include "directory/record_sql.h"
#include "directory/record_watch.h"
#include "directory/transaction.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { AWAIT_STEP_MS = 20, COMMIT_ROWS_MAX = 55000 /* a COMMIT may take 1 ms a row longer, at most a minute */ };

struct record {
    struct record_link link;
    struct copy *copy; /* owned */
    struct db_gate gate;
    struct record_events events;
    struct record_watch *watch; /* borrowed, or its own, which nobody looks at */
    struct record_watch own_watch;
    char *lock_path; /* owned */
    int lock_fd;     /* -1: not the one that is told */
    bool beside;     /* see record_stay_beside() */
    size_t shipped;  /* rows of this write, sent so far */
    char error[DB_ERROR_BYTES];
};

struct record *record_new(const char *url, const char *path, char *error, size_t size)
{
    struct copy *copy = copy_open(path, error, size);
    if (!copy)
        return NULL;
    struct record *self = mem_new(sizeof *self);
    self->copy = copy;
    self->watch = &self->own_watch;
    self->lock_fd = -1;
    self->lock_path = mem_new(strlen(path) + sizeof "-follower");
    sprintf(self->lock_path, "%s-follower", path);
    record_link_init(&self->link, url, path);
    return self;
}

void record_close(struct record *self)
{
    if (!self)
        return;
    record_link_fini(&self->link);
    copy_close(self->copy);
    record_events_clear(&self->events);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    free(self->lock_path);
    free(self);
}

void record_share(struct record *self, void *counter)
{
    copy_share(self->copy, counter);
}

void record_watch(struct record *self, struct record_watch *watch)
{
    self->watch = watch;
}

void record_stop_at(struct record *self, int fd)
{
    pg_stop_at(self->link.pg, fd);
}

const char *record_error(const struct record *self)
{
    return self->error;
}

/* ---- following ---- */

static enum directory_result of_link(struct record *self, enum directory_result result)
{
    if (result != DIRECTORY_OK)
        snprintf(self->error, sizeof self->error, "%s", self->link.error);
    return result;
}

/* What was not committed to the copy is noted again when it is. */
static enum directory_result follow_now(struct record *self, bool in_transaction)
{
    struct record_events events = {0};
    struct follower follower = {
        .events = &events,
        .watch = self->watch,
        .link = &self->link,
        .copy = self->copy,
        .error = self->error,
        .size = sizeof self->error,
        .in_transaction = in_transaction,
        .quietly = self->beside,
    };
    enum directory_result result = follow(&follower);
    if (result == DIRECTORY_OK)
        record_events_take(&self->events, &events);
    record_events_clear(&events);
    return result;
}

void record_take_events(struct record *self, struct record_events *events)
{
    record_events_take(events, &self->events);
}

enum directory_result record_follow(struct record *self)
{
    enum directory_result result = of_link(self, record_link_open(&self->link));
    return result == DIRECTORY_OK ? follow_now(self, false) : result;
}

int record_fd(const struct record *self)
{
    return pg_fd(self->link.pg);
}

bool record_has_news(struct record *self)
{
    return pg_take_news(self->link.pg) || !pg_is_open(self->link.pg);
}

/* The kernel releases the lock when its process ends, however it ends. */
bool record_lead(struct record *self)
{
    if (self->lock_fd >= 0)
        return true;
    int fd = open(self->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return false;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return false;
    }
    self->lock_fd = fd;
    record_link_listen(&self->link);
    return true;
}

void record_prune(struct record *self)
{
    if (pg_is_open(self->link.pg))
        record_link_do(&self->link, record_prune_sql);
}

/* ---- writing ---- */

/* Puts the sentence where the caller looks for it. */
static enum directory_result tell(struct record *self, struct db *db, enum directory_result result)
{
    if (result != DIRECTORY_OK)
        db_broken(db, "%s", self->error);
    return result;
}

/* Of a write that did not come about; the connection may have been lost with it. */
static void give_up(struct record *self)
{
    if (pg_is_open(self->link.pg))
        pg_do(self->link.pg, "ROLLBACK");
}

static enum directory_result begin(void *ctx, struct db *db)
{
    struct record *self = ctx;
    enum directory_result result = of_link(self, record_link_open(&self->link));
    if (result == DIRECTORY_OK)
        result = of_link(self, record_link_do(&self->link, record_begin_sql));
    if (result == DIRECTORY_OK)
        result = follow_now(self, true);
    if (result != DIRECTORY_OK) {
        give_up(self);
        return tell(self, db, result);
    }
    result = transaction_begin_here(db);
    if (result != DIRECTORY_OK)
        give_up(self);
    return result;
}

static enum directory_result ship(void *ctx, const struct captured *captured)
{
    struct record *self = ctx;
    struct buf sql;
    buf_init(&sql);
    if (captured->is_delete)
        record_sql_delete(captured->table, &sql);
    else
        record_sql_put(captured->table, &sql);
    const char *const params[] = {captured->rows};
    struct pg_statement statement = {.sql = sql.data, .params = params, .count = 1};
    enum pg_outcome result = pg_run(self->link.pg, &statement, NULL);
    buf_fini(&sql);
    self->shipped += captured->count;
    return of_link(self, record_link_judge(&self->link, result));
}

/* Sends what DB's transaction has changed, if anything. */
static enum directory_result ship_all(struct record *self, struct db *db, bool *any)
{
    enum directory_result result = capture_any(db, any);
    if (result != DIRECTORY_OK || !*any)
        return result;
    self->shipped = 0;
    snprintf(self->error, sizeof self->error, "the changes cannot be read from the copy");
    return tell(self, db, capture_each(db, copy_tables(self->copy), ship, self));
}

/* References are checked by the COMMIT. */
static int commit_ms(const struct record *self)
{
    return PG_STATEMENT_MS + (self->shipped < COMMIT_ROWS_MAX ? (int)self->shipped : COMMIT_ROWS_MAX);
}

/*
 * If the COMMIT or what follows it fails, the write may have come about or may come to this copy later: the caller is
 * told AWAY, not that nothing was changed.
 */
static enum directory_result commit(struct record *self, struct db *db)
{
    struct pg_statement statement = {.sql = "COMMIT", .ms = commit_ms(self)};
    enum directory_result result =
        of_link(self, record_link_judge(&self->link, pg_run(self->link.pg, &statement, NULL)));
    if (result == DIRECTORY_OK)
        result = follow_now(self, false);
    return tell(self, db, result == DIRECTORY_OK ? DIRECTORY_OK : DIRECTORY_AWAY);
}

static enum directory_result end(void *ctx, struct db *db, enum directory_result result)
{
    struct record *self = ctx;
    bool good = result == DIRECTORY_OK || result == DIRECTORY_CREATED;
    bool any = false;
    enum directory_result shipped = good ? ship_all(self, db, &any) : DIRECTORY_OK;
    transaction_end_here(db, DIRECTORY_NOT_FOUND); /* whatever was done here was noted, and comes by the log */
    if (good && shipped == DIRECTORY_OK && any) {
        enum directory_result committed = commit(self, db);
        return committed == DIRECTORY_OK ? result : committed;
    }
    give_up(self);
    return shipped == DIRECTORY_OK ? result : shipped;
}

enum directory_result record_serve(struct record *self, struct db *db)
{
    enum directory_result result = capture_start(db, copy_tables(self->copy));
    self->gate = (struct db_gate){begin, end, self};
    db->gate = &self->gate;
    return result;
}

/* ---- beside those who follow ---- */

void record_stay_beside(struct record *self)
{
    self->beside = true;
}

static enum directory_result write_row(struct record *self, const struct pg_statement *statement, int64_t *id)
{
    struct pg_rows *rows = NULL;
    enum directory_result result =
        of_link(self, record_link_judge(&self->link, pg_run(self->link.pg, statement, &rows)));
    if (result == DIRECTORY_OK && pg_rows_count(rows) == 0)
        result = DIRECTORY_NOT_FOUND;
    if (result == DIRECTORY_OK)
        *id = atoll(pg_rows_text(rows, 0, 0));
    pg_rows_free(rows);
    return result;
}

enum directory_result record_write_alone(struct record *self, struct db *db, const struct pg_statement *statement,
                                         int64_t *id)
{
    enum directory_result result = of_link(self, record_link_open(&self->link));
    if (result != DIRECTORY_OK)
        return tell(self, db, result);
    result = of_link(self, record_link_do(&self->link, record_begin_sql));
    if (result == DIRECTORY_OK)
        result = write_row(self, statement, id);
    if (result == DIRECTORY_OK)
        result = of_link(self, record_link_do(&self->link, "COMMIT"));
    if (result != DIRECTORY_OK)
        give_up(self);
    return result == DIRECTORY_NOT_FOUND ? result : tell(self, db, result);
}

/* Whether another process is the one that is told of each commit. */
static bool is_followed(const struct record *self)
{
    int fd = open(self->lock_path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool taken = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return taken;
}

static bool has_come_to(struct record *self, const struct copy_place *target)
{
    struct copy_place now;
    return copy_read_place(self->copy, &now) == DIRECTORY_OK && now.position >= target->position &&
           strcmp(now.record, target->record) == 0;
}

enum directory_result record_await(struct record *self, int ms)
{
    int64_t until_ms = clock_mono_ms() + ms;
    struct record_head head;
    enum directory_result result = record_follow(self);
    if (result != DIRECTORY_BUSY)
        return result;
    result = of_link(self, record_head_read(&self->link, &head));
    if (result != DIRECTORY_OK)
        return result;
    while (!has_come_to(self, &head.place)) {
        if (!is_followed(self)) {
            snprintf(self->error, sizeof self->error, "the copy is behind the record until rollcalld runs");
            return DIRECTORY_NOT_FOUND;
        }
        if (clock_mono_ms() > until_ms) {
            snprintf(self->error, sizeof self->error,
                     "the copy is behind the record, and rollcalld does not bring it up to date: see its log");
            return DIRECTORY_BUSY;
        }
        poll(NULL, 0, AWAIT_STEP_MS);
    }
    return DIRECTORY_OK;
}
