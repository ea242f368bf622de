/* SPDX-License-Identifier: ISC */
/* Administrators' tokens of a program that runs beside the workers (directory_open_beside()): in the record alone. */
#ifndef ROLLCALL_DIRECTORY_TOKEN_BESIDE_H
#define ROLLCALL_DIRECTORY_TOKEN_BESIDE_H

#include "directory/record.h"
#include "directory/tokens.h"

/*
 * Adds GRANT, an administrator's. ID gets its id; the sentence of a failure goes to DB. The copy has it too, unless it
 * is behind and no worker brings it up to date at once.
 */
enum directory_result token_beside_add(struct record *record, struct db *db, const struct token_grant *grant,
                                       int64_t *id);

/* Removes token ID. */
enum directory_result token_beside_delete(struct record *record, struct db *db, int64_t id);

#endif
