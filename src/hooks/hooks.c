/* SPDX-License-Identifier: ISC */
/* See hooks.h. */
#include "hooks/hooks.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "hooks/hooks_private.h"
#include "presence/hook_calls.h"
#include "presence/presence.h"
#include "view/parked.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { TEND_MS = 1000 /* between two looks at all rooms, and at the directory if there are webhooks */ };

/* ---- what is asked ---- */

/* A test that is under way. */
struct test {
    struct list_node node;
    struct hook_world *world; /* borrowed */
    char *id;                 /* owned: of the webhook */
};

static void test_free(struct test *self)
{
    list_remove(&self->node);
    free(self->id);
    free(self);
}

static void on_test_answer(void *ctx, const struct hook_answer *answer)
{
    struct test *self = ctx;
    if (answer->status >= 200 && answer->status < 300)
        self->world->stats.delivered++;
    else
        self->world->stats.failures++;
    if (*answer->error)
        log_warn("webhook %s: the test failed: %s", self->id, answer->error);
    test_free(self);
}

static void send_test(struct hooks *self, const struct hook *hook)
{
    struct buf data;
    buf_init(&data);
    buf_add_text(&data, "{\"webhook\":");
    buf_add_json(&data, hook->id, strlen(hook->id));
    int64_t now_ms = hook_world_redis_ms(&self->world, clock_mono_ms());
    const struct hook_letter letter = {"rollcall.test", &data, now_ms, now_ms};
    struct test *test = mem_new(sizeof *test);
    test->world = &self->world;
    test->id = mem_text(hook->id);
    list_append(&self->tests, &test->node);
    hook_send(hook, self->world.posts, &letter, on_test_answer, test);
    buf_fini(&data);
}

static bool replay(struct hooks *self, const char *const *words)
{
    struct hook_room *room = hooks_find_room(self, words[1]);
    struct hook_target *target = room ? hook_room_find(room, words[2]) : NULL;
    if (target && target->loaded)
        hook_target_replay(target, strcmp(words[3], "-") == 0 ? NULL : words[3]);
    return !target || target->loaded;
}

/* What is asked may be about something that the directory has since a moment ago. */
static void on_asks(void *ctx)
{
    hooks_look_again(ctx);
}

static bool on_ask(void *ctx, const char *const *words, size_t count)
{
    struct hooks *self = ctx;
    struct hook *hook = NULL;
    if (strcmp(words[0], "replay") == 0 && count == 4)
        return replay(self, words);
    if (strcmp(words[0], "test") != 0 || count != 2)
        return true;
    HASH_FIND_STR(self->hooks, words[1], hook);
    if (hook)
        send_test(self, hook);
    return true;
}

static void on_hint(void *ctx)
{
    struct hooks *self = ctx;
    hook_turn_ask(&self->turn);
}

/* ---- the turn ---- */

static void tend(struct hooks *self)
{
    struct hook_room *room;
    struct hook_room *next;
    HASH_ITER (hh, self->rooms, room, next)
        hook_room_tend(room);
}

static void on_turn(void *ctx, bool held)
{
    struct hooks *self = ctx;
    struct hook_room *room;
    struct hook_room *next;
    log_debug(held ? "this process delivers webhooks" : "another process may deliver webhooks");
    if (held) {
        tend(self);
        return;
    }
    HASH_ITER (hh, self->rooms, room, next)
        hook_room_unload(room);
    for (struct hook *hook = self->hooks; hook; hook = hook->hh.next)
        hook_wanted(hook); /* who delivers from now on is told that it is not */
}

/* ---- what changes ---- */

static void before_change(void *ctx, struct view *view, const struct view_entry *entry)
{
    struct hooks *self = ctx;
    struct hook_room *room = hooks_find_room(self, view_workspace(view));
    if (room)
        hook_room_note(room, entry, clock_mono_ms());
}

/* No alarm is looked at twice in a turn of the loop: those that are set meanwhile are looked at in the next one. */
static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct hooks *self = ctx;
    int64_t now_ms = clock_mono_ms();
    struct alarm *alarm;
    size_t most = self->world.alarms.count;
    (void)fd;
    (void)what;
    while (most-- > 0 && (alarm = alarms_due(&self->world.alarms, now_ms))) {
        alarms_clear(&self->world.alarms, alarm);
        hook_target_look(LIST_OWNER(alarm, struct hook_target, alarm));
    }
    hook_world_schedule(&self->world);
}

