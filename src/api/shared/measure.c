/* SPDX-License-Identifier: ISC */
/* Of service.h: what the layers below count is copied to where all workers show it. */
#include "api/shared/service.h"

#include "base/log.h"
#include "presence/presence.h"
#include "redis/redis.h"
#include "transport/transport.h"
#include "view/parked.h"

void service_measure(struct service *self)
{
    static const struct fcgi_stats no_fcgi; /* a CGI program has no connections */
    struct redis *redis = presence_redis(self->presence);
    const struct metrics_sources sources = {
        .redis = redis_stats(redis),
        .presence = presence_stats(self->presence),
        .fcgi = self->fcgi ? fcgi_stats(self->fcgi) : &no_fcgi,
        .polls = parked_count(self->parked),
        .redis_up = redis_up(redis),
    };
    metrics_measure(self->metrics, &sources);
    self->metrics->log_dropped_total = log_dropped();
}
