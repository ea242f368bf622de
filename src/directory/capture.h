/* SPDX-License-Identifier: ISC */
/*
 * What a transaction changes, row by row, as JSON: taken before it is rolled back, and sent to the record instead.
 * Triggers in the connection's own temporary schema note it, so rows that other triggers and foreign keys change are
 * noted too.
 */
#ifndef ROLLCALL_DIRECTORY_CAPTURE_H
#define ROLLCALL_DIRECTORY_CAPTURE_H

#include "directory/tables.h"

/* Makes DB note what its transactions change in TABLES. */
enum directory_result capture_start(struct db *db, const struct tables *tables);

/* Some rows of TABLE that were changed: ROWS, a JSON array. Valid during the call that gets it. */
struct captured {
    const struct db_table *table;
    bool is_delete; /* they are deleted; otherwise this is how they are now */
    const char *rows;
    size_t count;
};

typedef enum directory_result captured_fn(void *ctx, const struct captured *captured);

/*
 * Calls FN with all that the open transaction has changed so far, until FN returns something but OK. Each row comes
 * once, as it is now. Those of one kind come together, however they were changed: first what is deleted, then what is
 * put, and between two tables so that nothing refers to a row that is not there.
 */
enum directory_result capture_each(struct db *db, const struct tables *tables, captured_fn *fn, void *ctx);

/* Whether the open transaction has changed anything. */
enum directory_result capture_any(struct db *db, bool *any);

#endif
