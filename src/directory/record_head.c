/* SPDX-License-Identifier: ISC */
/* See record_head.h. */
#include "directory/record_head.h"

#include "directory/record_sql.h"

#include <stdio.h>
#include <stdlib.h>

/* Columns of record_head_sql. */
enum { HEAD_ID, HEAD_TAG, HEAD_RECORD, HEAD_LAST_TOKEN };

static void take(const struct pg_rows *rows, struct record_head *out)
{
    struct copy_place *place = &out->place;
    place->position = atoll(pg_rows_text(rows, 0, HEAD_ID));
    snprintf(place->tag, sizeof place->tag, "%s", pg_rows_text(rows, 0, HEAD_TAG));
    snprintf(place->record, sizeof place->record, "%s", pg_rows_text(rows, 0, HEAD_RECORD));
    out->last_token = atoll(pg_rows_text(rows, 0, HEAD_LAST_TOKEN));
}

enum directory_result record_head_read(struct record_link *link, struct record_head *out)
{
    struct pg_rows *rows = NULL;
    struct pg_statement statement = {.sql = record_head_sql};
    enum directory_result result = record_link_judge(link, pg_run(link->pg, &statement, &rows));
    if (result == DIRECTORY_OK && pg_rows_count(rows) != 1) {
        snprintf(link->error, sizeof link->error, "the log of the record is empty: restore the record from a backup");
        result = DIRECTORY_BROKEN;
    }
    if (result == DIRECTORY_OK)
        take(rows, out);
    pg_rows_free(rows);
    return result;
}
