/* SPDX-License-Identifier: ISC */
/* See record_sql.h. */
#include "directory/record_sql.h"

#include "base/buf.h"

const char record_begin_sql[] = "BEGIN;"
                                "SET LOCAL lock_timeout = '3s';"
                                "SET LOCAL rollcall.complete = 'on';"
                                "SET CONSTRAINTS ALL DEFERRED;" RECORD_LOCK;

/* Not to_regclass(): what a session knew before it waited for the lock, that function still believes after it. */
const char record_exists_sql[] =
    "SELECT max(relname::text) FROM pg_class WHERE relname = 'record' AND pg_table_is_visible(oid)";
const char record_version_sql[] = "SELECT version FROM record";
const char record_is_utf8_sql[] = "SELECT current_setting('server_encoding') = 'UTF8'";

const char record_may_create_sql[] = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";

/* Nobody updates the log, and of record only the last token is changed. */
const char record_lacks_sql[] =
    "SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class AS c "
    "WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('record')) "
    "AND (c.relname IN ('record', 'log') "
    "OR EXISTS (SELECT 1 FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'a_log')) "
    "AND NOT (has_table_privilege(c.oid, 'SELECT') AND (c.relname = 'log' OR has_table_privilege(c.oid, 'UPDATE')) "
    "AND (c.relname = 'record' OR (has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'DELETE'))))";

const char record_log_sql[] = "SELECT log.id, log.tag, log.origin, log.tbl, log.op, log.row, record.id, "
                              "coalesce(log.row ->> 'workspace', log.row ->> 'id'), log.row ->> 'user', "
                              "log.row ->> 'rev', (SELECT max(id) FROM log), "
                              "(extract(epoch FROM clock_timestamp() - log.at) * 1000)::bigint "
                              "FROM log, record WHERE log.id >= $1 ORDER BY log.id LIMIT 2000";

const char record_head_sql[] = "SELECT log.id, log.tag, record.id, record.last_token "
                               "FROM log, record ORDER BY log.id DESC LIMIT 1";

const char record_empty_sql[] = "SELECT NOT EXISTS (SELECT 1 FROM workspace) AND NOT EXISTS (SELECT 1 FROM \"user\") "
                                "AND NOT EXISTS (SELECT 1 FROM token) AND NOT EXISTS (SELECT 1 FROM webhook)";

const char record_stop_webhook_sql[] =
    "UPDATE webhook SET active = 0 WHERE id = $1 AND url = $2 AND active <> 0 RETURNING id";

const char record_add_token_sql[] = "INSERT INTO token (hash, admin, label, created_ms, expires_ms) "
                                    "VALUES (decode($1, 'hex'), 1, $2, $3, $4) RETURNING id";
const char record_delete_token_sql[] = "DELETE FROM token WHERE id = $1 RETURNING id";

/*
 * Not each row that is old: by the clock of another server, or of one that was set, newer ones may be before it. A row
 * that is of the future by such a clock keeps nothing.
 */
const char record_prune_sql[] =
    "DELETE FROM log WHERE id < coalesce((SELECT min(id) FROM log "
    "WHERE at BETWEEN now() - interval '1 hour' AND now() + interval '1 hour'), (SELECT max(id) FROM log))";

const char record_fetch_sql[] = "FETCH 2000 FROM rows";
const char record_close_sql[] = "CLOSE rows";

/* Of a row that comes twice, the last one counts: a statement can write a row only once. */
void record_sql_put(const struct db_table *table, struct buf *out)
{
    static const struct table_format of_row = {.column = "r.\"%\"", .separator = ", "};
    buf_printf(out, "INSERT INTO \"%s\" SELECT DISTINCT ON (", table->name);
    table_list(table, TABLE_KEY, &of_row, out);
    buf_printf(out,
               ") r.* FROM json_array_elements($1::json) WITH ORDINALITY AS e (v, n), "
               "json_populate_record(NULL::\"%s\", e.v) AS r ORDER BY ",
               table->name);
    table_list(table, TABLE_KEY, &of_row, out);
    buf_add_text(out, ", e.n DESC");
    table_on_conflict(table, out);
}

void record_sql_delete(const struct db_table *table, struct buf *out)
{
    static const struct table_format same = {.column = "t.\"%\" = r.\"%\"", .separator = " AND "};
    buf_printf(out,
               "DELETE FROM \"%s\" AS t USING json_array_elements($1::json) AS e (v), "
               "json_populate_record(NULL::\"%s\", e.v) AS r WHERE ",
               table->name, table->name);
    table_list(table, TABLE_KEY, &same, out);
}

void record_sql_open(const struct db_table *table, struct buf *out)
{
    buf_printf(out, "DECLARE rows NO SCROLL CURSOR FOR SELECT to_json(t) FROM \"%s\" AS t", table->name);
}
