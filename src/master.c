/* SPDX-License-Identifier: ISC */
/*
 * See master.h. The master sleeps in sigtimedwait(2). Only two things wake it: a signal (a child that exits sends one),
 * or the time to start, kill or check a worker, or to tell the service manager that all is well.
 */
#include "master.h"

#include "api/shared/metrics.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/listener.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/signals.h"
#include "setup/check.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

struct master {
    struct conf *conf;         /* owned */
    struct listener *listener; /* borrowed: the caller's struct, its content is ours */
    struct children children;
    struct notify notify;
    int64_t watchdog_due_ms; /* monotonic */
    sigset_t signals;        /* that we wait for; blocked otherwise */
    bool stopping;
};

/* How log lines name the address that is served. */
static const char *place_name(const struct conf *conf, const struct listener *listener)
{
    return listener->inherited ? "the inherited socket" : conf->listen;
}

/* ---- the service manager, /metrics ---- */

static bool is_well(const struct master *self)
{
    return !children_stuck(&self->children) && (self->stopping || children_respond(&self->children));
}

static void feed_watchdog(struct master *self, int64_t now_ms)
{
    if (self->notify.watchdog_ms == 0 || self->watchdog_due_ms > now_ms || !is_well(self))
        return;
    notify_send(&self->notify, "WATCHDOG=1");
    self->watchdog_due_ms = now_ms + self->notify.watchdog_ms;
}

static void measure(const struct master *self)
{
    struct metrics *metrics = metrics_master(self->children.page.metrics);
    metrics->workers = self->conf->workers;
    metrics->log_dropped_total = log_dropped();
}

/* ---- stopping ---- */

static void stop(struct master *self, int64_t now_ms)
{
    if (self->stopping)
        return;
    self->stopping = true;
    log_info("stopping");
    notify_send(&self->notify, "STOPPING=1");
    /* At once, so that web servers are refused instead of waiting in a backlog that nobody reads. */
    listener_close(self->listener);
    children_retire(&self->children, now_ms);
}

/* ---- reloading ---- */

/* Fills NEXT with the socket for CONF: the one we have, unless "listen" has changed. */
static bool next_listener(const struct master *self, const struct conf *conf, struct listener *next, char *error,
                          size_t size)
{
    *next = *self->listener;
    if (self->listener->inherited || strcmp(conf->listen, self->conf->listen) == 0)
        return true;
    return listener_open(next, conf, error, size);
}

/* Reads the configuration again and fills NEXT with a socket for it. NULL with what is wrong in ERROR. */
static struct conf *reread(const struct master *self, struct listener *next, char *error, size_t size)
{
    struct conf *conf = conf_load(self->conf->path, error, size);
    if (!conf)
        return NULL;
    if (check_files(conf, !self->listener->inherited, error, size) && check_database(conf, error, size) &&
        next_listener(self, conf, next, error, size))
        return conf;
    conf_free(conf);
    return NULL;
}

/* Takes over CONF and NEXT. */
static void replace_workers(struct master *self, struct conf *conf, const struct listener *next, int64_t now_ms)
{
    struct listener before = *self->listener;
    bool rebound = before.fd != next->fd;
    *self->listener = *next;
    if (!rebound && !next->inherited)
        listener_update(next, conf);
    conf_free(self->conf);
    self->conf = conf;
    log_set_level(conf->log_level);
    children_replace(&self->children, conf, next->fd, now_ms);
    if (rebound)
        listener_close(&before);
}

static void reload(struct master *self, int64_t now_ms)
{
    if (self->stopping)
        return;
    notify_reloading(&self->notify);
    char error[1024];
    struct listener next;
    struct conf *conf = reread(self, &next, error, sizeof error);
    if (conf) {
        replace_workers(self, conf, &next, now_ms);
        log_info("configuration reloaded: %u workers on %s", conf->workers, place_name(conf, &next));
    } else {
        log_error("%s; keeping the old configuration", error);
    }
    notify_send(&self->notify, "READY=1");
}

/* ---- the loop ---- */

static int64_t pause_ms(const struct master *self, int64_t now_ms)
{
    int64_t due_ms = children_due_ms(&self->children);
    if (self->notify.watchdog_ms > 0 && self->watchdog_due_ms < due_ms && is_well(self))
        due_ms = self->watchdog_due_ms;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

/* The next signal, or a number below 0 when something is due. */
static int wait_for_signal(const struct master *self)
{
    int64_t ms = pause_ms(self, clock_mono_ms());
    struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    return sigtimedwait(&self->signals, NULL, &timeout);
}

/* SIGCHLD needs nothing here: step() reaps after every signal. */
static void on_signal(struct master *self, int signal_number, int64_t now_ms)
{
    if (signal_number == SIGTERM || signal_number == SIGINT)
        stop(self, now_ms);
    else if (signal_number == SIGHUP)
        reload(self, now_ms);
}

static void step(struct master *self)
{
    int signal_number = wait_for_signal(self);
    int64_t now_ms = clock_mono_ms();
    if (signal_number > 0)
        on_signal(self, signal_number, now_ms);
    children_reap(&self->children, now_ms);
    children_tend(&self->children, now_ms);
    feed_watchdog(self, now_ms);
    measure(self);
}

int master_run(struct conf *conf, struct listener *listener, const struct children_mains *mains)
{
    struct master self = {.conf = conf, .listener = listener};
    notify_init(&self.notify);
    signals_hold();
    self.signals = signals_set();
    children_start(&self.children, mains, conf, listener->fd, clock_mono_ms());
    measure(&self);
    log_info("serving on %s with %u workers", place_name(conf, listener), conf->workers);
    notify_send(&self.notify, "READY=1");
    while (!self.stopping || children_any(&self.children))
        step(&self);
    log_info("stopped");
    listener_close(listener);
    notify_fini(&self.notify);
    conf_free(self.conf);
    return 0;
}
