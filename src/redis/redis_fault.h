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
    FAULT_LOST,     /* this connection is of no more use: the server may have changed its role, so connect again */
};

/* What the error reply ERROR means, wherever in it Redis puts the code. */
enum redis_fault redis_fault_of(const char *error);

/*
 * Whether ERROR says that the Redis user lacks a right. If so, NAME (of SIZE bytes) becomes that right as ACL SETUSER
 * wants it; COMMAND is what was refused, such as "SCRIPT LOAD".
 */
bool redis_fault_denied(const char *error, const char *command, char *name, size_t size);

#endif
