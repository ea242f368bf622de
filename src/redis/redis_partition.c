/* SPDX-License-Identifier: ISC */
/* See redis_partition.h. */
#include "redis/redis_partition.h"

#include "base/mem.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct cluster_channel {
    UT_hash_handle hh; /* by name */
    char name[];
};

/* A subscription that is not confirmed yet. */
struct placing {
    struct redis_cluster *cluster; /* borrowed: answers all subscriptions before it goes */
    unsigned partition;
    unsigned turn;
};

static bool has(uint64_t partitions, unsigned i)
{
    return (partitions >> i & 1) != 0;
}

static void tell_soon(struct redis_cluster *self)
{
    event_active(&self->tell, EV_TIMEOUT, 0);
}

/* ---- placing ---- */

static void rise(struct redis_cluster *self, unsigned i)
{
    self->placing &= ~(UINT64_C(1) << i);
    self->rising |= UINT64_C(1) << i;
    tell_soon(self);
}

static void on_subscribed(void *ctx, enum redis_result result)
{
    struct placing it = *(struct placing *)ctx;
    struct redis_partition *partition = &it.cluster->partitions[it.partition];

    free(ctx);
    if (it.turn != partition->turn)
        return;
    if (result != REDIS_OK)
        redis_partitions_lose(it.cluster, UINT64_C(1) << it.partition);
    else if (--partition->waiting == 0)
        rise(it.cluster, it.partition);
}

static void subscribe(struct redis_cluster *self, unsigned i, const char *channel)
{
    struct placing *placing = mem_new(sizeof *placing);

    *placing = (struct placing){self, i, self->partitions[i].turn};
    self->partitions[i].waiting++;
    redis_subscribe(self->partitions[i].server->redis, channel, on_subscribed, placing);
}

/* NOLINTNEXTLINE(readability-function-size): uthash's macro is long */
static void place(struct redis_cluster *self, unsigned i)
{
    struct redis_partition *partition = &self->partitions[i];
    struct cluster_channel *channel;
    struct cluster_channel *next;

    self->placing |= UINT64_C(1) << i;
    partition->turn++;
    partition->waiting = 0;
    HASH_ITER (hh, partition->channels, channel, next)
        subscribe(self, i, channel->name);
    if (partition->waiting == 0)
        rise(self, i);
}

void redis_partitions_place(struct redis_cluster *self, uint64_t partitions)
{
    partitions &= ~(self->up | self->placing | self->rising);
    for (unsigned i = 0; i < IDS_PARTITIONS; i++)
        if (has(partitions, i) && redis_up(self->partitions[i].server->redis))
            place(self, i);
}

void redis_partitions_lose(struct redis_cluster *self, uint64_t partitions)
{
    for (unsigned i = 0; i < IDS_PARTITIONS; i++)
        self->partitions[i].turn += has(partitions, i);
    self->falling |= partitions & self->up;
    self->up &= ~partitions;
    self->placing &= ~partitions;
    self->rising &= ~partitions;
    tell_soon(self);
}

/* ---- telling ---- */

static void tell_down(struct redis_cluster *self, const char *reason)
{
    uint64_t news = self->falling & ~self->told_down;

    self->falling = 0;
    self->told_down |= news;
    if (news != 0 && self->events.on_down)
        self->events.on_down(self->events.ctx, news, reason);
}

static void tell_up(struct redis_cluster *self, const struct redis_server *server)
{
    uint64_t news = self->rising & server->partitions;

    self->rising &= ~news;
    self->up |= news;
    self->told_down &= ~news;
    if (news != 0 && self->events.on_up)
        self->events.on_up(self->events.ctx, news, server->replid);
}

void redis_partitions_tell(struct redis_cluster *self, const char *reason)
{
    tell_down(self, reason);
    for (size_t i = 0; i < self->server_count; i++)
        tell_up(self, self->servers[i]);
}

static void on_tell(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    redis_partitions_tell(ctx, "another server has it");
}

/* ---- channels ---- */

/* NOLINTNEXTLINE(readability-function-size): as above */
static struct cluster_channel *find(const struct redis_partition *partition, const char *name)
{
    struct cluster_channel *channel;

    HASH_FIND_STR(partition->channels, name, channel);
    return channel;
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void add(struct redis_partition *partition, const char *name)
{
    size_t len = strlen(name);
    struct cluster_channel *channel = mem_new(sizeof *channel + len + 1);

    memcpy(channel->name, name, len);
    HASH_ADD_STR(partition->channels, name, channel);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void forget_all(struct redis_partition *partition)
{
    struct cluster_channel *channel;
    struct cluster_channel *next;

    HASH_ITER (hh, partition->channels, channel, next) {
        HASH_DEL(partition->channels, channel);
        free(channel);
    }
}

/* NOLINTNEXTLINE(readability-function-size): as above */
void redis_partitions_leave(struct redis_partition *partition)
{
    struct cluster_channel *channel;
    struct cluster_channel *next;

    HASH_ITER (hh, partition->channels, channel, next)
        redis_forget(partition->server->redis, channel->name);
}

void redis_cluster_subscribe(struct redis_cluster *self, const char *channel,
                             void (*done)(void *ctx, enum redis_result result), void *ctx)
{
    unsigned i = redis_slots_partition(channel, strlen(channel));
    struct redis_partition *partition = &self->partitions[i];

    if (!find(partition, channel))
        add(partition, channel);
    if (has(self->up | self->placing | self->rising, i)) {
        redis_subscribe(partition->server->redis, channel, done, ctx);
        return;
    }
    /* The scout says no. The channel is subscribed to when the partition is placed. */
    redis_subscribe(self->scout->redis, channel, done, ctx);
    redis_unsubscribe(self->scout->redis, channel);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
void redis_cluster_unsubscribe(struct redis_cluster *self, const char *channel)
{
    struct redis_partition *partition = &self->partitions[redis_slots_partition(channel, strlen(channel))];
    struct cluster_channel *found = find(partition, channel);

    redis_unsubscribe(partition->server->redis, channel);
    if (!found)
        return;
    HASH_DEL(partition->channels, found);
    free(found);
}

/* ---- the beginning and the end ---- */

void redis_partitions_init(struct redis_cluster *self)
{
    event_assign(&self->tell, self->base, -1, EV_TIMEOUT, on_tell, self);
}

void redis_partitions_end(struct redis_cluster *self)
{
    event_del(&self->tell);
    self->events = (struct redis_router_events){0};
    self->up = self->placing = self->rising = 0;
    for (unsigned i = 0; i < IDS_PARTITIONS; i++) {
        self->partitions[i].turn++;
        self->partitions[i].server = self->scout;
    }
}

void redis_partitions_fini(struct redis_cluster *self)
{
    for (unsigned i = 0; i < IDS_PARTITIONS; i++)
        forget_all(&self->partitions[i]);
}
