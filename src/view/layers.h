/* SPDX-License-Identifier: ISC */
/*
 * What others see of a user, as a function of the user's layers and the time. Nothing is saved and put back: when a
 * layer ends, the function has another result. Redis gets the results of all times to come at once, as a schedule.
 *
 * show, dnd and the message are decided independently, each by the layer of highest rank that says something about it
 * (layer_outranks()). Only own layers make invisible. Pure functions.
 */
#ifndef ROLLCALL_VIEW_LAYERS_H
#define ROLLCALL_VIEW_LAYERS_H

#include "base/buf.h"
#include "directory/layer.h"

/* What the layers say at a time. Borrows from the row. */
struct layers_view {
    bool invisible;
    bool lowered; /* active is shown as away */
    bool raised;  /* away is shown as active */
    bool present; /* offline is shown as active, or as away if lowered */
    bool dnd;
    const char *text;  /* of the message, not empty; NULL: none */
    const char *emoji; /* the same */
    int64_t until_ms;  /* when the message ends; 0: none, or it has no end */

    /* Whose word counts; NULL: nobody's. */
    const struct layer *show_by; /* the one that makes invisible, if one does */
    const struct layer *dnd_by;
    const struct layer *message_by; /* it may be one that hides the message */
};

/*
 * What ROW says at AT_MS: the truth, for the user; or what others are to see (TO_OTHERS), which differs while the user
 * is invisible and changes claims.
 */
void layers_at(const struct status_row *row, int64_t at_ms, bool to_others, struct layers_view *out);

/*
 * Appends what ROW says from its changed_ms on, for the scripts (presence/lua/say.lua):
 *
 *     <rev> 0\n<ends_ms> <mode> <note>[\n<ends_ms> <mode> <note>...]
 *
 * One line a segment, the last with ends_ms 0: no end. The mode is of the letters i (invisible), a (lowered), r
 * (raised), p (present), or "-". The note has JSON members, each after a comma. The same row has the same schedule,
 * whenever it is asked for. Each end of a layer begins a segment, all ends of one millisecond the same.
 */
void layers_schedule(const struct status_row *row, struct buf *out);

/* The rev of ROW with the segments that have ended by NOW_MS: what a user's own answer has as its revision. */
int64_t layers_revision(const struct status_row *row, int64_t now_ms);

/*
 * Until when ROW says, without a break from AT_MS on, that its user does not want to be disturbed, also if others are
 * not told of it; 0: without an end. If it does not say so at AT_MS: AT_MS.
 */
int64_t layers_undisturbed(const struct status_row *row, int64_t at_ms);

/*
 * The layer that ends next after NOW_MS, of those that the user knows of, and when (AT, in ms). False if none has an
 * end.
 */
bool layers_next(const struct status_row *row, int64_t now_ms, const struct layer **which, int64_t *at);

#endif
