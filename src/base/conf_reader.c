/* SPDX-License-Identifier: ISC */
/*
 * libconfuse's callbacks: what it cannot read, and values that are no good, become one sentence with file and line and what
 * to do. The first fault stands; what libconfuse says after it is dropped.
 */
#include "base/conf_reader.h"

#include "base/address.h"
#include "base/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct conf_number conf_numbers[] = {
    {"listen_mode", 0, 0777, offsetof(struct conf, listen_mode)},
    {"workers", 0, CONF_WORKERS_MAX, offsetof(struct conf, workers)},
    {"ttl", 2, 86400, offsetof(struct conf, ttl_s)},
    {"heartbeat", 1, 86400, offsetof(struct conf, heartbeat_s)},
    {"wait", 1, 300, offsetof(struct conf, wait_s)},
    {"gap", 1, 3600, offsetof(struct conf, gap_s)},
    {"leave_grace", 0, 3600, offsetof(struct conf, leave_grace_s)},
    {"closed_grace", 0, 3600, offsetof(struct conf, closed_grace_s)},
    {"retention", 1, 315360000, offsetof(struct conf, retention_s)},
    {"rate_limit", 0, 1000000, offsetof(struct conf, rate_limit)},
    {"backlog", 1, 65535, offsetof(struct conf, backlog)},
    {"probe", 0, 300, offsetof(struct conf, probe_s)},
    {NULL, 0, 0, 0},
};

static const char *const auth_names[CONF_AUTH_KINDS] = {"token", "jwt", "remote_user"};

static const char *const jwt_algorithms[] = {
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA",
};

/* No bare word of a file can be it. */
static const char hidden_name[] = " ";

cfg_opt_t conf_reader_option(struct conf_reader **reader)
{
    return (cfg_opt_t){.name = hidden_name, .type = CFGT_PTR, .simple_value = {.ptr = (void **)reader}};
}

static struct conf_reader *reader_of(cfg_t *cfg)
{
    return cfg_getptr(cfg, hidden_name);
}

unsigned conf_reader_line(const struct conf_reader *self, const char *name)
{
    for (size_t i = 0; i < self->seen_count; i++)
        if (strcmp(self->seen[i].name, name) == 0)
            return self->seen[i].line;
    return 0;
}

void conf_reader_fail(struct conf_reader *self, unsigned line, const char *format, ...)
{
    if (self->error[0] != '\0')
        return;
    int at = line > 0 ? snprintf(self->error, self->size, "%s:%u: ", self->path, line)
                      : snprintf(self->error, self->size, "%s: ", self->path);
    if (at < 0 || (size_t)at >= self->size)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(self->error + at, self->size - (size_t)at, format, args);
    va_end(args);
}

/* ---- unknown options ---- */

/* The option of this section that NAME was probably meant to be, or NULL. */
static const char *nearest_option(const cfg_t *cfg, const char *name)
{
    size_t best = suggest_reach(name);
    const char *nearest = NULL;
    for (const cfg_opt_t *opt = cfg->opts; opt->name; opt++) {
        size_t far = suggest_distance(name, opt->name);
        if (far <= best && strcmp(opt->name, hidden_name) != 0) {
            best = far;
            nearest = opt->name;
        }
    }
    return nearest;
}

static void fail_unknown(cfg_t *cfg, unsigned line, const char *name)
{
    const char *nearest = nearest_option(cfg, name);
    const char *section = strcmp(cfg->name, "root") == 0 ? "" : " in this section";
    if (nearest)
        conf_reader_fail(reader_of(cfg), line, "unknown option '%s'%s; did you mean '%s'?", name, section, nearest);
    else
        conf_reader_fail(reader_of(cfg), line, "unknown option '%s'%s; rollcall.conf(5) lists those that there are",
                         name, section);
}

/* What libconfuse itself has to say. */
__attribute__((format(printf, 2, 0))) static void on_confuse_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    char name[64];
    unsigned line = (unsigned)cfg->line;
    if (sscanf(text, "no such option '%63[^']'", name) == 1)
        fail_unknown(cfg, line, name);
    else if (strstr(text, "invalid integer value"))
        conf_reader_fail(reader_of(cfg), line, "%s: a whole number is wanted, without quotes or units", text);
    else
        conf_reader_fail(reader_of(cfg), line, "%s", text);
}

/* ---- single values, as they are read ---- */

static int reject(cfg_t *cfg, const cfg_opt_t *opt, const char *why)
{
    conf_reader_fail(reader_of(cfg), (unsigned)cfg->line, "%s: %s", opt->name, why);
    return -1;
}

