/* SPDX-License-Identifier: ISC */
/* See doctor_redis.h. */
#include "doctor/doctor_redis.h"

#include "base/conf.h"
#include "doctor/doctor_report.h"
#include "presence/scripts.h"
#include "redis/redis_router.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_S = 6,
    SENTINELS_MS = 2000, /* so long those that have not named the master yet may do so */
    CLUSTER_GRACE_S = 2, /* the servers of a cluster come up one after the other, and a configured one may be away */
};

static const char subject[] = "redis";

struct redis_check {
    struct event_base *base; /* borrowed */
    uint64_t up, down;       /* partitions, a bit for each */
    int grace_s;             /* so long what was down at first may still come up */
    char reason[512];
};

static void look(struct redis_check *check)
{
    const struct timeval grace = {.tv_sec = check->up == UINT64_MAX ? 0 : check->grace_s};

    if ((check->up | check->down) == UINT64_MAX)
        event_base_loopexit(check->base, &grace);
}

static void on_up(void *ctx, uint64_t partitions, const char *replid)
{
    struct redis_check *check = ctx;

    (void)replid;
    check->up |= partitions;
    check->down &= ~partitions;
    look(check);
}

static void on_down(void *ctx, uint64_t partitions, const char *reason)
{
    struct redis_check *check = ctx;

    check->down |= partitions;
    check->up &= ~partitions;
    snprintf(check->reason, sizeof check->reason, "%s", reason);
    look(check);
}

/* What to do about a reason that has both parts. */
struct remedy {
    const char *part, *also;
    const char *what;
};

#define SENTINELS "no sentinel"

/* Of sentences of redis.h's on_down and redis_reason(). The first that fits counts. */
static const struct remedy remedies[] = {
    {SENTINELS, "does not know a master",
     "correct master= in redis: it is the name behind \"sentinel monitor\" in "
     "sentinel.conf"},
    {SENTINELS, "NOAUTH", "write sentinel_password= into redis: the sentinels require one"},
    {SENTINELS, "WRONGPASS", "correct sentinel_user= and sentinel_password= in redis"},
    {SENTINELS, "NOPERM",
     "grant the sentinels' user &+switch-master +sentinel|get-master-addr-by-name +subscribe "
     "+unsubscribe"},
    {SENTINELS, "DENIED", "set bind and requirepass in sentinel.conf: in protected mode they refuse other machines"},
    {SENTINELS, "reset by peer", "if the sentinels speak TLS, write sentinel_tls=yes into redis; if not, remove it"},
    {SENTINELS, "closed it", "if the sentinels speak TLS, write sentinel_tls=yes into redis; if not, remove it"},
    {SENTINELS, "", "start the sentinels, or correct their addresses, their password or master= in redis"},
    {"NOREPLICAS", "",
     "start its replicas, see whether they follow it (redis-cli INFO replication), or lower min-replicas-to-write"},
    {"OOM", "", "raise maxmemory, or find out what else fills this Redis (redis-cli --bigkeys)"},
    {"MISCONF", "",
     "Redis cannot save to its disk: free some space or correct the rights of its directory, then run "
     "redis-cli BGSAVE"},
    {"READONLY", "", "name the master instead"},
    {"BUSY", "", "wait until the script that runs in Redis ends, or run redis-cli SCRIPT KILL"},
    {"No such file", "",
     "start Redis, and look for unixsocket in its configuration; without that line, set redis to "
     "\"redis://127.0.0.1:6379\""},
    {"Connection refused", "",
     "start Redis (systemctl start redis-server, or valkey-server), or look where it listens"},
    {"Permission denied", "",
     "add this user to the group of Redis's socket (adduser rollcall redis), then restart rollcalld"},
    {"WRONGPASS", "", "correct the user or the password in redis"},
    {"NOAUTH", "", "Redis requires a password: \"redis://:PASSWORD@HOST:PORT\", percent-encoded"},
    {"DENIED", "", "set bind and requirepass in redis.conf: in protected mode Redis refuses other machines"},
    {"reset by peer", "",
     "if that port speaks TLS, write rediss:// (with sentinels or a cluster: tls=yes); if not, redis://"},
    {"closed it", "", "if that port speaks TLS, write rediss:// (with sentinels or a cluster: tls=yes)"},
    {"lacks", "", "grant the Redis user these rights with ACL SETUSER"},
    {"replica", "", "name the master instead"},
    {"resolved", "", "check that the name is right and known on this machine (getent hosts NAME)"},
    {"no answer", "", "check whether a firewall is in between, or Redis hangs"},
};

