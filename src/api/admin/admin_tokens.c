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
    const char *user;      /* NULL: an administrator's, or a program's */
    unsigned scopes;       /* a program's; 0: of any other */
    const char *workspace; /* the only one that it is for; NULL: all */
    const char *label;
    int64_t expires_ms;
};

/* The COUNT names of "scope". */
static bool read_scopes(struct exchange *exchange, const char *const *names, size_t count, unsigned *scopes)
{
    for (size_t i = 0; i < count; i++)
        if (!scopes_add(names[i], scopes))
            return exchange_refuse(exchange, "Unknown name in \"scope\". Known names: read, claims, notify, members.");
    return count > 0 ||
           exchange_refuse(exchange, "\"scope\" is empty. Name at least one: read, claims, notify, members.");
}

static bool read_scope(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    const char **names = NULL;
    size_t count = 0;
    enum json_got got = json_texts(json, "scope", &names, &count);

    if (got == JSON_ABSENT)
        return true;
    if (got == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"scope\" must be an array of names: read, claims, notify, members.");
    bool ok = read_scopes(exchange, names, count, &request->scopes);
    free(names);
    return ok;
}

static bool read_workspace(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    size_t len = 0;
    enum json_got got = json_text(json, "workspace", &request->workspace, &len);

    if (got == JSON_ABSENT)
        return true;
    if (got == JSON_WRONG_TYPE || !ids_workspace_ok(request->workspace, len))
        return exchange_refuse(exchange, "\"workspace\" must be a workspace's id.");
    return request->scopes != 0 || exchange_refuse(exchange, "\"workspace\" narrows a token with \"scope\" only.");
}

static bool read_owner(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    bool admin = false;
    size_t len = 0;
    enum json_got user = json_text(json, "user", &request->user, &len);

    if (json_bool(json, "admin", &admin) == JSON_WRONG_TYPE)
        return exchange_refuse(exchange, "\"admin\" must be true or false.");
    if (user == JSON_WRONG_TYPE || (user == JSON_GOT && !ids_user_ok(request->user, len)))
        return exchange_refuse(exchange,
                               "\"user\" must be a user's id: 1 to 128 bytes of UTF-8 without control characters.");
    if (admin + (user == JSON_GOT) + (request->scopes != 0) != 1)
        return exchange_refuse(exchange,
                               "Say whose token it is, with one of these: {\"user\": \"bob\"}, {\"scope\": [\"read\"]} "
                               "for a program, or {\"admin\": true} for an administrator.");
    return true;
}

static bool read_expiry(struct exchange *exchange, const struct json *json, struct token_request *request)
{
    int64_t seconds = 0;
    enum json_got got = json_int(json, "expires_in", &seconds);

    if (got == JSON_WRONG_TYPE || (got == JSON_GOT && (seconds < 1 || seconds > expires_in_max_s)))
        return exchange_refuse(
            exchange, "\"expires_in\" must be a whole number of seconds, from 1 to 3162240000 (a hundred years).");
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
        return exchange_refuse(exchange, "\"label\" must be up to 256 bytes of visible text.");
    return read_scope(exchange, json, request) && read_workspace(exchange, json, request) &&
           read_owner(exchange, json, request) && read_expiry(exchange, json, request);
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
    const struct token_grant grant = {
        .hash = self->hash,
        .user = request->user,
        .label = request->label,
        .expires_ms = request->expires_ms,
        .scopes = request->scopes,
        .workspace = request->workspace,
    };

    return directory_add_token(directory, &grant, &self->id);
}

/* Whose token it is, or what it is for. */
static void add_holder(struct listing *listing, const char *user, unsigned scopes, const char *workspace)
{
    char names[SCOPES_TEXT_MAX];

    scopes_format(scopes & SCOPE_ADMIN ? 0 : scopes, names);
    listing_text(listing, "user", user);
    listing_bool(listing, "admin", scopes & SCOPE_ADMIN);
    listing_words(listing, "scope", names);
    listing_text(listing, "workspace", workspace);
}

static void reply_token(const struct making *self)
{
    const struct token_request *request = &self->request;
    struct listing listing;

    listing_init_one(&listing, self->exchange);
    listing_row(&listing);
    listing_int(&listing, "id", self->id);
    listing_text(&listing, "token", self->token);
    add_holder(&listing, request->user, request->user || request->scopes ? request->scopes : SCOPES_ALL,
               request->workspace);
    listing_text(&listing, "label", request->label);
    listing_time(&listing, "expires", request->expires_ms);
    listing_end_row_number(&listing, self->id);
    listing_reply_one(&listing, 201);
}

/* What the log calls it. */
static const char *action_of(const struct token_request *request)
{
    if (request->scopes)
        return "token.add.scope";
    return request->user ? "token.add" : "token.add.admin";
}

static void on_token(void *state, enum directory_result result)
{
    struct making *self = state;
    char object[24];

    /* Only the workspace can be one that does not exist. */
    if (self->request.workspace ? problems_workspace_ok(self->exchange, self->request.workspace, result)
                                : problems_directory_ok(self->exchange, result)) {
        snprintf(object, sizeof object, "%lld", (long long)self->id);
        audit(self->exchange, action_of(&self->request), self->request.workspace, object);
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
    add_holder(listing, row->user, row->scopes, row->workspace);
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
