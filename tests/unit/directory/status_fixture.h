/* SPDX-License-Identifier: ISC */
/* What the tests of statuses share: short ways to write a row, and the row as text. */
#ifndef ROLLCALL_TESTS_STATUS_FIXTURE_H
#define ROLLCALL_TESTS_STATUS_FIXTURE_H

#include "directory/policies.h"
#include "directory/statuses.h"
#include "fixture.h"

/* What a user says without an end, or until UNTIL. */
#define SAY(...)              (&(struct layer){.kind = LAYER_BASE, __VA_ARGS__})
#define SAY_UNTIL(until, ...) (&(struct layer){.kind = LAYER_TEMPORARY, .until_ms = until, __VA_ARGS__})

static inline struct status_edit edit_at(int64_t now_ms, bool by_user)
{
    return (struct status_edit){.workspace = "acme", .user = "u1", .now_ms = now_ms, .by_user = by_user};
}

static inline enum directory_result say(struct fixture *self, int64_t now_ms, const struct layer *layer)
{
    struct status_edit edit = edit_at(now_ms, true);
    return directory_set_own_layer(self->directory, &edit, layer);
}

static inline enum directory_result clear(struct fixture *self, int64_t now_ms, bool all)
{
    struct status_edit edit = edit_at(now_ms, true);
    return directory_clear_own_layers(self->directory, &edit, all);
}

static inline enum directory_result set_last_seen(struct directory *directory, struct status_edit *edit,
                                                  enum last_seen last_seen)
{
    return directory_set_settings(directory, edit, &(struct settings_edit){.last_seen = &last_seen});
}

static inline enum directory_result claim(struct fixture *self, int64_t now_ms, bool by_user, const char *name,
                                          int64_t until_ms)
{
    struct status_edit edit = edit_at(now_ms, by_user);
    struct layer layer = {.kind = LAYER_CLAIM, .name = name, .priority = 5, .until_ms = until_ms};
    return directory_set_claim(self->directory, &edit, &layer);
}

static inline enum directory_result end_claim(struct fixture *self, int64_t now_ms, bool by_user, const char *name)
{
    struct status_edit edit = edit_at(now_ms, by_user);
    return directory_end_claim(self->directory, &edit, name);
}

static inline void add_text(struct list *list, const char *what, const char *text)
{
    if (text)
        list_add(list, " %s=%s", what, text);
}

/* "base away dnd text=x emoji=y; claim call frozen 5 present until=9; ", without what is not said or plain. */
static inline void add_layers(void *ctx, const struct status_row *row)
{
    static const char *const dnd[] = {"", " dnd", " dnd"};
    for (size_t i = 0; i < row->count; i++) {
        const struct layer *layer = &row->layers[i];
        list_add(ctx, "%s", layer_kind_name(layer->kind));
        if (layer->kind == LAYER_CLAIM)
            list_add(ctx, " %s %d", layer->name, layer->priority);
        if (layer->variant != VARIANT_PLAIN)
            list_add(ctx, " %s", layer_variant_name(layer->variant));
        if (layer->show != SHOW_UNSAID)
            list_add(ctx, " %s", show_name(layer->show));
        list_add(ctx, "%s%s%s", layer->dnd == SAID_FALSE ? " not" : "", dnd[layer->dnd],
                 layer->present ? " present" : "");
        add_text(ctx, "text", layer->text);
        add_text(ctx, "emoji", layer->emoji);
        if (layer->until_ms != 0)
            list_add(ctx, " until=%d", (int)layer->until_ms);
        list_add(ctx, ";");
    }
}

/* The layers of u1; "never" if u1 never said anything. Valid until the next call. */
static inline const char *layers_of(struct fixture *self)
{
    static struct list list;
    list = (struct list){0};
    if (directory_get_status(self->directory, "acme", "u1", add_layers, &list) == DIRECTORY_NOT_FOUND)
        return "never";
    return list.text;
}

static inline void put_row(void *ctx, const struct status_row *row)
{
    struct status_row *out = ctx;
    *out = *row;
    out->workspace = out->user = NULL;
    out->layers = NULL;
}

/* The row of u1 without what it borrows. */
static inline struct status_row row_now(struct fixture *self)
{
    struct status_row row = {0};
    directory_get_status(self->directory, "acme", "u1", put_row, &row);
    return row;
}

#endif
