/* SPDX-License-Identifier: ISC */
/*
 * The configuration file as a struct: the options with their defaults, the file read through libconfuse (conf_reader.c
 * checks each value), and what the values must be to each other.
 */
#include "base/conf.h"

#include "base/address.h"
#include "base/conf_reader.h"
#include "base/conf_text.h"
#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX_BYTES = 1 << 20 };

/* FILE's text as heap memory, or NULL with the reason told. libconfuse itself ends the process on a file it cannot read. */
static char *read_file(struct conf_reader *reader)
{
    FILE *file = fopen(reader->path, "re");
    struct stat about;
    if (!file || fstat(fileno(file), &about) != 0) {
        conf_reader_fail(reader, 0, "cannot be read: %s; %s", strerror(errno),
                         errno == ENOENT ? "make one with rollcalld --init, or name another with -c"
                                         : "name another file with -c");
        if (file)
            fclose(file);
        return NULL;
    }
    char *text = mem_resize(NULL, FILE_MAX_BYTES + 1, 1);
    size_t len = fread(text, 1, FILE_MAX_BYTES + 1, file);
    if (ferror(file))
        conf_reader_fail(reader, 0, "cannot be read: %s", strerror(errno));
    else if (len > FILE_MAX_BYTES)
        conf_reader_fail(reader, 0, "is not a configuration file: it is over 1 MiB");
    else if (memchr(text, '\0', len))
        conf_reader_fail(reader, 0, "is not a text file: it holds NUL bytes; save it as UTF-8, not UTF-16");
    fclose(file);
    if (reader->error[0] != '\0') {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    return text;
}

/* The cores that this process may run on. */
static unsigned usable_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > CONF_WORKERS_MAX ? CONF_WORKERS_MAX : (unsigned)count;
}

static void copy_lists(struct conf *conf, cfg_t *cfg)
{
    conf->auth_count = cfg_size(cfg, "auth");
    for (unsigned i = 0; i < conf->auth_count; i++)
        conf->auth[i] = (enum conf_auth)conf_reader_auth(cfg_getnstr(cfg, "auth", i));
    conf->cors_origin_count = cfg_size(cfg, "cors_origins");
    conf->cors_origins = mem_resize(NULL, conf->cors_origin_count + 1, sizeof *conf->cors_origins);
    const char *why;
    for (unsigned i = 0; i < conf->cors_origin_count; i++)
        conf->cors_origins[i] = address_origin(cfg_getnstr(cfg, "cors_origins", i), &why);
}

static struct conf *copy(const struct conf_reader *reader, cfg_t *cfg)
{
    struct conf *conf = mem_new(sizeof *conf);
    conf->path = mem_text(reader->path);
    conf->listen = mem_text(cfg_getstr(cfg, "listen"));
    conf->database = mem_text(cfg_getstr(cfg, "database"));
    for (const struct conf_number *number = conf_numbers; number->name; number++) {
        unsigned value = (unsigned)cfg_getint(cfg, number->name);
        memcpy((char *)conf + number->offset, &value, sizeof value);
    }
    if (conf->workers == 0)
        conf->workers = usable_cores();
    const char *why;
    address_redis(cfg_getstr(cfg, "redis"), &conf->redis, &why);
    copy_lists(conf, cfg);
    cfg_t *jwt = cfg_getsec(cfg, "jwt");
    conf->jwt.algorithm = mem_text(cfg_getstr(jwt, "algorithm"));
    conf->jwt.key_file = mem_text(cfg_getstr(jwt, "key_file"));
    conf->jwt.audience = mem_text(cfg_getstr(jwt, "audience"));
    conf->jwt.provision = cfg_getbool(jwt, "provision");
    log_level_parse(cfg_getstr(cfg, "log_level"), &conf->log_level);
    conf->line.listen = conf_reader_line(reader, "listen");
    conf->line.database = conf_reader_line(reader, "database");
    conf->line.key_file = conf_reader_line(reader, "key_file");
    return conf;
}

/* What values must be to each other. */
static void check_whole(struct conf_reader *reader, const struct conf *conf)
{
    unsigned ttl = conf_reader_line(reader, "ttl");
    unsigned heartbeat = conf_reader_line(reader, "heartbeat");
    if (conf->heartbeat_s >= conf->ttl_s)
        conf_reader_fail(reader, heartbeat > ttl ? heartbeat : ttl,
                         "heartbeat (%u) must be less than ttl (%u): else sessions lapse between two heartbeats",
                         conf->heartbeat_s, conf->ttl_s);
    if (conf->auth_count == 0)
        conf_reader_fail(reader, conf_reader_line(reader, "auth"),
                         "auth: name at least one of \"token\", \"jwt\", \"remote_user\"");
}

