/* SPDX-License-Identifier: ISC */
/*
 * The table of requests: for each resource and method who may call it, what it costs, which names it takes, and its
 * handler.
 */
#ifndef ROLLCALL_API_ROUTES_H
#define ROLLCALL_API_ROUTES_H

#include "api/shared/costs.h"
#include "api/shared/routes.h"
#include "directory/scopes.h"
#include "http/exchange.h"

#include <stdbool.h>
#include <stddef.h>

enum access {
    ACCESS_ANYONE, /* no credential needed */
    ACCESS_CALLER, /* any valid credential */
    ACCESS_MEMBER, /* a member of the workspace in the path */
    /* An administrator's token, or a program's of the right scope for the workspace in the path, if it is for one: */
    ACCESS_ADMIN,
    ACCESS_ONLOOKER,       /* who reads that workspace without being anybody */
    ACCESS_ADMIN_ANYWHERE, /* whichever workspace it is for: the handler tells of that one only */
};

/* Whether ACCESS is of an administrator or a program. */
static inline bool access_is_admin(enum access access)
{
    return access >= ACCESS_ADMIN;
}

struct route_row {
    enum route route;
    enum method method;
    const char *pattern; /* segments separated by '/', "*" being any one; routes_pattern() is that of the first row */
    enum access access;
    unsigned scopes; /* of the last three: a program's token needs one of these (directory/scopes.h) */
    bool reads;      /* changes nothing, whatever its method */
    enum cost cost;  /* one unit is taken from the caller's account before anything is done */
    void (*handle)(struct exchange *exchange);
    const char *query; /* the names that its query may have: a list of http/names.h, as in docs/openapi.yaml */
    const char *body;  /* the same for its JSON body; "" if it reads none */
    size_t body_bytes; /* the largest body that it takes */
};

/*
 * The row for PATH and METHOD, or NULL. ALLOWED gets the methods that PATH has, as bits; 0 if there is no such
 * resource. ROUTE gets the resource.
 */
const struct route_row *routes_find(const struct path *path, enum method method, unsigned *allowed, enum route *route);

#endif
