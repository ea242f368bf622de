/* SPDX-License-Identifier: ISC */
/* See service.h. From a request to its handler: what every request goes through, in this order. */
#include "api/shared/service.h"

#include "api/admit.h"
#include "api/shared/rate_limits.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/log.h"
#include "directory/directory.h"
#include "http/names.h"
#include "view/parked.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct service *service_of(const struct exchange *exchange)
{
    return exchange->host->service;
}

/* "GET, HEAD, POST" of METHODS, into OUT. */
static void list_methods(unsigned methods, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s%s%s", methods & METHOD_GET ? "GET, HEAD, " : "", methods & METHOD_POST ? "POST, " : "",
             methods & METHOD_PUT ? "PUT, " : "", methods & METHOD_DELETE ? "DELETE, " : "", "OPTIONS");
}

/* OPTIONS, a preflight (Fetch Standard, 3.2.2) or not, needs no credential. */
static void reply_options(struct exchange *exchange, unsigned allowed)
{
    char methods[64];
    char extra[256];

    list_methods(allowed, methods, sizeof methods);
    if (exchange->cors)
        snprintf(extra, sizeof extra,
                 "Access-Control-Allow-Methods: %s\r\n"
                 "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-None-Match\r\n"
                 "Access-Control-Max-Age: 7200\r\n",
                 methods);
    else
        snprintf(extra, sizeof extra, "Allow: %s\r\n", methods);
    exchange_reply_as(exchange, 204, NULL, extra, NULL);
}

static void reply_method(struct exchange *exchange, unsigned allowed)
{
    char methods[64];
    char extra[80];
    char detail[128];

    list_methods(allowed, methods, sizeof methods);
    snprintf(extra, sizeof extra, "Allow: %s\r\n", methods);
    snprintf(detail, sizeof detail, "This resource knows %s.", methods);
    exchange_problem_as(exchange, PROBLEM_METHOD_NOT_ALLOWED, 0, extra, NULL, detail);
}

static bool is_https(const struct exchange *exchange)
{
    const char *https = exchange_header(exchange, "HTTPS");
    const char *scheme = exchange_header(exchange, "REQUEST_SCHEME");

    return (https && *https && strcmp(https, "off") != 0) || (scheme && strcmp(scheme, "https") == 0);
}

/* Where the page that asks comes from; sets which CORS headers every reply gets. */
static enum origin_result check_origin(struct exchange *exchange)
{
    size_t index = 0;
    enum origin_result result = origin_check(exchange->host->conf, exchange_header(exchange, "HTTP_ORIGIN"),
                                             exchange_header(exchange, "HTTP_SEC_FETCH_SITE"),
                                             exchange_header(exchange, "HTTP_HOST"), is_https(exchange), &index);

    if (result == ORIGIN_ALLOWED)
        exchange->cors = (uint16_t)(index + 1);
    return result;
}

static bool refuse_fault(struct exchange *exchange)
{
    switch (exchange->request->fault) {
    case REQUEST_TOO_LARGE:
        exchange_problem(exchange, PROBLEM_TOO_LARGE, "A body may have %d bytes.", LIMIT_BODY_BYTES);
        return true;
    case REQUEST_CROWDED_OUT:
        exchange_problem(exchange, PROBLEM_CROWDED_OUT,
                         "Nothing was changed: too many large requests came at once. Try again soon.");
        return true;
    case REQUEST_LENGTH_INVALID:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "Content-Length is no number.");
        return true;
    case REQUEST_LENGTH_WRONG:
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "The body has another length than Content-Length says.");
        return true;
    case REQUEST_WHOLE: break;
    }
    return false;
}

/* The 401's log line names the usual culprit: Apache, which passes Authorization on only when told to. */
static void refuse_nobody(struct exchange *exchange)
{
    const char *software = exchange_header(exchange, "SERVER_SOFTWARE");

    if (software && strstr(software, "Apache") && !exchange_header(exchange, "HTTP_AUTHORIZATION"))
        log_info("401: no credential came through Apache; it passes Authorization only with \"CGIPassAuth On\"");
    exchange_problem(exchange, PROBLEM_NO_CREDENTIAL,
                     "Send a token as \"Authorization: Bearer rc_...\"; an administrator makes one by POST "
                     "/v1/admin/tokens.");
}

