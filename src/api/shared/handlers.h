/* SPDX-License-Identifier: ISC */
/* The handlers of api/routes.c, one file for each resource, in api/resources/ and api/admin/. */
#ifndef ROLLCALL_API_SHARED_HANDLERS_H
#define ROLLCALL_API_SHARED_HANDLERS_H

struct exchange;

/*
 * Each answers EXCHANGE, now or later. By then the caller is identified and authorized. workspace is set if the route
 * is for members; administrators' handlers set it themselves.
 */
void join_post(struct exchange *exchange);
void heartbeat_post(struct exchange *exchange);
void leave_post(struct exchange *exchange);
void status_get(struct exchange *exchange);
void status_post(struct exchange *exchange);
void stream_get(struct exchange *exchange);
void stream_post(struct exchange *exchange);
void members_get(struct exchange *exchange);
void dms_get(struct exchange *exchange);
void dms_post(struct exchange *exchange);
void own_status_get(struct exchange *exchange);
void own_status_put(struct exchange *exchange);
void own_status_delete(struct exchange *exchange);
void own_claim_put(struct exchange *exchange);
void own_claim_delete(struct exchange *exchange);
void own_settings_get(struct exchange *exchange);
void own_settings_put(struct exchange *exchange);
void places_put(struct exchange *exchange);
void places_delete(struct exchange *exchange);
void places_get(struct exchange *exchange);
void counts_get(struct exchange *exchange);
void me_get(struct exchange *exchange);
void healthz_get(struct exchange *exchange);
void readyz_get(struct exchange *exchange);
void metrics_get(struct exchange *exchange);
void admin_workspaces_get(struct exchange *exchange);
void admin_workspace_get(struct exchange *exchange);
void admin_workspace_put(struct exchange *exchange);
void admin_workspace_delete(struct exchange *exchange);
void admin_members_get(struct exchange *exchange);
void admin_members_post(struct exchange *exchange);
void admin_member_get(struct exchange *exchange);
void admin_member_put(struct exchange *exchange);
void admin_member_delete(struct exchange *exchange);
void admin_status_get(struct exchange *exchange);
void admin_status_put(struct exchange *exchange);
void admin_status_delete(struct exchange *exchange);
void admin_claim_put(struct exchange *exchange);
void admin_claim_delete(struct exchange *exchange);
void admin_dms_get(struct exchange *exchange);
void admin_dm_put(struct exchange *exchange);
void admin_dm_delete(struct exchange *exchange);
void admin_sessions_get(struct exchange *exchange);
void admin_sessions_delete(struct exchange *exchange);
void admin_places_get(struct exchange *exchange);
void admin_presence_get(struct exchange *exchange);
void admin_notify_post(struct exchange *exchange);
void admin_explain_get(struct exchange *exchange);
void admin_tokens_get(struct exchange *exchange);
void admin_tokens_post(struct exchange *exchange);
void admin_token_delete(struct exchange *exchange);
void admin_webhooks_get(struct exchange *exchange);
void admin_webhook_get(struct exchange *exchange);
void admin_webhook_put(struct exchange *exchange);
void admin_webhook_delete(struct exchange *exchange);
void admin_webhook_secret_post(struct exchange *exchange);
void admin_webhook_test_post(struct exchange *exchange);
void admin_webhook_replay_post(struct exchange *exchange);

#endif
