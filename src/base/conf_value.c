/* SPDX-License-Identifier: ISC */
/* See conf_value.h. */
#include "base/conf_value.h"

#include "base/address.h"
#include "base/conf.h"
#include "base/jwt_algorithm.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SOCKET_PATH_MAX = 107 }; /* of struct sockaddr_un, with a NUL after it */

static const char *const auth_names[CONF_AUTH_KINDS] = {"token", "jwt", "remote_user"};

const char *conf_check_listen(const char *value)
{
    static const char either[] = "it is the absolute path of a Unix socket, or HOST:PORT";
    if (*value == '/')
        return strlen(value) <= SOCKET_PATH_MAX ? NULL : "the path of a Unix socket has at most 107 bytes";
    if (!strchr(value, ':'))
        return either;
    char *host = NULL;
    int port;
    const char *why = either;
    bool ok = address_split(value, 0, &host, &port, &why);
    free(host);
    return ok ? NULL : why;
}

const char *conf_check_path(const char *value)
{
    return *value == '/' ? NULL : "it must be an absolute path, beginning with /";
}

/* The rest is for libpq to judge. */
const char *conf_check_record(const char *value)
{
    bool is_url = strncmp(value, "postgresql://", 13) == 0 || strncmp(value, "postgres://", 11) == 0;
    return !*value || is_url ? NULL : "it must be the URL of a database, beginning with postgresql://";
}

const char *conf_check_redis(const char *value)
{
    struct conf_redis redis;
    const char *why = NULL;
    bool good = conf_redis_parse(value, &redis, &why);
    conf_redis_fini(&redis);
    return good ? NULL : why;
}

void conf_take_redis(struct conf *conf, const char *value)
{
    const char *why;
    conf_redis_parse(value, &conf->redis, &why);
}

const char *conf_check_log_level(const char *value)
{
    enum log_level level;
    return log_level_parse(value, &level) ? NULL : "it is one of \"error\", \"warn\", \"info\", \"debug\"";
}

void conf_take_log_level(struct conf *conf, const char *value)
{
    log_level_parse(value, &conf->log_level);
}

/* Which of enum conf_auth NAME is; CONF_AUTH_KINDS if none. */
static enum conf_auth auth_of(const char *name)
{
    unsigned kind = 0;
    while (kind < CONF_AUTH_KINDS && strcmp(name, auth_names[kind]) != 0)
        kind++;
    return (enum conf_auth)kind;
}

const char *conf_check_auth(const char *value)
{
    return auth_of(value) < CONF_AUTH_KINDS ? NULL : "the methods are \"token\", \"jwt\" and \"remote_user\"";
}

void conf_take_auth(struct conf *conf, const char *value)
{
    conf->auth[conf->auth_count++] = auth_of(value);
}

const char *conf_check_algorithm(const char *value)
{
    if (jwt_algorithm_find(value))
        return NULL;
    return "it is one of " JWT_ALGORITHM_NAMES;
}

const char *conf_check_origin(const char *value)
{
    const char *why = NULL;
    char *origin = address_origin(value, &why);
    free(origin);
    return origin ? NULL : why;
}

void conf_take_origin(struct conf *conf, const char *value)
{
    const char *why;
    conf->cors_origins = mem_resize(conf->cors_origins, conf->cors_origin_count + 1, sizeof *conf->cors_origins);
    conf->cors_origins[conf->cors_origin_count++] = address_origin(value, &why);
}