static void refuse_stranger(struct exchange *exchange, unsigned after_s)
{
    service_of(exchange)->metrics->rate_limited_total++;
    exchange_problem_as(exchange, PROBLEM_RATE_LIMITED, after_s, NULL, NULL,
                        "Too many requests without a valid credential come from your address.");
}

/* Takes AMOUNT from the account of the address that asks; false if nothing is left. Without accounts there is no limit. */
static bool may_fail(struct exchange *exchange, unsigned amount, unsigned *after_s)
{
    char address[64];

    return !rate_limits_address(exchange_header(exchange, "REMOTE_ADDR"), address, sizeof address) ||
           costs_take(service_of(exchange)->costs, COST_NOBODY, address, amount, clock_mono_ms(), after_s);
}

/* Counts a request without a valid credential. */
static bool fails_too_often(struct exchange *exchange)
{
    unsigned after_s;

    if (may_fail(exchange, 1, &after_s))
        return false;
    refuse_stranger(exchange, after_s);
    return true;
}

static enum auth_result ask_auth(struct exchange *exchange, bool known_only, const char **why)
{
    struct auth_input input = {exchange_header(exchange, "HTTP_AUTHORIZATION"),
                               exchange_header(exchange, "REMOTE_USER"), exchange_header(exchange, "AUTH_TYPE"),
                               known_only};

    return auth_identify(service_of(exchange)->auth, &input, clock_wall_ms(), &exchange->caller, why);
}

/*
 * Behind one address there may be a whole office, and who knows how many strangers. A credential that is known is served all
 * the same, at no cost; one that has to be verified first, as long as all such verifying takes little of our time.
 */
static enum auth_result verify(struct exchange *exchange, const char **why)
{
    struct costs *costs = service_of(exchange)->costs;
    int64_t now_ms = clock_mono_ms();
    int64_t began_us = clock_mono_us();
    enum auth_result result;

    if (may_fail(exchange, 0, NULL))
        return ask_auth(exchange, false, why);
    if (!costs_take(costs, COST_VERIFY, "", 0, now_ms, NULL))
        return AUTH_UNVERIFIED;
    result = ask_auth(exchange, false, why);
    costs_charge(costs, COST_VERIFY, "", (unsigned)(clock_mono_us() - began_us), now_ms);
    return result;
}

static bool identify(struct exchange *exchange)
{
    const char *why = "";
    enum auth_result result = ask_auth(exchange, true, &why);

    if (result == AUTH_UNVERIFIED)
        result = verify(exchange, &why);
    switch (result) {
    case AUTH_OK: return true;
    case AUTH_EXPIRED: /* of somebody, who has to hear of it, however many strangers share the address */
        exchange_problem(exchange, PROBLEM_EXPIRED_CREDENTIAL, "%s", why);
        return false;
    case AUTH_UNVERIFIED: refuse_stranger(exchange, 1); return false;
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
    exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE, "Tokens cannot be looked up right now; try again soon.");
    return false;
}

const char service_no_member[] = "You are not a member of this workspace, or it does not exist.";

/* The same answer for a workspace that is not there and for one that the caller is not in: neither is told apart. */
static bool is_member(struct exchange *exchange)
{
    const char *workspace = exchange->path.segment[2];
    enum directory_result result = DIRECTORY_NOT_FOUND;

    if (!exchange->caller.admin && ids_workspace_ok(workspace, exchange->path.len[2]))
        result = directory_is_member(service_of(exchange)->directory, workspace, exchange->caller.user);
    if (result == DIRECTORY_OK)
        return true;
    if (result == DIRECTORY_NOT_FOUND)
        exchange_problem(exchange, PROBLEM_NOT_A_MEMBER,
                         exchange->caller.admin ? "An administrator's token is nobody's; ask with a member's token."
                                                : service_no_member);
    else
        exchange_problem(exchange, PROBLEM_DIRECTORY_UNAVAILABLE,
                         "Memberships cannot be looked up right now; try again soon.");
    return false;
}