static const char *remedy(const char *reason)
{
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (strstr(reason, remedies[i].part) && strstr(reason, remedies[i].also))
            return remedies[i].what;
    return "see Redis's own log";
}

/* REASON from the place on, and without advice if the report has a better one. */
static const char *shorten(char *reason)
{
    static const char start[] = "Redis is not available at ";
    char *advice = strstr(reason, "; start Redis");

    if (advice)
        *advice = '\0';
    return strncmp(reason, start, sizeof start - 1) == 0 ? reason + sizeof start - 1 : reason;
}

static void report_down(struct doctor *self, char *reason)
{
    const char *what = shorten(reason);
    bool advises = strchr(what, ';');

    doctor_report(self, FINDING_BAD, subject, "%s%s%s. The option is redis in %s", what, advises ? "" : "; ",
                  advises ? "" : remedy(what), self->conf->path);
}

static void report_up(struct doctor *self, struct redis_router *redis)
{
    const char *refusal = redis_router_reason(redis);

    if (*refusal)
        doctor_report(self, FINDING_BAD, subject, "%s; %s", refusal, remedy(refusal));
    else if (self->conf->redis.kind == CONF_REDIS_CLUSTER)
        doctor_report(self, FINDING_GOOD, subject, "it is a cluster, and scripts and channels work on its %u servers",
                      redis_router_servers_up(redis));
    else
        doctor_report(self, FINDING_GOOD, subject, "it is a master, and scripts and channels work");
    self->redis_works = !*refusal;
}

/* Without most of its sentinels, Redis goes on, but a lost master has no successor. */
static void report_sentinels(struct doctor *self, struct event_base *base, const struct redis_router *redis)
{
    const struct timeval step = {.tv_usec = 100 * 1000};
    const unsigned long *answer = &redis_router_stats(redis)->sentinels;
    size_t count = self->conf->redis.host_count;

    for (int ms = 0; ms < SENTINELS_MS && *answer < count; ms += 100) {
        event_base_loopexit(base, &step);
        event_base_dispatch(base);
    }
    if (*answer < count)
        doctor_report(self, *answer > count / 2 ? FINDING_NOTE : FINDING_BAD, subject,
                      "%lu of %zu sentinels answer; start the others, or correct their addresses in redis. A failover "
                      "needs most of them",
                      *answer, count);
}

/* What the first sentinel names is perhaps not the master. */
static int grace_of(enum conf_redis_kind kind)
{
    return kind == CONF_REDIS_ONE ? 0 : kind == CONF_REDIS_CLUSTER ? CLUSTER_GRACE_S : PATIENCE_S;
}

void doctor_redis(struct doctor *self)
{
    struct redis_check check = {
        .base = event_base_new(), .grace_s = grace_of(self->conf->redis.kind), .reason = "no answer"};
    const struct redis_router_events events = {.ctx = &check, .on_up = on_up, .on_down = on_down};
    const struct timeval patience = {.tv_sec = PATIENCE_S};

    if (!check.base)
        abort(); /* out of memory */
    struct redis_script *scripts = scripts_new(self->conf->redis.kind == CONF_REDIS_CLUSTER);
    struct redis_router *redis = redis_router_new(check.base, &self->conf->redis, scripts, SCRIPT_KINDS, &events);
    event_base_loopexit(check.base, &patience);
    event_base_dispatch(check.base);
    if (check.up == UINT64_MAX) {
        report_up(self, redis);
        if (self->conf->redis.kind == CONF_REDIS_SENTINEL)
            report_sentinels(self, check.base, redis);
    } else {
        report_down(self, check.reason);
    }
    if (*redis_router_eviction(redis))
        doctor_report(self, FINDING_NOTE, subject,
                      "maxmemory-policy is %s, so Redis may evict presence data; set it to noeviction",
                      redis_router_eviction(redis));
    redis_router_free(redis);
    scripts_free(scripts);
    event_base_free(check.base);
}
