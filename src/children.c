/* SPDX-License-Identifier: ISC */
/* See children.h. */
#include "children.h"

#include "api/shared/metrics.h"
#include "backoff.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "pulse.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STOP_MS = 4800,       /* until a retired worker is killed: after its own 4.5 s, and all is over within 5 s */
    FORK_RETRY_MS = 5000, /* until the next attempt after a failed fork(2) */
    SLOTS_MIN = 16,       /* of the shared page: room for workers that a reload adds */
    SENDERS_MAX = 2,      /* that have a slot: one that ends, and one that waits for that */
    SENDER_WAIT_MS = 50,  /* between two looks whether it has ended */
};

struct child {
    struct child *next;
    pid_t pid;          /* 0: not running; if not retired, it is started at due_ms */
    int64_t started_ms; /* monotonic, as all times here */
    int64_t due_ms;     /* to start it, or once retired to kill it */
    struct backoff backoff;
    unsigned slot;      /* of the shared page: no other child has it */
    struct pulse pulse; /* of its beats */
    bool killed;        /* because it did not respond, and has not exited yet */
    bool retired;       /* told to stop: it is not replaced */
    bool sends;         /* it delivers webhooks; otherwise it is a worker */
};

/* ---- starting ---- */

/* How log lines name it. */
static const char *name_of(const struct child *child)
{
    return child->sends ? "sender" : "worker";
}

