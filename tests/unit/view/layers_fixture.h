/* SPDX-License-Identifier: ISC */
/* What the tests of layers share: rows of layers, and what is made of them as text. */
#ifndef ROLLCALL_TESTS_LAYERS_FIXTURE_H
#define ROLLCALL_TESTS_LAYERS_FIXTURE_H

#include "view/layers.h"

#include <stdlib.h>

/* Layers, which are plain; what else they say follows as designated initializers. ROW() fills in the rest. */
#define BASE(...)                                                                                                      \
    {                                                                                                                  \
        .kind = LAYER_BASE, __VA_ARGS__                                                                                \
    }
#define TEMPORARY(...)                                                                                                 \
    {                                                                                                                  \
        .kind = LAYER_TEMPORARY, __VA_ARGS__                                                                           \
    }
#define CLAIM(tag, ...)                                                                                                \
    {                                                                                                                  \
        .kind = LAYER_CLAIM, .name = tag, __VA_ARGS__                                                                  \
    }
#define COUNT_OF(layers) (sizeof layers / sizeof *layers)

/* A row of LAYERS that changed at 100 and has rev 64; its workspace allows everything. */
static inline struct status_row row_of(const struct layer *layers, size_t count)
{
    return (struct status_row){
        .workspace = "acme",
        .user = "u1",
        .rev = 64,
        .changed_ms = 100,
        .layers = layers,
        .count = count,
        .policy = {.messages = true},
    };
}

enum { FILLED_MAX = 32 };

/*
 * LAYERS with what they leave out: set at 1, until 1000 unless they are base, a claim's priority 5. Valid until the
 * next call.
 */
static inline const struct layer *fill(const struct layer *layers, size_t count)
{
    static struct layer filled[FILLED_MAX];
    for (size_t i = 0; i < count; i++) {
        struct layer *layer = &filled[i];
        *layer = layers[i];
        layer->name = layer->name ? layer->name : "";
        layer->set_ms = layer->set_ms ? layer->set_ms : 1;
        if (layer->kind != LAYER_BASE && layer->until_ms == 0)
            layer->until_ms = 1000;
        if (layer->kind == LAYER_CLAIM && layer->priority == 0)
            layer->priority = PRIORITY_CLAIM;
    }
    return filled;
}

#define ROW(layers) row_of(fill(layers, COUNT_OF(layers)), COUNT_OF(layers))

static inline void describe_winner(struct buf *out, const char *what, const struct layer *layer)
{
    if (layer)
        buf_printf(out, " %s:%s%s", what, layer_kind_name(layer->kind), layer->name);
}

/* What VIEW says: "invisible away dnd text=x emoji=y until=5 show:base dnd:claimcall message:temporary". */
static inline void describe(struct buf *out, const struct layers_view *view)
{
    buf_clear(out);
    buf_add_text(out, view->invisible ? " invisible" : "");
    buf_add_text(out, view->lowered ? " away" : "");
    buf_add_text(out, view->raised ? " active" : "");
    buf_add_text(out, view->present ? " present" : "");
    buf_add_text(out, view->dnd ? " dnd" : "");
    if (view->text)
        buf_printf(out, " text=%s", view->text);
    if (view->emoji)
        buf_printf(out, " emoji=%s", view->emoji);
    if (view->until_ms != 0)
        buf_printf(out, " until=%d", (int)view->until_ms);
    describe_winner(out, "show", view->show_by);
    describe_winner(out, "dnd", view->dnd_by);
    describe_winner(out, "message", view->message_by);
}

#endif
