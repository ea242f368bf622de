/* SPDX-License-Identifier: ISC */
/* See routes.h. */
#include "api/routes.h"

#include "api/shared/handlers.h"
#include "base/limits.h"

#include <string.h>

/* The most frequent requests come first. */
static const struct route_row rows[] = {
    {ROUTE_HEARTBEAT, METHOD_POST, "v1/workspaces/*/heartbeat", ACCESS_MEMBER, 0, false, COST_BEAT, heartbeat_post, "",
     "session status n", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_STREAM, METHOD_GET, "v1/workspaces/*/stream", ACCESS_MEMBER, 0, true, COST_WORK, stream_get,
     "since wait session status n user* limit counts place*", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_STREAM, METHOD_POST, "v1/workspaces/*/stream", ACCESS_MEMBER, 0, false, COST_WORK, stream_post, "",
     "since wait session status n users limit counts places", LIMIT_BODY_IDS_BYTES},
    {ROUTE_STATUS, METHOD_GET, "v1/workspaces/*/status", ACCESS_MEMBER, 0, true, COST_WORK, status_get,
     "user* limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_STATUS, METHOD_POST, "v1/workspaces/*/status", ACCESS_MEMBER, 0, true, COST_WORK, status_post, "", "users",
     LIMIT_BODY_IDS_BYTES},
    {ROUTE_JOIN, METHOD_POST, "v1/workspaces/*/join", ACCESS_MEMBER, 0, false, COST_BEAT, join_post, "",
     "session status", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_LEAVE, METHOD_POST, "v1/workspaces/*/leave", ACCESS_MEMBER, 0, false, COST_LEAVE, leave_post, "",
     "session now n", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_MEMBERS, METHOD_GET, "v1/workspaces/*/members", ACCESS_MEMBER, 0, true, COST_WORK, members_get,
     "user* limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_DMS, METHOD_GET, "v1/workspaces/*/dms", ACCESS_MEMBER, 0, true, COST_WORK, dms_get, "limit after", "",
     LIMIT_BODY_SMALL_BYTES},
    {ROUTE_DMS, METHOD_POST, "v1/workspaces/*/dms", ACCESS_MEMBER, 0, false, COST_BEAT, dms_post, "",
     "participants name", LIMIT_BODY_IDS_BYTES},
    {ROUTE_OWN_STATUS, METHOD_GET, "v1/workspaces/*/me/status", ACCESS_MEMBER, 0, true, COST_WORK, own_status_get, "",
     "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_OWN_STATUS, METHOD_PUT, "v1/workspaces/*/me/status", ACCESS_MEMBER, 0, false, COST_WORK, own_status_put, "",
     "show dnd text emoji for until", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_OWN_STATUS, METHOD_DELETE, "v1/workspaces/*/me/status", ACCESS_MEMBER, 0, false, COST_WORK,
     own_status_delete, "all", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_OWN_CLAIM, METHOD_PUT, "v1/workspaces/*/me/claims/*", ACCESS_MEMBER, 0, false, COST_WORK, own_claim_put, "",
     "show dnd text emoji for until priority present", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_OWN_CLAIM, METHOD_DELETE, "v1/workspaces/*/me/claims/*", ACCESS_MEMBER, 0, false, COST_WORK,
     own_claim_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_OWN_SETTINGS, METHOD_GET, "v1/workspaces/*/me/settings", ACCESS_MEMBER, 0, true, COST_WORK, own_settings_get,
     "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_OWN_SETTINGS, METHOD_PUT, "v1/workspaces/*/me/settings", ACCESS_MEMBER, 0, false, COST_WORK,
     own_settings_put, "", "last_seen typing", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_PLACE, METHOD_PUT, "v1/workspaces/*/places/*", ACCESS_MEMBER, 0, false, COST_WORK, places_put, "",
     "session doing for n", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_PLACE, METHOD_DELETE, "v1/workspaces/*/places/*", ACCESS_MEMBER, 0, false, COST_WORK, places_delete,
     "session doing n", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_PLACE, METHOD_GET, "v1/workspaces/*/places/*", ACCESS_MEMBER, 0, true, COST_WORK, places_get, "", "",
     LIMIT_BODY_SMALL_BYTES},
    {ROUTE_PLACE, METHOD_PUT, "v1/workspaces/*/place", ACCESS_MEMBER, 0, false, COST_WORK, places_put, "place",
     "session doing for n", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_PLACE, METHOD_DELETE, "v1/workspaces/*/place", ACCESS_MEMBER, 0, false, COST_WORK, places_delete,
     "place session doing n", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_PLACE, METHOD_GET, "v1/workspaces/*/place", ACCESS_MEMBER, 0, true, COST_WORK, places_get, "place", "",
     LIMIT_BODY_SMALL_BYTES},
    {ROUTE_COUNTS, METHOD_GET, "v1/workspaces/*/counts", ACCESS_MEMBER, 0, true, COST_WORK, counts_get, "", "",
     LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ME, METHOD_GET, "v1/me", ACCESS_CALLER, 0, true, COST_WORK, me_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_HEALTHZ, METHOD_GET, "healthz", ACCESS_ANYONE, 0, true, COST_NONE, healthz_get, "", "",
     LIMIT_BODY_SMALL_BYTES},
    {ROUTE_READYZ, METHOD_GET, "readyz", ACCESS_ANYONE, 0, true, COST_NONE, readyz_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_METRICS, METHOD_GET, "metrics", ACCESS_ANYONE, 0, true, COST_NONE, metrics_get, "", "",
     LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WORKSPACES, METHOD_GET, "v1/admin/workspaces", ACCESS_ADMIN, SCOPE_READ | SCOPE_MEMBERS, true,
     COST_NONE, admin_workspaces_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WORKSPACE, METHOD_GET, "v1/admin/workspaces/*", ACCESS_ADMIN, SCOPE_READ | SCOPE_MEMBERS, true,
     COST_NONE, admin_workspace_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WORKSPACE, METHOD_PUT, "v1/admin/workspaces/*", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_workspace_put, "", "name invisible messages last_seen", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WORKSPACE, METHOD_DELETE, "v1/admin/workspaces/*", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_workspace_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBERS, METHOD_GET, "v1/admin/workspaces/*/members", ACCESS_ADMIN, SCOPE_READ | SCOPE_MEMBERS, true,
     COST_NONE, admin_members_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBERS, METHOD_POST, "v1/admin/workspaces/*/members", ACCESS_ADMIN, SCOPE_MEMBERS, false, COST_NONE,
     admin_members_post, "", "user name role", LIMIT_BODY_BYTES},
    {ROUTE_ADMIN_MEMBER, METHOD_GET, "v1/admin/workspaces/*/members/*", ACCESS_ADMIN, SCOPE_READ | SCOPE_MEMBERS, true,
     COST_NONE, admin_member_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBER, METHOD_PUT, "v1/admin/workspaces/*/members/*", ACCESS_ADMIN, SCOPE_MEMBERS, false, COST_NONE,
     admin_member_put, "", "name role", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBER, METHOD_DELETE, "v1/admin/workspaces/*/members/*", ACCESS_ADMIN, SCOPE_MEMBERS, false,
     COST_NONE, admin_member_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBER, METHOD_GET, "v1/admin/workspaces/*/member", ACCESS_ADMIN, SCOPE_READ | SCOPE_MEMBERS, true,
     COST_NONE, admin_member_get, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBER, METHOD_PUT, "v1/admin/workspaces/*/member", ACCESS_ADMIN, SCOPE_MEMBERS, false, COST_NONE,
     admin_member_put, "user", "name role", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_MEMBER, METHOD_DELETE, "v1/admin/workspaces/*/member", ACCESS_ADMIN, SCOPE_MEMBERS, false, COST_NONE,
     admin_member_delete, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STATUS, METHOD_GET, "v1/admin/workspaces/*/members/*/status", ACCESS_ADMIN, SCOPE_ADMIN, true,
     COST_NONE, admin_status_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STATUS, METHOD_PUT, "v1/admin/workspaces/*/members/*/status", ACCESS_ADMIN, SCOPE_ADMIN, false,
     COST_NONE, admin_status_put, "", "show dnd text emoji for until", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STATUS, METHOD_DELETE, "v1/admin/workspaces/*/members/*/status", ACCESS_ADMIN, SCOPE_ADMIN, false,
     COST_NONE, admin_status_delete, "all", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_CLAIM, METHOD_PUT, "v1/admin/workspaces/*/members/*/claims/*", ACCESS_ADMIN, SCOPE_CLAIMS, false,
     COST_NONE, admin_claim_put, "", "show dnd text emoji for until priority present", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_CLAIM, METHOD_DELETE, "v1/admin/workspaces/*/members/*/claims/*", ACCESS_ADMIN, SCOPE_CLAIMS, false,
     COST_NONE, admin_claim_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STATUS, METHOD_GET, "v1/admin/workspaces/*/member/status", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_status_get, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STATUS, METHOD_PUT, "v1/admin/workspaces/*/member/status", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_status_put, "user", "show dnd text emoji for until", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STATUS, METHOD_DELETE, "v1/admin/workspaces/*/member/status", ACCESS_ADMIN, SCOPE_ADMIN, false,
     COST_NONE, admin_status_delete, "user all", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_CLAIM, METHOD_PUT, "v1/admin/workspaces/*/member/claims/*", ACCESS_ADMIN, SCOPE_CLAIMS, false,
     COST_NONE, admin_claim_put, "user", "show dnd text emoji for until priority present", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_CLAIM, METHOD_DELETE, "v1/admin/workspaces/*/member/claims/*", ACCESS_ADMIN, SCOPE_CLAIMS, false,
     COST_NONE, admin_claim_delete, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_DMS, METHOD_GET, "v1/admin/workspaces/*/dms", ACCESS_ADMIN, SCOPE_MEMBERS, true, COST_NONE,
     admin_dms_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_DM, METHOD_PUT, "v1/admin/workspaces/*/dms/*", ACCESS_ADMIN, SCOPE_MEMBERS, false, COST_NONE,
     admin_dm_put, "", "participants name", LIMIT_BODY_IDS_BYTES},
    {ROUTE_ADMIN_DM, METHOD_DELETE, "v1/admin/workspaces/*/dms/*", ACCESS_ADMIN, SCOPE_MEMBERS, false, COST_NONE,
     admin_dm_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_SESSIONS, METHOD_GET, "v1/admin/workspaces/*/sessions", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_sessions_get, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_SESSIONS, METHOD_DELETE, "v1/admin/workspaces/*/sessions", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_sessions_delete, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_PLACES, METHOD_GET, "v1/admin/workspaces/*/places", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_places_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_SHOWN, METHOD_GET, "v1/admin/workspaces/*/status", ACCESS_ONLOOKER, SCOPE_READ, true, COST_NONE,
     status_get, "user* limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_SHOWN, METHOD_POST, "v1/admin/workspaces/*/status", ACCESS_ONLOOKER, SCOPE_READ, true, COST_NONE,
     status_post, "", "users", LIMIT_BODY_IDS_BYTES},
    {ROUTE_ADMIN_STREAM, METHOD_GET, "v1/admin/workspaces/*/stream", ACCESS_ONLOOKER, SCOPE_READ, true, COST_NONE,
     stream_get, "since wait user* limit counts place*", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_STREAM, METHOD_POST, "v1/admin/workspaces/*/stream", ACCESS_ONLOOKER, SCOPE_READ, true, COST_NONE,
     stream_post, "", "since wait users limit counts places", LIMIT_BODY_IDS_BYTES},
    {ROUTE_ADMIN_COUNTS, METHOD_GET, "v1/admin/workspaces/*/counts", ACCESS_ONLOOKER, SCOPE_READ, true, COST_NONE,
     counts_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_PRESENCE, METHOD_GET, "v1/admin/users/*/presence", ACCESS_ADMIN_ANYWHERE, SCOPE_READ, true, COST_NONE,
     admin_presence_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_PRESENCE, METHOD_GET, "v1/admin/user/presence", ACCESS_ADMIN_ANYWHERE, SCOPE_READ, true, COST_NONE,
     admin_presence_get, "user limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_NOTIFY, METHOD_POST, "v1/admin/workspaces/*/notify", ACCESS_ADMIN, SCOPE_NOTIFY, true, COST_NONE,
     admin_notify_post, "", "users dm", LIMIT_BODY_IDS_BYTES},
    {ROUTE_ADMIN_EXPLAIN, METHOD_GET, "v1/admin/workspaces/*/explain/*", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_explain_get, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_EXPLAIN, METHOD_GET, "v1/admin/workspaces/*/explain", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_explain_get, "user", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_TOKENS, METHOD_GET, "v1/admin/tokens", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE, admin_tokens_get,
     "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_TOKENS, METHOD_POST, "v1/admin/tokens", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE, admin_tokens_post,
     "", "user admin scope workspace label expires_in", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_TOKEN, METHOD_DELETE, "v1/admin/tokens/*", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_token_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOKS, METHOD_GET, "v1/admin/webhooks", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_webhooks_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOK, METHOD_GET, "v1/admin/webhooks/*", ACCESS_ADMIN, SCOPE_ADMIN, true, COST_NONE,
     admin_webhook_get, "limit after", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOK, METHOD_PUT, "v1/admin/webhooks/*", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_webhook_put, "", "url workspace events delay reveal active", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOK, METHOD_DELETE, "v1/admin/webhooks/*", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_webhook_delete, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOK_SECRET, METHOD_POST, "v1/admin/webhooks/*/secret", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_webhook_secret_post, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOK_TEST, METHOD_POST, "v1/admin/webhooks/*/test", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_webhook_test_post, "", "", LIMIT_BODY_SMALL_BYTES},
    {ROUTE_ADMIN_WEBHOOK_REPLAY, METHOD_POST, "v1/admin/webhooks/*/replay", ACCESS_ADMIN, SCOPE_ADMIN, false, COST_NONE,
     admin_webhook_replay_post, "", "workspace since", LIMIT_BODY_SMALL_BYTES},
};

enum { ROWS = sizeof rows / sizeof *rows };

static bool matches(const char *pattern, const struct path *path)
{
    for (size_t i = 0; i < path->count; i++) {
        size_t len = strcspn(pattern, "/");
        bool any = len == 1 && *pattern == '*';

        if (!any && (len != path->len[i] || memcmp(pattern, path->segment[i], len) != 0))
            return false;
        pattern += len;
        if (i + 1 < path->count && *pattern++ != '/')
            return false;
    }
    return *pattern == '\0' && path->count > 0;
}

const struct route_row *routes_find(const struct path *path, enum method method, unsigned *allowed, enum route *route)
{
    *allowed = 0;
    *route = ROUTE_UNKNOWN;
    for (size_t i = 0; i < ROWS; i++) {
        const struct route_row *row = &rows[i];
        if (!matches(row->pattern, path))
            continue;
        *allowed |= row->method;
        *route = row->route;
        if (row->method == method)
            return row;
    }
    return NULL;
}
