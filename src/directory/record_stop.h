/* SPDX-License-Identifier: ISC */
/*
 * Switches a webhook off at the record, for a process that follows no record. Its copy is not touched: a worker that
 * follows the log changes that, and tells what else the log has.
 */
#ifndef ROLLCALL_DIRECTORY_RECORD_STOP_H
#define ROLLCALL_DIRECTORY_RECORD_STOP_H

#include "directory/result.h"

#include <stddef.h>

/* All borrowed. */
struct record_stop {
    const char *url;  /* of the record */
    const char *path; /* of the copy */
    const char *id;   /* of the webhook */
    const char *hook_url;
    int stop_fd; /* as that of pg_stop_at() */
};

/*
 * Makes the webhook inactive, if its URL is still this one. NOT_FOUND: it is not, or was inactive before. Otherwise, a
 * sentence is in ERROR (of SIZE bytes). Waits for PostgreSQL.
 */
enum directory_result record_stop_webhook(const struct record_stop *self, char *error, size_t size);

#endif
