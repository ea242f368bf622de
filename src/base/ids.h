/* SPDX-License-Identifier: ISC */
/*
 * The rules for ids (docs/ARCHITECTURE.md, Words), which bytes the id of a workspace, user or session may have, and
 * for the names that people read. Pure functions.
 */
#ifndef ROLLCALL_BASE_IDS_H
#define ROLLCALL_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    IDS_WORKSPACE_MAX = 64, /* bytes */
    IDS_USER_MAX = 128,     /* bytes */
    IDS_SESSION_MIN = 8,
    IDS_SESSION_MAX = 64,
    IDS_ROLE_MAX = 32,
    IDS_CLAIM_MAX = 32,
    IDS_PARTITIONS = 64, /* fixed forever: with another count, existing keys would not be found */
};

/* Whether LEN bytes are a valid id. Of a workspace: [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
bool ids_workspace_ok(const char *id, size_t len);

/* Of a user: 1 to 128 bytes of valid UTF-8 without control characters (C0, DEL, C1). */
bool ids_user_ok(const char *id, size_t len);

/* Of a session: 8 to 64 of [A-Za-z0-9_-]. */
bool ids_session_ok(const char *name, size_t len);

/* Whether LEN bytes are a member's role: 1 to 32 of [a-z0-9_-]. */
bool ids_role_ok(const char *role, size_t len);

/* Whether LEN bytes are the name of a claim: 1 to 32 of [a-z0-9_-]. */
bool ids_claim_ok(const char *name, size_t len);

/*
 * Whether NAME may be the name of a member, a workspace or a DM. It may be in any script, but must show something and
 * must not grow out of its line: 1 to MAX_BYTES bytes of valid UTF-8 without control characters, with at least one
 * visible character and at most 8 combining marks in a row.
 */
bool ids_name_ok(const char *name, size_t len, size_t max_bytes);

/* CRC-16/XMODEM of LEN bytes, as in Redis Cluster's specification. */
unsigned ids_crc16(const char *text, size_t len);

/* The partition of a workspace, 0 to IDS_PARTITIONS - 1: CRC-16/XMODEM as in Redis Cluster's specification. */
unsigned ids_partition(const char *workspace, size_t len);

#endif
