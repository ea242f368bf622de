/* SPDX-License-Identifier: ISC */
/* See own_render.h. */
#include "api/shared/own_render.h"

#include "api/shared/render.h"
#include "base/buf.h"
#include "view/layers.h"

/* Who reads it. */
enum reader { READER_USER, READER_ADMIN };

/* Users do not hear of what is kept only for what others see, nor of claims that they have silenced. */
static bool may_read(enum reader reader, const struct layer *layer)
{
    return reader == READER_ADMIN || layer->variant == VARIANT_PLAIN || layer->variant == VARIANT_UNSEEN;
}

/* ,"NAME":"TEXT" if there is a text; one that hides those below is "". */
static void add_text(struct buf *out, const char *name, const char *text)
{
    if (text)
        render_text(out, name, text);
}

static void add_time(struct buf *out, const char *name, int64_t ms)
{
    if (ms > 0)
        render_int(out, name, ms);
}

void own_render_wins(struct buf *out, const struct layers_view *says, const struct layer *layer, const char *quote)
{
    const struct {
        const char *what;
        const struct layer *by;
    } won[] = {{"show", says->show_by}, {"dnd", says->dnd_by}, {"message", says->message_by}};
    const char *separator = "";

    for (size_t i = 0; i < sizeof won / sizeof *won; i++) {
        if (won[i].by != layer)
            continue;
        buf_printf(out, "%s%s%s%s", separator, quote, won[i].what, quote);
        separator = ",";
    }
}

/* How a claim is ranked, and whether everyone sees it. */
static void add_rank(struct buf *out, const struct layer *layer)
{
    if (layer->kind != LAYER_CLAIM)
        return;
    render_int(out, ",priority", layer->priority);
    if (layer->variant != VARIANT_PLAIN)
        render_text(out, ",variant", layer_variant_name(layer->variant));
}

static void add_layer(struct buf *out, enum reader reader, const struct layers_view *says, const struct layer *layer)
{
    buf_add_char(out, '{');
    render_text(out, "layer", layer_kind_name(layer->kind));
    if (layer->kind == LAYER_CLAIM)
        render_text(out, ",name", layer->name);
    if (reader == READER_ADMIN)
        add_rank(out, layer);
    if (layer->show != SHOW_UNSAID)
        render_text(out, ",show", show_name(layer->show));
    if (layer->dnd != SAID_NOTHING)
        render_bool(out, ",dnd", layer->dnd == SAID_TRUE);
    add_text(out, ",text", layer->text);
    add_text(out, ",emoji", layer->emoji);
    render_int(out, ",set", layer->set_ms);
    add_time(out, ",until", layer->until_ms);
    render_name(out, ",wins");
    buf_add_char(out, '[');
    own_render_wins(out, says, layer, "\"");
    buf_add_text(out, "]}");
}

static void add_message(struct buf *out, const struct layers_view *says)
{
    render_bool(out, "dnd", says->dnd);
    add_text(out, ",text", says->text);
    add_text(out, ",emoji", says->emoji);
    add_time(out, ",until", says->until_ms);
}

static void add_next(struct buf *out, const struct status_row *row, int64_t now_ms)
{
    const struct layer *layer;
    int64_t at_ms;

    if (!layers_next(row, now_ms, &layer, &at_ms))
        return;
    render_name(out, ",next");
    buf_add_char(out, '{');
    render_int(out, "at", at_ms);
    render_text(out, ",layer", layer_kind_name(layer->kind));
    buf_add_char(out, '}');
}

static void render_for(struct buf *out, enum reader reader, const struct status_row *row, int64_t now_ms)
{
    const char *separator = "";
    struct layers_view says;

    layers_at(row, now_ms, false, &says);
    render_bool(out, ",invisible", says.invisible);
    buf_add_char(out, ',');
    add_message(out, &says);
    render_name(out, ",layers");
    buf_add_char(out, '[');
    for (size_t i = 0; i < row->count; i++) {
        if (!layer_lives(&row->layers[i], now_ms) || !may_read(reader, &row->layers[i]))
            continue;
        buf_add_text(out, separator);
        add_layer(out, reader, &says, &row->layers[i]);
        separator = ",";
    }
    buf_add_char(out, ']');
    add_next(out, row, now_ms);
}

void own_render(struct buf *out, const struct status_row *row, int64_t now_ms)
{
    render_for(out, READER_USER, row, now_ms);
}

void own_render_all(struct buf *out, const struct status_row *row, int64_t now_ms)
{
    struct layers_view says;

    render_for(out, READER_ADMIN, row, now_ms);
    layers_at(row, now_ms, true, &says);
    render_name(out, ",others");
    buf_add_char(out, '{');
    add_message(out, &says);
    buf_add_char(out, '}');
}
