/* SPDX-License-Identifier: ISC */
/* See hooks_private.h: the webhooks and workspaces that the directory has. */
#include "hooks/hooks_private.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "directory/workspaces.h"
#include "presence/hook_calls.h"

#include <string.h>

enum { STOP_AGAIN_MS = 5000 /* until a webhook that cannot be switched off is tried again */ };

/* ---- rooms ---- */

struct hook_room *hooks_find_room(const struct hooks *self, const char *workspace)
{
    struct hook_room *room;
    HASH_FIND_STR(self->rooms, workspace, room);
    return room;
}

void hooks_drop_room(struct hooks *self, struct hook_room *room)
{
    HASH_DEL(self->rooms, room);
    hook_room_free(room);
}

static void want_room(struct hooks *self, const char *workspace)
{
    struct hook_room *room = hooks_find_room(self, workspace);
    bool is_new = !room;
    if (is_new) {
        room = hook_room_new(&self->world, workspace);
        HASH_ADD_KEYPTR(hh, self->rooms, room->workspace, strlen(room->workspace), room);
    }
    room->seen = true;
    if (is_new || self->unmatched)
        hook_room_match(room, self->hooks);
}

/* A page of workspaces. */
struct listing {
    struct hooks *hooks;
    char last[IDS_WORKSPACE_MAX + 1];
    size_t count;
};

static void on_workspace(void *ctx, const struct workspace_row *row)
{
    struct listing *self = ctx;
    strcpy(self->last, row->id);
    self->count++;
    want_room(self->hooks, row->id);
}

static bool want_all_rooms(struct hooks *self)
{
    struct listing listing = {.hooks = self};
    enum directory_result result;
    do {
        char after[IDS_WORKSPACE_MAX + 1];
        strcpy(after, listing.last);
        listing.count = 0;
        result = directory_each_workspace_id(self->world.directory, after, LIMIT_PAGE, on_workspace, &listing);
    } while (result == DIRECTORY_OK && listing.count == LIMIT_PAGE);
    return result == DIRECTORY_OK;
}

/* Has a room for each workspace of which a webhook is told, and no other. False: the directory cannot be read. */
static bool match_rooms(struct hooks *self)
{
    struct hook *hook;
    struct hook *next_hook;
    struct hook_room *room;
    struct hook_room *next;
    bool all = false;
    HASH_ITER (hh, self->rooms, room, next)
        room->seen = false;
    HASH_ITER (hh, self->hooks, hook, next_hook) {
        all = all || (hook->active && !hook->workspace);
        if (hook->active && hook->workspace)
            want_room(self, hook->workspace);
    }
    bool ok = !all || want_all_rooms(self);
    HASH_ITER (hh, self->rooms, room, next)
        if (ok && !room->seen)
            hooks_drop_room(self, room);
    self->unmatched = self->unmatched && !ok;
    return ok;
}

/* ---- webhooks ---- */

static void each_target(struct hooks *self, const struct hook *hook, bool recreated)
{
    struct hook_room *room;
    struct hook_room *next;
    HASH_ITER (hh, self->rooms, room, next) {
        struct hook_target *target = hook_room_find(room, hook->id);
        if (target)
            hook_target_changed(target, recreated);
    }
}

static void on_webhook(void *ctx, const struct webhook *row)
{
    struct hooks *self = ctx;
    struct hook *hook;
    HASH_FIND_STR(self->hooks, row->id, hook);
    if (!hook) {
        hook = hook_new(row);
        HASH_ADD_KEYPTR(hh, self->hooks, hook->id, strlen(hook->id), hook);
        self->unmatched = true;
    } else {
        int64_t created_ms = hook->created_ms;
        if (hook_update(hook, row)) {
            self->unmatched = true;
            each_target(self, hook, hook->created_ms != created_ms);
        }
    }
    hook->seen = true;
    self->active += hook->active ? 1 : 0;
}

static void forget_row(struct hooks *self, const char *workspace, const char *hook)
{
    if (self->turn.held)
        presence_hook_set(self->world.presence, &(struct hook_row){workspace, hook, ""}, NULL, NULL);
}

/* Those that the directory has no more: first their targets go. */
static void drop_hooks(struct hooks *self)
{
    struct hook *hook;
    struct hook *next;
    HASH_ITER (hh, self->hooks, hook, next) {
        if (hook->seen)
            continue;
        HASH_DEL(self->hooks, hook);
        struct hook_room *room;
        struct hook_room *next_room;
        HASH_ITER (hh, self->rooms, room, next_room) {
            hook_room_match(room, self->hooks);
            forget_row(self, room->workspace, hook->id);
        }
        hook_free(hook);
    }
}

/* Reads the webhooks. If the directory cannot be read, all stays as it was. */
static bool read_hooks(struct hooks *self)
{
    struct hook *hook;
    struct hook *next;
    HASH_ITER (hh, self->hooks, hook, next)
        hook->seen = false;
    self->active = 0;
    enum directory_result result =
        directory_each_webhook(self->world.directory, NULL, LIMIT_WEBHOOKS, on_webhook, self);
    if (result == DIRECTORY_OK)
        drop_hooks(self);
    return result == DIRECTORY_OK;
}

void hooks_look(struct hooks *self)
{
    bool changed = false;
    if (directory_webhooks_changed(self->world.directory, &self->looked, &changed) != DIRECTORY_OK || !changed)
        return;
    if (!read_hooks(self) || !match_rooms(self))
        self->looked = (struct webhooks_seen){0};
}

void hooks_look_again(struct hooks *self)
{
    self->looked = (struct webhooks_seen){0};
    hooks_look(self);
}

/* ---- receivers that want no more ---- */

/* One that may be switched off now. */
static const struct hook *find_gone(const struct hooks *self, int64_t now_ms)
{
    const struct hook *hook = self->hooks;
    while (hook && !(hook->active && hook->gone && now_ms >= hook->stop_ms))
        hook = hook->hh.next;
    return hook;
}

/* What fails is tried again, unless the receiver takes a letter in the meantime. */
void hooks_switch_off(struct hooks *self, int64_t now_ms)
{
    const struct hook *hook = find_gone(self, now_ms);
    if (hook && !hook_stop_busy(self->stop))
        hook_stop_begin(self->stop, hook);
}

static void fail_to_stop(struct hook *hook, const char *error)
{
    if (hook->stop_ms == 0)
        log_warn("webhook %s: the receiver answered 410, but the webhook cannot be switched off yet (%s); trying again",
                 hook->id, error);
    hook->stop_ms = clock_mono_ms() + STOP_AGAIN_MS;
}

void hooks_on_stopped(void *ctx, const char *id, enum directory_result result, const char *error)
{
    struct hooks *self = ctx;
    struct hook *hook;
    HASH_FIND_STR(self->hooks, id, hook);
    if (result != DIRECTORY_OK && result != DIRECTORY_NOT_FOUND) {
        if (hook)
            fail_to_stop(hook, error);
        return;
    }
    if (result == DIRECTORY_OK)
        log_warn("webhook %s: the receiver answered 410 Gone; the webhook is switched off", id);
    if (hook)
        hook_wanted(hook);
    hooks_look_again(self);
}
