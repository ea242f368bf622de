/* SPDX-License-Identifier: ISC */
/*
 * See jwt.h. Checks the exact form of the text, and which claims it has, with which type. The signature is verified by
 * signature.c before any of the text is parsed, with a key that was parsed once. libjwt, which parses the key at each
 * call and knows no "typ" but JWT, only reads the JSON.
 */
#include "auth/jwt.h"

#include "auth/claims.h"
#include "auth/key.h"
#include "auth/signature.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TEXT_MAX = 8192,   /* characters of a token: web servers pass headers of about this size */
    PARTS = 3,         /* header, claims, signature */
    LEEWAY_MS = 60000, /* how far the clocks of the signer and ours may differ */
};

static const double seconds_max = 1e15; /* of a time: far below the overflow of milliseconds */

struct jwt_rules {
    struct key key;
    char *audience; /* owned: as a JSON string; NULL: not checked */
    bool provision; /* claims are read */
};

struct part {
    const char *text;
    size_t len;
};

/* As jansson, and so libjwt, writes it: an audience may not hold control characters, so nothing else needs escapes. */
static char *json_string(const char *text)
{
    struct buf out;
    buf_init(&out);
    buf_add_char(&out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(&out, '\\');
        buf_add_char(&out, *text);
    }
    buf_add_char(&out, '"');
    return buf_take(&out);
}

static bool refuse(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

struct jwt_rules *jwt_rules_new(const struct conf *conf, char *error, size_t size)
{
    const struct jwt_algorithm *algorithm = jwt_algorithm_find(conf->jwt.algorithm);
    const char *audience = conf->jwt.audience;
    bool any_audience = !audience || audience[0] == '\0';
    if (!algorithm) {
        snprintf(error, size, "jwt.algorithm \"%s\" is unknown: set it to one of %s", conf->jwt.algorithm,
                 JWT_ALGORITHM_NAMES);
        return NULL;
    }
    if (!any_audience && !ids_name_ok(audience, strlen(audience), TEXT_MAX)) {
        snprintf(error, size, "jwt.audience is not valid text");
        return NULL;
    }
    struct jwt_rules *self = mem_new(sizeof *self);
    self->provision = conf->jwt.provision;
    if (!key_read(&self->key, algorithm, conf->jwt.key_file, error, size)) {
        jwt_rules_free(self);
        return NULL;
    }
    if (!any_audience)
        self->audience = json_string(audience);
    return self;
}

void jwt_rules_free(struct jwt_rules *self)
{
    if (!self)
        return;
    key_fini(&self->key);
    free(self->audience);
    free(self);
}

/* Splits BEARER into exactly three parts, none of them empty. */
static bool split(const struct bearer *bearer, struct part parts[PARTS])
{
    const char *text = bearer->text;
    const char *end = text + bearer->len;
    for (int i = 0; i < PARTS; i++) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        const char *stop = dot ? dot : end;
        if (stop == text || !dot != (i == PARTS - 1))
            return false;
        parts[i] = (struct part){text, (size_t)(stop - text)};
        text = stop + 1;
    }
    return true;
}

/* Whether PART is exact base64url of UTF-8 text without a NUL, which would hide what follows it. */
static bool is_text(const struct part *part)
{
    unsigned char bytes[TEXT_MAX];
    size_t len;
    return base64url_decode(part->text, part->len, bytes, &len) && !memchr(bytes, 0, len) &&
           utf8_ok((const char *)bytes, len);
}

static bool is_signed(const struct jwt_rules *self, const struct part parts[PARTS])
{
    unsigned char signature[TEXT_MAX];
    const struct part *last = &parts[PARTS - 1];
    struct signed_text input = {.text = parts[0].text, .len = (size_t)(last->text - 1 - parts[0].text)};
    if (!base64url_decode(last->text, last->len, signature, &input.signature_len))
        return false;
    input.signature = signature;
    return signature_ok(&self->key, &input);
}

/* Reads PART, header or claims, as the claims of a JWT that libjwt need not verify. NULL if it is not JSON. */
static jwt_t *read_part(const struct part *part)
{
    static const char unsigned_header[] = "eyJhbGciOiJub25lIn0."; /* {"alg":"none"} */
    struct buf text;
    jwt_t *jwt = NULL;
    buf_init(&text);
    buf_add_text(&text, unsigned_header);
    buf_add(&text, part->text, part->len);
    buf_add_char(&text, '.');
    if (jwt_decode(&jwt, text.data, NULL, 0) != 0)
        jwt = NULL;
    buf_fini(&text);
    return jwt;
}

/*
 * Reads a NumericDate (RFC 7519, 2: a JSON number, which may have a fraction) of the claims as ms. MISSING_OK: if it is
 * absent, MS stays as it is.
 */
static bool time_claim(jwt_t *jwt, const char *name, bool missing_ok, int64_t *ms)
{
    char *json = jwt_get_grants_json(jwt, name);
    if (!json)
        return missing_ok;
    char *end = json;
    bool number = json[0] == '-' || (json[0] >= '0' && json[0] <= '9');
    double seconds = number ? strtod(json, &end) : 0;
    bool good = number && *end == '\0' && seconds > -seconds_max && seconds < seconds_max;
    if (good)
        *ms = (int64_t)(seconds * 1000);
    free(json);
    return good;
}

/* The end of the JSON string that begins at AT; NULL if none begins there. */
static const char *string_end(const char *at)
{
    if (*at != '"')
        return NULL;
    for (at++; *at != '"'; at++)
        if (*at == '\0' || (*at == '\\' && *++at == '\0'))
            return NULL;
    return at + 1;
}

