/* SPDX-License-Identifier: ISC */
/* See service.h. */
#include "api/shared/service.h"

struct service *service_of(const struct exchange *exchange)
{
    return exchange->host->service;
}
