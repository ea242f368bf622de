/* SPDX-License-Identifier: ISC */
/*
 * Writes to the directory, for handlers. Without a record they are done when write_start() returns; with one, in a
 * thread that waits for PostgreSQL, and the handler returns before. So what a write needs belongs to its state: the
 * exchange lives until its reply, but its headers, body and JSON do not.
 */
#ifndef ROLLCALL_API_SHARED_WRITE_H
#define ROLLCALL_API_SHARED_WRITE_H

#include "directory/directory.h"

struct service;

/* The calls of directory/ that write. With a record, runs in the thread: it touches nothing but DIRECTORY and STATE. */
typedef enum directory_result write_fn(struct directory *directory, void *state);

/* What follows from it: replies. STATE is its own to free. */
typedef void written_fn(void *state, enum directory_result result);

/*
 * Calls RUN with STATE, then DONE with what RUN returned. DONE is always called, at the latest when the worker ends; at
 * once, with BUSY, if too many writes wait for the thread.
 */
void write_start(struct service *service, write_fn *run, written_fn *done, void *state);

#endif
