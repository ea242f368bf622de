/* SPDX-License-Identifier: ISC */
/*
 * Workers are child processes that share the listening socket and nothing else. The master sleeps in sigtimedwait(2): all
 * that happens to it is a signal (a child's end is one) or the time to start, kill or report something, or to see whether
 * each worker's loop still goes round.
 *
 *     starting --fork--> running --SIGHUP, SIGTERM--> retired --exit--> gone
 *         ^-- after a pause -- died                      |
 *                                            killed if it takes too long
 *     running --no beat for a while--> killed --exit--> died
 */
#include "master.h"

#include "api/shared/metrics.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/listener.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/signals.h"
#include "setup/check.h"
#include "shared.h"
#include "pulse.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    DRAIN_MS = 4800,       /* until a retired worker is killed: after its own 4.5 s, and all is over within 5 s */
    STEADY_MS = 10 * 1000, /* a worker that lived this long did not die of its start */
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000,
    SLOTS_MIN = 16, /* for workers at once: room for workers that a reload adds */
};

struct child {
    struct child *next;
    pid_t pid;          /* 0: none runs, one is to start at due_ms */
    int64_t started_ms; /* monotonic, as all times here */
    int64_t due_ms;     /* to start it, or once retired to kill it */
    int64_t pause_ms;   /* before the next start, if this one dies soon; 0: at once */
    unsigned slot;      /* of what is shared: no other child's */
    struct pulse pulse; /* over its beats */
    bool killed;        /* for its silence, and has not ended yet */
    bool retired;       /* told to end: it is not replaced */
};

