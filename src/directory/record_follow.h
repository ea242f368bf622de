/* SPDX-License-Identifier: ISC */
/* How a copy follows the record: row by row of its log, or as a whole. */
#ifndef ROLLCALL_DIRECTORY_RECORD_FOLLOW_H
#define ROLLCALL_DIRECTORY_RECORD_FOLLOW_H

#include "directory/copy.h"
#include "directory/record_events.h"
#include "directory/record_link.h"
#include "directory/record_watch.h"

/* What a following call works on, and where it puts its sentence if it fails. Borrowed for the call. */
struct follower {
    struct record_link *link; /* connected */
    struct copy *copy;
    char *error;
    size_t size;
    struct record_watch *watch;   /* is told how far the copy is */
    struct record_events *events; /* gets what others wrote and is in the copy now */
    bool in_transaction;          /* a transaction is open at the record, which a new copy needs for itself */
    bool quietly;                 /* nothing is taken over of which somebody would have to hear */
};

/*
 * Brings the copy to the latest commit. If the log does not go back to where it is, or belongs to another record, makes
 * it again: those who read it go on reading the old one until the new one is complete. BUSY: that is needed, but
 * another process does it, or a transaction is open; or it is to be done quietly, and cannot.
 */
enum directory_result follow(const struct follower *self);

#endif
