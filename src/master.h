/* SPDX-License-Identifier: ISC */
/*
 * The process that keeps the workers: it starts them, replaces those that die, reloads the configuration and talks to
 * the service manager. It serves no request itself, and opens the database only to check it.
 */
#ifndef ROLLCALL_MASTER_H
#define ROLLCALL_MASTER_H

#include "children.h"

struct conf;
struct listener;

/*
 * Runs until SIGTERM or SIGINT, and until every worker has exited; returns the exit status. SIGHUP makes it read the
 * configuration again. Its processes run what MAINS says. It takes CONF and what LISTENER holds, and frees both.
 */
int master_run(struct conf *conf, struct listener *listener, const struct children_mains *mains);

#endif
