/* SPDX-License-Identifier: ISC */
/* See status_draft.h. */
#include "directory/status_draft.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void status_draft_init(struct status_draft *self, const char *workspace, const char *user)
{
    *self = (struct status_draft){.row = {.workspace = mem_text(workspace), .user = mem_text(user)}};
}

static void layer_fini(struct layer *layer)
{
    free((char *)layer->name);
    free((char *)layer->text);
    free((char *)layer->emoji);
}

void status_draft_fini(struct status_draft *self)
{
    for (size_t i = 0; i < self->row.count; i++)
        layer_fini(&self->layers[i]);
    free(self->layers);
    free((char *)self->row.workspace);
    free((char *)self->row.user);
    *self = (struct status_draft){0};
}

struct layer *status_draft_add(struct status_draft *self, const struct layer *layer)
{
    size_t at = self->row.count++;
    self->row.layers = self->layers = mem_resize(self->layers, at + 1, sizeof *self->layers);
    struct layer *copy = &self->layers[at];
    *copy = *layer;
    copy->name = mem_text(layer->name ? layer->name : "");
    copy->text = mem_text(layer->text);
    copy->emoji = mem_text(layer->emoji);
    return copy;
}

void status_draft_copy(struct status_draft *self, const struct status_row *from)
{
    status_draft_init(self, from->workspace, from->user);
    self->row.rev = from->rev;
    self->row.changed_ms = from->changed_ms;
    self->row.last_seen = from->last_seen;
    self->row.hides_typing = from->hides_typing;
    self->row.policy = from->policy;
    for (size_t i = 0; i < from->count; i++)
        status_draft_add(self, &from->layers[i]);
}

static void remove_at(struct status_draft *self, size_t at)
{
    layer_fini(&self->layers[at]);
    self->row.count--;
    memmove(self->layers + at, self->layers + at + 1, (self->row.count - at) * sizeof *self->layers);
}

/* The layer of ROW with the kind, name and variant of LIKE, or NULL. */
static const struct layer *counterpart(const struct status_row *row, const struct layer *like)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct layer *layer = &row->layers[i];
        if (layer->kind == like->kind && layer->variant == like->variant && strcmp(layer->name, like->name) == 0)
            return layer;
    }
    return NULL;
}

static struct layer *find(struct status_draft *self, enum layer_kind kind, const char *name, enum layer_variant variant)
{
    return (struct layer *)counterpart(&self->row, &(struct layer){.kind = kind, .variant = variant, .name = name});
}

static struct layer *find_claim(struct status_draft *self, const char *name, enum layer_variant variant)
{
    return find(self, LAYER_CLAIM, name, variant);
}

/* Removes LAYER, which may be NULL. Whether there was one. */
static bool take_out(struct status_draft *self, const struct layer *layer)
{
    if (layer)
        remove_at(self, (size_t)(layer - self->layers));
    return layer;
}

static bool take_out_own(struct status_draft *self, enum layer_kind kind)
{
    return take_out(self, find(self, kind, "", VARIANT_PLAIN));
}

static bool take_out_claim(struct status_draft *self, const char *name, enum layer_variant variant)
{
    return take_out(self, find_claim(self, name, variant));
}

void status_draft_tidy(struct status_draft *self, int64_t now_ms)
{
    bool hides = layer_invisible(&self->row, now_ms);
    for (size_t i = self->row.count; i-- > 0;) {
        struct layer *layer = &self->layers[i];
        bool unused = layer->variant == VARIANT_FROZEN && !hides;
        if (unused || !layer_lives(layer, now_ms))
            remove_at(self, i);
        else if (layer->variant == VARIANT_UNSEEN && !hides)
            layer->variant = VARIANT_PLAIN;
    }
}

static void replace_text(const char **text, const char *with)
{
    if (!with)
        return;
    free((char *)*text);
    *text = mem_text(with);
}

