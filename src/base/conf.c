/* SPDX-License-Identifier: ISC */
/*
 * From the file to the struct: conf_reader.c reads and checks values one by one, conf_options.c says which options
 * exist and what their defaults are. Here each is stored, and values are checked against each other.
 */
#include "base/conf.h"

#include "base/conf_reader.h"
#include "base/conf_text.h"
#include "base/conf_value.h"
#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX_BYTES = 1 << 20 };

/*
 * The file's text as heap memory; NULL after conf_reader_fail(). Read here since libconfuse ends the process on a
 * file that it cannot read.
 */
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

/* How many cores this process may run on. */
static unsigned usable_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > CONF_WORKERS_MAX ? CONF_WORKERS_MAX : (unsigned)count;
}

/* Stores what the file, or the default, says of OPTION. */
static void take(struct conf *conf, cfg_t *cfg, const struct conf_option *option)
{
    char *at = (char *)conf + option->offset;
    if (option->take) {
        for (unsigned i = 0; i < cfg_size(cfg, option->name); i++)
            option->take(conf, cfg_getnstr(cfg, option->name, i));
        return;
    }
    switch (option->type) {
    case CONF_NUMBER:
    case CONF_OCTAL: *(unsigned *)(void *)at = (unsigned)cfg_getint(cfg, option->name); break;
    case CONF_SWITCH: *(bool *)at = cfg_getbool(cfg, option->name); break;
    case CONF_TEXT: *(char **)(void *)at = mem_text(cfg_getstr(cfg, option->name)); break;
    case CONF_LIST: break; /* always taken above */
    }
}

static struct conf *copy(const struct conf_reader *reader, cfg_t *tree)
{
    struct conf *conf = mem_new(sizeof *conf);
    conf->path = mem_text(reader->path);
    for (const struct conf_option *option = conf_options; option->name; option++)
        take(conf, conf_reader_section(tree, option), option);
    if (conf->workers == 0)
        conf->workers = usable_cores();
    return conf;
}

/* Checks values against each other. */
static void check_whole(struct conf_reader *reader, const struct conf *conf)
{
    unsigned ttl = conf_reader_line(reader, "ttl");
    unsigned heartbeat = conf_reader_line(reader, "heartbeat");
    if (conf->heartbeat_s >= conf->ttl_s)
        conf_reader_fail(reader, heartbeat > ttl ? heartbeat : ttl,
                         "heartbeat (%u) must be less than ttl (%u); otherwise sessions lapse between two heartbeats",
                         conf->heartbeat_s, conf->ttl_s);
    if (conf->auth_count == 0)
        conf_reader_fail(reader, conf_reader_line(reader, "auth"),
                         "auth: name at least one of \"token\", \"jwt\", \"remote_user\"");
}

static void parse(struct conf_reader *reader, cfg_t *tree, char *text)
{
    unsigned line;
    const char *fault = conf_text_prepare(text, &line);
    if (fault)
        conf_reader_fail(reader, line, "%s", fault);
    else if (cfg_parse_buf(tree, text) != CFG_SUCCESS)
        conf_reader_fail(reader, (unsigned)tree->line, "cannot be understood");
}

struct conf *conf_load(const char *path, char *error, size_t size)
{
    error[0] = '\0';
    struct conf_reader reader = {.path = path, .error = error, .size = size};
    char *text = read_file(&reader);
    if (!text)
        return NULL;
    reader.lines = mem_new(CONF_OPTIONS_MAX * sizeof *reader.lines);
    cfg_t *tree = conf_reader_new_tree(&reader);
    parse(&reader, tree, text);
    struct conf *conf = error[0] == '\0' ? copy(&reader, tree) : NULL;
    if (conf) {
        check_whole(&reader, conf);
        conf->lines = reader.lines;
    } else {
        free(reader.lines);
    }
    cfg_free(tree);
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
    for (const struct conf_option *option = conf_options; option->name; option++)
        if (option->type == CONF_TEXT && !option->take)
            free(*(char **)(void *)((char *)self + option->offset));
    for (size_t i = 0; i < self->cors_origin_count; i++)
        free(self->cors_origins[i]);
    free(self->cors_origins);
    conf_redis_fini(&self->redis);
    free(self->lines);
    free(self->path);
    free(self);
}

unsigned conf_line(const struct conf *self, const char *name)
{
    for (const struct conf_option *option = conf_options; self->lines && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return self->lines[option - conf_options];
    return 0;
}

bool conf_fault(struct conf_place place, char *error, size_t size, const char *format, ...)
{
    unsigned line = conf_line(place.conf, place.option);
    int at = line > 0 ? snprintf(error, size, "%s:%u: %s: ", place.conf->path, line, place.option)
                      : snprintf(error, size, "%s: %s (the default): ", place.conf->path, place.option);
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
