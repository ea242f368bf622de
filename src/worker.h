/* SPDX-License-Identifier: ISC */
/*
 * One worker: the floors wired to one event loop, in a process of its own. Everything is opened here, after the fork, and
 * closed here. A worker holds no truth: it can be killed at any time.
 */
#ifndef ROLLCALL_WORKER_H
#define ROLLCALL_WORKER_H

struct conf;
struct shared_page;

/*
 * Serves FastCGI on LISTEN_FD until SIGTERM or SIGINT, then drains: stops accepting, answers every parked poll, and returns 0
 * once all is answered, within 5 s. Returns 1, having logged why, where it cannot begin. It counts in slot SLOT of the board.
 */
int worker_run(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot);

/* CGI (RFC 3875): answers the one request of ENVIRONMENT and standard input on standard output, then returns 0. */
int worker_run_cgi(const struct conf *conf, char *const *environment);

#endif
