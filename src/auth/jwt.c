/* SPDX-License-Identifier: ISC */
/*
 * JSON Web Tokens (RFC 7519) that the host application signs. One algorithm, fixed by the configuration and never chosen by
 * the token; the exact form of the text; and which claims must be there, with which type. The signature is verified by
 * signature.c before anything of the text is parsed, with a key that was parsed once; libjwt, which parses the key at each
 * call and knows of no "typ" but JWT, is left to read the JSON.
 */
#include "auth/auth_private.h"
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
    LEEWAY_MS = 60000, /* how far the clocks of signer and checker may differ */
};

static const double seconds_max = 1e15; /* of a time: far from where milliseconds overflow */

struct algorithm {
    const char *name;
    const char *digest; /* NULL where the algorithm has its own */
    enum key_kind kind;
    int bits;
};

struct jwt_rules {
    const struct algorithm *algorithm;
    const EVP_MD *digest;
    struct key key;
    char *audience; /* owned: as a JSON string; NULL for any */
    bool provision; /* claims are read */
};

struct part {
    const char *text;
    size_t len;
};

static const struct algorithm algorithms[] = {
    {"HS256", "SHA256", KEY_SECRET, 0}, {"HS384", "SHA384", KEY_SECRET, 0}, {"HS512", "SHA512", KEY_SECRET, 0},
    {"RS256", "SHA256", KEY_RSA, 2048}, {"RS384", "SHA384", KEY_RSA, 2048}, {"RS512", "SHA512", KEY_RSA, 2048},
    {"ES256", "SHA256", KEY_EC, 256},   {"ES384", "SHA384", KEY_EC, 384},   {"ES512", "SHA512", KEY_EC, 521},
    {"EdDSA", NULL, KEY_EDWARDS, 0},
};

/*
 * As jansson, and so libjwt, writes it: an audience without control characters, which is all we allow, needs no more.
 */
static char *json_string(const char *text)
{
    struct buf out;
    buf_init(&out);
    buf_add_char(&out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(&out, '\\');
        buf_add_char(&out, *text);
    }
    buf_add_char(&out, '"');
    return buf_take(&out);
}

struct jwt_rules *jwt_rules_new(const struct conf *conf, char *error, size_t size)
{
    const char *wanted = conf->jwt.algorithm;
    const char *audience = conf->jwt.audience;
    size_t count = sizeof algorithms / sizeof algorithms[0];
    size_t i = 0;
    while (i < count && strcmp(algorithms[i].name, wanted) != 0)
        i++;
    if (i == count) {
        snprintf(error, size,
                 "jwt.algorithm \"%s\" is none of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, EdDSA",
                 wanted);
        return NULL;
    }
    if (audience != NULL && audience[0] != '\0' && !ids_name_ok(audience, strlen(audience), TEXT_MAX)) {
        snprintf(error, size, "jwt.audience is not valid text");
        return NULL;
    }
    struct jwt_rules *self = mem_new(sizeof *self);
    self->algorithm = &algorithms[i];
    if (self->algorithm->digest != NULL)
        self->digest = EVP_get_digestbyname(self->algorithm->digest);
    self->provision = conf->jwt.provision;
    if (!key_read(&self->key, conf->jwt.key_file, algorithms[i].kind, algorithms[i].bits, wanted, error, size)) {
        jwt_rules_free(self);
        return NULL;
    }
    if (audience != NULL && audience[0] != '\0')
        self->audience = json_string(audience);
    return self;
}

void jwt_rules_free(struct jwt_rules *self)
{
    if (self == NULL)
        return;
    key_fini(&self->key);
    free(self->audience);
    free(self);
}

/* TEXT as exactly three parts, none of them empty. */
static bool split(const char *text, size_t len, struct part parts[PARTS])
{
    const char *end = text + len;
    for (int i = 0; i < PARTS; i++) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        const char *stop = dot != NULL ? dot : end;
        if (stop == text || (dot == NULL) != (i == PARTS - 1))
            return false;
        parts[i] = (struct part){text, (size_t)(stop - text)};
        text = stop + 1;
    }
    return true;
}

/* Exact base64url of JSON text of which nothing is hidden behind a NUL. */
static bool is_text(const struct part *part)
{
    unsigned char bytes[TEXT_MAX];
    size_t len;
    return base64url_decode(part->text, part->len, bytes, &len) && memchr(bytes, 0, len) == NULL &&
           utf8_ok((const char *)bytes, len);
}

static bool is_signed(const struct jwt_rules *self, const struct part parts[PARTS])
{
    unsigned char signature[TEXT_MAX];
    const struct part *last = &parts[PARTS - 1];
    size_t len;
    return base64url_decode(last->text, last->len, signature, &len) &&
           signature_ok(&self->key, self->digest, parts[0].text, (size_t)(last->text - 1 - parts[0].text), signature,
                        len);
}

/* PART, header or claims, read as the claims of a JWT that libjwt need not verify; NULL if it is not JSON. */
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
 * A NumericDate (RFC 7519, 2: a JSON number, which may have a fraction) in the claims, as ms. MISSING_OK: an absent one
 * leaves MS as it is.
 */
