/* SPDX-License-Identifier: ISC */
/* Every resource there is: its path, methods, who may ask, and what answers. */
#ifndef ROLLCALL_API_ROUTES_H
#define ROLLCALL_API_ROUTES_H

#include "api/shared/costs.h"
#include "http/exchange.h"

#include <stdbool.h>

enum route {
    ROUTE_UNKNOWN,
    ROUTE_JOIN,
    ROUTE_HEARTBEAT,
    ROUTE_LEAVE,
    ROUTE_STATUS,
    ROUTE_STREAM,
    ROUTE_MEMBERS,
    ROUTE_DMS,
    ROUTE_ME,
    ROUTE_ADMIN_WORKSPACES,
    ROUTE_ADMIN_WORKSPACE,
    ROUTE_ADMIN_MEMBERS,
    ROUTE_ADMIN_MEMBER,
    ROUTE_ADMIN_DMS,
    ROUTE_ADMIN_DM,
    ROUTE_ADMIN_SESSIONS,
    ROUTE_ADMIN_EXPLAIN,
    ROUTE_ADMIN_TOKENS,
    ROUTE_ADMIN_TOKEN,
    ROUTE_HEALTHZ,
    ROUTE_READYZ,
    ROUTE_METRICS,
    ROUTE_KINDS
};

enum access { ACCESS_ANYONE, ACCESS_CALLER, ACCESS_MEMBER, ACCESS_ADMIN };

struct route_row {
    enum route route;
    enum method method;
    const char *pattern; /* segments parted by '/', "*" being any one */
    enum access access;
    bool reads;     /* changes nothing, whatever its method */
    enum cost cost; /* what each request takes one of from its caller's account, before anything is done */
    void (*handle)(struct exchange *exchange);
    const char *query; /* the names that its query may have: a list of http/names.h, as docs/openapi.yaml has it */
    const char *body;  /* the same of its JSON body */
    size_t body_bytes; /* the largest body that it takes */
};

/* The row for PATH and METHOD; NULL where there is none. ALLOWED gets the methods that PATH has (0: no such resource), and
 * ROUTE which resource it is. */
const struct route_row *routes_find(const struct path *path, enum method method, unsigned *allowed, enum route *route);

/* The pattern of ROUTE, for metrics. */
const char *routes_pattern(enum route route);

#endif
