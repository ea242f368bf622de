/* SPDX-License-Identifier: ISC */
/* The schedule of layers.h: what a row says, segment by segment. */
#include "view/layers.h"

#include "view/note.h"

#include <string.h>

/* When the first layer ends after AFTER_MS; 0: no layer does. Silenced claims do not count: they show nothing. */
static int64_t next_end(const struct status_row *row, int64_t after_ms)
{
    int64_t next = 0;
    for (size_t i = 0; i < row->count; i++) {
        const struct layer *layer = &row->layers[i];
        bool ends = layer->variant != VARIANT_SILENCED && layer->until_ms > after_ms;
        if (ends && (next == 0 || layer->until_ms < next))
            next = layer->until_ms;
    }
    return next;
}

static void add_member(struct buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text, strlen(text));
}

static void add_message(struct buf *out, const struct layers_view *view, size_t room)
{
    struct buf message;
    buf_init(&message);
    add_member(&message, "text", view->text);
    add_member(&message, "emoji", view->emoji);
    if (view->until_ms != 0)
        buf_printf(&message, ",\"until\":%lld", (long long)view->until_ms);
    if (message.len <= room)
        buf_add(out, message.data, message.len);
    buf_fini(&message);
}

static void add_note(struct buf *out, const struct status_row *row, const struct layers_view *view)
{
    size_t start = out->len;
    if (row->last_seen != SEEN_EXACT)
        add_member(out, "seen", last_seen_name(row->last_seen));
    if (row->hides_typing)
        buf_add_text(out, ",\"typing\":false");
    if (view->dnd)
        buf_add_text(out, ",\"dnd\":true");
    add_message(out, view, NOTE_MAX - (out->len - start));
}

static void add_mode(struct buf *out, const struct layers_view *truth)
{
    size_t start = out->len;
    if (truth->invisible)
        buf_add_char(out, 'i');
    if (truth->lowered)
        buf_add_char(out, 'a');
    if (truth->raised)
        buf_add_char(out, 'r');
    if (truth->present)
        buf_add_char(out, 'p');
    if (out->len == start)
        buf_add_char(out, '-');
}

/* The mode serves the user too, and so tells the truth. The note is for others. */
static void add_segment(struct buf *out, const struct status_row *row, int64_t from_ms, int64_t ends_ms)
{
    struct layers_view truth;
    struct layers_view others;
    layers_at(row, from_ms, false, &truth);
    layers_at(row, from_ms, true, &others);
    buf_printf(out, "\n%lld ", (long long)ends_ms);
    add_mode(out, &truth);
    buf_add_char(out, ' ');
    add_note(out, row, &others);
}

void layers_schedule(const struct status_row *row, struct buf *out)
{
    buf_printf(out, "%lld 0", (long long)row->rev);
    int64_t from_ms = row->changed_ms;
    int64_t ends_ms;
    do {
        ends_ms = next_end(row, from_ms);
        add_segment(out, row, from_ms, ends_ms);
        from_ms = ends_ms;
    } while (ends_ms != 0);
}

int64_t layers_revision(const struct status_row *row, int64_t now_ms)
{
    int64_t rev = row->rev;
    int64_t end_ms = row->changed_ms;
    while ((end_ms = next_end(row, end_ms)) != 0 && end_ms <= now_ms)
        rev++;
    return rev;
}

int64_t layers_undisturbed(const struct status_row *row, int64_t at_ms)
{
    struct layers_view truth;
    layers_at(row, at_ms, false, &truth);
    while (truth.dnd && (at_ms = next_end(row, at_ms)) != 0)
        layers_at(row, at_ms, false, &truth);
    return at_ms;
}
