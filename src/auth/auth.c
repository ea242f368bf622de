/* SPDX-License-Identifier: ISC */
/*
 * Picks the method by which a request says who sent it. Bearer credentials are told apart by their look: if both are
 * enabled, one that begins with "rc_" is a token of ours and any other is a JWT; if only one is enabled, every
 * credential is taken for that.
 */
#include "auth/auth.h"

#include "auth/bearer.h"
#include "auth/jwt.h"
#include "auth/jwt_memory.h"
#include "auth/remote_user.h"
#include "auth/sha256.h"
#include "auth/token.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct auth {
    const struct conf *conf;     /* borrowed: outlives us */
    struct directory *directory; /* borrowed: outlives us */
    struct sha256 sha256;
    struct jwt_rules *jwt;    /* owned; NULL if the configuration does not enable JWTs */
    struct jwt_memory *known; /* owned; NULL as above */
};

static bool enabled(const struct conf *conf, enum conf_auth method)
{
    for (size_t i = 0; i < conf->auth_count; i++)
        if (conf->auth[i] == method)
            return true;
    return false;
}

struct auth *auth_new(const struct conf *conf, struct directory *directory, char *error, size_t size)
{
    struct auth *self = mem_new(sizeof *self);
    self->conf = conf;
    self->directory = directory;
    sha256_init(&self->sha256);
    if (!enabled(conf, CONF_AUTH_JWT))
        return self;
    self->jwt = jwt_rules_new(conf, error, size);
    self->known = jwt_memory_new();
    if (self->jwt)
        return self;
    auth_free(self);
    return NULL;
}

void auth_free(struct auth *self)
{
    if (!self)
        return;
    jwt_rules_free(self->jwt);
    jwt_memory_free(self->known);
    sha256_fini(&self->sha256);
    free(self);
}

/* Which of the two bearer methods BEARER is for. */
static enum conf_auth bearer_method(const struct conf *conf, const struct bearer *bearer)
{
    if (enabled(conf, CONF_AUTH_TOKEN) && (token_has_prefix(bearer) || !enabled(conf, CONF_AUTH_JWT)))
        return CONF_AUTH_TOKEN;
    return CONF_AUTH_JWT;
}

static enum auth_result identify_token(struct auth *self, const struct bearer *bearer, int64_t now_ms,
                                       struct caller *caller, const char **why)
{
    unsigned char hash[SHA256_BYTES];
    if (!token_well_formed(bearer)) {
        *why = "the bearer credential is not a Rollcall token";
        return AUTH_INVALID;
    }
    sha256_hash(&self->sha256, bearer->text, bearer->len, hash);
    return token_identify(self->directory, hash, now_ms, caller, why);
}

/* What BEARER says: a JWT that is known is not verified again. If KNOWN_ONLY, no other is verified either. */
static enum auth_result read_jwt(struct auth *self, const struct bearer *bearer, bool known_only,
                                 const struct jwt_facts **facts, const char **why)
{
    unsigned char hash[SHA256_BYTES];
    sha256_hash(&self->sha256, bearer->text, bearer->len, hash);
    *facts = jwt_memory_find(self->known, hash);
    if (*facts)
        return AUTH_OK;
    if (known_only)
        return AUTH_UNVERIFIED;
    struct jwt_facts read;
    struct claims claims;
    if (!jwt_read(self->jwt, bearer, &read, &claims, why))
        return AUTH_INVALID;
    *facts = jwt_memory_add(self->known, hash, &read);
    return AUTH_OK;
}

enum auth_result auth_identify(struct auth *self, const struct auth_input *input, int64_t now_ms, struct caller *caller,
                               const char **why)
{
    const char *unasked;
    if (!why)
        why = &unasked;
    *why = "";
    memset(caller, 0, sizeof *caller);
    struct bearer bearer;
    bool has_bearer = bearer_read(&bearer, input->authorization);
    for (size_t i = 0; i < self->conf->auth_count; i++) {
        enum conf_auth method = self->conf->auth[i];
        if (method == CONF_AUTH_REMOTE_USER && remote_user_used(input->remote_user, input->auth_type))
            return remote_user_identify(input->remote_user, caller, why);
        if (method == CONF_AUTH_REMOTE_USER || !has_bearer || method != bearer_method(self->conf, &bearer))
            continue;
        if (method == CONF_AUTH_TOKEN)
            return identify_token(self, &bearer, now_ms, caller, why);
        const struct jwt_facts *facts;
        enum auth_result result = read_jwt(self, &bearer, input->known_only, &facts, why);
        return result == AUTH_OK ? jwt_judge(facts, now_ms, caller, why) : result;
    }
    *why = "the request has no credential of an enabled kind";
    return AUTH_NONE;
}
