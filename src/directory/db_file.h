/* SPDX-License-Identifier: ISC */
/*
 * The database as a file. SQLite says "unable to open database file" to most faults; an administrator needs to know
 * which file or directory it is and what to do. So this checks the files first. Knows no SQLite.
 */
#ifndef ROLLCALL_DIRECTORY_DB_FILE_H
#define ROLLCALL_DIRECTORY_DB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A file as the system knows it, whatever its path. */
struct db_file {
    dev_t device;
    ino_t inode;
};

/* Makes sure that PATH can be a database; creates an empty file if there is none. False with a sentence in ERROR. */
bool db_file_prepare(const char *path, char *error, size_t size);

/* Whether we may write PATH and the files that SQLite keeps beside it. False with a sentence in ERROR. */
bool db_file_usable(const char *path, char *error, size_t size);

/* Which file is at PATH now; false if there is none. */
bool db_file_find(const char *path, struct db_file *file);

/* Whether PATH still leads to FILE. */
bool db_file_is_at(const char *path, const struct db_file *file);

/* Whether the disk of PATH has no room left for this process. */
bool db_file_disk_full(const char *path);

#endif