/* ---- all of it ---- */

static void nothing(void *ctx)
{
    (void)ctx;
}

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    (void)ctx;
    (void)woken;
    (void)why;
}

/* There is a webhook, so Redis and libcurl are needed from now on. */
static void open_world(struct hooks *self)
{
    static const struct parked_calls calls = {.wake = on_wake};
    const struct presence_events events = {
        .ctx = self, .on_ready = nothing, .on_due = nothing, .before_change = before_change};
    struct hook_world *world = &self->world;
    self->parked = parked_new(&calls, self);
    world->posts = hook_posts_new(world->base, self->conf->hooks_allow_link_local);
    world->presence = presence_new(world->base, self->conf, world->directory, self->parked, &events);
    presence_follow(world->presence);
    presence_hook_listen(world->presence, on_hint, self);
    self->stop =
        hook_stop_new(&(struct hook_stop_place){world->base, self->conf, world->directory, hooks_on_stopped, self});
}

struct hooks *hooks_new(const struct hooks_place *place)
{
    struct hooks *self = mem_new(sizeof *self);
    self->conf = place->conf;
    self->world.base = place->base;
    self->world.directory = place->directory;
    self->world.timer = event_new(place->base, -1, 0, on_timer, self);
    alarms_init(&self->world.alarms);
    list_init(&self->tests);
    self->turn.world = &self->world;
    self->turn.owner = place->owner;
    self->turn.events = (struct hook_turn_events){self, on_turn, on_asks, on_ask};
    return self;
}

void hooks_free(struct hooks *self)
{
    if (!self)
        return;
    self->world.stopping = true;
    hook_stop_free(self->stop);
    presence_free(self->world.presence);
    struct hook_room *room;
    struct hook_room *next;
    HASH_ITER (hh, self->rooms, room, next)
        hooks_drop_room(self, room);
    struct hook *hook;
    struct hook *next_hook;
    HASH_ITER (hh, self->hooks, hook, next_hook) {
        HASH_DEL(self->hooks, hook);
        hook_free(hook);
    }
    hook_posts_free(self->world.posts);
    while (!list_empty(&self->tests))
        test_free(LIST_OWNER(self->tests.next, struct test, node));
    parked_free(self->parked);
    hook_turn_fini(&self->turn);
    alarms_fini(&self->world.alarms);
    event_free(self->world.timer);
    free(self);
}

static void measure(struct hooks *self, int64_t now_ms)
{
    struct hooks_stats *stats = &self->world.stats;
    struct hook_room *room;
    struct hook_room *next;
    stats->failing = 0;
    stats->lag_s = 0;
    HASH_ITER (hh, self->rooms, room, next) {
        for (const struct hook_target *target = room->targets; target; target = target->next) {
            int64_t lag_ms = hook_target_lag_ms(target, now_ms);
            stats->failing += target->loaded && target->state.attempt > 0 ? 1 : 0;
            if (lag_ms / 1000 > (int64_t)stats->lag_s)
                stats->lag_s = (unsigned long)(lag_ms / 1000);
        }
    }
}

/* Gives the turn back when no letter is under way any more. */
static void end_turn(struct hooks *self)
{
    if (self->turn.held && !hook_turn_busy(&self->turn) && hook_posts_count(self->world.posts) == 0)
        hook_turn_give_back(&self->turn);
}

void hooks_tick(struct hooks *self, int64_t now_ms)
{
    bool due = now_ms >= self->tend_ms;
    if (due)
        self->tend_ms = now_ms + TEND_MS;
    if ((due || self->active == 0) && !self->world.stopping)
        hooks_look(self);
    if (!self->world.presence && self->active > 0)
        open_world(self);
    if (!self->world.presence)
        return;
    presence_tick(self->world.presence, now_ms);
    if (self->world.stopping)
        end_turn(self);
    else
        hook_turn_tick(&self->turn, now_ms);
    if (due && self->turn.held) {
        tend(self);
        hooks_switch_off(self, now_ms);
    }
    measure(self, now_ms);
}

void hooks_stop(struct hooks *self)
{
    self->world.stopping = true;
}

bool hooks_stopped(const struct hooks *self)
{
    return !self->world.presence ||
           (hook_posts_count(self->world.posts) == 0 && !self->turn.held && !hook_turn_busy(&self->turn));
}

const struct hooks_stats *hooks_stats(const struct hooks *self)
{
    return &self->world.stats;
}
