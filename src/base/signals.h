/* SPDX-License-Identifier: ISC */
/*
 * The signals that tell the master what to do: SIGTERM, SIGINT, SIGHUP and SIGCHLD. They are blocked, and collected one
 * by one.
 */
#ifndef ROLLCALL_BASE_SIGNALS_H
#define ROLLCALL_BASE_SIGNALS_H

#include <signal.h>

/* These signals as a set, for sigtimedwait(2). */
sigset_t signals_set(void);

/*
 * Blocks these signals until they are collected, so that one that comes while the socket or the database is being
 * opened is not lost and does not end the process halfway. SIGPIPE and SIGXFSZ are ignored.
 */
void signals_hold(void);

/* In a child: the signals have their usual effect again, except SIGHUP, which is for the master and is ignored. */
void signals_release(void);

#endif