/* What NEWS says replaces that part of BASE. */
static void merge(struct layer *base, const struct layer *news, int64_t now_ms)
{
    if (news->show != SHOW_UNSAID)
        base->show = news->show;
    if (news->dnd != SAID_NOTHING)
        base->dnd = news->dnd;
    replace_text(&base->text, news->text);
    replace_text(&base->emoji, news->emoji);
    base->set_ms = now_ms;
}

static void set_base(struct status_draft *self, const struct layer *layer, int64_t now_ms)
{
    bool says = layer->show != SHOW_UNSAID || layer->dnd != SAID_NOTHING || layer->text || layer->emoji;
    struct layer *base = find(self, LAYER_BASE, "", VARIANT_PLAIN);
    if (says && !base)
        base = status_draft_add(self, &(struct layer){.kind = LAYER_BASE});
    if (says)
        merge(base, layer, now_ms);
}

enum directory_result status_draft_set_own(struct status_draft *self, const struct layer *layer, int64_t now_ms)
{
    bool temporary = layer->kind == LAYER_TEMPORARY;
    if (layer->kind == LAYER_CLAIM || (temporary && layer->until_ms <= now_ms))
        return DIRECTORY_INVALID;
    take_out_own(self, LAYER_TEMPORARY);
    if (!temporary) {
        set_base(self, layer, now_ms);
        return DIRECTORY_OK;
    }
    struct layer own = {.kind = LAYER_TEMPORARY, .show = layer->show, .dnd = layer->dnd};
    own.text = layer->text;
    own.emoji = layer->emoji;
    own.set_ms = now_ms;
    own.until_ms = layer->until_ms;
    status_draft_add(self, &own);
    return DIRECTORY_OK;
}

enum directory_result status_draft_clear_own(struct status_draft *self, bool all)
{
    bool temporary = take_out_own(self, LAYER_TEMPORARY);
    bool base = (all || !temporary) && take_out_own(self, LAYER_BASE);
    return temporary || base ? DIRECTORY_OK : DIRECTORY_NOT_FOUND;
}

static bool claim_ok(const struct layer *layer, int64_t now_ms)
{
    return layer->kind == LAYER_CLAIM && layer->name && ids_claim_ok(layer->name, strlen(layer->name)) &&
           layer->priority >= 1 && layer->priority <= PRIORITY_MAX && layer->until_ms > now_ms;
}

/* Claims by name: one that is frozen for others and unseen is one. */
static size_t count_claims(struct status_draft *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->row.count; i++) {
        struct layer *layer = &self->layers[i];
        bool is_claim = layer->kind == LAYER_CLAIM && layer->variant != VARIANT_SILENCED;
        bool twice = layer->variant == VARIANT_UNSEEN && find_claim(self, layer->name, VARIANT_FROZEN);
        count += is_claim && !twice;
    }
    return count;
}

/* The claim as its owner knows it. */
static struct layer *find_known(struct status_draft *self, const char *name)
{
    struct layer *unseen = find_claim(self, name, VARIANT_UNSEEN);
    return unseen ? unseen : find_claim(self, name, VARIANT_PLAIN);
}

/* The claim NAME goes. If it is its owner who does it, and hides, others go on seeing what they see. */
static bool withdraw(struct status_draft *self, const char *name, bool hides)
{
    struct layer *plain = find_claim(self, name, VARIANT_PLAIN);
    bool had = plain;
    if (plain && hides)
        plain->variant = VARIANT_FROZEN;
    else
        take_out(self, plain);
    if (!hides)
        had |= take_out_claim(self, name, VARIANT_FROZEN);
    return take_out_claim(self, name, VARIANT_UNSEEN) || had;
}

