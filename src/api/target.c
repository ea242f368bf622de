/* SPDX-License-Identifier: ISC */
/* See target.h. */
#include "api/target.h"

#include "base/limits.h"
#include "http/names.h"

#include <stdio.h>
#include <string.h>

/* ---- the path ---- */

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
        exchange_problem(exchange, PROBLEM_TARGET_TOO_LONG, "The path is longer than %d bytes.", LIMIT_PATH_BYTES);
        return false;
    case PATH_BAD_ESCAPE: break;
    case PATH_ELSEWHERE:
        return exchange_refuse(
            exchange, "The web server's SCRIPT_NAME and PATH_INFO do not match the REQUEST_URI. If the web server "
                      "rewrites paths, set ROLLCALL_MOUNT to the mount as clients see it; see SERVERS.md.");
    case PATH_UNSAFE:
        return exchange_refuse(
            exchange,
            "An id that is \".\" or \"..\", or that contains them between slashes as \"../x\" does, cannot be "
            "in a path, because web servers resolve it. Send it in the query: .../member?user=, "
            ".../explain?user=, .../sessions?user=, .../place?place=.");
    }
    return exchange_refuse(exchange, "The path is not properly percent-encoded.");
}

/* What is wrong with a path that has an empty segment; NULL if none is empty. */
static const char *gap(const struct path *path)
{
    if (path->count > 1 && path->len[path->count - 1] == 0)
        return "The path ends with a slash. Leave it out.";
    for (size_t i = 0; i < path->count && path->count > 1; i++)
        if (path->len[i] == 0)
            return "The path has two slashes in a row. Leave one out.";
    return NULL;
}

bool target_has_gap(const struct exchange *exchange)
{
    return gap(&exchange->path);
}

void target_refuse_unknown(struct exchange *exchange)
{
    const char *wrong = gap(&exchange->path);

    if (wrong)
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "%s", wrong);
    else if (exchange->path.count > 0)
        exchange_problem(exchange, PROBLEM_NOT_FOUND, "Not found. docs/openapi.yaml lists all resources.");
    else
        exchange_problem(exchange, PROBLEM_NOT_FOUND,
                         "Not found. docs/openapi.yaml lists all resources. If it lists this one, the web server "
                         "does not say where the mount ends: have it set ROLLCALL_MOUNT; see SERVERS.md.");
}

bool target_refuse_second_hand(struct exchange *exchange, const struct route_row *row)
{
    if (!access_is_admin(row->access) || !exchange->path.is_second_hand)
        return false;
    exchange_refuse(
        exchange,
        "The web server does not pass REQUEST_URI, so the ids in the path are not certain. Have the web server set "
        "that variable; see SERVERS.md.");
    return true;
}

/* ---- the query ---- */

static bool parse_query(struct exchange *exchange)
{
    switch (query_init(&exchange->query, exchange_header(exchange, "QUERY_STRING"))) {
    case QUERY_OK: return true;
    case QUERY_TOO_LONG:
        exchange_problem(exchange, PROBLEM_TARGET_TOO_LONG,
                         "The query is longer than %d bytes or has over %d parameters.", LIMIT_QUERY_BYTES,
                         LIMIT_QUERY_PAIRS);
        return false;
    case QUERY_BAD_ESCAPE: break;
    }
    return exchange_refuse(exchange, "The query is not properly percent-encoded.");
}

bool target_parse(struct exchange *exchange)
{
    return parse_path(exchange) && parse_query(exchange);
}

/* Whether a pair of QUERY before the I-th has the same name. */
static bool is_repeated(const struct query *query, size_t i)
{
    const struct query_pair *pair = &query->pairs[i];

    for (size_t k = 0; k < i; k++)
        if (query->pairs[k].name_len == pair->name_len && memcmp(query->pairs[k].name, pair->name, pair->name_len) == 0)
            return true;
    return false;
}

bool target_refuse_query(struct exchange *exchange, const struct route_row *row)
{
    const struct query *query = &exchange->query;
    char detail[300];

    for (size_t i = 0; i < query->count; i++) {
        const struct query_pair *pair = &query->pairs[i];
        bool known = names_has(row->query, pair->name, pair->name_len);
        if (names_has("_", pair->name, pair->name_len) || names_has_many(row->query, pair->name, pair->name_len) ||
            (known && !is_repeated(query, i)))
            continue;
        if (known)
            snprintf(detail, sizeof detail, "The query has \"%s\" twice. Send it once.", pair->name);
        else
            names_refuse(&(struct names_unknown){row->query, "query", pair->name, pair->name_len}, detail,
                         sizeof detail);
        exchange_refuse(exchange, detail);
        return true;
    }
    return false;
}
