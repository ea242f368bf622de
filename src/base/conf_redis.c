/* SPDX-License-Identifier: ISC */
/*
 * See conf_redis.h. A URL has a scheme, which says what else may be in it: SCHEME[USER][:PASSWORD]@HOSTS/DB?PARAMETERS,
 * or the path of a socket instead of users, hosts and database. All but hosts and database is percent-encoded.
 */
#include "base/conf_redis.h"

#include "base/address.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/percent.h"

#include <stdlib.h>
#include <string.h>

enum { REDIS_PORT = 6379, SENTINEL_PORT = 26379, DATABASE_MAX = 65535, SNI_MAX = 255 /* what TLS allows */ };

/* Which schemes a parameter belongs to. */
enum { IN_UNIX = 1, IN_PLAIN = 2, IN_TLS = 4, IN_SENTINEL = 8, IN_CLUSTER = 16 };

struct scheme {
    const char *prefix;
    unsigned bit;
    enum conf_redis_kind kind;
    int port;                /* of hosts that do not say it */
    const char *no_such_one; /* what to say of a parameter that it does not have */
};

#define UNIX_PARAMETERS "after the ? of a unix: URL, write db=, user= or password=, separated by &"

static const struct scheme schemes[] = {
    {"unix://", IN_UNIX, CONF_REDIS_ONE, 0, UNIX_PARAMETERS},
    {"unix:", IN_UNIX, CONF_REDIS_ONE, 0, UNIX_PARAMETERS},
    {"redis://", IN_PLAIN, CONF_REDIS_ONE, REDIS_PORT,
     "redis:// has no parameters: the database is a number after a slash, and TLS is rediss://"},
    {"rediss://", IN_TLS, CONF_REDIS_ONE, REDIS_PORT,
     "after the ? of a rediss:// URL, write ca=, cert=, key= or sni=, separated by &"},
    {"redis-sentinel://", IN_SENTINEL, CONF_REDIS_SENTINEL, SENTINEL_PORT,
     "after the ? of a redis-sentinel:// URL, write master=, sentinel_user=, sentinel_password=, tls=, sentinel_tls=, "
     "ca=, cert=, key= or sni=, separated by &"},
    {"redis-cluster://", IN_CLUSTER, CONF_REDIS_CLUSTER, REDIS_PORT,
     "after the ? of a redis-cluster:// URL, write tls=, ca=, cert=, key= or sni=, separated by &"},
};

enum kind { TEXT, FILE_PATH, SWITCH, DATABASE };

struct parameter {
    const char *name; /* with its '=' */
    unsigned schemes;
    enum kind kind;
    size_t offset; /* in struct conf_redis */
};

#define PARAMETER(name, schemes, kind, member)                                                                         \
    {                                                                                                                  \
        name "=", schemes, kind, offsetof(struct conf_redis, member)                                                   \
    }

static const struct parameter parameters[] = {
    PARAMETER("db", IN_UNIX, DATABASE, database),
    PARAMETER("user", IN_UNIX, TEXT, user),
    PARAMETER("password", IN_UNIX, TEXT, password),
    PARAMETER("tls", IN_SENTINEL | IN_CLUSTER, SWITCH, tls),
    PARAMETER("ca", IN_TLS | IN_SENTINEL | IN_CLUSTER, FILE_PATH, ca),
    PARAMETER("cert", IN_TLS | IN_SENTINEL | IN_CLUSTER, FILE_PATH, cert),
    PARAMETER("key", IN_TLS | IN_SENTINEL | IN_CLUSTER, FILE_PATH, key),
    PARAMETER("sni", IN_TLS | IN_SENTINEL | IN_CLUSTER, TEXT, sni),
    PARAMETER("master", IN_SENTINEL, TEXT, master),
    PARAMETER("sentinel_user", IN_SENTINEL, TEXT, sentinel_user),
    PARAMETER("sentinel_password", IN_SENTINEL, TEXT, sentinel_password),
    PARAMETER("sentinel_tls", IN_SENTINEL, SWITCH, sentinel_tls),
};