/* Notes the line. */
static int on_any(cfg_t *cfg, cfg_opt_t *opt)
{
    struct conf_reader *self = reader_of(cfg);
    size_t i = 0;
    while (i < self->seen_count && strcmp(self->seen[i].name, opt->name) != 0)
        i++;
    if (i == CONF_SEEN_MAX)
        return 0;
    self->seen[i].name = opt->name;
    self->seen[i].line = (unsigned)cfg->line;
    self->seen_count += i == self->seen_count;
    return 0;
}

static int on_number(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    const struct conf_number *number = conf_numbers;
    while (strcmp(number->name, opt->name) != 0)
        number++;
    long value = cfg_opt_getnint(opt, 0);
    if (value >= number->min && value <= number->max)
        return 0;
    unsigned line = (unsigned)cfg->line;
    if (strcmp(number->name, "listen_mode") == 0)
        conf_reader_fail(reader_of(cfg), line, "listen_mode: permissions are octal, from 0 to 0777, as in 0660");
    else
        conf_reader_fail(reader_of(cfg), line, "%s = %ld is out of range: it is from %ld to %ld", opt->name, value,
                         number->min, number->max);
    return -1;
}

static int on_listen(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    const char *value = cfg_opt_getnstr(opt, 0);
    if (*value == '/')
        return strlen(value) <= 107 ? 0 : reject(cfg, opt, "the path of a Unix socket has at most 107 bytes");
    char *host = NULL;
    int port;
    const char *why = "it is the absolute path of a Unix socket, or HOST:PORT";
    bool ok = address_split(value, 0, &host, &port, &why);
    free(host);
    return ok ? 0
              : reject(cfg, opt, strchr(value, ':') ? why : "it is the absolute path of a Unix socket, or HOST:PORT");
}

static int on_path(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    return cfg_opt_getnstr(opt, 0)[0] == '/' ? 0 : reject(cfg, opt, "an absolute path is wanted, beginning with /");
}

static int on_redis(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    struct conf_redis redis;
    const char *why;
    bool ok = address_redis(cfg_opt_getnstr(opt, 0), &redis, &why);
    free(redis.unix_path);
    free(redis.host);
    free(redis.user);
    free(redis.password);
    return ok ? 0 : reject(cfg, opt, why);
}

int conf_reader_auth(const char *name)
{
    for (int i = 0; i < CONF_AUTH_KINDS; i++)
        if (strcmp(name, auth_names[i]) == 0)
            return i;
    return -1;
}

/* Called after each element of the list. */
static int on_auth(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    unsigned last = cfg_opt_size(opt) - 1;
    const char *name = cfg_opt_getnstr(opt, last);
    if (conf_reader_auth(name) < 0)
        return reject(cfg, opt, "the ways to tell who asks are \"token\", \"jwt\" and \"remote_user\"");
    for (unsigned i = 0; i < last; i++)
        if (strcmp(cfg_opt_getnstr(opt, i), name) == 0)
            return reject(cfg, opt, "each way stands in the list once");
    return 0;
}

static int on_origin(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    const char *why;
    char *origin = address_origin(cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1), &why);
    free(origin);
    return origin ? 0 : reject(cfg, opt, why);
}

static int on_algorithm(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    for (size_t i = 0; i < sizeof jwt_algorithms / sizeof jwt_algorithms[0]; i++)
        if (strcmp(cfg_opt_getnstr(opt, 0), jwt_algorithms[i]) == 0)
            return 0;
    return reject(cfg, opt, "it is one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, EdDSA");
}

static int on_log_level(cfg_t *cfg, cfg_opt_t *opt)
{
    on_any(cfg, opt);
    enum log_level level;
    bool ok = log_level_parse(cfg_opt_getnstr(opt, 0), &level);
    return ok ? 0 : reject(cfg, opt, "it is one of \"error\", \"warn\", \"info\", \"debug\"");
}

void conf_reader_watch(cfg_t *cfg)
{
    static const struct {
        const char *option;
        cfg_validate_callback_t check;
    } checks[] = {
        {"listen", on_listen},
        {"database", on_path},
        {"redis", on_redis},
        {"auth", on_auth},
        {"cors_origins", on_origin},
        {"log_level", on_log_level},
        {"jwt|algorithm", on_algorithm},
        {"jwt|key_file", on_path},
    };
    cfg_set_error_function(cfg, on_confuse_error);
    for (const struct conf_number *number = conf_numbers; number->name; number++)
        cfg_set_validate_func(cfg, number->name, on_number);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        cfg_set_validate_func(cfg, checks[i].option, checks[i].check);
}
