/* SPDX-License-Identifier: ISC */
/*
 * JSON Web Tokens (RFC 7519) that the host application signs. libjwt does the cryptography and the parsing; here is
 * what it leaves open: one algorithm, fixed by the configuration and never chosen by the token; the exact form of the
 * text (libjwt stops reading where base64 or a NUL byte ends); and which claims must be there, with which type.
 */
#include "auth/ways.h"
#include "base/buf.h"
#include "base/mem.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 8192,   /* characters of a token: web servers pass headers of about this size */
    PARTS = 3,         /* header, claims, signature */
    LEEWAY_MS = 60000, /* how far the clocks of signer and checker may differ */
    DIGITS_MAX = 15,   /* of a time in seconds: far from where milliseconds overflow */
};

struct jwt_rules {
    jwt_alg_t algorithm;
    struct key key;
    char *audience; /* owned: as a JSON string; NULL for any */
    bool provision; /* claims are read */
};

struct part {
    const char *text;
    size_t len;
};

static const struct {
    const char *name;
    enum key_kind kind;
    int bits;
} algorithms[] = {
    {"HS256", KEY_SECRET, 0}, {"HS384", KEY_SECRET, 0},  {"HS512", KEY_SECRET, 0}, {"RS256", KEY_RSA, 2048},
    {"RS384", KEY_RSA, 2048}, {"RS512", KEY_RSA, 2048},  {"ES256", KEY_EC, 256},   {"ES384", KEY_EC, 384},
    {"ES512", KEY_EC, 521},   {"EdDSA", KEY_EDWARDS, 0},
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
    if (jwt_str_alg(wanted) == JWT_ALG_INVAL) {
        snprintf(error, size, "jwt.algorithm \"%s\" is not known to the libjwt that is installed: use another", wanted);
        return NULL;
    }
    if (audience != NULL && audience[0] != '\0' && !ids_name_ok(audience, strlen(audience), TEXT_MAX)) {
        snprintf(error, size, "jwt.audience is not valid text");
        return NULL;
    }
    struct jwt_rules *self = mem_new(sizeof *self);
    self->algorithm = jwt_str_alg(wanted);
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

/* Each part exact base64url; header and claims text of which nothing is hidden behind a NUL. */
static bool form_ok(const char *text, size_t len)
{
    struct part parts[PARTS];
    unsigned char bytes[TEXT_MAX];
    if (len > TEXT_MAX || !split(text, len, parts))
        return false;
    for (int i = 0; i < PARTS; i++) {
        size_t bytes_len;
        if (!base64url_decode(parts[i].text, parts[i].len, bytes, &bytes_len))
            return false;
        bool json = i < PARTS - 1;
        if (json && (memchr(bytes, 0, bytes_len) != NULL || !ids_utf8_ok((const char *)bytes, bytes_len)))
            return false;
    }
    return true;
}

/*
 * A time in the claims, as ms. MISSING is what an absent one means. Only a JSON integer is one: a string, a fraction or
 * an exponent may be read differently by the next program.
 */
static bool time_claim(jwt_t *jwt, const char *name, bool missing_ok, int64_t *ms)
{
    char *json = jwt_get_grants_json(jwt, name);
    if (json == NULL)
        return missing_ok;
    size_t sign = json[0] == '-' ? 1 : 0;
    size_t digits = strspn(json + sign, "0123456789");
    bool good = digits > 0 && digits <= DIGITS_MAX && json[sign + digits] == '\0';
    if (good)
        *ms = strtoll(json, NULL, 10) * 1000;
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

/* A header with "crit" asks for what we do not know (RFC 7515, 4.1.11). */
static bool asks_for_more(jwt_t *jwt)
{
    char *crit = jwt_get_headers_json(jwt, "crit");
    free(crit);
    return crit != NULL;
}

static enum auth_result refuse(const char **why, const char *reason)
{
    *why = reason;
    return AUTH_INVALID;
}

/* While the leeway lasts, the token is good until its end; before that, until EXP itself. */
static enum auth_result check_claims(const struct jwt_rules *self, jwt_t *jwt, int64_t now_ms, struct caller *caller,
                                     const char **why)
{
    int64_t exp_ms = 0;
    int64_t nbf_ms = INT64_MIN;
    if (!time_claim(jwt, "exp", false, &exp_ms) || !time_claim(jwt, "nbf", true, &nbf_ms))
        return refuse(why, "the JWT has no exp, or an exp or nbf that is no integer");
    const char *sub = jwt_get_grant(jwt, "sub");
    if (sub == NULL || !ids_user_ok(sub, strlen(sub)))
        return refuse(why, "the JWT has no sub that is a user id");
    if (!audience_ok(self, jwt))
        return refuse(why, "the JWT is for another audience");
    if (nbf_ms > now_ms + LEEWAY_MS)
        return refuse(why, "the JWT is not valid yet");
    if (exp_ms <= now_ms - LEEWAY_MS) {
        *why = "the JWT has expired";
        return AUTH_EXPIRED;
    }
    caller->expires_ms = exp_ms > now_ms ? exp_ms : exp_ms + LEEWAY_MS;
    memcpy(caller->user, sub, strlen(sub) + 1);
    return AUTH_OK;
}

/* Only of a JWT that was found good. */
static enum auth_result take_claims(jwt_t *jwt, struct claims *claims, struct caller *caller, const char **why)
{
    char *workspaces = jwt_get_grants_json(jwt, "rollcall_workspaces");
    bool good = claims_read(claims, workspaces, jwt_get_grant(jwt, "name"));
    free(workspaces);
    if (!good)
        return refuse(why, "the JWT's rollcall_workspaces is no list of workspace ids");
    if (claims->count > 0)
        caller->claims = claims;
    return AUTH_OK;
}

enum auth_result jwt_identify(const struct jwt_rules *self, const char *text, size_t len, int64_t now_ms,
                              struct claims *claims, struct caller *caller, const char **why)
{
    if (!form_ok(text, len))
        return refuse(why, "the bearer credential is no JWT");
    char *copy = mem_copy(text, len);
    jwt_t *jwt = NULL;
    int failed = jwt_decode(&jwt, copy, self->key.bytes, (int)self->key.len);
    free(copy);
    if (failed != 0)
        return refuse(why, "the JWT is not signed with our key, or malformed");
    /*
     * libjwt verifies by the algorithm that the token names, a public key taken for a secret included: this is the
     * check.
     */
    enum auth_result result = AUTH_INVALID;
    if (jwt_get_alg(jwt) != self->algorithm)
        *why = "the JWT names another algorithm than ours";
    else if (asks_for_more(jwt))
        *why = "the JWT has a critical header that is not known here";
    else
        result = check_claims(self, jwt, now_ms, caller, why);
    if (result == AUTH_OK && self->provision)
        result = take_claims(jwt, claims, caller, why);
    jwt_free(jwt);
    return result;
}
