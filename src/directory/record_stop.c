/* SPDX-License-Identifier: ISC */
/* See record_stop.h. */
#include "directory/record_stop.h"

#include "directory/record_link.h"
#include "directory/record_sql.h"

#include <stdio.h>

static enum directory_result write_row(const struct record_stop *self, struct record_link *link)
{
    const char *const params[] = {self->id, self->hook_url};
    const struct pg_statement statement = {.sql = record_stop_webhook_sql, .params = params, .count = 2};
    struct pg_rows *rows = NULL;
    enum directory_result result = record_link_judge(link, pg_run(link->pg, &statement, &rows));
    if (result == DIRECTORY_OK && pg_rows_count(rows) == 0)
        result = DIRECTORY_NOT_FOUND;
    pg_rows_free(rows);
    return result;
}

/* What is not committed, PostgreSQL takes back when the connection ends. */
static enum directory_result write(const struct record_stop *self, struct record_link *link)
{
    enum directory_result result = record_link_open(link);
    if (result == DIRECTORY_OK)
        result = record_link_do(link, record_begin_sql);
    if (result == DIRECTORY_OK)
        result = write_row(self, link);
    return result == DIRECTORY_OK ? record_link_do(link, "COMMIT") : result;
}

enum directory_result record_stop_webhook(const struct record_stop *self, char *error, size_t size)
{
    struct record_link link;
    record_link_init(&link, self->url, self->path);
    pg_stop_at(link.pg, self->stop_fd);
    enum directory_result result = write(self, &link);
    snprintf(error, size, "%s", link.error);
    record_link_fini(&link);
    return result;
}
