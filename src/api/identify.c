/* SPDX-License-Identifier: ISC */
/* See identify.h. */
#include "api/identify.h"

#include "api/shared/rate_limits.h"
#include "api/shared/service.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

/* ---- what requests without a valid credential take from the account of their address ---- */

/* Takes AMOUNT; false, with the seconds to wait in AFTER_S (may be NULL), if nothing is left. */
static bool charge_address(struct exchange *exchange, unsigned amount, unsigned *after_s)
{
    char address[64];
    const struct charge charge = {COST_NOBODY, address, amount};

    return !rate_limits_address(exchange_header(exchange, "REMOTE_ADDR"), address, sizeof address) ||
           accounts_take(service_of(exchange)->accounts, &charge, clock_mono_ms(), after_s);
}

static void refuse_address(struct exchange *exchange, unsigned after_s)
{
    service_of(exchange)->metrics->rate_limited_total++;
    exchange_problem_with(exchange, PROBLEM_RATE_LIMITED, &(struct problem_extra){.after_s = after_s},
                          "Too many requests without a valid credential come from your address. Wait as long as "
                          "Retry-After says.");
}

/* Counts a request without a valid credential. True, having replied 429, if there were too many. */
static bool fails_too_often(struct exchange *exchange)
{
    unsigned after_s;

    if (charge_address(exchange, 1, &after_s))
        return false;
    refuse_address(exchange, after_s);
    return true;
}

/* ---- credentials ---- */

static enum auth_result ask_auth(struct exchange *exchange, bool known_only, const char **why)
{
    const struct auth_input input = {exchange_header(exchange, "HTTP_AUTHORIZATION"),
                                     exchange_header(exchange, "REMOTE_USER"), exchange_header(exchange, "AUTH_TYPE"),
                                     known_only};

    return auth_identify(service_of(exchange)->auth, &input, clock_wall_ms(), &exchange->caller, why);
}

/*
 * Many users may share an address with an attacker. So known credentials are always accepted, at no cost, and new
 * ones are verified even if the address is over its limit, as long as that takes little of this worker's time.
 */
static enum auth_result verify(struct exchange *exchange, const char **why)
{
    struct accounts *accounts = service_of(exchange)->accounts;
    struct charge charge = {.cost = COST_VERIFY, .who = ""};
    int64_t now_ms = clock_mono_ms();
    int64_t began_us = clock_cpu_us(); /* a worker that had to wait for a processor has not spent that time */

    if (charge_address(exchange, 0, NULL))
        return ask_auth(exchange, false, why);
    if (!accounts_take(accounts, &charge, now_ms, NULL))
        return AUTH_UNVERIFIED;
    enum auth_result result = ask_auth(exchange, false, why);
    charge.amount = (unsigned)(clock_cpu_us() - began_us);
    accounts_charge(accounts, &charge, now_ms);
    return result;
}

/* The usual cause is Apache, which passes Authorization on only if it is told to: the log says so. */
static void refuse_nobody(struct exchange *exchange)
{
    const char *software = exchange_header(exchange, "SERVER_SOFTWARE");

    if (software && strstr(software, "Apache") && !exchange_header(exchange, "HTTP_AUTHORIZATION"))
        log_info("401: no credential came through Apache; it passes Authorization only with \"CGIPassAuth On\"");
    exchange_problem(
        exchange, PROBLEM_NO_CREDENTIAL,
        "The request has no credential. Send a token as \"Authorization: Bearer rc_...\"; an administrator makes one "
        "with POST /v1/admin/tokens.");
}

static bool find_caller(struct exchange *exchange)
{
    const char *why = "";
    enum auth_result result = ask_auth(exchange, true, &why);

    if (result == AUTH_UNVERIFIED)
        result = verify(exchange, &why);
    switch (result) {
    case AUTH_OK: return true;
    case AUTH_EXPIRED: /* a known user must learn this, however many strangers share the address */
        exchange_problem(exchange, PROBLEM_EXPIRED_CREDENTIAL, "%s", why);
        return false;
    case AUTH_UNVERIFIED: refuse_address(exchange, 1); return false;
    case AUTH_NONE:
        if (!fails_too_often(exchange))
            refuse_nobody(exchange);
        return false;
    case AUTH_INVALID:
        if (!fails_too_often(exchange))
            exchange_problem(exchange, PROBLEM_INVALID_CREDENTIAL, "%s", why);
        return false;
    case AUTH_UNAVAILABLE: break;
    }
    exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                     "The directory is unavailable, so your token cannot be checked. Try again soon.");
    return false;
}

/* ---- programs, whose tokens may do some of what an administrator may ---- */

static bool refuse_scope(struct exchange *exchange, const struct route_row *row)
{
    char needed[SCOPES_TEXT_MAX];

    scopes_format(row->scopes, needed);
    for (char *space = needed; (space = strchr(space, ' '));)
        *space = '/';
    if (*needed)
        exchange_problem(exchange, PROBLEM_INSUFFICIENT_SCOPE,
                         "This needs a token with the scope %s, which yours lacks. An administrator makes one with "
                         "POST /v1/admin/tokens.",
                         needed);
    else
        exchange_problem(exchange, PROBLEM_INSUFFICIENT_SCOPE,
                         "This needs an administrator's token: no scope allows it.");
    return false;
}

/* Whether the token is for the workspace in the path. Whether that exists is not told. */
static bool is_for_workspace(struct exchange *exchange, const struct route_row *row)
{
    const struct path *path = &exchange->path;
    const char *only = exchange->caller.workspace;

    if (!*only || row->access == ACCESS_ADMIN_ANYWHERE)
        return true;
    if (path->count > 3 && strcmp(path->segment[2], "workspaces") == 0 && path->len[3] == strlen(only) &&
        memcmp(path->segment[3], only, path->len[3]) == 0)
        return true;
    exchange_problem(exchange, PROBLEM_INSUFFICIENT_SCOPE, "Your token is for the workspace %s only.", only);
    return false;
}

static bool is_in_scope(struct exchange *exchange, const struct route_row *row)
{
    return (exchange->caller.scopes & row->scopes) ? is_for_workspace(exchange, row) : refuse_scope(exchange, row);
}

bool identify(struct exchange *exchange, const struct route_row *row)
{
    if (row->access == ACCESS_ANYONE)
        return true;
    if (!find_caller(exchange))
        return false;
    if (!access_is_admin(row->access))
        return true;
    if (exchange->caller.admin)
        return is_in_scope(exchange, row);
    exchange_problem(exchange, PROBLEM_ADMIN_ONLY,
                     "This needs an administrator's token. \"rollcalld --new-admin-token LABEL\" makes one.");
    return false;
}
