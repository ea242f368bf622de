/* SPDX-License-Identifier: ISC */
/* See layer.h. */
#include "directory/layer.h"

#include "base/name_table.h"

#include <string.h>

static const char *const kind_names[] = {
    [LAYER_BASE] = "base",
    [LAYER_TEMPORARY] = "temporary",
    [LAYER_CLAIM] = "claim",
};

static const char *const variant_names[] = {
    [VARIANT_PLAIN] = "plain",
    [VARIANT_FROZEN] = "frozen",
    [VARIANT_UNSEEN] = "unseen",
    [VARIANT_SILENCED] = "silenced",
};

/* SHOW_UNSAID has no name: it is not written. */
static const char *const show_names[] = {
    [SHOW_AUTO] = "auto",
    [SHOW_AWAY] = "away",
    [SHOW_ACTIVE] = "active",
    [SHOW_INVISIBLE] = "invisible",
};

bool layer_lives(const struct layer *layer, int64_t at_ms)
{
    return layer->until_ms == 0 || at_ms < layer->until_ms;
}

int layer_priority(const struct layer *layer)
{
    if (layer->kind == LAYER_CLAIM)
        return layer->priority;
    return layer->kind == LAYER_BASE ? PRIORITY_BASE : PRIORITY_TEMPORARY;
}

/* Names come last so that of two claims made at once, it is always the same one. */
bool layer_outranks(const struct layer *a, const struct layer *b)
{
    if (layer_priority(a) != layer_priority(b))
        return layer_priority(a) > layer_priority(b);
    if ((a->kind == LAYER_CLAIM) != (b->kind == LAYER_CLAIM))
        return b->kind == LAYER_CLAIM;
    if (a->set_ms != b->set_ms)
        return a->set_ms > b->set_ms;
    return strcmp(a->name, b->name) < 0;
}

/* The user's own layer of highest rank that says something of the status. */
static const struct layer *own_show(const struct status_row *row, int64_t at_ms)
{
    const struct layer *best = NULL;
    for (size_t i = 0; i < row->count; i++) {
        const struct layer *layer = &row->layers[i];
        bool own = layer->kind != LAYER_CLAIM && layer->show != SHOW_UNSAID && layer_lives(layer, at_ms);
        if (own && (!best || layer_outranks(layer, best)))
            best = layer;
    }
    return best;
}

const struct layer *layer_invisible(const struct status_row *row, int64_t at_ms)
{
    const struct layer *own = own_show(row, at_ms);
    bool hides = own && own->show == SHOW_INVISIBLE && row->policy.invisible != INVISIBLE_FORBIDDEN;
    return hides ? own : NULL;
}

const char *layer_kind_name(enum layer_kind kind)
{
    return kind_names[kind];
}

const char *layer_variant_name(enum layer_variant variant)
{
    return variant_names[variant];
}

const char *show_name(enum show show)
{
    return show_names[show];
}

NAME_TABLE_PARSER(layer_kind_parse, enum layer_kind, kind_names)
NAME_TABLE_PARSER(layer_variant_parse, enum layer_variant, variant_names)
NAME_TABLE_PARSER(show_parse, enum show, show_names)
