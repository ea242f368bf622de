/* SPDX-License-Identifier: ISC */
/* See import.h. */
#include "directory/import.h"

#include "base/limits.h"
#include "base/mem.h"
#include "directory/members_private.h"
#include "directory/parts_private.h"
#include "directory/transaction.h"
#include "directory/workspaces_private.h"

#include <assert.h>
#include <stdlib.h>

enum directory_result directory_import_begin(struct directory *self, const char *workspace)
{
    assert(!self->import.workspace);
    enum directory_result result = transaction_begin(&self->db);
    if (result != DIRECTORY_OK)
        return result;
    result = workspace_exists(&self->db, workspace);
    if (result != DIRECTORY_OK)
        return transaction_end(&self->db, result);
    self->import = (struct import_state){.workspace = mem_text(workspace), .result = DIRECTORY_OK};
    return DIRECTORY_OK;
}

enum directory_result directory_import_add(struct directory *self, const struct member_edit *edit,
                                           enum member_change *changed)
{
    struct import_state *import = &self->import;
    assert(import->workspace);
    if (import->result != DIRECTORY_OK)
        return import->result;
    enum member_change different = MEMBER_SAME;
    enum directory_result result = DIRECTORY_LIMIT;
    if (++import->lines <= LIMIT_IMPORT_LINES)
        result = member_put(&self->db, import->workspace, edit, &different);
    if (result == DIRECTORY_CREATED)
        import->added++;
    else if (result == DIRECTORY_OK)
        import->changed += different != MEMBER_SAME;
    else
        import->result = result;
    if (changed)
        *changed = different;
    return result;
}

enum directory_result directory_import_end(struct directory *self, bool commit, size_t *added, size_t *changed)
{
    struct import_state import = self->import;
    *added = *changed = 0;
    if (!import.workspace)
        return DIRECTORY_NOT_FOUND;
    self->import = (struct import_state){0};
    free(import.workspace);
    /* Any result but OK rolls back. A caller who asked for that is told OK. */
    enum directory_result wanted = commit ? import.result : DIRECTORY_NOT_FOUND;
    enum directory_result result = transaction_end(&self->db, wanted);
    if (!commit)
        return DIRECTORY_OK;
    if (result != DIRECTORY_OK)
        return result;
    *added = import.added;
    *changed = import.changed;
    return DIRECTORY_OK;
}
