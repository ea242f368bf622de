/* SPDX-License-Identifier: ISC */
/* See record_follow.h. */
#include "directory/record_follow.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/record_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 2000, RUN_ROWS = 500, PROGRESS_MS = 2000, COPY_STATEMENT_MS = 60000 };

/* Columns of record_log_sql. */
enum { LOG_ID, LOG_TAG, LOG_ORIGIN, LOG_TABLE, LOG_OP, LOG_ROW, LOG_RECORD, LOG_WORKSPACE, LOG_USER };

/* Columns of record_head_sql. */
enum { HEAD_ID, HEAD_TAG, HEAD_RECORD, HEAD_LAST_TOKEN };

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

/* What this copy has written itself, its handlers tell. */
static void note_event(const struct follower *self, const struct pg_rows *rows, size_t i)
{
    const char *origin = pg_rows_text(rows, i, LOG_ORIGIN);
    if (origin && strcmp(origin, self->link->origin) == 0)
        return;
    struct record_row row = {
        .table = pg_rows_text(rows, i, LOG_TABLE),
        .is_delete = strcmp(pg_rows_text(rows, i, LOG_OP), "del") == 0,
        .by_hand = !origin || !*origin,
        .workspace = pg_rows_text(rows, i, LOG_WORKSPACE),
        .user = pg_rows_text(rows, i, LOG_USER),
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
        result = apply_run(self, rows, from, to);
    }
    for (size_t i = 1; i < count && result == DIRECTORY_OK; i++)
        note_event(self, rows, i);
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
    if (result == DIRECTORY_OK && now.position == place->position && strcmp(now.record, place->record) == 0)
        return end_change(self, apply_pages(self, rows, place), place);
    pg_rows_free(rows);
    copy_end(self->copy, DIRECTORY_OTHER, NULL);
    return result == DIRECTORY_OK ? follow(self) : result;
}

/* ---- a new copy ---- */

/* A copy that is being made. */
struct making {
    const struct follower *follower;
    struct copy_place place;
    size_t rows;
    int64_t told_ms; /* when the log was last told how many rows there are */
};

static void tell_progress(struct making *making)
{
    int64_t now_ms = clock_mono_ms();
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

static enum directory_result read_head(struct making *making)
{
    const struct follower *self = making->follower;
    struct copy_place *place = &making->place;
    struct pg_rows *rows = NULL;
    struct pg_statement statement = {.sql = record_head_sql};
    enum directory_result result =
        of_link(self, record_link_judge(self->link, pg_run(self->link->pg, &statement, &rows)));
    if (result == DIRECTORY_OK && pg_rows_count(rows) != 1)
        result = fail(self, DIRECTORY_BROKEN, "the log of the record is empty: restore the record from a backup");
    if (result == DIRECTORY_OK) {
        place->position = atoll(pg_rows_text(rows, 0, HEAD_ID));
        snprintf(place->tag, sizeof place->tag, "%s", pg_rows_text(rows, 0, HEAD_TAG));
        snprintf(place->record, sizeof place->record, "%s", pg_rows_text(rows, 0, HEAD_RECORD));
        result = of_copy(self, copy_reserve_tokens(self->copy, pg_rows_text(rows, 0, HEAD_LAST_TOKEN)));
    }
    pg_rows_free(rows);
    return result;
}

/* Inside a change of the copy, and a transaction that sees the record at one moment. */
static enum directory_result copy_all(struct making *making)
{
    const struct follower *self = making->follower;
    enum directory_result result = of_copy(self, copy_clear(self->copy));
    for (size_t i = 0; i < TABLE_COUNT && result == DIRECTORY_OK; i++)
        result = copy_table(making, &copy_tables(self->copy)->list[i]);
    return result == DIRECTORY_OK ? read_head(making) : result;
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
    if (self->in_transaction)
        return fail(self, DIRECTORY_BUSY, "the copy of the record has to be made first: try again in a moment");
    enum directory_result result = of_copy(self, copy_begin(self->copy));
    if (result != DIRECTORY_OK)
        return result;
    if (is_made(self, before)) {
        copy_end(self->copy, DIRECTORY_OTHER, NULL);
        return follow(self);
    }
    log_info("the copy of the record is being made%s", *before->record ? ": the old one cannot follow its log" : "");
    struct making making = {.follower = self, .told_ms = clock_mono_ms()};
    result = end_change(self, make(&making), &making.place);
    if (result == DIRECTORY_OK)
        log_info("the copy of the record is complete: %zu rows", making.rows);
    return result;
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
    bool is_behind = result == DIRECTORY_OK && !goes_on(&place, rows);
    pg_rows_free(rows);
    return is_behind ? make_again(self, &place) : result;
}
