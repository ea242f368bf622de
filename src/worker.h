/* SPDX-License-Identifier: ISC */
/*
 * One worker: all parts connected to one event loop, in a process of its own. It opens everything after the fork, and
 * closes it again. It keeps nothing that is not also in Redis or the database, so it can be killed at any time.
 */
#ifndef ROLLCALL_WORKER_H
#define ROLLCALL_WORKER_H

struct conf;
struct shared_page;

/*
 * Serves FastCGI on LISTEN_FD until SIGTERM or SIGINT. Then it accepts no more connections, answers every parked poll,
 * and returns 0 once everything is answered, within 5 s. Returns 1, after logging why, if it cannot start. It counts
 * in slot SLOT of PAGE. All arguments are borrowed.
 */
int worker_run(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot);

/* CGI (RFC 3875): answers the one request of ENVIRONMENT and standard input on standard output, and returns 0 or 1. */
int worker_run_cgi(const struct conf *conf, char *const *environment);

#endif
