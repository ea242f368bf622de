/* SPDX-License-Identifier: ISC */
/* See explanation.h. */
#include "api/shared/explanation.h"

#include "api/shared/own_render.h"
#include "api/shared/render.h"
#include "base/buf.h"
#include "view/layers.h"
#include "view/status.h"

/* ---- the rule ---- */

/* What the live sessions alone lead to. */
static const char *rule_of_sessions(enum status best)
{
    switch (best) {
    case STATUS_ACTIVE: return "at least one live session is active, and the most active one counts";
    case STATUS_AWAY: return "no live session is active and at least one is away";
    case STATUS_OFFLINE: break;
    }
    return "no session is alive, so the user is offline";
}

/* What is said by hand of the status, if it makes a difference; otherwise NULL. */
static const char *rule_of_layers(enum status best, const struct layers_view *says)
{
    if (best == STATUS_OFFLINE)
        return says->present ? "no session is alive, but a claim says that the user is present" : NULL;
    if (best == STATUS_ACTIVE && says->lowered)
        return "a live session is active, but a layer says that the user is away";
    if (best == STATUS_AWAY && says->raised)
        return "no live session is active, but a claim says that the user is";
    return NULL;
}

static void add_rule(const struct explanation *self, struct buf *out)
{
    struct layers_view says;

    layers_at(self->row, self->reply->now_ms, false, &says);
    const char *rule = rule_of_layers(self->best, &says);
    buf_add_text(out, rule ? rule : rule_of_sessions(self->best));
    if (says.invisible)
        buf_add_text(out, "; the user is invisible, so others see them offline");
}

/* ---- for programs ---- */

void explanation_to_program(const struct explanation *self, struct buf *out)
{
    const struct presence_reply *reply = self->reply;
    struct buf rule;

    buf_init(&rule);
    add_rule(self, &rule);
    buf_add_char(out, '{');
    render_text(out, "user", self->row->user);
    render_text(out, ",workspace", self->row->workspace);
    render_bool(out, ",member", self->member);
    render_text(out, ",status", status_name(reply->status));
    render_text(out, ",shown", status_name(reply->shown));
    render_text(out, ",rule", rule.data);
    render_int(out, ",now", reply->now_ms);
    own_render_all(out, self->row, reply->now_ms);
    buf_add_char(out, ',');
    listing_render(self->sessions, out);
    buf_add_text(out, "}\n");
    buf_fini(&rule);
}

/* ---- for people ---- */

static void add_time(struct buf *out, int64_t ms)
{
    char text[LISTING_TIME_MAX];

    listing_time_text(ms, text);
    buf_add_text(out, text);
}

/* "Others see: offline, do not disturb, 🏠 "at home" until 2026-01-12T06:31:01Z." */
static void add_what_others_see(const struct explanation *self, struct buf *out)
{
    struct layers_view says;

    layers_at(self->row, self->reply->now_ms, true, &says);
    buf_printf(out, "Others see: %s", status_name(self->reply->shown));
    if (says.dnd)
        buf_add_text(out, ", do not disturb");
    if (says.emoji || says.text)
        buf_printf(out, ", %s%s%s", says.emoji ? says.emoji : "", says.emoji && says.text ? " " : "",
                   says.text ? says.text : "");
    if (says.until_ms > 0) {
        buf_add_text(out, " until ");
        add_time(out, says.until_ms);
    }
    buf_add_text(out, ".\n");
}

static void add_next(const struct explanation *self, struct buf *out)
{
    const struct layer *layer;
    int64_t at_ms;

    if (!layers_next(self->row, self->reply->now_ms, &layer, &at_ms))
        return;
    if (layer->kind == LAYER_CLAIM)
        buf_printf(out, "Next change: the claim %s ends at ", layer->name);
    else
        buf_add_text(out, "Next change: the temporary status ends at ");
    add_time(out, at_ms);
    buf_add_text(out, ".\n");
}

static void add_layer(struct listing *table, const struct layers_view *says, const struct layer *layer)
{
    static const char *const dnd[] = {[SAID_NOTHING] = NULL, [SAID_FALSE] = "no", [SAID_TRUE] = "yes"};
    struct buf wins;

    buf_init(&wins);
    own_render_wins(&wins, says, layer, "");
    listing_row(table);
    listing_text(table, "layer", layer_kind_name(layer->kind));
    listing_text(table, "name", layer->name);
    listing_int(table, "priority", layer_priority(layer));
    listing_text(table, "variant", layer_variant_name(layer->variant));
    listing_text(table, "show", layer->show == SHOW_UNSAID ? NULL : show_name(layer->show));
    listing_text(table, "dnd", dnd[layer->dnd]);
    listing_text(table, "text", layer->text);
    listing_text(table, "emoji", layer->emoji);
    listing_time(table, "until", layer->until_ms);
    listing_text(table, "decides", buf_text(&wins));
    listing_end_row_text(table, layer->name);
    buf_fini(&wins);
}

/* The layers that have not ended, and an empty line. */
static void add_layers(const struct explanation *self, struct buf *out)
{
    const struct status_row *row = self->row;
    struct layers_view says;
    struct listing table;

    layers_at(row, self->reply->now_ms, false, &says);
    listing_init(&table, self->sessions->exchange, "layers", SIZE_MAX);
    for (size_t i = 0; i < row->count; i++)
        if (layer_lives(&row->layers[i], self->reply->now_ms))
            add_layer(&table, &says, &row->layers[i]);
    if (table.page.rows > 0) {
        listing_render(&table, out);
        buf_add_char(out, '\n');
    }
    listing_fini(&table);
}

void explanation_to_person(const struct explanation *self, struct buf *out)
{
    buf_printf(out, "%s is %s in %s: ", self->row->user, status_name(self->reply->status), self->row->workspace);
    add_rule(self, out);
    buf_add_text(out, ".\n");
    if (!self->member)
        buf_printf(out, "%s is not a member of %s, so nobody else sees this status.\n", self->row->user,
                   self->row->workspace);
    if (self->row->rev > 0)
        add_what_others_see(self, out);
    add_next(self, out);
    buf_add_char(out, '\n');
    add_layers(self, out);
    listing_render(self->sessions, out);
}
