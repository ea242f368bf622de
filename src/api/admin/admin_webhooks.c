/* SPDX-License-Identifier: ISC */
/*
 * /v1/admin/webhooks/{id}, and its secret: setting up where changes are sent. Each secret is shown only once. Workers
 * send nothing: the process that delivers is told that something has changed.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/problems.h"
#include "api/shared/service.h"
#include "api/shared/webhook_body.h"
#include "api/shared/webhook_rows.h"
#include "api/shared/write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "presence/hook_calls.h"

#include <stdlib.h>

/* ---- what is written: state of PUT and of a new secret ---- */

struct webhook_write {
    struct exchange *exchange;
    struct json *json;      /* owned: has WEBHOOK's texts; NULL of a new secret */
    struct webhook webhook; /* its id lives as long as the exchange */
    char secret[WEBHOOK_SECRET_BYTES];
};

static struct webhook_write *write_new(struct exchange *exchange, struct json *json, const struct webhook *webhook)
{
    struct webhook_write *self = mem_new(sizeof *self);

    self->exchange = exchange;
    self->json = json;
    self->webhook = *webhook;
    webhook_new_secret(self->secret);
    self->webhook.secret = self->secret;
    return self;
}

static void write_free(struct webhook_write *self)
{
    json_free(self->json);
    free(self);
}

/* The reply, while the row is read. */
struct webhook_reply {
    struct listing listing;
    const char *secret; /* NULL: it is not shown */
};

static void add_fields(void *ctx, const struct webhook *webhook)
{
    struct webhook_reply *self = ctx;

    listing_row(&self->listing);
    webhook_rows_fields(&self->listing, webhook);
    listing_text(&self->listing, "secret", self->secret);
    listing_end_row_text(&self->listing, webhook->id);
}

static void reply_webhook(const struct webhook_write *self, int status, bool shows_secret)
{
    struct exchange *exchange = self->exchange;
    struct webhook_reply reply = {.secret = shows_secret ? self->secret : NULL};

    listing_init_one(&reply.listing, exchange);
    if (webhook_ok(exchange,
                   directory_get_webhook(service_of(exchange)->directory, self->webhook.id, add_fields, &reply)))
        listing_reply_one(&reply.listing, status);
    else
        listing_fini(&reply.listing);
}

/* ---- PUT ---- */

static enum directory_result write_webhook(struct directory *directory, void *state)
{
    return directory_put_webhook(directory, &((const struct webhook_write *)state)->webhook);
}

static bool is_put(const struct webhook_write *self, enum directory_result result)
{
    if (result == DIRECTORY_LIMIT)
        exchange_problem(self->exchange, PROBLEM_CONFLICT, "There can be %d webhooks. Delete one first.",
                         LIMIT_WEBHOOKS);
    else
        return problems_workspace_ok(self->exchange, self->webhook.workspace, result);
    return false;
}

static void on_put(void *state, enum directory_result result)
{
    struct webhook_write *self = state;
    bool created = result == DIRECTORY_CREATED;

    if (is_put(self, result)) {
        audit(self->exchange, "webhook.put", self->webhook.workspace, self->webhook.id);
        presence_hook_changed(service_of(self->exchange)->presence);
        reply_webhook(self, created ? 201 : 200, created);
    }
    write_free(self);
}

void admin_webhook_put(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct webhook webhook;
    const char *id;

    if (!json || !webhook_path_id(exchange, &id) || !webhook_body_read(exchange, json, &webhook)) {
        json_free(json);
        return;
    }
    webhook.id = id;
    write_start(service_of(exchange), write_webhook, on_put, write_new(exchange, json, &webhook));
}

/* ---- a new secret ---- */

static enum directory_result write_secret(struct directory *directory, void *state)
{
    const struct webhook_write *self = state;

    return directory_rotate_webhook(directory, self->webhook.id, self->secret);
}

static void on_rotated(void *state, enum directory_result result)
{
    struct webhook_write *self = state;

    if (webhook_ok(self->exchange, result)) {
        audit(self->exchange, "webhook.secret", NULL, self->webhook.id);
        presence_hook_changed(service_of(self->exchange)->presence);
        reply_webhook(self, 200, true);
    }
    write_free(self);
}

void admin_webhook_secret_post(struct exchange *exchange)
{
    struct webhook webhook = {0};

    if (webhook_path_id(exchange, &webhook.id))
        write_start(service_of(exchange), write_secret, on_rotated, write_new(exchange, NULL, &webhook));
}

/* ---- DELETE ---- */

static enum directory_result write_deletion(struct directory *directory, void *state)
{
    return directory_delete_webhook(directory, ((const struct exchange *)state)->path.segment[3]);
}

static void on_deleted(void *state, enum directory_result result)
{
    struct exchange *exchange = state;

    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result))
        return;
    if (result == DIRECTORY_OK)
        audit(exchange, "webhook.delete", NULL, exchange->path.segment[3]);
    presence_hook_changed(service_of(exchange)->presence);
    exchange_reply(exchange, 204, NULL);
}

void admin_webhook_delete(struct exchange *exchange)
{
    const char *id;

    if (webhook_path_id(exchange, &id))
        write_start(service_of(exchange), write_deletion, on_deleted, exchange);
}
