/* SPDX-License-Identifier: ISC */
/* See record_sql.h. */
#include "directory/record_sql.h"

#include "base/buf.h"

const char record_begin_sql[] = "BEGIN;"
                                "SET LOCAL lock_timeout = '3s';"
                                "SET LOCAL rollcall.complete = 'on';"
                                "SET CONSTRAINTS ALL DEFERRED;" RECORD_LOCK;

const char record_exists_sql[] = "SELECT to_regclass('record')";
const char record_version_sql[] = "SELECT version FROM record";
const char record_is_utf8_sql[] = "SELECT current_setting('server_encoding') = 'UTF8'";

const char record_log_sql[] = "SELECT log.id, log.tag, log.origin, log.tbl, log.op, log.row, record.id, "
                              "coalesce(log.row ->> 'workspace', log.row ->> 'id'), log.row ->> 'user' "
                              "FROM log, record WHERE log.id >= $1 ORDER BY log.id LIMIT 2000";

const char record_head_sql[] = "SELECT log.id, log.tag, record.id, record.last_token "
                               "FROM log, record ORDER BY log.id DESC LIMIT 1";

const char record_empty_sql[] = "SELECT NOT EXISTS (SELECT 1 FROM workspace) AND NOT EXISTS (SELECT 1 FROM \"user\") "
                                "AND NOT EXISTS (SELECT 1 FROM token)";

const char record_prune_sql[] =
    "DELETE FROM log WHERE at < now() - interval '1 hour' AND id < (SELECT max(id) FROM log)";

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
