/* SPDX-License-Identifier: ISC */
/*
 * rollcalld --init: creates what a first start needs, unless it exists: a configuration, a key that the host
 * application signs with, and the first administrator's token. Then it prints the next steps. It changes nothing that
 * exists.
 */
#ifndef ROLLCALL_SETUP_INIT_H
#define ROLLCALL_SETUP_INIT_H

#include "setup/init_steps.h"

/* Does all of it, and prints what it does. Returns the exit status; what went wrong is on stderr. */
int init_run(const struct init_places *places);

#endif
