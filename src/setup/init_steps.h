/* SPDX-License-Identifier: ISC */
/*
 * What rollcalld --init prints last: the steps from here to a page with dots, with the lines for each web server that
 * this machine has. The lines are those of conf/, which the tests run, without their comments.
 */
#ifndef ROLLCALL_SETUP_INIT_STEPS_H
#define ROLLCALL_SETUP_INIT_STEPS_H

#include <stdbool.h>

struct conf;

struct init_places {
    const char *file; /* the configuration */
    bool usual; /* FILE is what rollcalld reads without -c: everything goes where packages put it, else beside FILE */
    const char *www;  /* where rollcall.js is installed */
    const char *docs; /* where the guides are */
};

/* Prints the steps on stdout. CONF is what was read from places->file, USER the name of the daemon's user. */
void init_steps_print(const struct init_places *places, const struct conf *conf, const char *user);

#endif
