/* SPDX-License-Identifier: ISC */
/* See record_follow.h. */
#include "directory/record_follow.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/copy_changes.h"
#include "directory/record_head.h"
#include "directory/record_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 2000, RUN_ROWS = 500, PROGRESS_MS = 2000, COPY_STATEMENT_MS = 60000 };

/* Columns of record_log_sql. */
enum {
    LOG_ID,
    LOG_TAG,
    LOG_ORIGIN,
    LOG_TABLE,
    LOG_OP,
    LOG_ROW,
    LOG_RECORD,
    LOG_WORKSPACE,
    LOG_USER,
    LOG_REV,
    LOG_NEWEST,
    LOG_AGE_MS
};

static enum directory_result fail(const struct follower *self, enum directory_result result, const char *sentence)
{
    snprintf(self->error, self->size, "%s", sentence);
    return result;
}

/* What went wrong with the copy, or with the connection. */
static enum directory_result of_copy(const struct follower *self, enum directory_result result)
{
    return result == DIRECTORY_OK ? result : fail(self, result, copy_error(self->copy));
}

static enum directory_result of_link(const struct follower *self, enum directory_result result)
{
    return result == DIRECTORY_OK ? result : fail(self, result, self->link->error);
}

/* Ends a change of the copy with RESULT. The sentence of what failed first is kept. */
static enum directory_result end_change(const struct follower *self, enum directory_result result,
                                        const struct copy_place *place)
{
    enum directory_result ended = copy_end(self->copy, result, place);
    return result == DIRECTORY_OK ? of_copy(self, ended) : result;
}

/* ---- how far the copy is ---- */

static void is_level(const struct follower *self)
{
    atomic_store(&self->watch->behind_rows, 0);
    atomic_store(&self->watch->behind_since_ms, 0);
}

/* ROWS begin with the row that the copy has, and all behind it are still to come. */
static void is_behind(const struct follower *self, const struct pg_rows *rows)
{
    atomic_store(&self->watch->behind_rows,
                 atoll(pg_rows_text(rows, 0, LOG_NEWEST)) - atoll(pg_rows_text(rows, 0, LOG_ID)));
    atomic_store(&self->watch->behind_since_ms, clock_wall_ms() - atoll(pg_rows_text(rows, 1, LOG_AGE_MS)));
}

/* ---- the log ---- */

static enum directory_result read_log(const struct follower *self, const struct copy_place *place,
                                      struct pg_rows **rows)
{
    char position[24];
    snprintf(position, sizeof position, "%lld", (long long)place->position);
    const char *const params[] = {position};
    struct pg_statement statement = {.sql = record_log_sql, .params = params, .count = 1};
    return of_link(self, record_link_judge(self->link, pg_run(self->link->pg, &statement, rows)));
}

/* Whether ROWS begin with the row at PLACE: what comes after it is all that PLACE lacks. */
static bool goes_on(const struct copy_place *place, const struct pg_rows *rows)
{
    return pg_rows_count(rows) > 0 && atoll(pg_rows_text(rows, 0, LOG_ID)) == place->position &&
           strcmp(pg_rows_text(rows, 0, LOG_TAG), place->tag) == 0 &&
           strcmp(pg_rows_text(rows, 0, LOG_RECORD), place->record) == 0;
}

/* Whether row I is of the same kind as the one before it. */
static bool is_alike(const struct pg_rows *rows, size_t i)
{
    return strcmp(pg_rows_text(rows, i, LOG_TABLE), pg_rows_text(rows, i - 1, LOG_TABLE)) == 0 &&
           strcmp(pg_rows_text(rows, i, LOG_OP), pg_rows_text(rows, i - 1, LOG_OP)) == 0;
}

/* Applies rows FROM to TO, which are alike. Rows of other tables are not for copies. */
static enum directory_result apply_run(const struct follower *self, const struct pg_rows *rows, size_t from, size_t to)
{
    const struct db_table *table = tables_find(copy_tables(self->copy), pg_rows_text(rows, from, LOG_TABLE));
    bool is_delete = strcmp(pg_rows_text(rows, from, LOG_OP), "del") == 0;
    if (!table)
        return DIRECTORY_OK;
    struct buf list;
    buf_init(&list);
    for (size_t i = from; i < to; i++) {
        buf_add_char(&list, i == from ? '[' : ',');
        buf_add_text(&list, pg_rows_text(rows, i, LOG_ROW));
    }
    buf_add_char(&list, ']');
    enum directory_result result =
        is_delete ? copy_delete(self->copy, table, list.data) : copy_put(self->copy, table, list.data);
    buf_fini(&list);
    return of_copy(self, result);
}

/* Whether row I counts the conversations of a workspace, as each that is opened does. The copy does not have it yet. */
static bool is_count(const struct follower *self, const struct pg_rows *rows, size_t i)
{
    return strcmp(pg_rows_text(rows, i, LOG_TABLE), "workspace") == 0 &&
           strcmp(pg_rows_text(rows, i, LOG_OP), "put") == 0 &&
           copy_is_count(self->copy, pg_rows_text(rows, i, LOG_ROW));
}

