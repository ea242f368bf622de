/* SPDX-License-Identifier: ISC */
/* See own_checks.h. */
#include "api/shared/own_checks.h"

#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "base/ids.h"
#include "directory/policies.h"
#include "presence/presence.h"

bool own_checks_redis(struct exchange *exchange, int64_t *now_ms)
{
    struct presence *presence = service_of(exchange)->presence;

    *now_ms = presence_up(presence, exchange->workspace) ? presence_now_ms(presence, exchange->workspace) : 0;
    return *now_ms > 0 || problems_presence_ok(exchange, PRESENCE_UNAVAILABLE);
}

bool own_checks_spend(struct exchange *exchange, enum cost cost)
{
    return exchange->caller.admin || spend_or_refuse(exchange, cost, 1);
}

static bool has_message(const struct layer *layer)
{
    return (layer->text && *layer->text) || (layer->emoji && *layer->emoji);
}

bool own_checks_policy(struct exchange *exchange, const struct layer *layer)
{
    struct status_policy policy;

    if (layer->show != SHOW_INVISIBLE && !has_message(layer))
        return true;
    if (!problems_directory_ok(exchange,
                               directory_get_policy(service_of(exchange)->directory, exchange->workspace, &policy)))
        return false;
    if (layer->show == SHOW_INVISIBLE && policy.invisible == INVISIBLE_FORBIDDEN) {
        exchange_problem(exchange, PROBLEM_NOT_ALLOWED,
                         "This workspace does not allow its members to be invisible. Send \"auto\" or \"away\".");
        return false;
    }
    if (has_message(layer) && !policy.messages) {
        exchange_problem(exchange, PROBLEM_NOT_ALLOWED,
                         "This workspace does not allow messages. Leave \"text\" and \"emoji\" out.");
        return false;
    }
    return true;
}

bool own_checks_claim(struct exchange *exchange, const char *name, size_t len)
{
    if (ids_claim_ok(name, len))
        return true;
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "Invalid name of a claim: it must be 1 to %d of a-z, 0-9, _ and -.",
                     IDS_CLAIM_MAX);
    return false;
}