static bool may_ask(struct exchange *exchange, const struct route_row *row)
{
    if (row->access == ACCESS_ANYONE)
        return true;
    if (!identify(exchange))
        return false;
    if (row->access != ACCESS_ADMIN || exchange->caller.admin)
        return true;
    exchange_problem(exchange, PROBLEM_ADMIN_ONLY,
                     "This needs an administrator's token, as \"rollcalld --new-admin-token LABEL\" prints one.");
    return false;
}

/* Whether the caller belongs where the request leads. Admitting asks the database, and so comes behind the limit. */
static bool belongs(struct exchange *exchange, const struct route_row *row)
{
    if (row->access != ACCESS_ANYONE && exchange->caller.claims && !admit(exchange, row))
        return false;
    return row->access != ACCESS_MEMBER || is_member(exchange);
}

/* Before anything else is looked at: a body that nobody wants is not parsed either. */
static bool refuse_body(struct exchange *exchange, const struct route_row *row)
{
    if (exchange->request->body_len <= row->body_bytes)
        return false;
    exchange_problem(exchange, PROBLEM_TOO_LARGE, "The body of this request may have %zu bytes.", row->body_bytes);
    return true;
}

/* A body that is packed; only resources that read one care. */
static bool refuse_encoding(struct exchange *exchange, const struct route_row *row)
{
    const char *encoding = exchange_header(exchange, "HTTP_CONTENT_ENCODING");

    if (!encoding || !*encoding || strcasecmp(encoding, "identity") == 0 || !*row->body ||
        exchange->request->body_len == 0)
        return false;
    exchange_problem_as(exchange, PROBLEM_UNSUPPORTED_ENCODING, 0, "Accept-Encoding: identity\r\n", NULL,
                        "The body is compressed, as its Content-Encoding says: send it as it is, without that header.");
    return true;
}

static bool over_limit(struct exchange *exchange, const struct route_row *row)
{
    size_t body = row->cost == COST_WORK ? exchange->request->body_len / COSTS_WORK_BYTES : 0;

    return row->cost != COST_NONE && !exchange->caller.admin && !service_spend(exchange, row->cost, 1 + (unsigned)body);
}

/* Whether a pair of the query before the I-th has the same name. */
static bool stands_before(const struct query *query, size_t i)
{
    const struct query_pair *pair = &query->pairs[i];

    for (size_t k = 0; k < i; k++)
        if (query->pairs[k].name_len == pair->name_len && memcmp(query->pairs[k].name, pair->name, pair->name_len) == 0)
            return true;
    return false;
}

/* "_" stands for nothing: it is what some libraries add so that no cache answers. */
static bool refuse_query(struct exchange *exchange, const struct route_row *row)
{
    const struct query *query = &exchange->query;
    char detail[300];

    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];
        bool known = names_has(row->query, pair->name, pair->name_len);
        if (names_has("_", pair->name, pair->name_len) || names_has_many(row->query, pair->name, pair->name_len) ||
            (known && !stands_before(query, i)))
            continue;
        if (known)
            snprintf(detail, sizeof detail, "\"%s\" stands in the query twice: say it once.", pair->name);
        else
            names_refuse(row->query, "query", pair->name, pair->name_len, detail, sizeof detail);
        exchange_problem(exchange, PROBLEM_BAD_REQUEST, "%s", detail);
        return true;
    }
    return false;
}

static bool refuse_target(struct exchange *exchange, const char *why)
{
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "%s", why);
    return false;
}

static bool parse_path(struct exchange *exchange)
{
    const struct path_source source = {
        .request_uri = exchange_header(exchange, "REQUEST_URI"),
        .script_name = exchange_header(exchange, "SCRIPT_NAME"),
        .path_info = exchange_header(exchange, "PATH_INFO"),
        .script_filename = exchange_header(exchange, "SCRIPT_FILENAME"),
        .mount = exchange_header(exchange, "ROLLCALL_MOUNT"),
    };

    switch (path_init(&exchange->path, &source)) {
    case PATH_OK: return true;
    case PATH_TOO_LONG:
        exchange_problem(exchange, PROBLEM_TARGET_TOO_LONG, "A path may have %d bytes.", LIMIT_PATH_BYTES);
        return false;
    case PATH_BAD_ESCAPE: break;
    case PATH_ELSEWHERE:
        return refuse_target(exchange,
                             "What the web server says of the path (SCRIPT_NAME, PATH_INFO) is not what was asked for "
                             "(REQUEST_URI). If it rewrites, set ROLLCALL_MOUNT to the mount as clients see it; see "
                             "SERVERS.md.");
    case PATH_UNSAFE:
        return refuse_target(
            exchange, "An id that is \".\" or \"..\", or that leads out of its place as \"../x\" does, cannot be "
                      "in a path, because web servers resolve it. Send it in the query: .../member?user=, "
                      ".../explain?user=, .../sessions?user=.");
    }
    return refuse_target(exchange, "The request's path is not properly percent-encoded.");
}