static bool time_claim(jwt_t *jwt, const char *name, bool missing_ok, int64_t *ms)
{
    char *json = jwt_get_grants_json(jwt, name);
    char *end = json;
    if (json == NULL)
        return missing_ok;
    bool number = json[0] == '-' || (json[0] >= '0' && json[0] <= '9');
    double seconds = number ? strtod(json, &end) : 0;
    bool good = number && *end == '\0' && seconds > -seconds_max && seconds < seconds_max;
    if (good)
        *ms = (int64_t)(seconds * 1000);
    free(json);
    return good;
}

/* The end of the JSON string that begins at AT; NULL where there is none. */
static const char *string_end(const char *at)
{
    if (*at != '"')
        return NULL;
    for (at++; *at != '"'; at++)
        if (*at == '\0' || (*at == '\\' && *++at == '\0'))
            return NULL;
    return at + 1;
}

/* CLAIM, compact JSON, is WANTED or an array of strings that holds it. */
static bool names(const char *claim, const char *wanted)
{
    if (*claim != '[')
        return strcmp(claim, wanted) == 0;
    bool found = false;
    const char *at = claim;
    do {
        const char *end = string_end(++at);
        if (end == NULL)
            return false;
        found = found || ((size_t)(end - at) == strlen(wanted) && memcmp(at, wanted, strlen(wanted)) == 0);
        at = end;
    } while (*at == ',');
    return found;
}

static bool audience_ok(const struct jwt_rules *self, jwt_t *jwt)
{
    if (self->audience == NULL)
        return true;
    char *claim = jwt_get_grants_json(jwt, "aud");
    bool good = claim != NULL && names(claim, self->audience);
    free(claim);
    return good;
}

static bool refuse(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

/* "typ" is JWT, or at+jwt (RFC 9068), perhaps as a whole media type (RFC 7515, 4.1.9), or absent. */
static bool type_ok(const char *type)
{
    static const char prefix[] = "application/";
    if (type == NULL)
        return true;
    if (strncasecmp(type, prefix, sizeof prefix - 1) == 0)
        type += sizeof prefix - 1;
    return strcasecmp(type, "JWT") == 0 || strcasecmp(type, "at+jwt") == 0;
}

static bool has(jwt_t *jwt, const char *name)
{
    char *json = jwt_get_grants_json(jwt, name);
    free(json);
    return json != NULL;
}

static bool read_header(const struct jwt_rules *self, jwt_t *header, const char **why)
{
    const char *algorithm = jwt_get_grant(header, "alg");
    const char *type = jwt_get_grant(header, "typ");
    if (algorithm == NULL || strcmp(algorithm, self->algorithm->name) != 0)
        return refuse(why, "the JWT names another algorithm than ours");
    if (!type_ok(type) || (type == NULL && has(header, "typ")))
        return refuse(why, "the JWT's typ is neither JWT nor at+jwt");
    /* It asks for what we do not know (RFC 7515, 4.1.11). */
    return !has(header, "crit") || refuse(why, "the JWT has a critical header that is not known here");
}

static bool read_claims(const struct jwt_rules *self, jwt_t *jwt, struct jwt_facts *facts, const char **why)
{
    const char *sub = jwt_get_grant(jwt, "sub");
    facts->nbf_ms = INT64_MIN;
    if (!time_claim(jwt, "exp", false, &facts->exp_ms) || !time_claim(jwt, "nbf", true, &facts->nbf_ms))
        return refuse(why, "the JWT has no exp, or an exp or nbf that is not a number of seconds");
    if (!time_claim(jwt, "iat", true, &facts->iat_ms))
        facts->iat_ms = 0;
    if (sub == NULL || !ids_user_ok(sub, strlen(sub)))
        return refuse(why, "the JWT has no sub that is a user id");
    memcpy(facts->user, sub, strlen(sub) + 1);
    return audience_ok(self, jwt) || refuse(why, "the JWT is for another audience");
}

/* What it says of where its user belongs, where that is asked for. */
static bool read_belonging(const struct jwt_rules *self, jwt_t *jwt, struct jwt_facts *facts, struct claims *claims,
                           const char **why)
{
    if (!self->provision)
        return true;
    char *workspaces = jwt_get_grants_json(jwt, "rollcall_workspaces");
    bool good = claims_read(claims, workspaces, jwt_get_grant(jwt, "name"));
    free(workspaces);
    if (!good)
        return refuse(why, "the JWT's rollcall_workspaces is no list of workspace ids");
    claims->issued_ms = facts->iat_ms;
    if (claims->count > 0)
        facts->claims = claims;
    return true;
}

bool jwt_read(const struct jwt_rules *self, const char *text, size_t len, struct jwt_facts *facts,
              struct claims *claims, const char **why)
{
    struct part parts[PARTS];
    *facts = (struct jwt_facts){.claims = NULL};
    if (len > TEXT_MAX || !split(text, len, parts))
        return refuse(why, "the bearer credential is no JWT");
    if (!is_signed(self, parts))
        return refuse(why, "the JWT is not signed with our key");
    if (!is_text(&parts[0]) || !is_text(&parts[1]))
        return refuse(why, "the JWT is malformed");
    jwt_t *header = read_part(&parts[0]);
    jwt_t *body = read_part(&parts[1]);
    bool good = header != NULL && body != NULL;
    if (!good)
        *why = "the JWT is malformed";
    good = good && read_header(self, header, why) && read_claims(self, body, facts, why) &&
           read_belonging(self, body, facts, claims, why);
    jwt_free(header);
    jwt_free(body);
    return good;
}

/* While the leeway lasts, the token is good until its end; before that, until EXP itself. */
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
