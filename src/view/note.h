/* SPDX-License-Identifier: ISC */
/*
 * What is said of a person beside their status, as Redis keeps and tells it: JSON members in this order, each with a
 * comma before it, and only those that are set:
 *
 *     ,"seen":"hour|day|hidden","dnd":true,"text":"...","emoji":"...","until":ms
 *
 * "seen" is a setting of the person and is shown to nobody. The rest is shown as it is. Pure.
 */
#ifndef ROLLCALL_VIEW_NOTE_H
#define ROLLCALL_VIEW_NOTE_H

#include "directory/policy.h"

#include <stdbool.h>
#include <stddef.h>

enum { NOTE_MAX = 1024 }; /* bytes; a message that does not fit is left out */

struct note {
    enum last_seen seen; /* how exactly others are told when the person was last seen */
    const char *shown;   /* the part that others may read, within the text that was read */
    size_t shown_len;    /* 0: nothing is shown */
};

/* Whether LEN bytes of TEXT are a note: all of it is as above. */
bool note_ok(const char *text, size_t len);

/*
 * Sets OUT to what LEN bytes of TEXT say. A text that is not a note, or that is too long, says nothing. A setting that
 * is not known counts as the strictest.
 */
void note_read(const char *text, size_t len, struct note *out);

#endif
