/* SPDX-License-Identifier: ISC */
/* How a call of directory/ went. A type only. */
#ifndef ROLLCALL_DIRECTORY_RESULT_H
#define ROLLCALL_DIRECTORY_RESULT_H

enum directory_result {
    DIRECTORY_OK,        /* done, or found; of a write: it existed before, changed or not */
    DIRECTORY_CREATED,   /* done, and did not exist before */
    DIRECTORY_NOT_FOUND, /* no such row */
    DIRECTORY_INVALID,   /* an argument breaks a rule, such as a participant who is not a member */
    DIRECTORY_LIMIT,     /* a cap of base/limits.h */
    DIRECTORY_OTHER,     /* the key belongs to another request, or another wrote since */
    DIRECTORY_BUSY,      /* another writer held the database too long: try again */
    DIRECTORY_READONLY,  /* the file or its directory cannot be written */
    DIRECTORY_FULL,      /* the disk is full */
    DIRECTORY_AWAY,      /* the record cannot be reached: a write may have been made or not */
    DIRECTORY_BROKEN,    /* corrupt, replaced while open, or an I/O error */
};

#endif
