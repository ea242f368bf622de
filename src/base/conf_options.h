/* SPDX-License-Identifier: ISC */
/*
 * What options a configuration file can set: one row each in conf_options.c, with name, range, default, unit and a
 * sentence. conf.c and conf_reader.c read files by these rows alone. A test holds conf/rollcall.conf and
 * rollcall.conf(5) to them. To add an option: a member of struct conf, a row, and what that test then asks for.
 */
#ifndef ROLLCALL_BASE_CONF_OPTIONS_H
#define ROLLCALL_BASE_CONF_OPTIONS_H

#include "base/conf.h"

enum conf_type {
    CONF_NUMBER, /* a whole number; an unsigned in struct conf */
    CONF_OCTAL,  /* the same, written in octal */
    CONF_SWITCH, /* true or false; a bool */
    CONF_TEXT,   /* text in quotes; a char * of heap memory, unless the row has TAKE */
    CONF_LIST,   /* texts in braces; the row has TAKE */
};

struct conf_option {
    const char *section; /* the section it is in; NULL for none */
    const char *name;
    enum conf_type type;
    long min; /* of a number */
    long max;
    const char *initial; /* the default, as a file would say it, but without the quotes of a text */
    const char *unit;    /* of a number: "seconds"; "" for none */
    size_t offset;       /* of its member in struct conf; unused if the row has TAKE */
    /*
     * Of a text, or of each text in a list: why VALUE is not valid, as a static sentence; NULL if it is. May be NULL.
     */
    const char *(*check)(const char *value);
    /* Stores a text that CHECK found valid, or each text of a list in order. NULL: at OFFSET. */
    void (*take)(struct conf *conf, const char *value);
    bool distinct;        /* no text may be in the list twice */
    const char *sentence; /* as in the manual page and the example file */
};

/* All options, those of a section together. The last row has no name. */
extern const struct conf_option conf_options[];

enum { CONF_OPTIONS_MAX = 128 };

/* The row of option NAME of SECTION (NULL for none), or NULL. */
const struct conf_option *conf_option_find(const char *section, const char *name);

#endif