/* Whether CLAIM, compact JSON, is WANTED or an array of strings with WANTED among them. */
static bool names(const char *claim, const char *wanted)
{
    if (*claim != '[')
        return strcmp(claim, wanted) == 0;
    bool found = false;
    const char *at = claim;
    do {
        const char *end = string_end(++at);
        if (!end)
            return false;
        found = found || ((size_t)(end - at) == strlen(wanted) && memcmp(at, wanted, strlen(wanted)) == 0);
        at = end;
    } while (*at == ',');
    return found;
}

static bool audience_ok(const struct jwt_rules *self, jwt_t *jwt)
{
    if (!self->audience)
        return true;
    char *claim = jwt_get_grants_json(jwt, "aud");
    bool good = claim && names(claim, self->audience);
    free(claim);
    return good;
}

/* Whether "typ" is JWT, or at+jwt (RFC 9068), perhaps as a full media type (RFC 7515, 4.1.9), or absent. */
static bool type_ok(const char *type)
{
    static const char prefix[] = "application/";
    if (!type)
        return true;
    if (strncasecmp(type, prefix, sizeof prefix - 1) == 0)
        type += sizeof prefix - 1;
    return strcasecmp(type, "JWT") == 0 || strcasecmp(type, "at+jwt") == 0;
}

static bool has(jwt_t *jwt, const char *name)
{
    char *json = jwt_get_grants_json(jwt, name);
    bool found = json;
    free(json);
    return found;
}

static bool read_header(const struct jwt_rules *self, jwt_t *header, const char **why)
{
    const char *algorithm = jwt_get_grant(header, "alg");
    const char *type = jwt_get_grant(header, "typ");
    if (!algorithm || strcmp(algorithm, self->key.algorithm->name) != 0)
        return refuse(why, "the JWT names another algorithm than the configured one");
    if (!type_ok(type) || (!type && has(header, "typ")))
        return refuse(why, "the JWT's typ is neither JWT nor at+jwt");
    /* It asks for an extension that we do not know (RFC 7515, 4.1.11). */
    return !has(header, "crit") || refuse(why, "the JWT has a critical header that Rollcall does not know");
}

static bool read_claims(const struct jwt_rules *self, jwt_t *jwt, struct jwt_facts *facts, const char **why)
{
    facts->nbf_ms = INT64_MIN;
    if (!time_claim(jwt, "exp", false, &facts->exp_ms) || !time_claim(jwt, "nbf", true, &facts->nbf_ms))
        return refuse(why, "the JWT has no exp, or an exp or nbf that is not a number of seconds");
    if (!time_claim(jwt, "iat", true, &facts->iat_ms))
        facts->iat_ms = 0;
    const char *sub = jwt_get_grant(jwt, "sub");
    if (!sub || !ids_user_ok(sub, strlen(sub)))
        return refuse(why, "the JWT has no sub that is a user id");
    memcpy(facts->user, sub, strlen(sub) + 1);
    return audience_ok(self, jwt) || refuse(why, "the JWT is for another audience");
}

/* Reads the workspaces and the name, if users are admitted by them. */
static bool read_user_claims(const struct jwt_rules *self, jwt_t *jwt, struct jwt_facts *facts, struct claims *claims,
                             const char **why)
{
    if (!self->provision)
        return true;
    char *workspaces = jwt_get_grants_json(jwt, "rollcall_workspaces");
    bool good = claims_read(claims, workspaces, jwt_get_grant(jwt, "name"));
    free(workspaces);
    if (!good)
        return refuse(why, "the JWT's rollcall_workspaces is not a list of workspace ids");
    claims->issued_ms = facts->iat_ms;
    if (claims->count > 0)
        facts->claims = claims;
    return true;
}

bool jwt_read(const struct jwt_rules *self, const struct bearer *bearer, struct jwt_facts *facts, struct claims *claims,
              const char **why)
{
    struct part parts[PARTS];
    *facts = (struct jwt_facts){.claims = NULL};
    if (bearer->len > TEXT_MAX || !split(bearer, parts))
        return refuse(why, "the bearer credential is not a JWT");
    if (!is_signed(self, parts))
        return refuse(why, "the JWT is not signed with our key");
    if (!is_text(&parts[0]) || !is_text(&parts[1]))
        return refuse(why, "the JWT is malformed");
    jwt_t *header = read_part(&parts[0]);
    jwt_t *body = read_part(&parts[1]);
    bool good = header && body;
    if (!good)
        *why = "the JWT is malformed";
    good = good && read_header(self, header, why) && read_claims(self, body, facts, why) &&
           read_user_claims(self, body, facts, claims, why);
    jwt_free(header);
    jwt_free(body);
    return good;
}

/* Until EXP the caller is good until EXP; during the leeway after it, until the leeway ends. */
enum auth_result jwt_judge(const struct jwt_facts *facts, int64_t now_ms, struct caller *caller, const char **why)
{
    if (facts->exp_ms <= now_ms - LEEWAY_MS) {
        *why = "the JWT has expired";
        return AUTH_EXPIRED;
    }
    if (facts->nbf_ms > now_ms + LEEWAY_MS) {
        *why = "the JWT is not valid yet";
        return AUTH_INVALID;
    }
    caller->expires_ms = facts->exp_ms > now_ms ? facts->exp_ms : facts->exp_ms + LEEWAY_MS;
    caller->claims = facts->claims;
    memcpy(caller->user, facts->user, sizeof caller->user);
    return AUTH_OK;
}
