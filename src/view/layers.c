/* SPDX-License-Identifier: ISC */
/* See layers.h. */
#include "view/layers.h"

/* Whether LAYER counts at AT_MS for those who look. VEILED: others look, and the user is invisible. */
static bool counts(const struct layer *layer, int64_t at_ms, bool veiled)
{
    switch (layer->variant) {
    case VARIANT_PLAIN: return layer_lives(layer, at_ms);
    case VARIANT_FROZEN: return veiled && layer_lives(layer, at_ms);
    case VARIANT_UNSEEN: return !veiled && layer_lives(layer, at_ms);
    case VARIANT_SILENCED: break;
    }
    return false;
}

static void prefer(const struct layer **best, const struct layer *layer)
{
    if (!*best || layer_outranks(layer, *best))
        *best = layer;
}

/* What a layer says of the status besides invisible. Forbidden, that is auto. */
static enum show show_of(const struct layer *layer, const struct status_policy *policy)
{
    if (layer->show != SHOW_INVISIBLE)
        return layer->show;
    bool forbidden = policy->invisible == INVISIBLE_FORBIDDEN && layer->kind != LAYER_CLAIM;
    return forbidden ? SHOW_AUTO : SHOW_UNSAID;
}

/* A temporary "no" counts before all; that of other layers says nothing. */
static bool refuses_dnd(const struct layer *layer)
{
    return layer->kind == LAYER_TEMPORARY && layer->dnd == SAID_FALSE;
}

static void count_layer(struct layers_view *view, const struct layer *layer, const struct status_policy *policy)
{
    view->present |= layer->kind == LAYER_CLAIM && layer->present;
    if (show_of(layer, policy) != SHOW_UNSAID)
        prefer(&view->show_by, layer);
    if (policy->messages && (layer->text || layer->emoji))
        prefer(&view->message_by, layer);
    if (refuses_dnd(layer))
        view->dnd_by = layer;
    else if (layer->dnd == SAID_TRUE && (!view->dnd_by || !refuses_dnd(view->dnd_by)))
        prefer(&view->dnd_by, layer);
}

/* NULL unless TEXT shows something. */
static const char *shown(const char *text)
{
    return text && *text ? text : NULL;
}

static void decide_message(struct layers_view *view)
{
    if (!view->message_by)
        return;
    view->text = shown(view->message_by->text);
    view->emoji = shown(view->message_by->emoji);
    if (view->text || view->emoji)
        view->until_ms = view->message_by->until_ms;
}

static void decide_show(struct layers_view *view, const struct status_policy *policy)
{
    if (!view->show_by)
        return;
    enum show show = show_of(view->show_by, policy);
    view->lowered = show == SHOW_AWAY;
    view->raised = show == SHOW_ACTIVE;
}

void layers_at(const struct status_row *row, int64_t at_ms, bool to_others, struct layers_view *out)
{
    const struct layer *hider = layer_invisible(row, at_ms);
    *out = (struct layers_view){.invisible = hider};
    for (size_t i = 0; i < row->count; i++)
        if (counts(&row->layers[i], at_ms, to_others && hider))
            count_layer(out, &row->layers[i], &row->policy);
    decide_show(out, &row->policy);
    decide_message(out);
    out->dnd = out->dnd_by && out->dnd_by->dnd == SAID_TRUE;
    if (hider)
        out->show_by = hider;
}

bool layers_next(const struct status_row *row, int64_t now_ms, const struct layer **which, int64_t *at)
{
    const struct layer *next = NULL;
    for (size_t i = 0; i < row->count; i++) {
        const struct layer *layer = &row->layers[i];
        if (layer->until_ms == 0 || !counts(layer, now_ms, false))
            continue;
        bool first = !next || layer->until_ms < next->until_ms;
        if (first || (layer->until_ms == next->until_ms && layer_outranks(layer, next)))
            next = layer;
    }
    if (!next)
        return false;
    *which = next;
    *at = next->until_ms;
    return true;
}
