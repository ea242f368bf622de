/* SPDX-License-Identifier: ISC */
/* See record.h. */
#include "directory/record.h"

#include "base/buf.h"
#include "base/mem.h"
#include "directory/capture.h"
#include "directory/copy.h"
#include "directory/record_follow.h"
#include "directory/record_link.h"
#include "directory/record_sql.h"
#include "directory/transaction.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct record {
    struct record_link link;
    struct copy *copy; /* owned */
    struct db_gate gate;
    struct record_events events;
    char *lock_path; /* owned */
    int lock_fd;     /* -1: not the one that is told */
    char error[DB_ERROR_BYTES];
};

struct record *record_new(const char *url, const char *path, char *error, size_t size)
{
    struct copy *copy = copy_open(path, error, size);
    if (!copy)
        return NULL;
    struct record *self = mem_new(sizeof *self);
    self->copy = copy;
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
        .link = &self->link,
        .copy = self->copy,
        .error = self->error,
        .size = sizeof self->error,
        .in_transaction = in_transaction,
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
    return of_link(self, record_link_judge(&self->link, result));
}

/* Sends what DB's transaction has changed, if anything. */
static enum directory_result ship_all(struct record *self, struct db *db, bool *any)
{
    enum directory_result result = capture_any(db, any);
    if (result != DIRECTORY_OK || !*any)
        return result;
    snprintf(self->error, sizeof self->error, "the changes cannot be read from the copy");
    return tell(self, db, capture_each(db, copy_tables(self->copy), ship, self));
}

/*
 * If the COMMIT or what follows it fails, the write may have come about or may come to this copy later: the caller is
 * told AWAY, not that nothing was changed.
 */
static enum directory_result commit(struct record *self, struct db *db)
{
    enum directory_result result = of_link(self, record_link_do(&self->link, "COMMIT"));
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