/* What this copy has written itself, its handlers tell. */
static void note_event(const struct follower *self, const struct pg_rows *rows, size_t i)
{
    const char *origin = pg_rows_text(rows, i, LOG_ORIGIN);
    if (origin && strcmp(origin, self->link->origin) == 0)
        return;
    struct record_row row = {
        .table = pg_rows_text(rows, i, LOG_TABLE),
        .is_delete = strcmp(pg_rows_text(rows, i, LOG_OP), "del") == 0,
        .is_count = is_count(self, rows, i),
        .by_hand = !origin || !*origin,
        .workspace = pg_rows_text(rows, i, LOG_WORKSPACE),
        .user = pg_rows_text(rows, i, LOG_USER),
        .rev = pg_rows_text(rows, i, LOG_REV),
    };
    record_events_note(self->events, &row);
}

/* Applies all ROWS but the first, and moves PLACE to the last. */
static enum directory_result apply_page(const struct follower *self, const struct pg_rows *rows,
                                        struct copy_place *place)
{
    enum directory_result result = DIRECTORY_OK;
    size_t count = pg_rows_count(rows);
    for (size_t from = 1, to; from < count && result == DIRECTORY_OK; from = to) {
        to = from + 1;
        while (to < count && to - from < RUN_ROWS && is_alike(rows, to))
            to++;
        for (size_t i = from; i < to; i++)
            note_event(self, rows, i);
        result = apply_run(self, rows, from, to);
    }
    place->position = atoll(pg_rows_text(rows, count - 1, LOG_ID));
    snprintf(place->tag, sizeof place->tag, "%s", pg_rows_text(rows, count - 1, LOG_TAG));
    return result;
}

/* Applies ROWS and all pages after them, inside a change of the copy. */
static enum directory_result apply_pages(const struct follower *self, struct pg_rows *rows, struct copy_place *place)
{
    enum directory_result result;
    bool is_full;
    do {
        is_full = pg_rows_count(rows) == PAGE_ROWS;
        if (pg_rows_count(rows) > 1)
            is_behind(self, rows);
        result = apply_page(self, rows, place);
        pg_rows_free(rows);
        rows = NULL;
        if (result == DIRECTORY_OK && is_full)
            result = read_log(self, place, &rows);
        if (rows && !goes_on(place, rows))
            result = fail(self, DIRECTORY_BUSY, "the log of the record was pruned while it was read: try again");
    } while (result == DIRECTORY_OK && is_full);
    pg_rows_free(rows);
    return result;
}

/* Whether what was applied may stay so, with RESULT of that. */
static enum directory_result judge(const struct follower *self, enum directory_result result)
{
    bool loud = self->quietly && self->events->count > 0;
    return result == DIRECTORY_OK && loud ? fail(self, DIRECTORY_BUSY, "the log has news for pages") : result;
}

/* Takes over ROWS, which go on after PLACE. Another process may have applied them meanwhile. */
static enum directory_result apply(const struct follower *self, struct pg_rows *rows, struct copy_place *place)
{
    struct copy_place now;
    enum directory_result result = of_copy(self, copy_begin(self->copy));
    if (result != DIRECTORY_OK) {
        pg_rows_free(rows);
        return result;
    }
    result = of_copy(self, copy_read_place(self->copy, &now));
    if (result == DIRECTORY_OK && now.position == place->position && strcmp(now.record, place->record) == 0) {
        result = end_change(self, judge(self, apply_pages(self, rows, place)), place);
        if (result == DIRECTORY_OK)
            is_level(self);
        return result;
    }
    pg_rows_free(rows);
    copy_end(self->copy, DIRECTORY_OTHER, NULL);
    return result == DIRECTORY_OK ? follow(self) : result;
}

/* ---- a new copy ---- */

/* A copy that is being made. */
struct making {
    const struct follower *follower;
    struct copy_place place;
    bool again; /* there is an old one, of which pages know */
    size_t rows;
    int64_t told_ms; /* when the log was last told how many rows there are */
};

static void tell_progress(struct making *making)
{
    int64_t now_ms = clock_mono_ms();
    atomic_store(&making->follower->watch->making_rows, (long long)making->rows + 1);
    if (now_ms - making->told_ms < PROGRESS_MS)
        return;
    making->told_ms = now_ms;
    log_info("the copy of the record is being made: %zu rows so far", making->rows);
}

