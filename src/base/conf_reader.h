/* SPDX-License-Identifier: ISC */
/*
 * The reading of one configuration file, option by option: each value checked while its line is known. Between conf.c and
 * conf_reader.c alone; the only header that includes libconfuse.
 */
#ifndef ROLLCALL_BASE_CONF_READER_H
#define ROLLCALL_BASE_CONF_READER_H

#include "base/conf.h"

#include <confuse.h>
#include <stddef.h>

enum { CONF_WORKERS_MAX = 512, CONF_SEEN_MAX = 64 };

/* An option that is a whole number: its range, and where it goes. */
struct conf_number {
    const char *name;
    long min;
    long max;
    size_t offset; /* of an unsigned in struct conf */
};

/* All of them; the last has no name. */
extern const struct conf_number conf_numbers[];

/* One reading of one file. */
struct conf_reader {
    const char *path; /* borrowed */
    char *error;      /* borrowed: "" until something is wrong */
    size_t size;
    /* Which options the file sets, and where; the names are borrowed from libconfuse's cfg_t. */
    struct {
        const char *name;
        unsigned line;
    } seen[CONF_SEEN_MAX];
    size_t seen_count;
};

/*
 * An option that no file can set, for the head of each section: libconfuse gives its callbacks no context, and so they find
 * it there. READER is where the pointer to it stands.
 */
cfg_opt_t conf_reader_option(struct conf_reader **reader);

/* From now on what CFG reads is checked, and faults are told. */
void conf_reader_watch(cfg_t *cfg);

/* On which line option NAME was set last; 0: nowhere. */
unsigned conf_reader_line(const struct conf_reader *self, const char *name);

/* Keeps the first fault, with its place in front; LINE 0: the file as a whole. */
void conf_reader_fail(struct conf_reader *self, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Which of enum conf_auth NAME is, or -1. */
int conf_reader_auth(const char *name);

#endif
