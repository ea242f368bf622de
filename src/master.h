/* SPDX-License-Identifier: ISC */
/*
 * The keeper of the workers: starts as many as the configuration says, another for each that dies, and passes signals on.
 * It serves nothing itself and opens neither Redis nor the database for longer than a check.
 */
#ifndef ROLLCALL_MASTER_H
#define ROLLCALL_MASTER_H

struct conf;
struct listener;
struct shared;

/* What a worker does, in a process of its own: serves on LISTEN_FD, as number SLOT of SHARED; returns its exit status. */
typedef int master_work(const struct conf *conf, int listen_fd, const struct shared *shared, unsigned slot);

/*
 * Runs until SIGTERM or SIGINT and every worker is gone; returns the exit status. SIGHUP has the configuration read again. Takes
 * over CONF and LISTENER.
 */
int master_run(struct conf *conf, struct listener *listener, master_work *work);

#endif
