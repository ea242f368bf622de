/* SPDX-License-Identifier: ISC */
/*
 * Picks the way by which a request says who asks. Bearer credentials are told apart by their look: what begins with
 * "rc_" is a token of ours, anything else a JWT, where both are enabled; with one enabled it is taken for that.
 */
#include "auth/auth.h"

#include "auth/ways.h"
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
    EVP_MD_CTX_free(self->digest);
    EVP_MD_free(self->sha256);
    free(self);
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
        return way == CONF_AUTH_TOKEN ? token_identify(self, text, len, now_ms, caller, why)
                                      : jwt_identify(self->jwt, text, len, now_ms, &self->claims, caller, why);
    }
    *why = "the request says in no accepted way who is asking";
    return AUTH_NONE;
}
