/* SPDX-License-Identifier: ISC */
/* See sender.h. */
#include "sender.h"

#include "api/shared/metrics.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/title.h"
#include "directory/directory.h"
#include "hooks/hooks.h"
#include "presence/presence.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

enum { STOP_MS = 4000 /* until letters under way are given up: they are sent again later */ };

struct sender {
    struct event_base *base; /* owned, as all here */
    struct directory *directory;
    struct hooks *hooks;
    struct event *tick;
    struct event *signals[2];
    const struct shared_page *page; /* borrowed: the master's */
    unsigned slot;                  /* in that */
    struct metrics *metrics;        /* that slot */
    struct hooks_stats before;      /* what this slot had counted before */
    int64_t stop_until_ms;          /* monotonic; 0 while not stopping */
};

/* ---- /metrics ---- */

static struct hooks_stats counted(const struct metrics *metrics)
{
    return (struct hooks_stats){.delivered = metrics->webhook_deliveries_total,
                                .failures = metrics->webhook_failures_total,
                                .changes = metrics->webhook_changes_total};
}

static void measure(struct sender *self)
{
    const struct hooks_stats *stats = hooks_stats(self->hooks);
    self->metrics->webhook_deliveries_total = self->before.delivered + stats->delivered;
    self->metrics->webhook_failures_total = self->before.failures + stats->failures;
    self->metrics->webhook_changes_total = self->before.changes + stats->changes;
    self->metrics->webhook_failing = stats->failing;
    self->metrics->webhook_lag_seconds = stats->lag_s;
    self->metrics->log_dropped_total = log_dropped();
}

/* ---- the loop ---- */

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct sender *self = ctx;
    int64_t now_ms = clock_mono_ms();
    (void)fd;
    (void)what;
    shared_page_beat(self->page, self->slot);
    hooks_tick(self->hooks, now_ms);
    measure(self);
    if (self->stop_until_ms > 0 && (hooks_stopped(self->hooks) || now_ms >= self->stop_until_ms))
        event_base_loopbreak(self->base);
}

static void on_signal(evutil_socket_t signal, short what, void *ctx)
{
    struct sender *self = ctx;
    (void)signal;
    (void)what;
    if (self->stop_until_ms == 0)
        self->stop_until_ms = clock_mono_ms() + STOP_MS;
    hooks_stop(self->hooks);
    on_tick(-1, 0, self);
}

static bool open_directory(struct sender *self, const struct conf *conf)
{
    char error[512];
    self->directory = directory_open(conf->database, error, sizeof error);
    if (!self->directory) {
        log_error("%s", error);
        return false;
    }
    directory_share(self->directory, self->page->commits);
    /* It need not be up to date: webhooks are delivered while PostgreSQL is away, too. */
    if (*conf->record)
        directory_only_read(self->directory, NULL, NULL);
    return true;
}

static void start_events(struct sender *self)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    struct timeval period = {0, PRESENCE_TICK_MS * 1000};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        self->signals[i] = evsignal_new(self->base, numbers[i], on_signal, self);
        event_add(self->signals[i], NULL);
    }
    signals_release();
    self->tick = event_new(self->base, -1, EV_PERSIST, on_tick, self);
    event_add(self->tick, &period);
}

static void sender_fini(struct sender *self)
{
    hooks_free(self->hooks);
    directory_close(self->directory);
    event_free(self->tick);
    for (size_t i = 0; i < sizeof self->signals / sizeof *self->signals; i++)
        event_free(self->signals[i]);
    event_base_free(self->base);
}

int sender_run(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot)
{
    struct sender self = {.page = page, .slot = slot, .metrics = metrics_slot(page->metrics, slot)};
    (void)listen_fd;
    title_set("rollcalld: hooks");
    self.before = counted(self.metrics);
    signal(SIGPIPE, SIG_IGN);
    self.base = event_base_new();
    if (!self.base || !open_directory(&self, conf)) {
        if (self.base)
            event_base_free(self.base);
        return EXIT_FAILURE;
    }
    self.hooks = hooks_new(&(struct hooks_place){self.base, conf, self.directory, page->owner});
    start_events(&self);
    shared_page_beat(page, slot);
    event_base_dispatch(self.base);
    sender_fini(&self);
    return EXIT_SUCCESS;
}
