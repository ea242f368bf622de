/* SPDX-License-Identifier: ISC */
/*
 * What a client's key has opened. Looking, opening and remembering is one BEGIN IMMEDIATE: whichever worker gets a
 * request for the second time finds what the first one did, or that it did nothing.
 */
#ifndef ROLLCALL_DIRECTORY_DM_KEY_H
#define ROLLCALL_DIRECTORY_DM_KEY_H

#include "directory/db.h"
#include "directory/dms.h"

/*
 * Finds what the key of OPENING has opened: OK with its ID, OTHER, or NOT_FOUND, which stays so only inside a
 * transaction.
 */
enum directory_result dm_key_find(struct db *db, const char *workspace, const struct dm_opening *opening, int64_t *id);

/* Remembers that the key of OPENING has opened ID, at NOW_MS (wall clock), inside a transaction. */
enum directory_result dm_key_keep(struct db *db, const char *workspace, const struct dm_opening *opening, int64_t id,
                                  int64_t now_ms);

#endif
