/* SPDX-License-Identifier: ISC */
/* The latest row of the record's log: where a copy that has all rows of the record goes on. */
#ifndef ROLLCALL_DIRECTORY_RECORD_HEAD_H
#define ROLLCALL_DIRECTORY_RECORD_HEAD_H

#include "directory/copy.h"
#include "directory/record_link.h"

struct record_head {
    struct copy_place place;
    int64_t last_token; /* the highest id that a token ever had */
};

/* Reads it. BROKEN if the log is empty, which a record's never is. Writes the sentence of LINK if it fails. */
enum directory_result record_head_read(struct record_link *link, struct record_head *out);

#endif
