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

enum { PATIENCE_S = 6 };

static const char subject[] = "redis";

struct redis_check {
    struct event_base *base; /* borrowed */
    uint64_t up, down;       /* partitions, a bit for each */
    bool patient;            /* there are sentinels: what the first one names is perhaps not the master */
    char reason[512];
};

static void look(struct redis_check *check)
{
    if ((check->up | (check->patient ? 0 : check->down)) == UINT64_MAX)
        event_base_loopbreak(check->base);
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

/* What to do about REASON, a sentence of redis.h's on_down. */
static const char *remedy(const char *reason)
{
    static const char *const remedies[][2] = {
        {"no sentinel", "start the sentinels, or correct their addresses, their password or master= in redis"},
        {"No such file", "start Redis, and look for unixsocket in its configuration; if there is none, redis is "
                         "\"redis://127.0.0.1:6379\""},
        {"Connection refused",
         "start Redis (systemctl start redis-server, or valkey-server), or look where it listens"},
        {"Permission denied",
         "add this user to the group of Redis's socket (adduser rollcall redis), then restart rollcalld"},
        {"WRONGPASS", "correct the user or the password in redis"},
        {"NOAUTH", "Redis requires a password: \"redis://:PASSWORD@HOST:PORT\", percent-encoded"},
        {"lacks", "grant the Redis user these rights with ACL SETUSER"},
        {"replica", "name the master instead"},
        {"resolved", "check that the name is right and known on this machine (getent hosts NAME)"},
        {"no answer", "check whether a firewall is in between, or Redis hangs"},
    };

    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (strstr(reason, remedies[i][0]))
            return remedies[i][1];
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

void doctor_redis(struct doctor *self)
{
    struct redis_check check = {
        .base = event_base_new(), .patient = self->conf->redis.kind == CONF_REDIS_SENTINEL, .reason = "no answer"};
    const struct redis_router_events events = {.ctx = &check, .on_up = on_up, .on_down = on_down};
    const struct timeval patience = {.tv_sec = PATIENCE_S};

    if (!check.base)
        abort(); /* out of memory */
    struct redis_script *scripts = scripts_new(self->conf->redis.kind == CONF_REDIS_CLUSTER);
    struct redis_router *redis = redis_router_new(check.base, &self->conf->redis, scripts, SCRIPT_KINDS, &events);
    event_base_loopexit(check.base, &patience);
    event_base_dispatch(check.base);
    self->redis_up = check.up == UINT64_MAX;
    if (self->redis_up && self->conf->redis.kind == CONF_REDIS_CLUSTER)
        doctor_report(self, FINDING_GOOD, subject, "it is a cluster, and scripts and channels work on its %u servers",
                      redis_router_servers_up(redis));
    else if (self->redis_up)
        doctor_report(self, FINDING_GOOD, subject, "it is a master, and scripts and channels work");
    else
        report_down(self, check.reason);
    if (*redis_router_eviction(redis))
        doctor_report(self, FINDING_NOTE, subject,
                      "maxmemory-policy is %s, so Redis may evict presence data; set it to noeviction",
                      redis_router_eviction(redis));
    redis_router_free(redis);
    scripts_free(scripts);
    event_base_free(check.base);
}
