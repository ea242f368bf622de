/* SPDX-License-Identifier: ISC */
/* See hook_room.h. */
#include "hooks/hook_room.h"

#include "base/mem.h"
#include "hooks/hook_reveal.h"
#include "hooks/hook_world.h"
#include "presence/hook_calls.h"

#include <stdlib.h>
#include <string.h>

struct hook_room *hook_room_new(struct hook_world *world, const char *workspace)
{
    struct hook_room *self = mem_new(sizeof *self);
    self->world = world;
    self->workspace = mem_text(workspace);
    return self;
}

static void free_targets(struct hook_room *self)
{
    while (self->targets) {
        struct hook_target *target = self->targets;
        self->targets = target->next;
        hook_target_free(target);
    }
}

void hook_room_free(struct hook_room *self)
{
    free_targets(self);
    hook_reveal_free(self->reveal);
    self->reveal = NULL;
    self->gone = true;
    if (self->asking > 0)
        return;
    free(self->workspace);
    free(self);
}

/* A call was answered. False if the room is gone. */
static bool answered(struct hook_room *self, bool *what)
{
    *what = false;
    self->asking--;
    if (!self->gone)
        return true;
    hook_room_free(self);
    return false;
}

static void ask(struct hook_room *self, bool *what)
{
    *what = true;
    self->asking++;
}

struct hook_target *hook_room_find(const struct hook_room *self, const char *hook)
{
    struct hook_target *target = self->targets;
    while (target && strcmp(target->hook->id, hook) != 0)
        target = target->next;
    return target;
}

/* ---- which webhooks ---- */

static void drop_others(struct hook_room *self, struct hook *hooks)
{
    struct hook_target **at = &self->targets;
    while (*at) {
        struct hook_target *target = *at;
        struct hook *hook;
        HASH_FIND_STR(hooks, target->hook->id, hook);
        if (hook && hook_concerns(hook, self->workspace)) {
            hook->met = true;
            at = &target->next;
            continue;
        }
        *at = target->next;
        hook_target_free(target);
    }
}

void hook_room_match(struct hook_room *self, struct hook *hooks)
{
    for (struct hook *hook = hooks; hook; hook = hook->hh.next)
        hook->met = false;
    drop_others(self, hooks);
    for (struct hook *hook = hooks; hook; hook = hook->hh.next) {
        if (hook->met || !hook_concerns(hook, self->workspace))
            continue;
        struct hook_target *target = hook_target_new(self->world, hook, self->workspace);
        target->next = self->targets;
        self->targets = target;
    }
}

/* ---- invisible users ---- */

static void on_revealed(void *ctx)
{
    struct hook_room *self = ctx;
    for (struct hook_target *target = self->targets; target; target = target->next)
        if (target->hook->reveal)
            hook_target_look(target);
}

/* TARGET waits until it is known who is invisible. */
static void set_reveal(struct hook_room *self, struct hook_target *target)
{
    bool was = target->reveal;
    target->reveal = target->hook->reveal ? self->reveal : NULL;
    if (target->reveal && !was)
        hook_target_look(target);
}

static void reveal(struct hook_room *self)
{
    bool wanted = false;
    for (const struct hook_target *target = self->targets; target; target = target->next)
        wanted = wanted || target->hook->reveal;
    if (wanted && !self->reveal)
        self->reveal = hook_reveal_new(self->world, self->workspace);
    for (struct hook_target *target = self->targets; target; target = target->next)
        set_reveal(self, target);
    if (wanted)
        hook_reveal_look(self->reveal, on_revealed, self);
}

/* ---- how far they have come ---- */

/* Without the turn, another process may move on from what Redis has said. */
static bool may_load(const struct hook_room *self)
{
    return !self->gone && self->world->turn_until_ms > 0;
}

static void on_row(void *ctx, const char *id, const char *json, size_t len)
{
    struct hook_room *self = ctx;
    struct hook_target *target = may_load(self) ? hook_room_find(self, id) : NULL;
    struct hook_state state;
    if (target && !target->loaded && hook_state_parse(json, len, &state))
        hook_target_load(target, &state);
}

static void on_loaded(void *ctx, const struct hook_head *head)
{
    struct hook_room *self = ctx;
    if (!answered(self, &self->loading) || !head || !may_load(self))
        return;
    for (struct hook_target *target = self->targets; target; target = target->next)
        if (!target->loaded)
            hook_target_load(target, NULL);
}

static void load(struct hook_room *self)
{
    bool wanted = false;
    for (const struct hook_target *target = self->targets; target; target = target->next)
        wanted = wanted || !target->loaded;
    if (!wanted || self->loading)
        return;
    ask(self, &self->loading);
    presence_hooks(self->world->presence, self->workspace, &(struct hook_reader){on_row, on_loaded, self});
}

/* ---- its view ---- */

static void on_view(void *ctx, struct view *view)
{
    struct hook_room *self = ctx;
    if (!answered(self, &self->asking_view) || !view)
        return;
    for (struct hook_target *target = self->targets; target; target = target->next)
        hook_target_look(target);
}

void hook_room_tend(struct hook_room *self)
{
    for (struct hook_target *target = self->targets; target; target = target->next)
        hook_target_store(target);
    load(self);
    reveal(self);
    if (self->asking_view)
        return;
    ask(self, &self->asking_view);
    presence_view(self->world->presence, self->workspace, 0, on_view, self);
}

void hook_room_unload(struct hook_room *self)
{
    for (struct hook_target *target = self->targets; target; target = target->next) {
        hook_target_unload(target);
        target->reveal = NULL;
    }
    hook_reveal_free(self->reveal);
    self->reveal = NULL;
}

void hook_room_note(struct hook_room *self, const struct view_entry *entry, int64_t now_ms)
{
    for (struct hook_target *target = self->targets; target; target = target->next)
        hook_target_note(target, entry, now_ms);
}
