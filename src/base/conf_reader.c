/* SPDX-License-Identifier: ISC */
/*
 * libconfuse's tree and callbacks. Its callbacks have no context, so each section begins with an option that no file
 * can set, and in which they find the reader. See conf_reader.h.
 */
#include "base/conf_reader.h"

#include "base/mem.h"
#include "base/suggest.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No bare word of a file can be it. */
static const char hidden_name[] = " ";

static struct conf_reader *reader_of(cfg_t *cfg)
{
    return cfg_getptr(cfg, hidden_name);
}

unsigned conf_reader_line(const struct conf_reader *self, const char *name)
{
    return self->lines[conf_option_find(NULL, name) - conf_options];
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

static bool is_root(const cfg_t *cfg)
{
    return strcmp(cfg->name, "root") == 0;
}

static void fail_unknown(cfg_t *cfg, unsigned line, const char *name)
{
    const char *nearest = nearest_option(cfg, name);
    const char *section = is_root(cfg) ? "" : " in this section";
    if (nearest)
        conf_reader_fail(reader_of(cfg), line, "unknown option '%s'%s; did you mean '%s'?", name, section, nearest);
    else
        conf_reader_fail(reader_of(cfg), line, "unknown option '%s'%s; rollcall.conf(5) lists all options", name,
                         section);
}

/*
 * Whether what TEXT has in single quotes can be the name of an option. If a quote is missing somewhere, anything else
 * may stand there, a password too.
 */
static bool quotes_a_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *open = strchr(text, '\'');
    const char *close = strrchr(text, '\'');
    return !open || strspn(open + 1, letters) == (size_t)(close - open - 1);
}

/* What libconfuse itself complains of. */
__attribute__((format(printf, 2, 0))) static void on_confuse_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    char name[64];
    unsigned line = (unsigned)cfg->line;
    if (!quotes_a_name(text))
        conf_reader_fail(reader_of(cfg), line,
                         "the name of an option is expected here; is a quote missing in this line or before it?");
    else if (sscanf(text, "no such option '%63[^']'", name) == 1)
        fail_unknown(cfg, line, name);
    else if (strstr(text, "invalid integer value"))
        conf_reader_fail(reader_of(cfg), line, "%s: write a whole number, without quotes or units", text);
    else
        conf_reader_fail(reader_of(cfg), line, "%s", text);
}

/* ---- single values, as they are read ---- */

/* NULL if the number that was read last for OPT is in the range of OPTION; else why not, in OUT (of SIZE bytes). */
static const char *number_fault(cfg_opt_t *opt, const struct conf_option *option, char *out, size_t size)
{
    long value = cfg_opt_getnint(opt, 0);
    if (value >= option->min && value <= option->max)
        return NULL;
    if (option->type == CONF_OCTAL)
        snprintf(out, size, "%s: write an octal number from 0%lo to 0%lo, as in %s", option->name, option->min,
                 option->max, option->initial);
    else
        snprintf(out, size, "%s = %ld is out of range: the range is %ld to %ld%s%s", option->name, value, option->min,
                 option->max, *option->unit ? " " : "", option->unit);
    return out;
}

/* The same for a text, or the last text of a list. */
static const char *text_fault(cfg_opt_t *opt, const struct conf_option *option, char *out, size_t size)
{
    unsigned last = cfg_opt_size(opt) - 1;
    const char *value = cfg_opt_getnstr(opt, last);
    const char *why = option->check ? option->check(value) : NULL;
    for (unsigned i = 0; i < last && option->distinct; i++)
        if (strcmp(cfg_opt_getnstr(opt, i), value) == 0)
            why = "list each value only once";
    if (why)
        snprintf(out, size, "%s: %s", option->name, why);
    return why ? out : NULL;
}

/* Called after each value, and after each element of a list. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    struct conf_reader *self = reader_of(cfg);
    const struct conf_option *option = conf_option_find(is_root(cfg) ? NULL : cfg->name, opt->name);
    char text[256];
    const char *fault = NULL;
    self->lines[option - conf_options] = (unsigned)cfg->line;
    switch (option->type) {
    case CONF_NUMBER:
    case CONF_OCTAL: fault = number_fault(opt, option, text, sizeof text); break;
    case CONF_TEXT:
    case CONF_LIST: fault = text_fault(opt, option, text, sizeof text); break;
    case CONF_SWITCH: break;
    }
    if (fault)
        conf_reader_fail(self, (unsigned)cfg->line, "%s", fault);
    return fault ? -1 : 0;
}

/* ---- the tree ---- */

static cfg_opt_t confuse_option(const struct conf_option *option)
{
    switch (option->type) {
    case CONF_NUMBER:
    case CONF_OCTAL: return (cfg_opt_t)CFG_INT(option->name, strtol(option->initial, NULL, 0), CFGF_NONE);
    case CONF_SWITCH:
        return (cfg_opt_t)CFG_BOOL(option->name, strcmp(option->initial, "true") == 0 ? cfg_true : cfg_false,
                                   CFGF_NONE);
    case CONF_LIST: /* libconfuse does not write to it */
        return (cfg_opt_t)CFG_STR_LIST(option->name, (char *)(uintptr_t)option->initial, CFGF_NONE);
    default: return (cfg_opt_t)CFG_STR(option->name, option->initial, CFGF_NONE);
    }
}

/* The options of SECTION (NULL: those of none) as an array for libconfuse, with room for CONF_OPTIONS_MAX more. */
static cfg_opt_t *section_options(struct conf_reader *self, const char *section, size_t *count)
{
    cfg_opt_t *out = mem_resize(NULL, 2 * CONF_OPTIONS_MAX + 2, sizeof *out);
    *count = 0;
    out[(*count)++] = (cfg_opt_t){.name = hidden_name, .type = CFGT_PTR, .simple_value = {.ptr = (void **)&self->self}};
    for (const struct conf_option *option = conf_options; option->name; option++)
        if (conf_option_find(section, option->name) == option)
            out[(*count)++] = confuse_option(option);
    out[*count] = (cfg_opt_t)CFG_END();
    return out;
}

static void watch(cfg_t *tree)
{
    cfg_set_error_function(tree, on_confuse_error);
    for (const struct conf_option *option = conf_options; option->name; option++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s%s", option->section ? option->section : "", option->section ? "|" : "",
                 option->name);
        cfg_set_validate_func(tree, path, on_value);
    }
}

cfg_t *conf_reader_new_tree(struct conf_reader *self)
{
    size_t count, inner_count;
    self->self = self;
    cfg_opt_t *options = section_options(self, NULL, &count);
    const char *section = NULL;
    for (const struct conf_option *option = conf_options; option->name; option++) {
        if (option->section && (!section || strcmp(option->section, section) != 0))
            options[count++] =
                (cfg_opt_t)CFG_SEC(option->section, section_options(self, option->section, &inner_count), CFGF_NONE);
        section = option->section;
    }
    options[count] = (cfg_opt_t)CFG_END();
    cfg_t *tree = cfg_init(options, CFGF_NONE); /* copies the arrays */
    for (size_t i = 0; i < count; i++)
        free(options[i].subopts);
    free(options);
    watch(tree);
    return tree;
}

cfg_t *conf_reader_section(cfg_t *tree, const struct conf_option *option)
{
    return option->section ? cfg_getsec(tree, option->section) : tree;
}
