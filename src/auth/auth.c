/* SPDX-License-Identifier: ISC */
/*
 * Picks the way by which a request says who asks. Bearer credentials are told apart by their look: what begins with
 * "rc_" is a token of ours, anything else a JWT, where both are enabled; with one enabled it is taken for that.
 */
#include "auth/auth.h"

#include "auth/auth_private.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool enabled(const struct conf *conf, enum conf_auth way)
{
    for (size_t i = 0; i < conf->auth_count; i++)
        if (conf->auth[i] == way)
            return true;
    return false;
}

struct auth *auth_new(const struct conf *conf, struct directory *directory, char *error, size_t size)
{
    struct auth *self = mem_new(sizeof *self);
    self->conf = conf;
    self->directory = directory;
    self->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    self->digest = EVP_MD_CTX_new();
    if (self->sha256 == NULL || self->digest == NULL)
        abort(); /* a libcrypto without SHA-256 is none */
    if (!enabled(conf, CONF_AUTH_JWT))
        return self;
    self->jwt = jwt_rules_new(conf, error, size);
    self->known = jwt_memory_new();
    if (self->jwt != NULL)
        return self;
    auth_free(self);
    return NULL;
}

void auth_free(struct auth *self)
{
    if (self == NULL)
        return;
    jwt_rules_free(self->jwt);
    jwt_memory_free(self->known);
    EVP_MD_CTX_free(self->digest);
    EVP_MD_free(self->sha256);
    free(self);
}

void auth_hash(const struct auth *self, const char *text, size_t len, unsigned char *hash)
{
    if (EVP_DigestInit_ex(self->digest, self->sha256, NULL) != 1 || EVP_DigestUpdate(self->digest, text, len) != 1 ||
        EVP_DigestFinal_ex(self->digest, hash, NULL) != 1)
        abort();
}

/* What follows "Bearer", without the blanks around it: NULL where the header speaks of another scheme. */
static const char *bearer(const char *authorization, size_t *len)
{
    static const char scheme[] = "Bearer";
    const size_t scheme_len = sizeof scheme - 1;
    if (authorization == NULL || strncasecmp(authorization, scheme, scheme_len) != 0)
        return NULL;
    const char *text = authorization + scheme_len;
    if (*text != ' ' && *text != '\t' && *text != '\0')
        return NULL;
    text += strspn(text, " \t");
    *len = strlen(text);
    while (*len > 0 && (text[*len - 1] == ' ' || text[*len - 1] == '\t'))
        (*len)--;
    return text;
}

/* Which of the two bearer ways TEXT is for. */
static enum conf_auth bearer_way(const struct conf *conf, const char *text)
{
    bool looks_ours = strncmp(text, "rc_", 3) == 0;
    if (enabled(conf, CONF_AUTH_TOKEN) && (looks_ours || !enabled(conf, CONF_AUTH_JWT)))
        return CONF_AUTH_TOKEN;
    return CONF_AUTH_JWT;
}

/* A JWT of LEN bytes of TEXT: one that is known is not verified again, and where KNOWN_ONLY no other is. */
static enum auth_result identify_jwt(struct auth *self, const char *text, size_t len, bool known_only,
                                     const struct jwt_facts **facts, const char **why)
{
    unsigned char hash[AUTH_HASH_BYTES];
    struct jwt_facts read;
    struct claims claims;
    auth_hash(self, text, len, hash);
    *facts = jwt_memory_find(self->known, hash);
    if (*facts != NULL)
        return AUTH_OK;
    if (known_only)
        return AUTH_UNVERIFIED;
    if (!jwt_read(self->jwt, text, len, &read, &claims, why))
        return AUTH_INVALID;
    *facts = jwt_memory_add(self->known, hash, &read);
    return AUTH_OK;
}

enum auth_result auth_identify(struct auth *self, const struct auth_input *input, int64_t now_ms, struct caller *caller,
                               const char **why)
{
    const char *unasked;
    if (why == NULL)
        why = &unasked;
    *why = "";
    memset(caller, 0, sizeof *caller);
    size_t len = 0;
    const char *text = bearer(input->authorization, &len);
    for (size_t i = 0; i < self->conf->auth_count; i++) {
        enum conf_auth way = self->conf->auth[i];
        if (way == CONF_AUTH_REMOTE_USER && remote_user_used(input))
            return remote_user_identify(input, caller, why);
        if (way == CONF_AUTH_REMOTE_USER || text == NULL || way != bearer_way(self->conf, text))
            continue;
        if (way == CONF_AUTH_TOKEN)
            return token_identify(self, text, len, now_ms, caller, why);
        const struct jwt_facts *facts;
        enum auth_result result = identify_jwt(self, text, len, input->known_only, &facts, why);
        return result == AUTH_OK ? jwt_judge(facts, now_ms, caller, why) : result;
    }
    *why = "the request says in no accepted way who is asking";
    return AUTH_NONE;
}
