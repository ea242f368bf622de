/* SPDX-License-Identifier: ISC */
/* See problems.h. */
#include "api/shared/problems.h"

#include "api/shared/outage.h"
#include "api/shared/service.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>

static void log_directory(struct exchange *exchange)
{
    log_error("directory: %s", directory_error(service_of(exchange)->directory));
}

bool problems_directory_ok(struct exchange *exchange, enum directory_result result)
{
    switch (result) {
    case DIRECTORY_OK:
    case DIRECTORY_CREATED: return true;
    case DIRECTORY_NOT_FOUND:
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "The directory has no such entry. Check the ids in the request.");
        return false;
    case DIRECTORY_INVALID:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "The directory cannot store this. Check the values.");
        return false;
    case DIRECTORY_LIMIT:
        exchange_problem(exchange, PROBLEM_CONFLICT, "The directory cannot hold more of these. Delete some first.");
        return false;
    case DIRECTORY_OTHER:
        exchange_problem(exchange, PROBLEM_KEY_REUSED,
                         "This Idempotency-Key was used for a different request. Make a new key for each request.");
        return false;
    case DIRECTORY_FULL:
        log_directory(exchange);
        exchange_problem(exchange, PROBLEM_DISK_FULL,
                         "The server's disk is full, and nothing was changed. Tell its administrator.");
        return false;
    case DIRECTORY_AWAY:
        log_directory(exchange);
        exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                         "PostgreSQL, which holds the record, did not confirm the change. Send the request again; "
                         "/readyz says what is wrong.");
        return false;
    case DIRECTORY_BUSY:
    case DIRECTORY_READONLY:
    case DIRECTORY_BROKEN: break;
    }
    log_directory(exchange);
    exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                     "The directory is unavailable, and nothing was changed. Try again; /readyz says what is wrong.");
    return false;
}

bool problems_workspace_ok(struct exchange *exchange, const char *workspace, enum directory_result result)
{
    if (result != DIRECTORY_NOT_FOUND)
        return problems_directory_ok(exchange, result);
    exchange_problem(exchange, PROBLEM_NOT_FOUND, "Workspace \"%s\" not found.", workspace);
    return false;
}

static void refuse_for_redis(struct exchange *exchange, const char *detail)
{
    const struct problem_extra extra = {.after_s = outage_retry_s(service_of(exchange))};

    exchange_problem_with(exchange, PROBLEM_REDIS_UNAVAILABLE, &extra, detail);
}

bool problems_presence_finished(struct exchange *exchange, enum presence_result result, const char *done)
{
    if (result != PRESENCE_UNAVAILABLE)
        return problems_presence_ok(exchange, result);
    refuse_for_redis(exchange, done);
    return false;
}

bool problems_presence_ok(struct exchange *exchange, enum presence_result result)
{
    struct problem_extra extra = {.after_s = exchange->host->conf->heartbeat_s};
    char detail[120];

    switch (result) {
    case PRESENCE_OK: return true;
    case PRESENCE_ENDED:
        exchange_problem(exchange, PROBLEM_SESSION_ENDED, "This session was ended by leave. Join again.");
        return false;
    case PRESENCE_FULL:
        snprintf(detail, sizeof detail,
                 "A user may have %d sessions in a workspace. End one, or wait until one expires.",
                 LIMIT_SESSIONS_PER_USER);
        exchange_problem_with(exchange, PROBLEM_TOO_MANY_SESSIONS, &extra, detail);
        return false;
    case PRESENCE_UNAVAILABLE: break;
    }
    refuse_for_redis(exchange, "Presence is unavailable. Send the request again; /readyz says what is wrong.");
    return false;
}
