/* SPDX-License-Identifier: ISC */
/*
 * See redis_cluster.h. Channels, and how a partition comes up, are in redis_partition.c; what is wrong is said in
 * redis_cluster_reason.c.
 */
#include "redis/redis_cluster.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "redis/redis_partition.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_US = 250000, /* while something is amiss, the servers are asked so often which partitions they have */
    ASK_MS = 2000,    /* otherwise */
    DOUBT_MS = 1000,  /* so long after a server said that the cluster is down, others are believed */
};

static void ask_soon(struct redis_cluster *self)
{
    const struct timeval at_once = {0, 0};

    if (!event_pending(&self->ask, EV_TIMEOUT, NULL))
        event_add(&self->ask, &at_once);
}

/* ---- servers ---- */

static void on_server_up(void *ctx, const char *replid)
{
    struct redis_server *server = ctx;

    snprintf(server->replid, sizeof server->replid, "%s", replid);
    redis_partitions_place(server->cluster, server->partitions);
}

static void on_server_down(void *ctx, const char *reason)
{
    struct redis_server *server = ctx;
    struct redis_cluster *self = server->cluster;

    redis_partitions_lose(self, server->partitions);
    self->falling |= server->partitions; /* also those that were never up */
    redis_partitions_tell(self, reason);
    ask_soon(self);
}

static void on_server_message(void *ctx, const char *channel, const char *bytes, size_t len)
{
    const struct redis_server *server = ctx;
    const struct redis_router_events *events = &server->cluster->events;

    if (events->on_message)
        events->on_message(events->ctx, channel, bytes, len);
}

static void on_misplaced(void *ctx, unsigned partition, enum redis_misplaced why)
{
    struct redis_server *server = ctx;
    struct redis_cluster *self = server->cluster;

    ask_soon(self);
    if (why == MISPLACED_DOWN)
        server->doubted_ms = clock_mono_ms();
    if (partition >= IDS_PARTITIONS || self->partitions[partition].server != server)
        return;
    self->partitions[partition].refused_ms = clock_mono_ms();
    self->partitions[partition].refused_why = why;
    if (why == MISPLACED_MOVED)
        redis_partitions_lose(self, UINT64_C(1) << partition);
}

static void on_slots(void *ctx, const struct redis_value *value);

static struct redis_server *server_new(struct redis_cluster *self, const char *host, int port)
{
    struct redis_server *server = mem_new(sizeof *server);

    server->cluster = self;
    server->conf = *self->conf;
    server->conf.kind = CONF_REDIS_ONE;
    server->conf.host = mem_copy(host, strlen(host));
    server->conf.port = port;
    return server;
}

static void server_connect(struct redis_server *server, void (*on_connect)(void *ctx))
{
    struct redis_cluster *self = server->cluster;
    const struct redis_events events = {.ctx = server,
                                        .on_up = on_server_up,
                                        .on_down = on_server_down,
                                        .on_message = on_server_message,
                                        .on_misplaced = on_misplaced,
                                        .on_slots = on_slots,
                                        .on_connect = on_connect};

    server->redis = redis_new(self->base, &server->conf, self->scripts, self->script_count, &events);
}

static void server_free(struct redis_server *server)
{
    redis_free(server->redis);
    free(server->conf.host);
    free(server);
}

/* The server at HOST and PORT, which is made if it is not known yet. */
static struct redis_server *server_at(struct redis_cluster *self, const char *host, int port)
{
    for (size_t i = 0; i < self->server_count; i++)
        if (self->servers[i]->conf.port == port && strcmp(self->servers[i]->conf.host, host) == 0)
            return self->servers[i];
    struct redis_server *server = server_new(self, host, port);
    server_connect(server, NULL);
    redis_join(server->redis, 0, &self->stats);
    self->servers = mem_resize(self->servers, self->server_count + 1, sizeof *self->servers);
    self->servers[self->server_count++] = server;
    return server;
}

/* Servers that have nothing any more. */
static void free_idle(struct redis_cluster *self)
{
    size_t kept = 0;

    for (size_t i = 0; i < self->server_count; i++) {
        if (self->servers[i]->partitions != 0)
            self->servers[kept++] = self->servers[i];
        else
            server_free(self->servers[i]);
    }
    self->server_count = kept;
}

/* ---- the map ---- */

static bool is_trusted(const struct redis_server *server, int64_t now_ms)
{
    bool doubted = server->doubted_ms > 0 && now_ms - server->doubted_ms < DOUBT_MS;

    return redis_up(server->redis) && !doubted;
}

/* The partitions about which SERVER is believed. */
static uint64_t believed(const struct redis_cluster *self, const struct redis_server *server)
{
    uint64_t believed = server->partitions;
    int64_t now_ms = clock_mono_ms();

    for (size_t i = 0; i < self->server_count; i++)
        if (!is_trusted(self->servers[i], now_ms))
            believed |= self->servers[i]->partitions;
    return believed | self->scout->partitions;
}

/* SERVER has PARTITIONS from now on, which other servers had. */
static void move(struct redis_server *server, uint64_t partitions)
{
    struct redis_cluster *self = server->cluster;

    redis_partitions_lose(self, partitions);
    for (unsigned i = 0; i < IDS_PARTITIONS; i++) {
        struct redis_partition *partition = &self->partitions[i];
        if ((partitions >> i & 1) == 0)
            continue;
        redis_partitions_leave(partition);
        partition->server->partitions &= ~(UINT64_C(1) << i);
        redis_join(partition->server->redis, partition->server->partitions, &self->stats);
        partition->server = server;
        partition->refused_ms = 0;
    }
    server->partitions |= partitions;
    redis_join(server->redis, server->partitions, &self->stats);
    redis_partitions_place(self, partitions);
}

