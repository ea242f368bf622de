/* SPDX-License-Identifier: ISC */
/*
 * Any credential: nobody is let in but by a token that was granted, a JWT that was signed and says what it must, or the
 * web server's word. The input's sections are what a request says: Authorization, REMOTE_USER, AUTH_TYPE ("-" alone:
 * not set); or, if the first begins with '{', the header and the claims of a JWT that is signed here.
 */
#include "auth/auth.h"
#include "base/log.h"
#include "credentials.h"
#include "directory/directory.h"
#include "place.h"

#include <jansson.h>
#include <strings.h>

#define NOW_MS   INT64_C(1700000000000)
#define AUDIENCE "rollcall"

enum { LEEWAY_S = 60 };

/* A JWT that was signed elsewhere, as inputs may have it. */
static char known_jwt[CREDENTIALS_JWT_MAX + 8];

static struct auth *auth(void)
{
    static struct auth *self;
    static struct conf conf = {.auth = {CONF_AUTH_TOKEN, CONF_AUTH_JWT, CONF_AUTH_REMOTE_USER},
                               .auth_count = 3,
                               .jwt = {.algorithm = "HS256", .audience = AUDIENCE, .provision = true}};
    char path[PLACE_PATH_MAX];
    char error[512];

    if (self)
        return self;
    log_set_level(LOG_LEVEL_ERROR);
    struct directory *directory = directory_open(place_path(path, "rollcall.db"), error, sizeof error);
    insist(directory, "there is a directory");
    credentials_grant_all(directory);
    conf.jwt.key_file = credentials_key_file();
    self = auth_new(&conf, directory, error, sizeof error);
    insist(self, "there is somebody who identifies");
    insist(
        credentials_sign(known_jwt, "{\"alg\":\"HS256\"}", "{\"aud\":\"rollcall\",\"sub\":\"u1\",\"exp\":1900000000}"),
        "a JWT can be signed");
    return self;
}

/* ---- what a signed JWT says, read by another reader ---- */

