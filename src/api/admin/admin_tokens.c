/* SPDX-License-Identifier: ISC */
/* /v1/admin/tokens and /v1/admin/tokens/{id}: creating tokens (each is shown only once), listing and revoking them. */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/listing.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/review.h"
#include "api/shared/service.h"
#include "api/shared/write.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hundred years. Milliseconds would not overflow beyond that, but it is surely a mistake. */
static const int64_t expires_in_max_s = INT64_C(100) * 366 * 86400;

/* ---- creating ---- */

/* What a POST asks for; borrowed from its JSON. */
struct token_request {
    const char *user; /* NULL: an administrator's */
    const char *label;
    int64_t expires_ms;
};

static bool bad(struct exchange *exchange, const char *rule)
{
    exchange_problem(exchange, PROBLEM_BAD_REQUEST, "%s", rule);
    return false;
}

static bool read_owner(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    bool admin = false;
    size_t len = 0;
    enum json_got user = json_text(json, "user", &request->user, &len);

    if (json_bool(json, "admin", &admin) == JSON_WRONG_TYPE)
        return bad(exchange, "\"admin\" must be true or false.");
    if (user == JSON_WRONG_TYPE || (user == JSON_GOT && !ids_user_ok(request->user, len)))
        return bad(exchange, "\"user\" must be a user's id: 1 to 128 bytes of UTF-8 without control characters.");
    if (admin == (user == JSON_GOT))
        return bad(exchange, "Say whose token it is: {\"user\": \"bob\"}, or {\"admin\": true}.");
    return true;
}

static bool read_expiry(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    int64_t seconds = 0;
    enum json_got got = json_int(json, "expires_in", &seconds);

    if (got == JSON_WRONG_TYPE || (got == JSON_GOT && (seconds < 1 || seconds > expires_in_max_s)))
        return bad(exchange,
                   "\"expires_in\" must be a whole number of seconds, from 1 to 3162240000 (a hundred years).");
    request->expires_ms = got == JSON_GOT ? clock_wall_ms() + seconds * 1000 : 0;
    return true;
}

static bool read_request(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    size_t len = 0;

    request->label = "";
    enum json_got label = json_text(json, "label", &request->label, &len);
    if (label == JSON_WRONG_TYPE ||
        (label == JSON_GOT && len > 0 && !ids_name_ok(request->label, len, LIMIT_NAME_BYTES)))
        return bad(exchange, "\"label\" must be up to 256 bytes of visible text.");
    return read_owner(exchange, json, request) && read_expiry(exchange, json, request);
}

/* A token while it is written. */
struct making {
    struct exchange *exchange;
    struct json *json; /* owned */
    struct token_request request;
    char token[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t id; /* set by the write */
};

static enum directory_result write_token(struct directory *directory, void *state)
{
    struct making *self = state;
    const struct token_request *request = &self->request;
    const struct token_grant grant = {self->hash, request->user, request->label, request->expires_ms};

    return directory_add_token(directory, &grant, &self->id);
}

static void reply_token(const struct making *self)
{
    const struct token_request *request = &self->request;
    struct listing listing;

    listing_init_one(&listing, self->exchange);
    listing_row(&listing);
    listing_int(&listing, "id", self->id);
    listing_text(&listing, "token", self->token);
    listing_text(&listing, "user", request->user);
    listing_bool(&listing, "admin", !request->user);
    listing_text(&listing, "label", request->label);
    listing_time(&listing, "expires", request->expires_ms);
    listing_end_row_number(&listing, self->id);
    listing_reply_one(&listing, 201);
}

static void on_token(void *state, enum directory_result result)
{
    struct making *self = state;
    char object[24];

    if (problems_directory_ok(self->exchange, result)) {
        snprintf(object, sizeof object, "%lld", (long long)self->id);
        audit(self->exchange, self->request.user ? "token.add" : "token.add.admin", NULL, object);
        reply_token(self);
    }
    json_free(self->json);
    free(self);
}

void admin_tokens_post(struct exchange *exchange)
{
    struct json *json = exchange_json(exchange);
    struct token_request request = {0};

    if (!json || !read_request(exchange, json, &request)) {
        json_free(json);
        return;
    }
    struct making *self = mem_new(sizeof *self);
    self->exchange = exchange;
    self->json = json;
    self->request = request;
    token_new(self->token, self->hash);
    write_start(service_of(exchange), write_token, on_token, self);
}

/* ---- listing ---- */

static void add_row(void *ctx, const struct token_row *row)
{
    struct listing *listing = ctx;

    if (!listing_row(listing))
        return;
    listing_int(listing, "id", row->id);
    listing_text(listing, "user", row->user);
    listing_bool(listing, "admin", !row->user);
    listing_text(listing, "label", row->label);
    listing_time(listing, "created", row->created_ms);
    listing_time(listing, "expires", row->expires_ms);
    listing_time(listing, "last_used", row->last_used_ms);
    listing_end_row_number(listing, row->id);
}

void admin_tokens_get(struct exchange *exchange)
{
    size_t limit;
    int64_t after;

    if (!params_limit(exchange, &limit) ||
        !params_number(exchange, "after", &(struct params_range){0, INT64_MAX, 0}, &after))
        return;
    struct listing listing;
    listing_init(&listing, exchange, "tokens", limit);
    if (problems_directory_ok(
            exchange, directory_each_token(service_of(exchange)->directory, after, limit + 1, add_row, &listing)))
        listing_reply(&listing);
    else
        listing_fini(&listing);
}

/* ---- revoking ---- */

struct revocation {
    struct exchange *exchange;
    int64_t id;
};

static enum directory_result write_revocation(struct directory *directory, void *state)
{
    return directory_delete_token(directory, ((const struct revocation *)state)->id);
}

static void on_revoked(void *state, enum directory_result result)
{
    struct exchange *exchange = ((const struct revocation *)state)->exchange;

    free(state);
    if (result != DIRECTORY_NOT_FOUND && !problems_directory_ok(exchange, result))
        return;
    if (result == DIRECTORY_OK)
        audit(exchange, "token.revoke", NULL, exchange->path.segment[3]);
    review_begin(service_of(exchange));
    exchange_reply(exchange, 204, NULL);
}

void admin_token_delete(struct exchange *exchange)
{
    int64_t id;

    if (!params_path_number(exchange, 3, &id))
        return;
    struct revocation *self = mem_new(sizeof *self);
    *self = (struct revocation){exchange, id};
    write_start(service_of(exchange), write_revocation, on_revoked, self);
}
