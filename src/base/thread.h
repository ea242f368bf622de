/* SPDX-License-Identifier: ISC */
/*
 * A helper thread for what would block the loop: a name lookup, a slow log. It runs detached, until its function
 * returns or the process ends. It receives no signals, since those are for the loop, and has a small stack.
 */
#ifndef ROLLCALL_BASE_THREAD_H
#define ROLLCALL_BASE_THREAD_H

/*
 * Runs RUN(CTX) in a new thread; its result is ignored. Returns 0, or the errno of pthread_create(3): then no thread
 * was started, and CTX is still the caller's.
 */
int thread_start(void *(*run)(void *ctx), void *ctx);

#endif
