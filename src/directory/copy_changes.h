/* SPDX-License-Identifier: ISC */
/*
 * What is different in a copy that was made again: the log does not tell it, but people have to hear of it as of any
 * change. Both functions are for use inside a change of the copy.
 */
#ifndef ROLLCALL_DIRECTORY_COPY_CHANGES_H
#define ROLLCALL_DIRECTORY_COPY_CHANGES_H

#include "directory/copy.h"
#include "directory/record_events.h"

/* Before the rows are removed: remembers what pages and Redis know of. */
enum directory_result copy_changes_remember(struct copy *self);

/* When they are there again: adds what is different to EVENTS, and forgets what was remembered. */
enum directory_result copy_changes_note(struct copy *self, struct record_events *events);

#endif