static enum directory_result fetch(struct making *making, const struct db_table *table, size_t *count)
{
    const struct follower *self = making->follower;
    struct pg_rows *rows = NULL;
    struct pg_statement statement = {.sql = record_fetch_sql, .ms = COPY_STATEMENT_MS};
    enum directory_result result =
        of_link(self, record_link_judge(self->link, pg_run(self->link->pg, &statement, &rows)));
    if (result != DIRECTORY_OK)
        return result;
    struct buf list;
    buf_init(&list);
    *count = pg_rows_count(rows);
    for (size_t i = 0; i < *count; i++) {
        buf_add_char(&list, i == 0 ? '[' : ',');
        buf_add_text(&list, pg_rows_text(rows, i, 0));
    }
    buf_add_char(&list, ']');
    if (*count > 0)
        result = of_copy(self, copy_put(self->copy, table, list.data));
    buf_fini(&list);
    pg_rows_free(rows);
    return result;
}

static enum directory_result copy_table(struct making *making, const struct db_table *table)
{
    const struct follower *self = making->follower;
    struct buf sql;
    buf_init(&sql);
    record_sql_open(table, &sql);
    enum directory_result result = of_link(self, record_link_do(self->link, sql.data));
    buf_fini(&sql);
    for (size_t count = 1; count > 0 && result == DIRECTORY_OK; making->rows += count) {
        result = fetch(making, table, &count);
        tell_progress(making);
    }
    return result == DIRECTORY_OK ? of_link(self, record_link_do(self->link, record_close_sql)) : result;
}

static enum directory_result take_head(struct making *making)
{
    const struct follower *self = making->follower;
    struct record_head head = {.last_token = 0};
    enum directory_result result = of_link(self, record_head_read(self->link, &head));
    making->place = head.place;
    return result == DIRECTORY_OK ? of_copy(self, copy_reserve_tokens(self->copy, head.last_token)) : result;
}

/* Inside a change of the copy, and a transaction that sees the record at one moment. */
static enum directory_result copy_all(struct making *making)
{
    const struct follower *self = making->follower;
    enum directory_result result = making->again ? of_copy(self, copy_changes_remember(self->copy)) : DIRECTORY_OK;
    if (result == DIRECTORY_OK)
        result = of_copy(self, copy_clear(self->copy));
    for (size_t i = 0; i < TABLE_COUNT && result == DIRECTORY_OK; i++)
        result = copy_table(making, &copy_tables(self->copy)->list[i]);
    if (result == DIRECTORY_OK && making->again)
        result = of_copy(self, copy_changes_note(self->copy, self->events));
    return result == DIRECTORY_OK ? take_head(making) : result;
}

static enum directory_result make(struct making *making)
{
    const struct follower *self = making->follower;
    enum directory_result result =
        of_link(self, record_link_do(self->link, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"));
    if (result == DIRECTORY_OK)
        result = copy_all(making);
    if (pg_is_open(self->link->pg))
        record_link_do(self->link, "ROLLBACK");
    return result;
}

/* Whether another process has made it since BEFORE was read. */
static bool is_made(const struct follower *self, const struct copy_place *before)
{
    struct copy_place now;
    return copy_read_place(self->copy, &now) == DIRECTORY_OK &&
           (now.position != before->position || strcmp(now.tag, before->tag) != 0);
}

static enum directory_result make_again(const struct follower *self, const struct copy_place *before)
{
    if (self->in_transaction || (self->quietly && *before->record))
        return fail(self, DIRECTORY_BUSY, "the copy of the record has to be made first: try again in a moment");
    enum directory_result result = of_copy(self, copy_begin(self->copy));
    if (result != DIRECTORY_OK)
        return result;
    if (is_made(self, before)) {
        copy_end(self->copy, DIRECTORY_OTHER, NULL);
        return follow(self);
    }
    log_info("the copy of the record is being made%s", *before->record ? ": the old one cannot follow its log" : "");
    struct making making = {.follower = self, .again = *before->record, .told_ms = clock_mono_ms()};
    tell_progress(&making);
    result = end_change(self, make(&making), &making.place);
    atomic_store(&self->watch->making_rows, 0);
    if (result != DIRECTORY_OK)
        return result;
    is_level(self);
    atomic_store(&self->watch->made_ms, clock_wall_ms());
    log_info("the copy of the record is complete: %zu rows", making.rows);
    return DIRECTORY_OK;
}

/* ---- which ---- */

enum directory_result follow(const struct follower *self)
{
    struct copy_place place;
    struct pg_rows *rows = NULL;
    enum directory_result result = of_copy(self, copy_read_place(self->copy, &place));
    if (result == DIRECTORY_OK && !*place.record)
        return make_again(self, &place);
    if (result == DIRECTORY_OK)
        result = read_log(self, &place, &rows);
    if (result == DIRECTORY_OK && goes_on(&place, rows) && pg_rows_count(rows) > 1)
        return apply(self, rows, &place);
    bool goes = result == DIRECTORY_OK && goes_on(&place, rows);
    pg_rows_free(rows);
    if (goes)
        is_level(self);
    return result != DIRECTORY_OK || goes ? result : make_again(self, &place);
}
