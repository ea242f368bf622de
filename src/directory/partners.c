/* SPDX-License-Identifier: ISC */
/* Who shares a DM with whom (directory_each_partner()). */
#include "base/buf.h"
#include "base/ids.h"
#include "directory/dms.h"
#include "directory/parts_private.h"
#include "directory/statement.h"

#include <string.h>

/* Where the users go. */
struct reader {
    void (*fn)(void *ctx, const char *partner);
    void *ctx;
};

static bool on_row(void *ctx, struct sqlite3_stmt *stmt)
{
    const struct reader *reader = ctx;
    const char *user = statement_column(stmt, 0);
    if (!user || !ids_user_ok(user, strlen(user)))
        return false;
    reader->fn(reader->ctx, user);
    return true;
}

/* USERS as a JSON array, which SQL can join with. */
static void add_array(struct buf *out, const struct user_list *users)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < users->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        buf_add_json(out, users->ids[i], strlen(users->ids[i]));
    }
    buf_add_char(out, ']');
}

enum directory_result directory_each_partner(struct directory *self, const char *workspace,
                                             const struct user_list *users, void (*fn)(void *ctx, const char *partner),
                                             void *ctx)
{
    enum directory_result result = db_ready(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    struct reader reader = {fn, ctx};
    struct row_reader rows = {on_row, &reader, "participants", SIZE_MAX};
    struct buf list;
    buf_init(&list);
    add_array(&list, users);
    struct sqlite3_stmt *stmt =
        statement_use(&self->db, STATEMENT_EACH_PARTNER,
                      "SELECT DISTINCT theirs.user FROM json_each(?2) AS asked "
                      "JOIN dm_participant AS mine ON mine.workspace = ?1 AND mine.user = asked.value "
                      "JOIN dm_participant AS theirs ON theirs.workspace = ?1 AND theirs.dm = mine.dm");
    statement_text(stmt, 1, workspace);
    statement_text(stmt, 2, list.data);
    result = statement_each(&self->db, stmt, &rows);
    buf_fini(&list);
    return result;
}
