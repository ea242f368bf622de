/* SPDX-License-Identifier: ISC */
/* The process that delivers webhooks: its event loop, its directory, and what it counts. hooks/ does the work. */
#ifndef ROLLCALL_SENDER_H
#define ROLLCALL_SENDER_H

#include "shared_page.h"

struct conf;

/* Runs in a process of its own as SLOT of PAGE, until SIGTERM. As worker_main in children.h; needs no socket. */
int sender_run(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot);

#endif
