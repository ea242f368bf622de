/* SPDX-License-Identifier: ISC */
/*
 * The names that everything is kept under, and their rules (docs/ARCHITECTURE.md, Words): which bytes may stand in the id
 * of a workspace, a user, a session. Pure functions.
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
    IDS_PARTITIONS = 64, /* fixed for ever: keys of another count would not be found again */
};

/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
bool ids_workspace_ok(const char *id, size_t len);

/* 1 to 128 bytes of valid UTF-8 (RFC 3629) with no control character (C0, DEL, C1). */
bool ids_user_ok(const char *id, size_t len);

/* 8 to 64 of [A-Za-z0-9_-]. */
bool ids_session_ok(const char *name, size_t len);

/* Valid UTF-8 by RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. */
bool ids_utf8_ok(const char *text, size_t len);

/* The code point at TEXT (valid UTF-8), whose length in bytes goes into SIZE. */
unsigned ids_utf8_next(const char *text, size_t *size);

/*
 * A name that people read (of a member, a workspace, a DM): valid UTF-8 of 1 to MAX_BYTES bytes without control
 * characters, with at least one visible character, and not more than 8 combining marks in a row.
 */
bool ids_name_ok(const char *name, size_t len, size_t max_bytes);

/* The partition of a workspace, 0 to IDS_PARTITIONS - 1: CRC-16/XMODEM as in Redis Cluster's specification. */
unsigned ids_partition(const char *workspace, size_t len);

#endif
