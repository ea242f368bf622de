/* SPDX-License-Identifier: ISC */
/* Backups: a copy of the database, made while rollcalld runs. Needs no open directory. */
#ifndef ROLLCALL_DIRECTORY_BACKUP_H
#define ROLLCALL_DIRECTORY_BACKUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies the database at PATH, which others may be writing, to the file OUT, which is replaced when the copy is
 * complete. The result is one file, to be put in PATH's place while no rollcalld runs. False with a sentence in ERROR
 * (of SIZE bytes).
 */
bool directory_backup(const char *path, const char *out, char *error, size_t size);

#endif
