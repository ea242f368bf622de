/* SPDX-License-Identifier: ISC */
/* What stands for pg.c if Rollcall is built without PostgreSQL: nothing can be connected to. */
#include "base/mem.h"
#include "record/pg.h"

#include <stdio.h>
#include <stdlib.h>

static const char reason[] = "this rollcalld was built without PostgreSQL: build it with libpq, or remove record";

struct pg {
    char unused;
};

bool pg_url_ok(const char *url, char *error, size_t size)
{
    (void)url;
    snprintf(error, size, "%s", reason);
    return false;
}

struct pg *pg_new(const char *url)
{
    (void)url;
    return mem_new(sizeof(struct pg));
}

void pg_free(struct pg *self)
{
    free(self);
}

void pg_stop_at(struct pg *self, int fd)
{
    (void)self;
    (void)fd;
}

bool pg_open(struct pg *self)
{
    (void)self;
    return false;
}

void pg_close(struct pg *self)
{
    (void)self;
}

bool pg_is_open(const struct pg *self)
{
    (void)self;
    return false;
}

int pg_fd(const struct pg *self)
{
    (void)self;
    return -1;
}

bool pg_take_news(struct pg *self)
{
    (void)self;
    return false;
}

const char *pg_error(const struct pg *self)
{
    (void)self;
    return reason;
}

int pg_server_version(const struct pg *self)
{
    (void)self;
    return 0;
}

enum pg_outcome pg_run(struct pg *self, const struct pg_statement *statement, struct pg_rows **rows)
{
    (void)self;
    (void)statement;
    (void)rows;
    return PG_AWAY;
}

enum pg_outcome pg_do(struct pg *self, const char *sql)
{
    (void)self;
    (void)sql;
    return PG_AWAY;
}

size_t pg_rows_count(const struct pg_rows *rows)
{
    (void)rows;
    return 0;
}

const char *pg_rows_text(const struct pg_rows *rows, size_t row, int column)
{
    (void)rows;
    (void)row;
    (void)column;
    return NULL;
}

void pg_rows_free(struct pg_rows *rows)
{
    (void)rows;
}
