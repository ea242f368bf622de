/* SPDX-License-Identifier: ISC */
/*
 * See dispatch.h. The order is deliberate: cheap checks first, nothing is parsed before the caller is authorized, and
 * the database is read only after the rate limit.
 */
#include "api/dispatch.h"

#include "api/admit.h"
#include "api/identify.h"
#include "api/methods.h"
#include "api/routes.h"
#include "api/shared/membership.h"
#include "api/shared/onlooker.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "api/target.h"
#include "auth/origin.h"
#include "base/conf.h"
#include "base/limits.h"

#include <string.h>
#include <strings.h>

/* ---- the origin ---- */

static bool is_https(const struct exchange *exchange)
{
    const char *https = exchange_header(exchange, "HTTPS");
    const char *scheme = exchange_header(exchange, "REQUEST_SCHEME");

    return (https && *https && strcmp(https, "off") != 0) || (scheme && strcmp(scheme, "https") == 0);
}

/*
 * Whether the page that sent the request may send it. If it is of another, allowed origin, the reply gets CORS headers.
 */
static enum origin_result check_origin(struct exchange *exchange)
{
    size_t index = 0;
    struct origin_input input = {exchange_header(exchange, "HTTP_ORIGIN"),
                                 exchange_header(exchange, "HTTP_SEC_FETCH_SITE"),
                                 exchange_header(exchange, "HTTP_HOST"), is_https(exchange)};
    enum origin_result result = origin_check(exchange->host->conf, &input, &index);

    if (result == ORIGIN_ALLOWED)
        exchange->cors = (uint16_t)(index + 1);
    return result;
}

/* Pages of foreign origins may only read. A poll with a session is a heartbeat, and so changes something. */
static bool refuse_origin(struct exchange *exchange, const struct route_row *row, enum origin_result origin)
{
    if (origin != ORIGIN_FOREIGN || (row->reads && !query_get(&exchange->query, "session", NULL)))
        return false;
    exchange_problem(
        exchange, PROBLEM_FOREIGN_ORIGIN,
        "This page's origin is not allowed. If it is yours, add it to cors_origins in the configuration. If it is the "
        "site's own, have the proxy in front pass on Host as the browser sent it.");
    return true;
}

/* ---- the body ---- */

static bool refuse_fault(struct exchange *exchange)
{
    switch (exchange->request->fault) {
    case REQUEST_TOO_LARGE:
        exchange_problem(exchange, PROBLEM_TOO_LARGE, "The body is larger than %d bytes.", LIMIT_BODY_BYTES);
        return true;
    case REQUEST_CROWDED_OUT:
        exchange_problem(exchange, PROBLEM_CROWDED_OUT,
                         "Too many large requests came at once, and nothing was changed. Try again soon.");
        return true;
    case REQUEST_LENGTH_INVALID:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "Invalid Content-Length: it must be a whole number.");
        return true;
    case REQUEST_LENGTH_WRONG:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "The body is not as long as Content-Length says.");
        return true;
    case REQUEST_WHOLE: break;
    }
    return false;
}

/* A compressed body. Resources that read no body do not care. */
static bool refuse_encoding(struct exchange *exchange, const struct route_row *row)
{
    const char *encoding = exchange_header(exchange, "HTTP_CONTENT_ENCODING");
    const struct problem_extra extra = {.headers = "Accept-Encoding: identity\r\n"};

    if (!encoding || !*encoding || strcasecmp(encoding, "identity") == 0 || !*row->body ||
        exchange->request->body_len == 0)
        return false;
    exchange_problem_with(exchange, PROBLEM_UNSUPPORTED_ENCODING, &extra,
                          "Compressed bodies are not supported. Send the body as it is, without Content-Encoding.");
    return true;
}

static bool refuse_size(struct exchange *exchange, const struct route_row *row)
{
    if (exchange->request->body_len <= row->body_bytes)
        return false;
    exchange_problem(exchange, PROBLEM_TOO_LARGE, "The body of this request is larger than %zu bytes.",
                     row->body_bytes);
    return true;
}

/* ---- the caller ---- */

static bool is_over_limit(struct exchange *exchange, const struct route_row *row)
{
    size_t body = row->cost == COST_WORK ? exchange->request->body_len / COSTS_WORK_BYTES : 0;

    return row->cost != COST_NONE && !exchange->caller.admin &&
           !spend_or_refuse(exchange, row->cost, 1 + (unsigned)body);
}

/* Whether the caller may use this workspace. */
static bool belongs(struct exchange *exchange, const struct route_row *row)
{
    if (row->access == ACCESS_ONLOOKER)
        return onlooker_ok(exchange);
    if (row->access != ACCESS_MEMBER)
        return true;
    exchange->workspace = exchange->path.segment[2];
    return membership_ok(exchange);
}

/* ---- all of it ---- */

static void handle(struct exchange *exchange, const struct route_row *row)
{
    if (belongs(exchange, row) && !target_refuse_query(exchange, row))
        row->handle(exchange);
}

/* With jwt.provision, callers become members first. False: replied, or it goes on with handle() when they are. */
static bool is_admitted(struct exchange *exchange, const struct route_row *row)
{
    return row->access == ACCESS_ANYONE || !exchange->caller.claims || admit(exchange, row, handle);
}

static bool may_handle(struct exchange *exchange, const struct route_row *row)
{
    return !refuse_fault(exchange) && !refuse_encoding(exchange, row) && !target_refuse_second_hand(exchange, row) &&
           !refuse_size(exchange, row) && identify(exchange, row) && !is_over_limit(exchange, row) &&
           is_admitted(exchange, row);
}

static void dispatch(struct exchange *exchange)
{
    enum origin_result origin = check_origin(exchange);
    enum route route;
    unsigned allowed;

    if (!target_parse(exchange))
        return;
    const struct route_row *row = routes_find(&exchange->path, exchange->method, &allowed, &route);
    exchange->route = route;
    if (!allowed || target_has_gap(exchange)) {
        target_refuse_unknown(exchange);
        return;
    }
    if (!row) {
        if (exchange->method == METHOD_OPTIONS)
            methods_reply_options(exchange, allowed);
        else
            methods_refuse(exchange, allowed);
        return;
    }
    if (refuse_origin(exchange, row, origin))
        return;
    exchange->body_names = row->body;
    if (may_handle(exchange, row))
        handle(exchange, row);
}

void dispatch_on_request(void *ctx, struct conn *conn, const struct request *request)
{
    const struct service *service = ctx;

    dispatch(exchange_new(&service->host, conn, request));
}
