/* SPDX-License-Identifier: ISC */
/* See presence.h. Wires the others, and takes what Redis says: that it is up or down, and what changed. */
#include "presence/messages.h"
#include "presence/presence_private.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "redis/redis_router.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAPSED_MS = 30000 /* for which a stream reads on after its session: its client has probably gone */ };

static void on_up(void *ctx, uint64_t partitions, const char *replid)
{
    struct presence *self = ctx;

    expiry_found(self, partitions, replid);
    view_sync_recheck_all(self, partitions);
    own_news_missed(self);
    place_sync_up(self, partitions);
    expiry_up(self);
    repair_found(self, clock_mono_ms());
}

static void on_down(void *ctx, uint64_t partitions, const char *reason)
{
    struct presence *self = ctx;

    (void)reason; /* redis/ has logged it */
    expiry_down(self, partitions);
    recent_doubt(&self->recents);
    place_sync_down(self, partitions);
}

/* TEXT came to this worker alone: it has a poll of a session to which something happened elsewhere. */
static void on_session(struct presence *self, const char *text)
{
    struct session_message it;

    if (!message_session(text, &it))
        return;
    if (it.what == SESSION_SUPERSEDED)
        recent_forget(&self->recents, &(struct recent_id){it.workspace, it.user, it.session}, it.beat);
    struct view *view = view_sync_find(self, it.workspace);
    if (!view)
        return;
    switch (it.what) {
    case SESSION_SUPERSEDED: parked_end_session(self->parked, view, it.user, it.session, it.beat); break;
    case SESSION_LEFT: parked_session_left(self->parked, view, it.user, it.session, it.beat); break;
    case SESSION_LAPSED:
        parked_session_lapsed(self->parked, view,
                              &(struct lapsed){it.user, it.session, it.beat, clock_mono_ms() + LAPSED_MS});
        break;
    }
}

/* TEXT tells all workers that somebody says something else by hand. */
static void on_own(struct presence *self, const char *text)
{
    struct own_message it;

    if (message_own(text, &it))
        presence_own_news(self, it.workspace, it.user, it.rev);
}

/* Whether CHANNEL is that of places; then BYTES, which should say what happened at one, is taken. */
static bool on_places(struct presence *self, const char *channel, const char *bytes, size_t len)
{
    char workspace[IDS_WORKSPACE_MAX + 1];
    struct place_message it;
    size_t workspace_len;
    const char *id = script_channel_places(channel, &workspace_len);

    if (!id || workspace_len > IDS_WORKSPACE_MAX)
        return false;
    memcpy(workspace, id, workspace_len);
    workspace[workspace_len] = '\0';
    if (strlen(bytes) != len || !message_place(bytes, &it))
        return true;
    const struct place_deed deed = {
        .workspace = workspace, .user = it.user, .session = it.session, .place = it.place, .doing = it.doing};
    if (it.for_good)
        place_renewals_drop(self, &deed);
    place_sync_nudge(self, &deed, it.begins);
    return true;
}

static void on_message(void *ctx, const char *channel, const char *bytes, size_t len)
{
    struct presence *self = ctx;
    char workspace[IDS_WORKSPACE_MAX + 1];
    char meta_epoch[EPOCH_LEN + 1];
    struct change change;
    size_t workspace_len;
    const char *id;

    if (script_is_worker_channel(channel, self->worker)) {
        on_session(self, bytes);
        return;
    }
    if (script_is_own_channel(channel)) {
        on_own(self, bytes);
        return;
    }
    if (strcmp(channel, self->hook_channel) == 0) {
        self->on_hook_ask(self->hook_ctx);
        return;
    }
    if (on_places(self, channel, bytes, len))
        return;
    id = script_channel_workspace(channel, &workspace_len);
    if (!id || workspace_len > IDS_WORKSPACE_MAX || strlen(bytes) != len ||
        !message_change(bytes, meta_epoch, &change)) {
        if (presence_may_log(&self->odd_message_ms))
            log_warn("channel %s: a message that Rollcall did not send was skipped", channel);
        return;
    }
    memcpy(workspace, id, workspace_len);
    workspace[workspace_len] = '\0';
    view_sync_change(self, workspace, meta_epoch, &change);
}

static void on_own_channel(void *ctx, enum redis_result result)
{
    (void)ctx;
    (void)result; /* redis/ keeps it up; without it, some polls last until their own time */
}

/* In a cluster, each partition has such channels, so that news stays with the server that has it. */
static void listen_to_own(struct presence *self)
{
    char channel[CHANNEL_MAX];

    for (unsigned part = 0; part < presence_part_count(self); part++) {
        script_worker_channel(channel, self->worker, self->clustered ? (int)part : -1);
        redis_router_subscribe(self->redis, channel, on_own_channel, self);
        script_own_channel(channel, self->clustered ? (int)part : -1);
        redis_router_subscribe(self->redis, channel, on_own_channel, self);
    }
}

struct presence *presence_new(struct event_base *base, const struct conf *conf, struct directory *directory,
                              struct parked_set *parked, const struct presence_events *events)
{
    struct presence *self = mem_new(sizeof *self);
    const struct redis_router_events redis_events = {self, on_up, on_down, on_message};

    self->conf = conf;
    self->directory = directory;
    self->parked = parked;
    self->events = *events;
    self->clustered = conf->redis.kind == CONF_REDIS_CLUSTER;
    expiry_init(self);
    recent_init(&self->recents, conf);
    place_recent_init(&self->place_recent);
    random_name(self->worker, WORKER_NAME_LEN);
    random_name(self->epoch_base, EPOCH_LEN / 2);
    snprintf(self->stream_worker, sizeof self->stream_worker, "%s+", self->worker);
    self->scripts = scripts_new(self->clustered);
    self->redis = redis_router_new(base, &conf->redis, self->scripts, SCRIPT_KINDS, &redis_events);
    listen_to_own(self);
    return self;
}

void presence_share(struct presence *self, void *page)
{
    int64_t never = 0;

    self->shared = page;
    atomic_compare_exchange_strong(&self->shared->drained_ms, &never, clock_mono_ms());
    expiry_share(self);
}

void presence_free(struct presence *self)
{
    if (!self)
        return;
    place_sync_free_all(self);
    redis_router_free(self->redis);
    view_sync_free_all(self);
    free(self->leftovers);
    free(self->untold);
    recent_fini(&self->recents);
    place_recent_fini(&self->place_recent);
    scripts_free(self->scripts);
    free(self);
}

struct redis_router *presence_redis(struct presence *self)
{
    return self->redis;
}

const struct presence_stats *presence_stats(const struct presence *self)
{
    return &self->stats;
}

void presence_follow(struct presence *self)
{
    self->follows = true;
}

void presence_tick(struct presence *self, int64_t now_ms)
{
    if (self->follows) {
        drop_tick(self);
        view_sync_tick_all(self, now_ms);
        return;
    }
    expiry_tick(self, now_ms);
    drop_tick(self);
    prune_tick(self, now_ms);
    view_sync_tick_all(self, now_ms);
    place_renewals_tick(self);
    place_sync_tick(self, now_ms);
    adopt_tick(self);
    beats_tick(self, now_ms);
    repair_tick(self, now_ms);
}
