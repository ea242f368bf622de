/* SPDX-License-Identifier: ISC */
/*
 * What was said of a user by hand, as JSON, for themselves and for administrators: the truth, that is, with what is
 * hidden from others. What others get is rendered from views.
 */
#ifndef ROLLCALL_API_SHARED_OWN_RENDER_H
#define ROLLCALL_API_SHARED_OWN_RENDER_H

#include "directory/layer.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct layers_view;

/*
 * ,"invisible":...,"dnd":...,"text"?,"emoji"?,"until"?,"layers":[...],"next"?:{...} of ROW at NOW_MS, as the user may
 * know it.
 */
void own_render(struct buf *out, const struct status_row *row, int64_t now_ms);

/*
 * The same for administrators: with the layers that are kept only for what others see or until they may be set again,
 * the priority of claims, and what others are told: ,"others":{"dnd":...,"text"?,"emoji"?,"until"?}.
 */
void own_render_all(struct buf *out, const struct status_row *row, int64_t now_ms);

/* What LAYER decides of SAYS: show, dnd, message, with commas between, each within QUOTE; nothing if nothing. */
void own_render_wins(struct buf *out, const struct layers_view *says, const struct layer *layer, const char *quote);

#endif
