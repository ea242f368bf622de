/* SPDX-License-Identifier: ISC */
/*
 * The reading of one configuration file by the rows of conf_options.c: each value is checked while its line is known,
 * and the first fault becomes one sentence with file and line that says what to do. Only for conf.c. The only header
 * that includes libconfuse.
 */
#ifndef ROLLCALL_BASE_CONF_READER_H
#define ROLLCALL_BASE_CONF_READER_H

#include "base/conf_options.h"

#include <confuse.h>
#include <stddef.h>

/* One reading of one file. */
struct conf_reader {
    const char *path; /* borrowed */
    char *error;      /* borrowed: "" until something is wrong */
    size_t size;
    unsigned *lines;          /* borrowed: where each option was set last, by its index in conf_options; 0: nowhere */
    struct conf_reader *self; /* itself, for libconfuse's callbacks; set by conf_reader_new_tree() */
};

/*
 * A libconfuse tree of all options with their defaults; what it parses is checked, and faults are told to SELF, which
 * outlives it. The caller frees it with cfg_free().
 */
cfg_t *conf_reader_new_tree(struct conf_reader *self);

/* The section of OPTION in TREE: where its value is. */
cfg_t *conf_reader_section(cfg_t *tree, const struct conf_option *option);

/* On which line the option NAME, of no section, was set last; 0 if the file does not set it. */
unsigned conf_reader_line(const struct conf_reader *self, const char *name);

/*
 * Keeps the sentence, with file and LINE in front, unless there is one already. LINE 0: it is about the file as a
 * whole.
 */
void conf_reader_fail(struct conf_reader *self, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