static bool parse_query(struct exchange *exchange)
{
    switch (query_init(&exchange->query, exchange_header(exchange, "QUERY_STRING"))) {
    case QUERY_OK: return true;
    case QUERY_TOO_LONG:
        exchange_problem(exchange, PROBLEM_TARGET_TOO_LONG, "A query may have %d bytes and %d parameters.",
                         LIMIT_QUERY_BYTES, LIMIT_QUERY_PAIRS);
        return false;
    case QUERY_BAD_ESCAPE: break;
    }
    return refuse_target(exchange, "The request's query is not properly percent-encoded.");
}

/*
 * A path that only the web server tells may be one that it made: good enough for what a caller may ask anyway, but not for
 * an administrator, who would remove another member than the one that was meant.
 */
static bool refuse_second_hand(struct exchange *exchange, const struct route_row *row)
{
    return row->access == ACCESS_ADMIN && exchange->path.is_second_hand &&
           !refuse_target(exchange,
                          "The web server does not pass REQUEST_URI, without which an id in a path is not certain. "
                          "Have it set that variable; see SERVERS.md.");
}

/* What is empty of a path: "workspaces/" ends with such a part, and no id is. NULL if nothing is. */
static const char *empty_part(const struct path *path)
{
    if (path->count > 1 && path->len[path->count - 1] == 0)
        return "The path ends with a slash: leave it out.";
    for (size_t i = 0; i < path->count && path->count > 1; i++)
        if (path->len[i] == 0)
            return "The path has two slashes in a row: leave one out.";
    return NULL;
}

static void refuse_unknown(struct exchange *exchange)
{
    const char *empty = empty_part(&exchange->path);

    if (empty)
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "%s", empty);
    else
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "There is no such resource; docs/openapi.yaml lists them all.%s",
                         exchange->path.count > 0
                             ? ""
                             : " If this is one, the web server does not say where the mount ends: let "
                               "it set ROLLCALL_MOUNT; see SERVERS.md.");
}

static void dispatch(struct exchange *exchange)
{
    enum origin_result origin = check_origin(exchange);
    const struct route_row *row;
    enum route route;
    unsigned allowed;

    if (!parse_path(exchange) || !parse_query(exchange))
        return;
    row = routes_find(&exchange->path, exchange->method, &allowed, &route);
    exchange->route = route;
    if (!allowed || empty_part(&exchange->path)) {
        refuse_unknown(exchange);
        return;
    }
    if (!row) {
        if (exchange->method == METHOD_OPTIONS)
            reply_options(exchange, allowed);
        else
            reply_method(exchange, allowed);
        return;
    }
    /* A poll with a session is a beat, and so changes something. */
    if (origin == ORIGIN_FOREIGN && (!row->reads || query_get(&exchange->query, "session", NULL))) {
        exchange_problem(exchange, PROBLEM_FOREIGN_ORIGIN,
                         "Add the page's origin to cors_origins in the configuration, if it is yours. If it is the "
                         "site's own, let the proxy in front pass Host on as the browser sent it.");
        return;
    }
    exchange->body_names = row->body;
    if (!refuse_fault(exchange) && !refuse_encoding(exchange, row) && !refuse_second_hand(exchange, row) &&
        !refuse_body(exchange, row) && may_ask(exchange, row) && !over_limit(exchange, row) && belongs(exchange, row) &&
        !refuse_query(exchange, row))
        row->handle(exchange);
}

void service_on_request(void *ctx, struct conn *conn, const struct request *request)
{
    struct service *self = ctx;

    dispatch(exchange_new(&self->host, conn, request));
}
