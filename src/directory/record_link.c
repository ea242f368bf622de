/* SPDX-License-Identifier: ISC */
/* See record_link.h. */
#include "directory/record_link.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "directory/record_sql.h"
#include "directory/sql.h"
#include "record/pg_advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 1000, OLDEST_SERVER = 130000 };

static uint64_t hash_file(uint64_t hash, const char *path)
{
    char text[256];
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;
    if (file)
        fclose(file);
    return hash_fnv1a(hash, text, len);
}

/* The same for all processes that use this copy, and no other's. */
static void name_origin(char origin[20], const char *path)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    uint64_t hash = hash_file(HASH_FNV1A_START, "/proc/sys/kernel/random/boot_id");
    hash = hash_fnv1a(hash, host, strlen(host) + 1);
    hash = hash_fnv1a(hash, path, strlen(path));
    snprintf(origin, 20, "%016" PRIx64, hash);
}

void record_link_init(struct record_link *self, const char *url, const char *path)
{
    *self = (struct record_link){.pg = pg_new(url)};
    name_origin(self->origin, path);
}

void record_link_fini(struct record_link *self)
{
    pg_free(self->pg);
}

/* ---- what went wrong ---- */

static enum directory_result fail(struct record_link *self, enum directory_result result, const char *reason)
{
    snprintf(self->error, sizeof self->error, "%s", reason);
    return result;
}

enum directory_result record_link_judge(struct record_link *self, enum pg_outcome result)
{
    const char *reason = pg_error(self->pg);
    switch (result) {
    case PG_OK: return DIRECTORY_OK;
    case PG_BUSY:
        snprintf(self->error, sizeof self->error,
                 "the record is held by another transaction (%s): try again in a moment", reason);
        return DIRECTORY_BUSY;
    case PG_AWAY:
        snprintf(self->error, sizeof self->error, "the record cannot be reached (%s): %s", reason,
                 pg_advice(reason, "check PostgreSQL, and record in the configuration"));
        return DIRECTORY_AWAY;
    case PG_REFUSED: break;
    }
    snprintf(self->error, sizeof self->error, "the record refuses this (%s): %s", reason,
             pg_advice(reason, "look at its log, and whether its schema was changed"));
    return DIRECTORY_BROKEN;
}

enum directory_result record_link_do(struct record_link *self, const char *sql)
{
    return record_link_judge(self, pg_do(self->pg, sql));
}

/* ---- the schema ---- */

/* Applies the migrations above VERSION, in the transaction that is open. */
static enum directory_result migrate(struct record_link *self, int64_t version)
{
    enum directory_result result = DIRECTORY_OK;
    char sql[64];
    for (const struct migration *step = record_migrations; step->version != 0 && result == DIRECTORY_OK; step++) {
        if (step->version <= version)
            continue;
        result = record_link_do(self, step->sql);
        snprintf(sql, sizeof sql, "UPDATE record SET version = %d", step->version);
        if (result == DIRECTORY_OK)
            result = record_link_do(self, sql);
        if (result == DIRECTORY_OK)
            log_info("the record now has schema version %d (%s)", step->version, step->name);
    }
    return result;
}

static int64_t newest_version(void)
{
    int64_t version = 0;
    for (const struct migration *step = record_migrations; step->version != 0; step++)
        version = step->version;
    return version;
}

enum directory_result record_link_read(struct record_link *self, const char *sql, char *out, size_t size)
{
    struct pg_rows *rows = NULL;
    enum pg_outcome asked = pg_run(self->pg, &(struct pg_statement){.sql = sql}, &rows);
    if (asked != PG_OK)
        return record_link_judge(self, asked);
    bool any = pg_rows_count(rows) == 1;
    const char *text = any ? pg_rows_text(rows, 0, 0) : NULL;
    snprintf(out, size, "%s", text ? text : "");
    pg_rows_free(rows);
    return any ? DIRECTORY_OK
               : fail(self, DIRECTORY_BROKEN, "a table of the record is empty: restore it from a backup");
}

/* Reads the version; 0 if there is no record. */
static enum directory_result read_version(struct record_link *self, int64_t *version)
{
    char text[64] = "";
    *version = 0;
    enum directory_result result = record_link_read(self, record_exists_sql, text, sizeof text);
    if (result != DIRECTORY_OK || !*text)
        return result;
    result = record_link_read(self, record_version_sql, text, sizeof text);
    *version = atoll(text);
    return result;
}

/* Somebody may have migrated it since, so it is looked at again behind the lock. */
static enum directory_result bring_up(struct record_link *self)
{
    int64_t version;
    enum directory_result result = record_link_do(self, "BEGIN;" RECORD_LOCK);
    if (result == DIRECTORY_OK)
        result = read_version(self, &version);
    if (result == DIRECTORY_OK)
        result = migrate(self, version);
    enum directory_result ended = record_link_do(self, result == DIRECTORY_OK ? "COMMIT" : "ROLLBACK");
    return result == DIRECTORY_OK ? ended : result;
}

static enum directory_result check_schema(struct record_link *self)
{
    int64_t version;
    enum directory_result result = read_version(self, &version);
    if (result == DIRECTORY_OK && version > newest_version())
        return fail(self, DIRECTORY_BROKEN, "the record was made by a newer rollcalld: install that one here too");
    self->is_empty = version == 0;
    self->is_older = version < newest_version();
    return result == DIRECTORY_OK && self->is_older && !self->only_looks ? bring_up(self) : result;
}

static enum directory_result check_server(struct record_link *self)
{
    char text[64];
    if (pg_server_version(self->pg) < OLDEST_SERVER)
        return fail(self, DIRECTORY_BROKEN, "the record's PostgreSQL is too old: upgrade it to version 13 or later");
    enum directory_result result = record_link_read(self, record_is_utf8_sql, text, sizeof text);
    if (result == DIRECTORY_OK && *text != 't')
        return fail(self, DIRECTORY_BROKEN,
                    "the record's database must have the encoding UTF8: create it with createdb -E UTF8 -T template0");
    return result;
}

/* ---- connecting ---- */

static enum directory_result name_self(struct record_link *self)
{
    char sql[80];
    snprintf(sql, sizeof sql, "SET rollcall.origin = '%s'", self->origin);
    return record_link_do(self, sql);
}

static enum directory_result connect_now(struct record_link *self)
{
    if (!pg_open(self->pg))
        return record_link_judge(self, PG_AWAY);
    enum directory_result result = check_server(self);
    if (result == DIRECTORY_OK)
        result = name_self(self);
    if (result == DIRECTORY_OK)
        result = check_schema(self);
    if (result == DIRECTORY_OK && self->listens)
        result = record_link_do(self, "LISTEN rollcall");
    if (result != DIRECTORY_OK)
        pg_close(self->pg);
    return result;
}

enum directory_result record_link_open(struct record_link *self)
{
    int64_t now_ms = clock_mono_ms();
    if (pg_is_open(self->pg))
        return DIRECTORY_OK;
    if (self->failed_ms != 0 && now_ms - self->failed_ms < RETRY_MS)
        return DIRECTORY_AWAY;
    enum directory_result result = connect_now(self);
    self->failed_ms = result == DIRECTORY_OK ? 0 : clock_mono_ms();
    return result;
}

enum directory_result record_link_listen(struct record_link *self)
{
    self->listens = true;
    return pg_is_open(self->pg) ? record_link_do(self, "LISTEN rollcall") : DIRECTORY_OK;
}