/* In the child. Does not return. */
static void be_child(const struct children *self, const struct child *child)
{
    /* A worker without its master would hold the socket forever. The master may have died before this line ran. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != self->master)
        exit(0);
    log_start();
    worker_main *run = child->sends ? self->mains.send : self->mains.work;
    int status = run(self->conf, self->listen_fd, &self->page, child->slot);
    log_stop();
    exit(status);
}

static void start_child(struct children *self, struct child *child, int64_t now_ms)
{
    log_before_fork();
    pid_t pid = fork();
    if (pid == 0)
        be_child(self, child);
    if (pid < 0) {
        log_error("cannot start a %s: %s; trying again in %d ms", name_of(child), strerror(errno), FORK_RETRY_MS);
        child->due_ms = now_ms + FORK_RETRY_MS;
        return;
    }
    child->pid = pid;
    child->started_ms = now_ms;
    child->killed = false;
    pulse_begin(&child->pulse, shared_page_beats(&self->page, child->slot), now_ms);
    log_debug("%s %d started", name_of(child), (int)pid);
}

/* One at a time: a new one goes on from where the old one has ended. */
static void start_sender(struct children *self, struct child *sender, int64_t now_ms)
{
    for (const struct child *child = self->first; child; child = child->next) {
        if (child->sends && child->pid > 0) {
            sender->due_ms = now_ms + SENDER_WAIT_MS;
            return;
        }
    }
    start_child(self, sender, now_ms);
}

static bool slot_is_taken(const struct children *self, unsigned slot)
{
    for (const struct child *child = self->first; child; child = child->next)
        if (child->slot == slot)
            return true;
    return false;
}

static unsigned free_slot(const struct children *self)
{
    unsigned slot = 0;
    while (slot_is_taken(self, slot))
        slot++;
    return slot;
}

static struct child *add_child(struct children *self)
{
    struct child *child = mem_new(sizeof *child);
    child->slot = free_slot(self);
    child->next = self->first;
    self->first = child;
    return child;
}

static void add_children(struct children *self, int64_t now_ms)
{
    for (unsigned i = 0; i < self->conf->workers; i++)
        start_child(self, add_child(self), now_ms);
    if (!self->mains.send)
        return;
    struct child *sender = add_child(self);
    sender->sends = true;
    start_sender(self, sender, now_ms);
}

void children_start(struct children *self, const struct children_mains *mains, const struct conf *conf, int listen_fd,
                    int64_t now_ms)
{
    /* Twice the workers: during a reload the old and the new run at the same time. */
    unsigned slots = (conf->workers * 2 > SLOTS_MIN ? conf->workers * 2 : SLOTS_MIN) + SENDERS_MAX;
    *self = (struct children){.page = shared_page_new(slots),
                              .mains = *mains,
                              .conf = conf,
                              .listen_fd = listen_fd,
                              .looked_ms = now_ms,
                              .master = getpid()};
    add_children(self, now_ms);
}

/* ---- stopping ---- */

/* Retires CHILD and every one after it. */
static void retire_from(struct child *child, int64_t now_ms)
{
    for (; child; child = child->next) {
        if (child->retired)
            continue;
        child->retired = true;
        child->due_ms = now_ms + STOP_MS;
        if (child->pid > 0)
            kill(child->pid, SIGTERM);
    }
}

/* Frees the retired that have exited. */
static void sweep(struct children *self)
{
    struct child **at = &self->first;
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

void children_retire(struct children *self, int64_t now_ms)
{
    retire_from(self->first, now_ms);
    sweep(self);
}

void children_replace(struct children *self, const struct conf *conf, int listen_fd, int64_t now_ms)
{
    struct child *old = self->first;
    self->conf = conf;
    self->listen_fd = listen_fd;
    add_children(self, now_ms);
    retire_from(old, now_ms);
    sweep(self);
}

/* ---- those that have exited ---- */

static void log_death(const struct child *child, int status, int64_t lived_ms, int64_t pause_ms)
{
    double lived_s = (double)lived_ms / 1000;
    if (WIFSIGNALED(status))
        log_error("%s %d was killed by signal %d (%s) after %.1f s; another starts in %d ms", name_of(child),
                  (int)child->pid, WTERMSIG(status), strsignal(WTERMSIG(status)), lived_s, (int)pause_ms);
    else
        log_error("%s %d exited with status %d after %.1f s; another starts in %d ms", name_of(child), (int)child->pid,
                  WEXITSTATUS(status), lived_s, (int)pause_ms);
}

/* Nobody told it to stop. */
static void plan_restart(struct child *child, int status, int64_t now_ms)
{
    int64_t lived_ms = now_ms - child->started_ms;
    int64_t pause_ms = backoff_next_ms(&child->backoff, lived_ms);
    log_death(child, status, lived_ms, pause_ms);
    child->due_ms = now_ms + pause_ms;
}

static void on_exit_of(struct child *child, int status, int64_t now_ms)
{
    if (!child->retired)
        plan_restart(child, status, now_ms);
    else if (WIFSIGNALED(status))
        log_warn("%s %d did not stop cleanly: signal %d", name_of(child), (int)child->pid, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        log_warn("%s %d did not stop cleanly: status %d", name_of(child), (int)child->pid, WEXITSTATUS(status));
    child->pid = 0;
}

void children_reap(struct children *self, int64_t now_ms)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = self->first;
        while (child && child->pid != pid)
            child = child->next;
        if (child)
            on_exit_of(child, status, now_ms);
    }
    sweep(self);
}

/* ---- beats ---- */

/* One that is stopped or caught in a loop holds its polls forever, and only SIGKILL ends it. */
static void kill_silent(struct children *self, struct child *child, int64_t now_ms)
{
    log_error("%s %d has not responded for %.1f s; killing it", name_of(child), (int)child->pid,
              (double)(now_ms - child->pulse.heard_ms) / 1000);
    metrics_master(self->page.metrics)->silent_workers_total++;
    child->killed = true;
    kill(child->pid, SIGKILL);
}

static void look_at_beats(struct children *self, int64_t now_ms)
{
    int64_t since_ms = now_ms - self->looked_ms;
    if (since_ms < PULSE_LOOK_MS)
        return;
    self->looked_ms = now_ms;
    for (struct child *child = self->first; child; child = child->next) {
        if (since_ms >= PULSE_ASLEEP_MS)
            pulse_excuse(&child->pulse, now_ms);
        if (child->pid <= 0 || child->retired || child->killed)
            continue;
        if (pulse_look(&child->pulse, shared_page_beats(&self->page, child->slot), now_ms))
            kill_silent(self, child, now_ms);
    }
}

bool children_respond(const struct children *self)
{
    for (const struct child *child = self->first; child; child = child->next)
        if (child->pid > 0 && !child->sends && child->pulse.begun)
            return true;
    return false;
}

bool children_stuck(const struct children *self)
{
    for (const struct child *child = self->first; child; child = child->next)
        if (child->killed)
            return true;
    return false;
}

/* ---- what is due ---- */

static void tend_child(struct children *self, struct child *child, int64_t now_ms)
{
    if (child->pid == 0 && !child->retired && child->due_ms <= now_ms)
        (child->sends ? start_sender : start_child)(self, child, now_ms);
    if (child->pid <= 0 || !child->retired || child->due_ms > now_ms)
        return;
    log_warn("%s %d is still running %d ms after it was told to stop; killing it", name_of(child), (int)child->pid,
             STOP_MS);
    kill(child->pid, SIGKILL);
    child->due_ms = now_ms + STOP_MS;
}

void children_tend(struct children *self, int64_t now_ms)
{
    for (struct child *child = self->first; child; child = child->next)
        tend_child(self, child, now_ms);
    look_at_beats(self, now_ms);
}

int64_t children_due_ms(const struct children *self)
{
    int64_t due_ms = self->looked_ms + PULSE_LOOK_MS;
    for (const struct child *child = self->first; child; child = child->next)
        if (child->retired || child->pid == 0)
            due_ms = number_least(due_ms, child->due_ms);
    return due_ms;
}

bool children_any(const struct children *self)
{
    return self->first;
}