/*
 * The reply of SERVER to CLUSTER SLOTS is not one. A server that is up keeps what it has. It is logged once until it is
 * understood again, and never more than once a second.
 */
static void on_garble(struct redis_server *server)
{
    static const char what[] = "its answer to CLUSTER SLOTS is not understood; is it part of a Redis Cluster?";
    char place[300];

    if (server == server->cluster->scout)
        redis_lose(server->redis, "%s", what);
    else if (!server->garbles && redis_may_log(server->redis))
        log_warn("Redis at %s: %s", address_join(server->conf.host, server->conf.port, place, sizeof place), what);
    server->garbles = true;
}

/* The partitions of which no server is known any more, though one was asked. */
static void lose_orphans(struct redis_cluster *self)
{
    uint64_t orphans = self->scout->partitions;

    if (orphans == 0)
        return;
    redis_partitions_lose(self, orphans);
    self->falling |= orphans; /* also those that were never up */
    redis_partitions_tell(self, REDIS_ORPHANED);
}

static void on_slots(void *ctx, const struct redis_value *value)
{
    struct redis_server *from = ctx;
    struct redis_cluster *self = from->cluster;
    const uint64_t credible = believed(self, from);
    struct redis_slots slots;

    if (!redis_slots_read(value, from->conf.host, &slots)) {
        on_garble(from);
        return;
    }
    from->garbles = false;
    for (size_t i = 0; i < slots.count; i++) {
        const struct redis_owner *owner = &slots.owners[i];
        if ((owner->partitions & credible) == 0)
            continue;
        struct redis_server *server = server_at(self, owner->host, owner->port);
        uint64_t news = owner->partitions & credible & ~server->partitions;
        if (news != 0)
            move(server, news);
    }
    redis_partitions_place(self, from->partitions);
    lose_orphans(self);
}

static void on_ask(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_cluster *self = ctx;

    (void)fd;
    (void)what;
    self->asked_ms = clock_mono_ms();
    for (size_t i = 0; i < self->server_count; i++)
        redis_ask_slots(self->servers[i]->redis);
}

unsigned redis_cluster_servers_up(const struct redis_cluster *self)
{
    unsigned count = 0;

    for (size_t i = 0; i < self->server_count; i++)
        count += redis_up(self->servers[i]->redis);
    return count;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_cluster *self = ctx;

    (void)fd;
    (void)what;
    free_idle(self);
    if (redis_cluster_servers_up(self) == 0)
        redis_scout_go(self->scout->redis);
    else if (self->up != UINT64_MAX || clock_mono_ms() - self->asked_ms >= ASK_MS)
        ask_soon(self);
}

/* ---- the scout ---- */

/* The configured hosts are asked in turn. */
static void on_scout_connect(void *ctx)
{
    struct redis_server *scout = ctx;
    struct redis_cluster *self = scout->cluster;
    const struct conf_redis_host *host = &self->conf->hosts[self->next_host++ % self->conf->host_count];

    free(scout->conf.host);
    scout->conf.host = mem_copy(host->name, strlen(host->name));
    scout->conf.port = host->port;
}

static struct redis_server *scout_new(struct redis_cluster *self)
{
    struct redis_server *scout = server_new(self, self->conf->hosts[0].name, self->conf->hosts[0].port);

    scout->partitions = UINT64_MAX;
    server_connect(scout, on_scout_connect);
    redis_scout(scout->redis, &self->stats);
    return scout;
}

/* ---- for the router ---- */

struct redis_cluster *redis_cluster_new(struct event_base *base, const struct conf_redis *conf,
                                        struct redis_script *scripts, size_t count,
                                        const struct redis_router_events *events)
{
    struct redis_cluster *self = mem_new(sizeof *self);
    const struct timeval tick = {0, TICK_US};

    self->base = base;
    self->conf = conf;
    self->scripts = scripts;
    self->script_count = count;
    self->events = *events;
    self->scout = scout_new(self);
    for (unsigned i = 0; i < IDS_PARTITIONS; i++)
        self->partitions[i].server = self->scout;
    redis_partitions_init(self);
    event_assign(&self->ask, base, -1, EV_TIMEOUT, on_ask, self);
    event_assign(&self->tick, base, -1, EV_TIMEOUT | EV_PERSIST, on_tick, self);
    event_add(&self->tick, &tick);
    return self;
}

/* Those whose calls are refused may call and subscribe again: the scout, which refuses everything, is freed last. */
void redis_cluster_free(struct redis_cluster *self)
{
    if (!self)
        return;
    event_del(&self->ask);
    event_del(&self->tick);
    redis_partitions_end(self);
    while (self->server_count > 0)
        server_free(self->servers[--self->server_count]);
    server_free(self->scout);
    redis_partitions_fini(self);
    free(self->servers);
    free(self);
}

uint64_t redis_cluster_up(const struct redis_cluster *self)
{
    return self->up;
}

struct redis *redis_cluster_server(const struct redis_cluster *self, unsigned partition)
{
    const struct redis_server *server =
        (self->up >> partition & 1) != 0 ? self->partitions[partition].server : self->scout;

    return server->redis;
}

const char *redis_cluster_eviction(const struct redis_cluster *self)
{
    for (size_t i = 0; i < self->server_count; i++)
        if (*redis_eviction(self->servers[i]->redis))
            return redis_eviction(self->servers[i]->redis);
    return "";
}

const struct redis_stats *redis_cluster_stats(const struct redis_cluster *self)
{
    return &self->stats;
}