static bool wrong(const char **why, const char *sentence)
{
    *why = sentence;
    return false;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ---- values ---- */

/* LEN bytes of TEXT, percent-decoded, become *OUT, which is freed first. */
static bool set_text(char **out, const char *text, size_t len, const char **why)
{
    char *decoded = mem_new(len + 1);
    long got = percent_decode(text, len, false, decoded);

    free(*out);
    *out = decoded;
    if (got >= 0 && strlen(decoded) == (size_t)got)
        return true;
    return wrong(why, "user, password and parameters must be percent-encoded: write %25 for %, %40 for @, %26 for &");
}

static bool set_file(char **out, const char *text, size_t len, const char **why)
{
    if (!set_text(out, text, len, why))
        return false;
    return **out == '/' ||
           wrong(why, "ca, cert and key are the absolute paths of files, as in ?ca=/etc/ssl/certs/redis-ca.pem");
}

static bool set_switch(bool *out, const char *text, size_t len, const char **why)
{
    *out = len == 3 && memcmp(text, "yes", 3) == 0;
    return *out || (len == 2 && memcmp(text, "no", 2) == 0) || wrong(why, "tls and sentinel_tls are yes or no");
}

static bool set_database(int *out, const char *text, size_t len, const char **why)
{
    bool number = len > 0 && len <= 5 && strspn(text, "0123456789") >= len;

    *out = number ? atoi(text) : 0;
    return (number && *out <= DATABASE_MAX) ||
           wrong(why, "the database must be a number, as in \"redis://127.0.0.1:6379/0\" or \"unix:/path?db=0\"");
}

/* ---- parameters ---- */

static bool set(struct conf_redis *redis, const struct parameter *parameter, const char *text, size_t len,
                const char **why)
{
    void *at = (char *)redis + parameter->offset;

    switch (parameter->kind) {
    case DATABASE: return set_database(at, text, len, why);
    case SWITCH: return set_switch(at, text, len, why);
    case FILE_PATH: return len == 0 || set_file(at, text, len, why);
    case TEXT: return len == 0 || set_text(at, text, len, why);
    }
    return false;
}

/* The parameter of SCHEME that TEXT begins with; NULL if none is. */
static const struct parameter *find(const struct scheme *scheme, const char *text)
{
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if ((parameters[i].schemes & scheme->bit) != 0 && has_prefix(text, parameters[i].name))
            return &parameters[i];
    return NULL;
}

/* TEXT is empty, or begins with the ? before the first parameter. */
static bool parse_parameters(const struct scheme *scheme, const char *text, struct conf_redis *redis, const char **why)
{
    while (*text != '\0') {
        text++; /* the ? or & */
        size_t len = strcspn(text, "&");
        const struct parameter *parameter = find(scheme, text);
        if (!parameter)
            return wrong(why, scheme->no_such_one);
        size_t name = strlen(parameter->name);
        if (!set(redis, parameter, text + name, len - name, why))
            return false;
        text += len;
    }
    return true;
}

/* ---- what comes before them ---- */

static bool parse_unix(const struct scheme *scheme, const char *path, struct conf_redis *redis, const char **why)
{
    size_t len = strcspn(path, "?");

    if (*path != '/')
        return wrong(why, "the path of the socket must be absolute, as in \"unix:/run/redis/redis-server.sock\"");
    redis->unix_path = mem_copy(path, len);
    return parse_parameters(scheme, path + len, redis, why);
}

/* [USER][:PASSWORD] in LEN bytes of TEXT. */
static bool parse_userinfo(const char *text, size_t len, struct conf_redis *redis, const char **why)
{
    const char *colon = memchr(text, ':', len);
    size_t user_len = colon ? (size_t)(colon - text) : len;

    if (user_len > 0 && !set_text(&redis->user, text, user_len, why))
        return false;
    if (colon)
        return set_text(&redis->password, colon + 1, len - user_len - 1, why);
    return wrong(why, "a user needs a password, as in \"redis://user:password@127.0.0.1:6379/0\"");
}

/* HOST[:PORT] in LEN bytes of TEXT becomes one more host. */
static bool add_host(const struct scheme *scheme, const char *text, size_t len, struct conf_redis *redis,
                     const char **why)
{
    struct conf_redis_host *host;
    char *copy = mem_copy(text, len);
    bool ok;

    redis->hosts = mem_resize(redis->hosts, redis->host_count + 1, sizeof *redis->hosts);
    host = &redis->hosts[redis->host_count];
    ok = address_split(copy, scheme->port, &host->name, &host->port, why);
    redis->host_count += ok;
    free(copy);
    return ok;
}

/* The only host of what has only one becomes host and port. */
static bool take_single_host(struct conf_redis *redis, const char **why)
{
    if (redis->host_count != 1)
        return wrong(why, "several hosts belong to redis-sentinel:// or redis-cluster://, not to redis://");
    redis->host = redis->hosts[0].name;
    redis->port = redis->hosts[0].port;
    redis->host_count = 0;
    free(redis->hosts);
    redis->hosts = NULL;
    return true;
}

/* HOST[:PORT][,HOST[:PORT]...] in LEN bytes of TEXT. */
static bool parse_hosts(const struct scheme *scheme, const char *text, size_t len, struct conf_redis *redis,
                        const char **why)
{
    const char *end = text + len;
    const char *comma;

    for (const char *at = text; at; at = comma ? comma + 1 : NULL) {
        comma = memchr(at, ',', (size_t)(end - at));
        if (redis->host_count == LIMIT_REDIS_HOSTS)
            return wrong(why, "there are too many hosts: name some of them, the others are learned from these");
        if (!add_host(scheme, at, (size_t)((comma ? comma : end) - at), redis, why))
            return false;
    }
    return redis->kind != CONF_REDIS_ONE || take_single_host(redis, why);
}

static bool parse_tcp(const struct scheme *scheme, const char *text, struct conf_redis *redis, const char **why)
{
    size_t len = strcspn(text, "/?#");
    const char *at = memrchr(text, '@', len);
    const char *hosts = at ? at + 1 : text;
    const char *rest = text + len;
    static const char encode[] = "write %2F for /, %3F for ? and %23 for # in user or password";

    if (!at && rest[strcspn(rest, "@=")] == '@')
        return wrong(why, encode);
    if (at && !parse_userinfo(text, (size_t)(at - text), redis, why))
        return false;
    if (!parse_hosts(scheme, hosts, (size_t)(rest - hosts), redis, why))
        return false;
    if (*rest == '/') {
        size_t digits = strcspn(++rest, "?");
        if (digits > 0 && !set_database(&redis->database, rest, digits, why))
            return false;
        rest += digits;
    }
    if (*rest == '#')
        return wrong(why, encode);
    return parse_parameters(scheme, rest, redis, why);
}

/* ---- what belongs together ---- */

static bool is_consistent(const struct conf_redis *redis, const char **why)
{
    if (redis->kind == CONF_REDIS_SENTINEL && !redis->master)
        return wrong(why, "name the master as the sentinels do: redis-sentinel://HOST:26379/0?master=mymaster");
    if (redis->kind == CONF_REDIS_CLUSTER && redis->database != 0)
        return wrong(why, "a Redis Cluster has only database 0");
    if (redis->user && !redis->password)
        return wrong(why, "a user needs a password: unix:/PATH?user=USER&password=PASSWORD");
    if (redis->sentinel_user && !redis->sentinel_password)
        return wrong(why, "sentinel_user needs sentinel_password");
    if (!redis->cert != !redis->key)
        return wrong(why, "cert and key belong together: name both files, or neither");
    if (redis->sni && strlen(redis->sni) > SNI_MAX)
        return wrong(why, "sni is the name of a host: it has at most 255 characters");
    if (redis->sni && !redis->tls)
        return wrong(why, "sni is for TLS to the servers that hold the data: add tls=yes");
    if ((redis->ca || redis->cert) && !redis->tls && !redis->sentinel_tls)
        return wrong(why, "ca, cert and key are for TLS: add tls=yes, or for the sentinels sentinel_tls=yes");
    return true;
}

bool conf_redis_parse(const char *url, struct conf_redis *redis, const char **why)
{
    const struct scheme *scheme = schemes;

    *redis = (struct conf_redis){0};
    while (!has_prefix(url, scheme->prefix))
        if (++scheme == schemes + sizeof schemes / sizeof *schemes)
            return wrong(why, "it begins with unix:, redis://, rediss://, redis-sentinel:// or redis-cluster://, as in "
                              "\"redis://USER:PASSWORD@HOST:PORT/DB\"");
    redis->kind = scheme->kind;
    redis->tls = scheme->bit == IN_TLS;
    url += strlen(scheme->prefix);
    if (scheme->bit == IN_UNIX)
        return parse_unix(scheme, url, redis, why) && is_consistent(redis, why);
    return parse_tcp(scheme, url, redis, why) && is_consistent(redis, why);
}

void conf_redis_fini(struct conf_redis *redis)
{
    char *const texts[] = {redis->unix_path,
                           redis->host,
                           redis->user,
                           redis->password,
                           redis->ca,
                           redis->cert,
                           redis->key,
                           redis->sni,
                           redis->master,
                           redis->sentinel_user,
                           redis->sentinel_password};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < redis->host_count; i++)
        free(redis->hosts[i].name);
    free(redis->hosts);
}
