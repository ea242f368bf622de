/* SPDX-License-Identifier: ISC */
/*
 * Many members in one transaction, all or none. It stays open between the three calls, so they follow each other
 * without anything waiting in between.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "directory/directory_private.h"

#include <assert.h>
#include <stdlib.h>

enum directory_result directory_import_begin(struct directory *self, const char *workspace)
{
    assert(self->import.workspace == NULL);
    enum directory_result result = transaction_begin(self);
    if (result != DIRECTORY_OK)
        return result;
    result = workspace_exists(self, workspace);
    if (result != DIRECTORY_OK)
        return transaction_end(self, result);
    self->import = (struct import){.workspace = mem_text(workspace), .result = DIRECTORY_OK};
    return DIRECTORY_OK;
}

enum directory_result directory_import_add(struct directory *self, const char *user, const char *name, const char *role,
                                           enum member_change *changed)
{
    struct import *import = &self->import;
    assert(import->workspace != NULL);
    if (import->result != DIRECTORY_OK)
        return import->result;
    enum member_change different = MEMBER_SAME;
    enum directory_result result = ++import->lines > LIMIT_IMPORT_LINES
                                       ? DIRECTORY_LIMIT
                                       : member_put(self, import->workspace, user, name, role, &different);
    if (result == DIRECTORY_CREATED)
        import->added++;
    else if (result == DIRECTORY_OK)
        import->changed += different != MEMBER_SAME;
    else
        import->result = result;
    if (changed != NULL)
        *changed = different;
    return result;
}

enum directory_result directory_import_end(struct directory *self, bool commit, size_t *added, size_t *changed)
{
    struct import import = self->import;
    *added = *changed = 0;
    if (import.workspace == NULL)
        return DIRECTORY_NOT_FOUND;
    self->import = (struct import){0};
    free(import.workspace);
    /* Any answer but OK rolls back; it is not what the caller is told who asked for that. */
    enum directory_result wanted = commit ? import.result : DIRECTORY_NOT_FOUND;
    enum directory_result result = transaction_end(self, wanted);
    if (!commit)
        return DIRECTORY_OK;
    if (result != DIRECTORY_OK)
        return result;
    *added = import.added;
    *changed = import.changed;
    return DIRECTORY_OK;
}
