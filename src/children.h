/* SPDX-License-Identifier: ISC */
/*
 * The worker processes of a master, and the one that delivers webhooks: starts them, replaces those that die or stop
 * responding, and kills those that take too long to stop. Times are monotonic milliseconds and passed in. It neither
 * waits nor sleeps: the master does, until children_due_ms() or a signal.
 *
 *     starting --fork--> running --children_retire()--> retired --exit--> gone
 *         ^-- after a pause -- died                        |
 *                                              killed if it takes too long
 *     running --no beat for a while--> killed --exit--> died
 */
#ifndef ROLLCALL_CHILDREN_H
#define ROLLCALL_CHILDREN_H

#include "shared_page.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child;
struct conf;

/*
 * What a worker does, in a process of its own: serves on LISTEN_FD as number SLOT of PAGE. The master's signals are
 * held; it releases them once SIGTERM ends it as it should. Returns its exit status.
 */
typedef int worker_main(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot);

/* What the processes of a master do. */
struct children_mains {
    worker_main *work; /* the workers */
    worker_main *send; /* the one that delivers webhooks, which uses no socket; NULL: there is not one */
};

struct children {
    struct child *first;     /* owned list, the newest first */
    struct shared_page page; /* shared with them */
    struct children_mains mains;
    const struct conf *conf; /* borrowed: what the next worker to start works by */
    int listen_fd;           /* borrowed, likewise */
    int64_t looked_ms;       /* when their beats were last looked at */
    pid_t master;            /* this process */
};

/*
 * Starts conf->workers workers and then the sender, that run what MAINS says. CONF and LISTEN_FD are borrowed until
 * children_replace() or until no child is left.
 */
void children_start(struct children *self, const struct children_mains *mains, const struct conf *conf, int listen_fd,
                    int64_t now_ms);

/*
 * Starts conf->workers new workers, then retires all that were there before, so that some worker is always serving. The
 * new sender starts when the old one has ended.
 */
void children_replace(struct children *self, const struct conf *conf, int listen_fd, int64_t now_ms);

/* Tells all of them to stop. None is replaced from now on; each is freed once it has exited. */
void children_retire(struct children *self, int64_t now_ms);

/* Collects those that have exited and plans the restart of those that were not retired. */
void children_reap(struct children *self, int64_t now_ms);

/* Starts and kills what is due, and kills those that stopped responding. */
void children_tend(struct children *self, int64_t now_ms);

/* When children_tend() has to be called next, at the latest. */
int64_t children_due_ms(const struct children *self);

/* Whether one of them is left, running or about to start. */
bool children_any(const struct children *self);

/* Whether a worker is running that has beaten since its start. */
bool children_respond(const struct children *self);

/* Whether one was killed because it did not respond, and has not exited yet. */
bool children_stuck(const struct children *self);

#endif
