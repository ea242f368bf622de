/* SPDX-License-Identifier: ISC */
/* GET /metrics: for Prometheus. What is counted, and where: api/shared/metrics.h. */
#include "api/shared/handlers.h"

#include "api/shared/service.h"
#include "base/blob.h"
#include "base/buf.h"

void metrics_get(struct exchange *exchange)
{
    struct service *self = service_of(exchange);
    service_measure(self); /* this worker's numbers are as of now, the others' of their last tick */
    struct buf body;
    buf_init(&body);
    metrics_render(self->metrics_shared, &body);
    exchange_reply_as(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, blob_from_buf(&body));
    buf_fini(&body);
}
