/* SPDX-License-Identifier: ISC */
/* The signals by which the master is told what to do: SIGTERM, SIGINT, SIGHUP, and SIGCHLD. */
#ifndef ROLLCALL_BASE_SIGNALS_H
#define ROLLCALL_BASE_SIGNALS_H

#include <signal.h>

/* Those, as sigtimedwait(2) wants them. */
sigset_t signals_set(void);

/*
 * From now on they wait until they are asked for: one that comes while the socket and the database are being opened is not
 * lost, and leaves nothing behind. SIGPIPE is ignored.
 */
void signals_hold(void);

/* In a child: they have their usual effect again, but for SIGHUP, which is the master's alone. */
void signals_release(void);

#endif
