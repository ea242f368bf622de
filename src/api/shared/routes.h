/* SPDX-License-Identifier: ISC */
/* The resources of the API, as metrics count and name them. api/routes.h has their methods and handlers. */
#ifndef ROLLCALL_API_SHARED_ROUTES_H
#define ROLLCALL_API_SHARED_ROUTES_H

/* X(NAME, PATTERN): the path of a resource; "*" stands for any segment. */
#define ROUTES(X)                                                                                                      \
    X(JOIN, "v1/workspaces/*/join")                                                                                    \
    X(HEARTBEAT, "v1/workspaces/*/heartbeat")                                                                          \
    X(LEAVE, "v1/workspaces/*/leave")                                                                                  \
    X(STATUS, "v1/workspaces/*/status")                                                                                \
    X(STREAM, "v1/workspaces/*/stream")                                                                                \
    X(MEMBERS, "v1/workspaces/*/members")                                                                              \
    X(DMS, "v1/workspaces/*/dms")                                                                                      \
    X(OWN_STATUS, "v1/workspaces/*/me/status")                                                                         \
    X(OWN_CLAIM, "v1/workspaces/*/me/claims/*")                                                                        \
    X(OWN_SETTINGS, "v1/workspaces/*/me/settings")                                                                     \
    X(PLACE, "v1/workspaces/*/places/*")                                                                               \
    X(COUNTS, "v1/workspaces/*/counts")                                                                                \
    X(ME, "v1/me")                                                                                                     \
    X(ADMIN_WORKSPACES, "v1/admin/workspaces")                                                                         \
    X(ADMIN_WORKSPACE, "v1/admin/workspaces/*")                                                                        \
    X(ADMIN_MEMBERS, "v1/admin/workspaces/*/members")                                                                  \
    X(ADMIN_MEMBER, "v1/admin/workspaces/*/members/*")                                                                 \
    X(ADMIN_STATUS, "v1/admin/workspaces/*/members/*/status")                                                          \
    X(ADMIN_CLAIM, "v1/admin/workspaces/*/members/*/claims/*")                                                         \
    X(ADMIN_DMS, "v1/admin/workspaces/*/dms")                                                                          \
    X(ADMIN_DM, "v1/admin/workspaces/*/dms/*")                                                                         \
    X(ADMIN_SESSIONS, "v1/admin/workspaces/*/sessions")                                                                \
    X(ADMIN_PLACES, "v1/admin/workspaces/*/places")                                                                    \
    X(ADMIN_SHOWN, "v1/admin/workspaces/*/status")                                                                     \
    X(ADMIN_STREAM, "v1/admin/workspaces/*/stream")                                                                    \
    X(ADMIN_COUNTS, "v1/admin/workspaces/*/counts")                                                                    \
    X(ADMIN_PRESENCE, "v1/admin/users/*/presence")                                                                     \
    X(ADMIN_NOTIFY, "v1/admin/workspaces/*/notify")                                                                    \
    X(ADMIN_EXPLAIN, "v1/admin/workspaces/*/explain/*")                                                                \
    X(ADMIN_TOKENS, "v1/admin/tokens")                                                                                 \
    X(ADMIN_TOKEN, "v1/admin/tokens/*")                                                                                \
    X(ADMIN_WEBHOOKS, "v1/admin/webhooks")                                                                             \
    X(ADMIN_WEBHOOK, "v1/admin/webhooks/*")                                                                            \
    X(ADMIN_WEBHOOK_SECRET, "v1/admin/webhooks/*/secret")                                                              \
    X(ADMIN_WEBHOOK_TEST, "v1/admin/webhooks/*/test")                                                                  \
    X(ADMIN_WEBHOOK_REPLAY, "v1/admin/webhooks/*/replay")                                                              \
    X(HEALTHZ, "healthz")                                                                                              \
    X(READYZ, "readyz")                                                                                                \
    X(METRICS, "metrics")

enum route {
    ROUTE_UNKNOWN,
#define ROUTE_OF(name, pattern) ROUTE_##name,
    ROUTES(ROUTE_OF)
#undef ROUTE_OF
        ROUTE_KINDS
};

/* The path pattern of ROUTE, by which metrics name it; "unknown" for ROUTE_UNKNOWN. Static. */
const char *routes_pattern(enum route route);

#endif