enum directory_result status_draft_set_claim(struct status_draft *self, const struct layer *layer, bool by_user,
                                             int64_t now_ms)
{
    if (!claim_ok(layer, now_ms))
        return DIRECTORY_INVALID;
    if (find_claim(self, layer->name, VARIANT_SILENCED))
        return DIRECTORY_OTHER;
    bool known = find_known(self, layer->name);
    if (!known && count_claims(self) >= LIMIT_CLAIMS)
        return DIRECTORY_LIMIT;
    bool hides = by_user && layer_invisible(&self->row, now_ms);
    withdraw(self, layer->name, hides);
    struct layer *claim = status_draft_add(self, layer);
    claim->variant = hides ? VARIANT_UNSEEN : VARIANT_PLAIN;
    claim->set_ms = now_ms;
    return known ? DIRECTORY_OK : DIRECTORY_CREATED;
}

/* Of too many that were silenced, the one that ends first is forgotten. */
static void limit_silenced(struct status_draft *self)
{
    size_t count = 0;
    const struct layer *first = NULL;
    for (size_t i = 0; i < self->row.count; i++) {
        const struct layer *layer = &self->layers[i];
        if (layer->variant != VARIANT_SILENCED)
            continue;
        count++;
        if (!first || layer->until_ms < first->until_ms)
            first = layer;
    }
    if (count > LIMIT_CLAIMS)
        take_out(self, first);
}

static enum directory_result silence(struct status_draft *self, const char *name, int64_t now_ms)
{
    struct layer *known = find_known(self, name);
    if (!known)
        return DIRECTORY_NOT_FOUND;
    struct layer silenced = {.kind = LAYER_CLAIM, .variant = VARIANT_SILENCED, .name = name};
    silenced.priority = known->priority;
    silenced.set_ms = now_ms;
    silenced.until_ms = known->until_ms;
    withdraw(self, name, layer_invisible(&self->row, now_ms));
    status_draft_add(self, &silenced);
    limit_silenced(self);
    return DIRECTORY_OK;
}

enum directory_result status_draft_end_claim(struct status_draft *self, const char *name, bool by_user, int64_t now_ms)
{
    if (by_user)
        return silence(self, name, now_ms);
    bool silenced = take_out_claim(self, name, VARIANT_SILENCED);
    return withdraw(self, name, false) || silenced ? DIRECTORY_OK : DIRECTORY_NOT_FOUND;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether A and B, which may be NULL, say the same. */
static bool same(const struct layer *a, const struct layer *b)
{
    if (!a || !b)
        return a == b;
    return a->show == b->show && a->dnd == b->dnd && same_text(a->text, b->text) && same_text(a->emoji, b->emoji) &&
           a->priority == b->priority && a->present == b->present && a->set_ms == b->set_ms &&
           a->until_ms == b->until_ms;
}

/* The same for one layer: WAS before, IS after; either may be NULL. */
static bool take_layer_back(struct status_draft *self, const struct layer *was, const struct layer *is)
{
    const struct layer *like = is ? is : was;
    const struct layer *now = counterpart(&self->row, like);
    if (same(was, is) || !same(now, is))
        return false;
    take_out(self, now);
    if (was)
        status_draft_add(self, was);
    return true;
}

/* The same for the settings. */
static bool take_settings_back(struct status_row *row, const struct status_row *before, const struct status_row *after)
{
    bool seen = before->last_seen != after->last_seen && row->last_seen == after->last_seen;
    bool typing = before->hides_typing != after->hides_typing && row->hides_typing == after->hides_typing;
    if (seen)
        row->last_seen = before->last_seen;
    if (typing)
        row->hides_typing = before->hides_typing;
    return seen || typing;
}

bool status_draft_take_back(struct status_draft *self, const struct status_row *before, const struct status_row *after)
{
    bool some = take_settings_back(&self->row, before, after);
    for (size_t i = 0; i < after->count; i++)
        some |= take_layer_back(self, counterpart(before, &after->layers[i]), &after->layers[i]);
    for (size_t i = 0; i < before->count; i++)
        if (!counterpart(after, &before->layers[i]))
            some |= take_layer_back(self, &before->layers[i], NULL);
    return some;
}
