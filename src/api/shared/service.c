/* SPDX-License-Identifier: ISC */
/* See service.h. */
#include "api/shared/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "directory/directory.h"
#include "presence/presence.h"
#include "redis/redis_router.h"
#include "transport/transport.h"
#include "view/parked.h"

struct service *service_of(const struct exchange *exchange)
{
    return exchange->host->service;
}

void service_measure(struct service *self)
{
    static const struct fcgi_stats no_fcgi; /* a CGI program has no connections */
    struct redis_router *redis = presence_redis(self->presence);
    struct metrics_sources sources = {
        .redis = redis_router_stats(redis),
        .presence = presence_stats(self->presence),
        .fcgi = self->fcgi ? fcgi_stats(self->fcgi) : &no_fcgi,
        .places = parked_place_counts(self->parked),
        .polls = parked_count(self->parked),
        .streams = parked_stream_count(self->parked),
        .redis_up = redis_router_all_up(redis),
        .redis_partitions = redis_router_partitions_up(redis),
        .redis_servers = redis_router_servers_up(redis),
    };
    if (self->writer)
        writer_figures(self->writer, &sources.record);
    metrics_measure(self->metrics, &sources);
    self->metrics->log_dropped_total = log_dropped();
}

static void look_at_record(struct service *self)
{
    struct writer_figures figures;

    writer_wrong(self->writer, self->record_wrong);
    writer_figures(self->writer, &figures);
    presence_doubt_directory(self->presence, figures.older != 0);
}

void service_look(struct service *self)
{
    int64_t now_ms = clock_mono_ms();
    char error[sizeof self->directory_look.wrong] = "";
    if (!directory_look_due(&self->directory_look, now_ms))
        return;
    enum directory_result result = directory_check(self->directory, false, error, sizeof error);
    /* It may have been moved to a record since the start. It can still be read. */
    if (result == DIRECTORY_OK && !self->writer && !directory_suits(self->directory, false, error, sizeof error))
        result = DIRECTORY_READONLY;
    directory_look_take(&self->directory_look, result, error, now_ms);
    if (self->writer)
        look_at_record(self);
}