static double seconds(const json_t *claims, const char *name, double otherwise)
{
    const json_t *value = json_object_get(claims, name);

    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static bool is_for_us(const json_t *audience)
{
    size_t i;
    json_t *one;

    if (json_is_string(audience))
        return strcmp(json_string_value(audience), AUDIENCE) == 0;
    json_array_foreach(audience, i,
                       one) if (json_is_string(one) && strcmp(json_string_value(one), AUDIENCE) == 0) return true;
    return false;
}

static void look_at_header(const char *text)
{
    json_t *header = json_loads(text, 0, NULL);
    const char *algorithm = json_string_value(json_object_get(header, "alg"));
    const json_t *type = json_object_get(header, "typ");

    insist(algorithm && strcmp(algorithm, "HS256") == 0, "the algorithm is the configured one");
    insist(!type || (json_is_string(type) && strcasestr(json_string_value(type), "jwt")), "it is a JWT");
    insist(!json_object_get(header, "crit"), "nothing is critical that is not known");
    json_decref(header);
}

static void look_at_user_claims(const json_t *text, const struct claims *claims)
{
    const json_t *workspaces = json_object_get(text, "rollcall_workspaces");
    const json_t *name = json_object_get(text, "name");

    if (!claims) {
        insist(json_array_size(workspaces) == 0, "no workspace is left out");
        return;
    }
    insist(claims->count > 0 && claims->count == json_array_size(workspaces), "as many workspaces as it names");
    for (size_t i = 0; i < claims->count; i++) {
        const char *workspace = json_string_value(json_array_get(workspaces, i));

        insist(workspace && strcmp(claims->workspaces[i], workspace) == 0, "each as it is written");
        insist(ids_workspace_ok(workspace, strlen(workspace)), "and each may be one");
    }
    insist(!claims->name[0] || (json_is_string(name) && strcmp(claims->name, json_string_value(name)) == 0),
           "the name");
}

static void look_at_claims(const char *text, const struct caller *caller)
{
    json_t *claims = json_loads(text, 0, NULL);
    const char *user = json_string_value(json_object_get(claims, "sub"));
    double now_s = (double)NOW_MS / 1000;

    insist(user && strcmp(user, caller->user) == 0 && ids_user_ok(user, strlen(user)), "the user is the one of sub");
    insist(!caller->admin && caller->credential == 0, "no JWT makes an administrator");
    insist(seconds(claims, "exp", 0) > now_s - LEEWAY_S, "it has not expired");
    insist(seconds(claims, "nbf", 0) < now_s + LEEWAY_S + 1, "it is valid already");
    insist(is_for_us(json_object_get(claims, "aud")), "it is for us");
    insist(caller->expires_ms > NOW_MS, "it ends later");
    look_at_user_claims(claims, caller->claims);
    json_decref(claims);
}

/* ---- asking ---- */

static enum auth_result ask(const struct auth_input *input, struct caller *caller)
{
    const char *why = NULL;
    enum auth_result result = auth_identify(auth(), input, NOW_MS, caller, &why);

    insist(why && (*why || result == AUTH_OK || result == AUTH_UNVERIFIED), "a refusal has a reason");
    insist(result != AUTH_UNAVAILABLE, "the directory answers");
    insist(result != AUTH_OK || caller->admin || ids_user_ok(caller->user, strlen(caller->user)), "it is somebody");
    insist(result != AUTH_OK || !caller->admin || !*caller->user, "an administrator is no user");
    return result;
}

static void look_at_signed(char *header, const char *claims)
{
    char authorization[CREDENTIALS_JWT_MAX + 8] = "Bearer ";
    struct auth_input input = {.authorization = authorization};
    struct caller caller, again;

    if (!claims || !credentials_sign(authorization, header, claims))
        return;
    enum auth_result result = ask(&input, &caller);
    if (result == AUTH_OK) {
        look_at_header(header);
        look_at_claims(claims, &caller);
    }
    input.known_only = true;
    enum auth_result second = ask(&input, &again);
    insist(second == result || (result == AUTH_INVALID && second == AUTH_UNVERIFIED),
           "what was verified is remembered");
    insist(result != AUTH_OK || strcmp(caller.user, again.user) == 0, "as it was");
}

/* The credential of AUTHORIZATION, as RFC 6750 writes it; "" if there is none. */
static const char *credential_of(const char *authorization, char *out, size_t size)
{
    out[0] = '\0';
    if (!authorization || strncasecmp(authorization, "Bearer", 6) != 0 || !strchr(" \t", authorization[6]))
        return out;
    snprintf(out, size, "%s", authorization + 6 + strspn(authorization + 6, " \t"));
    for (size_t len = strlen(out); len > 0 && strchr(" \t", out[len - 1]); len--)
        out[len - 1] = '\0';
    return out;
}

static void look_at_sent(const struct auth_input *input)
{
    char credential[CREDENTIALS_JWT_MAX];
    struct caller caller;
    enum auth_result result = ask(input, &caller);
    bool admin = strcmp(credential_of(input->authorization, credential, sizeof credential), ADMIN_TOKEN) == 0;
    bool own = strcmp(credential, USER_TOKEN) == 0 || strcmp(credential, known_jwt) == 0;
    bool stranger = strcmp(credential, STRANGER_TOKEN) == 0;
    bool vouched = input->remote_user && input->auth_type && *input->auth_type;

    if (result == AUTH_EXPIRED)
        insist(strcmp(credential, EXPIRED_TOKEN) == 0, "only what was good once expires");
    if (result != AUTH_OK)
        return;
    insist(admin || own || stranger || vouched, "nobody is let in without a credential");
    insist(caller.admin == admin, "only the administrator's token makes one");
    if (own || stranger)
        insist(strcmp(caller.user, own ? "u1" : "s1") == 0, "a credential is its user's");
    else if (!admin)
        insist(strcmp(caller.user, input->remote_user) == 0, "the web server's user is the user");
}

static const char *set_or_not(const char *text)
{
    return text && strcmp(text, "-") == 0 ? NULL : text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *rest = text;
    char *first = fuzz_section(&rest);
    char *second = fuzz_section(&rest);

    auth();
    if (*first == '{')
        look_at_signed(first, second);
    else
        look_at_sent(
            &(struct auth_input){set_or_not(first), set_or_not(second), set_or_not(fuzz_section(&rest)), false});
    free(text);
    return 0;
}
