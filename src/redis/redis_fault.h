/* SPDX-License-Identifier: ISC */
/* What an error reply of Redis means: pure functions on its text. */
#ifndef ROLLCALL_REDIS_FAULT_H
#define ROLLCALL_REDIS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum redis_fault {
    FAULT_SCRIPT,   /* the script or its data are to blame */
    FAULT_NOSCRIPT, /* Redis does not know the script: send its text */
    FAULT_REFUSED,  /* Redis cannot do it now */
    FAULT_MOVED,    /* the same; in a cluster, another server has these keys */
    FAULT_MOVING,   /* the same, while keys move from one server to another */
    FAULT_DOWN,     /* the same, of the whole cluster or of these keys */
    FAULT_LOST,     /* this connection is of no more use: the server may have changed its role, so connect again */
};

/* What the error reply ERROR means, wherever in it Redis puts the code. */
enum redis_fault redis_fault_of(const char *error);

/* Whether FAULT is about where keys are in a cluster. */
static inline bool redis_fault_is_misplaced(enum redis_fault fault)
{
    return fault == FAULT_MOVED || fault == FAULT_MOVING || fault == FAULT_DOWN;
}

/* Whether ERROR says that the Redis user lacks a right for what a script does, and not for the script itself. */
bool redis_fault_denied_in_script(const char *error);

/* Whether ERROR, about a command that every Redis has, says that this one does not: it may be renamed. */
bool redis_fault_is_unknown(const char *error);

/*
 * Whether ERROR says that the Redis user lacks a right. If so, NAME (of SIZE bytes) becomes that right as ACL SETUSER
 * wants it; COMMAND is what was refused, such as "SCRIPT LOAD".
 */
bool redis_fault_denied(const char *error, const char *command, char *name, size_t size);

#endif
