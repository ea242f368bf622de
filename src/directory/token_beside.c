/* SPDX-License-Identifier: ISC */
/* See token_beside.h. */
#include "directory/token_beside.h"

#include "base/clock.h"
#include "directory/record_sql.h"
#include "record/pg.h"

#include <inttypes.h>
#include <stdio.h>

enum { AWAIT_MS = 2000, NUMBER_BYTES = 24 };

enum directory_result token_beside_add(struct record *record, struct db *db, const struct token_grant *grant,
                                       int64_t *id)
{
    char hash[2 * DIRECTORY_HASH_BYTES + 1];
    char created[NUMBER_BYTES];
    char expires[NUMBER_BYTES];
    for (size_t i = 0; i < DIRECTORY_HASH_BYTES; i++)
        snprintf(hash + 2 * i, 3, "%02x", grant->hash[i]);
    snprintf(created, sizeof created, "%" PRId64, clock_wall_ms());
    snprintf(expires, sizeof expires, "%" PRId64, grant->expires_ms);
    const char *const params[] = {hash, grant->label ? grant->label : "", created, expires};
    const struct pg_statement statement = {.sql = record_add_token_sql, .params = params, .count = 4};
    enum directory_result result = record_write_alone(record, db, &statement, id);
    if (result != DIRECTORY_OK)
        return result;
    record_await(record, AWAIT_MS);
    return DIRECTORY_CREATED;
}

enum directory_result token_beside_delete(struct record *record, struct db *db, int64_t id)
{
    char number[NUMBER_BYTES];
    snprintf(number, sizeof number, "%" PRId64, id);
    const char *const params[] = {number};
    const struct pg_statement statement = {.sql = record_delete_token_sql, .params = params, .count = 1};
    return record_write_alone(record, db, &statement, &id);
}
