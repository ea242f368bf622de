/* SPDX-License-Identifier: ISC */
/*
 * rollcalld --init: a configuration, a key that the host application signs with, and the first administrator's token are
 * made where there are none, and what is left to do is printed. Nothing that is there is changed.
 */
#ifndef ROLLCALL_INIT_H
#define ROLLCALL_INIT_H

#include <stdbool.h>

struct conf;

struct init_places {
    const char *file; /* the configuration */
    bool
        usual; /* it is the one that rollcalld reads without -c: then all is where packages have it; else beside FILE */
    const char *www; /* where rollcall.js was installed */
};

/* All of it. Returns the status to end with; what went wrong is on stderr. */
int init_run(const struct init_places *places);

/* ---- init_text.c ---- */

/* Prints the steps from here to a page with dots. USER is the daemon's. */
void init_print_steps(const struct init_places *places, const struct conf *conf, const char *user);

#endif