static void parse(struct conf_reader *reader, cfg_t *cfg, char *text)
{
    unsigned line;
    const char *fault = conf_text_prepare(text, &line);
    if (fault) {
        conf_reader_fail(reader, line, "%s", fault);
        return;
    }
    conf_reader_watch(cfg);
    if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
        conf_reader_fail(reader, (unsigned)cfg->line, "cannot be understood");
}

struct conf *conf_load(const char *path, char *error, size_t size)
{
    struct conf_reader reader = {.path = path, .error = error, .size = size};
    struct conf_reader *context = &reader;
    error[0] = '\0';
    char *text = read_file(&reader);
    if (!text)
        return NULL;
    cfg_opt_t jwt[] = {
        conf_reader_option(&context),
        CFG_STR("algorithm", "HS256", CFGF_NONE),
        CFG_STR("key_file", "/etc/rollcall/jwt.key", CFGF_NONE),
        CFG_STR("audience", "", CFGF_NONE),
        CFG_BOOL("provision", cfg_false, CFGF_NONE),
        CFG_END(),
    };
    cfg_opt_t options[] = {
        conf_reader_option(&context),
        CFG_STR("listen", "/run/rollcall/rollcall.sock", CFGF_NONE),
        CFG_INT("listen_mode", 0660, CFGF_NONE),
        CFG_INT("workers", 0, CFGF_NONE),
        CFG_STR("database", "/var/lib/rollcall/rollcall.db", CFGF_NONE),
        CFG_STR("redis", "redis://127.0.0.1:6379", CFGF_NONE),
        CFG_INT("ttl", 60, CFGF_NONE),
        CFG_INT("heartbeat", 30, CFGF_NONE),
        CFG_INT("wait", 25, CFGF_NONE),
        CFG_INT("gap", 10, CFGF_NONE),
        CFG_INT("leave_grace", 5, CFGF_NONE),
        CFG_INT("closed_grace", 8, CFGF_NONE),
        CFG_INT("retention", 7 * 86400, CFGF_NONE),
        CFG_STR_LIST("auth", "{\"token\"}", CFGF_NONE),
        CFG_SEC("jwt", jwt, CFGF_NONE),
        CFG_STR_LIST("cors_origins", "{}", CFGF_NONE),
        CFG_INT("rate_limit", 20, CFGF_NONE),
        CFG_INT("backlog", 4096, CFGF_NONE),
        CFG_INT("probe", 0, CFGF_NONE),
        CFG_STR("log_level", "info", CFGF_NONE),
        CFG_END(),
    };
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    parse(&reader, cfg, text);
    struct conf *conf = error[0] == '\0' ? copy(&reader, cfg) : NULL;
    if (conf)
        check_whole(&reader, conf);
    cfg_free(cfg);
    free(text);
    if (error[0] == '\0')
        return conf;
    conf_free(conf);
    return NULL;
}

void conf_free(struct conf *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->cors_origin_count; i++)
        free(self->cors_origins[i]);
    free(self->cors_origins);
    free(self->jwt.algorithm);
    free(self->jwt.key_file);
    free(self->jwt.audience);
    free(self->redis.unix_path);
    free(self->redis.host);
    free(self->redis.user);
    free(self->redis.password);
    free(self->database);
    free(self->listen);
    free(self->path);
    free(self);
}

static unsigned line_of(const struct conf *self, const char *option)
{
    if (strcmp(option, "listen") == 0)
        return self->line.listen;
    return strcmp(option, "database") == 0 ? self->line.database : self->line.key_file;
}

bool conf_fault(const struct conf *self, const char *option, char *error, size_t size, const char *format, ...)
{
    unsigned line = line_of(self, option);
    int at = line > 0 ? snprintf(error, size, "%s:%u: %s: ", self->path, line, option)
                      : snprintf(error, size, "%s: %s (the default): ", self->path, option);
    if (at < 0 || (size_t)at >= size)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(error + at, size - (size_t)at, format, args);
    va_end(args);
    return false;
}

long conf_poll_lease_ms(const struct conf *self)
{
    unsigned longest = self->wait_s > self->heartbeat_s ? self->wait_s : self->heartbeat_s;
    return ((long)longest + self->gap_s) * 1000;
}
