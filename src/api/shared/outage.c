/* SPDX-License-Identifier: ISC */
/* See outage.h. */
#include "api/shared/outage.h"

#include "api/shared/service.h"
#include "base/conf.h"
#include "base/random.h"
#include "presence/presence.h"
#include "view/parked.h"

enum {
    SPREAD_S = 3,     /* for a few clients */
    HERD_PER_S = 1000 /* clients of a herd that come back in a second: a worker handles them with time to spare */
};

void outage_look(struct service *service)
{
    bool away = presence_all_away(service->presence);

    parked_set_away(service->parked, away);
    if (!away)
        service->herd = 0;
    else if (parked_count(service->parked) > service->herd)
        service->herd = parked_count(service->parked);
}

unsigned outage_spread_s(size_t herd, unsigned ttl_s)
{
    unsigned spread = SPREAD_S + (unsigned)(herd / HERD_PER_S);
    unsigned most = ttl_s / 4;

    return spread < most ? spread : most;
}

unsigned outage_retry_s(const struct service *service)
{
    return 1 + random_below(outage_spread_s(service->herd, service->conf->ttl_s) + 1);
}