struct master {
    struct conf *conf;         /* owned */
    struct listener *listener; /* borrowed: the caller's struct, its content is ours */
    master_work *work;
    struct child *children; /* owned list */
    struct shared shared;   /* with the workers */
    struct notify notify;
    int64_t watchdog_due_ms;
    int64_t looked_ms; /* at the workers' beats */
    sigset_t signals;  /* that we wait for; blocked otherwise */
    pid_t pid;         /* our own */
    bool stopping;
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- workers ---- */

/* In the child. Does not return. */
static void be_worker(const struct master *self, unsigned slot)
{
    /* A worker without its master would hold the socket for ever; the master may have gone before the first line ran. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != self->pid)
        exit(0);
    signals_release();
    log_start();
    int status = self->work(self->conf, self->listener->fd, &self->shared, slot);
    log_stop();
    exit(status);
}

static void start_child(struct master *self, struct child *child, int64_t now_ms)
{
    log_before_fork();
    pid_t pid = fork();
    if (pid == 0)
        be_worker(self, child->slot);
    if (pid < 0) {
        log_error("no worker can be started: %s; trying again in %d ms", strerror(errno), BACKOFF_LAST_MS);
        child->due_ms = now_ms + BACKOFF_LAST_MS;
        return;
    }
    child->pid = pid;
    child->started_ms = now_ms;
    child->killed = false;
    pulse_begin(&child->pulse, shared_beats(&self->shared, child->slot), now_ms);
    log_debug("worker %d started", (int)pid);
}

static bool slot_is_taken(const struct master *self, unsigned slot)
{
    for (const struct child *child = self->children; child; child = child->next)
        if (child->slot == slot)
            return true;
    return false;
}

static unsigned free_slot(const struct master *self)
{
    unsigned slot = 0;
    while (slot_is_taken(self, slot))
        slot++;
    return slot;
}

static void add_workers(struct master *self, int64_t now_ms)
{
    for (unsigned i = 0; i < self->conf->workers; i++) {
        struct child *child = mem_new(sizeof *child);
        child->slot = free_slot(self);
        child->next = self->children;
        self->children = child;
        start_child(self, child, now_ms);
    }
}

/* Tells CHILD, and every one after it, to end. */
static void retire_from(struct child *child, int64_t now_ms)
{
    for (; child; child = child->next) {
        if (child->retired)
            continue;
        child->retired = true;
        child->due_ms = now_ms + DRAIN_MS;
        if (child->pid > 0)
            kill(child->pid, SIGTERM);
    }
}

static void log_end(pid_t pid, int status, int64_t lived_ms, int64_t pause_ms)
{
    double lived_s = (double)lived_ms / 1000;
    if (WIFSIGNALED(status))
        log_error("worker %d was ended by signal %d (%s) after %.1f s; another starts in %d ms", (int)pid,
                  WTERMSIG(status), strsignal(WTERMSIG(status)), lived_s, (int)pause_ms);
    else
        log_error("worker %d ended with status %d after %.1f s; another starts in %d ms", (int)pid, WEXITSTATUS(status),
                  lived_s, (int)pause_ms);
}

/* A worker that nobody told to end has ended. */
static void plan_restart(struct child *child, int status, int64_t now_ms)
{
    int64_t lived_ms = now_ms - child->started_ms;
    if (lived_ms >= STEADY_MS)
        child->pause_ms = 0;
    log_end(child->pid, status, lived_ms, child->pause_ms);
    child->pid = 0;
    child->due_ms = now_ms + child->pause_ms;
    child->pause_ms = child->pause_ms == 0 ? BACKOFF_FIRST_MS : earlier(child->pause_ms * 2, BACKOFF_LAST_MS);
}

static void on_child_end(struct master *self, pid_t pid, int status, int64_t now_ms)
{
    struct child *child = self->children;
    while (child && child->pid != pid)
        child = child->next;
    if (!child)
        return;
    if (!child->retired) {
        plan_restart(child, status, now_ms);
        return;
    }
    if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
        log_warn("worker %d did not end by itself: %s %d", (int)pid, WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    child->pid = 0;
}

static void reap(struct master *self, int64_t now_ms)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        on_child_end(self, pid, status, now_ms);
}

/* Forgets the retired that have ended. */
static void sweep(struct master *self)
{
    struct child **at = &self->children;
    while (*at) {
        struct child *child = *at;
        if (!child->retired || child->pid > 0) {
            at = &child->next;
            continue;
        }
        *at = child->next;
        free(child);
    }
}

/* ---- their beats ---- */

/* One that is stopped or caught in a loop holds its polls for ever, and ends by nothing less. */
static void kill_silent(struct master *self, struct child *child, int64_t now_ms)
{
    log_error("worker %d has not responded for %.1f s and is killed", (int)child->pid,
              (double)(now_ms - child->pulse.heard_ms) / 1000);
    metrics_master(self->shared.board)->silent++;
    child->killed = true;
    kill(child->pid, SIGKILL);
}

static void look_at_beats(struct master *self, int64_t now_ms)
{
    int64_t since_ms = now_ms - self->looked_ms;
    if (since_ms < PULSE_LOOK_MS)
        return;
    self->looked_ms = now_ms;
    for (struct child *child = self->children; child; child = child->next) {
        if (since_ms >= PULSE_ASLEEP_MS)
            pulse_excuse(&child->pulse, now_ms);
        if (child->pid <= 0 || child->retired || child->killed)
            continue;
        if (pulse_look(&child->pulse, shared_beats(&self->shared, child->slot), now_ms))
            kill_silent(self, child, now_ms);
    }
    metrics_master(self->shared.board)->log_dropped = log_dropped();
}

/* Whether the service manager may believe that all is well: some worker beats, and none is beyond being killed. */
static bool is_well(const struct master *self)
{
    bool beats = self->stopping;
    for (const struct child *child = self->children; child; child = child->next) {
        if (child->killed)
            return false;
        beats = beats || (child->pid > 0 && child->pulse.begun);
    }
    return beats;
}

static void feed_watchdog(struct master *self, int64_t now_ms)
{
    if (self->notify.watchdog_ms == 0 || self->watchdog_due_ms > now_ms || !is_well(self))
        return;
    notify_send(&self->notify, "WATCHDOG=1");
    self->watchdog_due_ms = now_ms + self->notify.watchdog_ms;
}

/* Starts and kills what is due. */
static void tend(struct master *self, int64_t now_ms)
{
    for (struct child *child = self->children; child; child = child->next) {
        if (child->pid == 0 && !child->retired && child->due_ms <= now_ms)
            start_child(self, child, now_ms);
        if (child->pid > 0 && child->retired && child->due_ms <= now_ms) {
            log_warn("worker %d is still there after %d ms and is killed", (int)child->pid, DRAIN_MS);
            kill(child->pid, SIGKILL);
            child->due_ms = now_ms + DRAIN_MS;
        }
    }
    look_at_beats(self, now_ms);
    feed_watchdog(self, now_ms);
}

/* ---- signals ---- */

static void stop(struct master *self, int64_t now_ms)
{
    if (self->stopping)
        return;
    self->stopping = true;
    log_info("stopping");
    notify_send(&self->notify, "STOPPING=1");
    /* At once, so that web servers are refused rather than left waiting in a backlog that nobody reads. */
    listener_close(self->listener);
    retire_from(self->children, now_ms);
}

/* The listening socket for CONF into *NEXT: the one we have where CONF means the same. */
static bool next_listener(const struct master *self, const struct conf *conf, struct listener *next, char *error,
                          size_t size)
{
    *next = *self->listener;
    if (self->listener->inherited || strcmp(conf->listen, self->conf->listen) == 0)
        return true;
    return listener_open(next, conf, error, size);
}

/* The configuration as the file has it now, with a socket for it; NULL with what is wrong in ERROR. */
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

static void reload(struct master *self, int64_t now_ms)
{
    if (self->stopping)
        return;
    notify_reloading(&self->notify);
    char error[1024];
    struct listener next;
    struct conf *conf = reread(self, &next, error, sizeof error);
    if (!conf) {
        log_error("%s; the configuration stays as it was", error);
        notify_send(&self->notify, "READY=1");
        return;
    }
    conf_free(self->conf);
    self->conf = conf;
    log_set_level(conf->log_level);
    struct listener before = *self->listener;
    bool rebound = before.fd != next.fd;
    *self->listener = next;
    if (!rebound && !next.inherited)
        listener_update(&next, conf);
    /* The new ones first: at no time is there nobody to take a request. */
    struct child *old = self->children;
    add_workers(self, now_ms);
    retire_from(old, now_ms);
    if (rebound)
        listener_close(&before);
    log_info("configuration read again: %u workers on %s", conf->workers,
             next.inherited ? "the inherited socket" : conf->listen);
    notify_send(&self->notify, "READY=1");
}

static void on_signal(struct master *self, int signal_number, int64_t now_ms)
{
    if (signal_number == SIGTERM || signal_number == SIGINT)
        stop(self, now_ms);
    else if (signal_number == SIGHUP)
        reload(self, now_ms);
    else if (signal_number == SIGCHLD)
        reap(self, now_ms);
}

/* How long until something is due. */
static int64_t pause_ms(const struct master *self, int64_t now_ms)
{
    int64_t until = self->looked_ms + PULSE_LOOK_MS;
    for (const struct child *child = self->children; child; child = child->next)
        if (child->retired || child->pid == 0)
            until = earlier(until, child->due_ms);
    if (self->notify.watchdog_ms > 0 && is_well(self))
        until = earlier(until, self->watchdog_due_ms);
    return until > now_ms ? until - now_ms : 0;
}

static int wait_for_signal(const struct master *self)
{
    int64_t ms = pause_ms(self, clock_mono_ms());
    struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    return sigtimedwait(&self->signals, NULL, &timeout);
}

int master_run(struct conf *conf, struct listener *listener, master_work *work)
{
    struct master self = {.conf = conf, .listener = listener, .work = work, .pid = getpid()};
    notify_init(&self.notify);
    signals_hold();
    self.signals = signals_set();
    /* Twice the workers: during a reload the old and the new are there at once. */
    self.shared = shared_new(conf->workers * 2 > SLOTS_MIN ? conf->workers * 2 : SLOTS_MIN);
    self.looked_ms = clock_mono_ms();
    add_workers(&self, self.looked_ms);
    log_info("serving on %s with %u workers", listener->inherited ? "the inherited socket" : conf->listen,
             conf->workers);
    notify_send(&self.notify, "READY=1");
    while (!self.stopping || self.children) {
        int signal_number = wait_for_signal(&self);
        int64_t now_ms = clock_mono_ms();
        if (signal_number > 0)
            on_signal(&self, signal_number, now_ms);
        reap(&self, now_ms);
        tend(&self, now_ms);
        sweep(&self);
    }
    log_info("stopped");
    listener_close(listener);
    notify_fini(&self.notify);
    conf_free(self.conf);
    return 0;
}
