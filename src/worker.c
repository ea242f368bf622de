/* SPDX-License-Identifier: ISC */
/* See worker.h. */
#include "worker.h"

#include "api/dispatch.h"
#include "api/resources/events.h"
#include "api/resources/stream_wake.h"
#include "api/shared/accounts.h"
#include "api/shared/elsewhere.h"
#include "api/shared/outage.h"
#include "api/shared/review.h"
#include "api/shared/service.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/signals.h"
#include "directory/directory.h"
#include "directory/writer.h"
#include "presence/presence.h"
#include "shared_page.h"
#include "transport/transport.h"
#include "view/parked.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    DRAIN_MS = 4500,    /* until requests that are still unanswered are dropped */
    FANOUT_SLICE = 256, /* answers before the loop gets a turn: about 2 ms, so that no heartbeat waits for a crowd */
    PRIORITIES = 2,     /* Redis first: what was published before a request arrived is known when the request is read */
};

struct worker {
    struct event_base *base; /* owned, as all here */
    struct service service;
    struct fcgi *fcgi;
    struct cgi *cgi;
    struct event *tick;
    struct event *fanout;  /* when parked polls are due */
    struct event *written; /* when writes to the record are done; NULL without one */
    struct event *signals[2];
    int listen_fd;                  /* borrowed: the master's; -1 under CGI */
    const struct shared_page *page; /* borrowed: the master's */
    unsigned slot;                  /* in that */
    char *const *environment;       /* borrowed; NULL unless CGI */
    int64_t drain_until_ms;         /* monotonic; 0 while not draining */
    int64_t cpu_us;                 /* that it had used at the last tick */
    size_t replies;                 /* since then */
};

/* ---- parked polls ---- */

static const struct parked_calls parked_calls = {.wake = stream_wake, .tell = events_tell};

static void fanout_schedule(struct worker *self)
{
    int64_t next_ms = parked_next_ms(self->service.parked);
    int64_t now_ms = clock_mono_ms();
    int64_t wait_ms = next_ms > now_ms ? next_ms - now_ms : 0;
    struct timeval timeout = {wait_ms / 1000, wait_ms % 1000 * 1000};

    /* Also if it is due at once, because the loop looks at descriptors before it looks at times. */
    if (next_ms < 0)
        event_del(self->fanout);
    else
        event_add(self->fanout, &timeout);
}

static void on_fanout(evutil_socket_t fd, short what, void *ctx)
{
    struct worker *self = ctx;

    (void)fd;
    (void)what;
    outage_look(&self->service);
    review_some(&self->service);
    (void)parked_run(self->service.parked, clock_mono_ms(), FANOUT_SLICE);
    fanout_schedule(self);
}

static struct worker *worker_of(struct service *service)
{
    return service->host.ctx;
}

static void on_parked(void *ctx)
{
    fanout_schedule(ctx);
}

static void on_reply(void *ctx, unsigned route, int status)
{
    struct worker *self = ctx;

    self->replies++;
    metrics_count(self->service.metrics, route, status);
}

/* What the worker has done since the last tick tells what a fan-out costs. */
static void measure_fanout(struct worker *self)
{
    int64_t cpu_us = clock_cpu_us();

    parked_measure(self->service.parked, cpu_us - self->cpu_us, self->replies);
    self->cpu_us = cpu_us;
    self->replies = 0;
}

/* ---- draining ---- */

static bool drained(const struct worker *self)
{
    bool idle = !self->cgi && (!self->fcgi || fcgi_idle(self->fcgi)) && presence_drained(self->service.presence);

    return idle || clock_mono_ms() >= self->drain_until_ms;
}

static void drain(struct worker *self)
{
    if (self->drain_until_ms > 0)
        return;
    self->drain_until_ms = clock_mono_ms() + DRAIN_MS;
    self->service.draining = true;
    if (self->fcgi)
        fcgi_drain(self->fcgi);
    presence_drain(self->service.presence);
    parked_end_all(self->service.parked, WAKE_DRAIN);
    fanout_schedule(self);
    if (drained(self))
        event_base_loopbreak(self->base);
}

static void on_signal(evutil_socket_t signal, short what, void *ctx)
{
    (void)signal;
    (void)what;
    drain(ctx);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct worker *self = ctx;

    (void)fd;
    (void)what;
    shared_page_beat(self->page, self->slot);
    presence_tick(self->service.presence, clock_mono_ms());
    review_begin(&self->service);
    outage_look(&self->service);
    if (!self->cgi)
        service_look(&self->service);
    notices_send_again(&self->service);
    service_measure(&self->service);
    measure_fanout(self);
    fanout_schedule(self);
    if (self->fcgi)
        fcgi_tick(self->fcgi);
    if (self->drain_until_ms > 0 && drained(self))
        event_base_loopbreak(self->base);
}

/* ---- starting ---- */

/* CTX is that of the transport's handler: the service. */
static void on_cgi_done(void *ctx)
{
    event_base_loopbreak(worker_of(ctx)->base);
}

/* Presence has settled, or Redis is known to be away: only now are requests answered. */
static void on_ready(void *ctx)
{
    struct worker *self = ctx;
    struct transport_handler handler = {
        .ctx = &self->service, .on_request = dispatch_on_request, .on_sent = events_on_sent};

    if (self->environment) {
        struct cgi_process process = {self->environment, STDIN_FILENO, STDOUT_FILENO};

        self->cgi = cgi_new(self->base, &process, &handler, on_cgi_done);
        return;
    }
    self->fcgi = self->service.fcgi = fcgi_new(self->base, self->listen_fd, &handler);
    if (self->service.host.conf->probe_s > 0)
        fcgi_probe(self->fcgi, self->service.host.conf->probe_s);
    if (self->drain_until_ms > 0)
        fcgi_drain(self->fcgi);
}

static void on_written(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    writer_finish(ctx);
}

/* With a record, the directory is only read here, and the writer has one of its own. */
static bool open_writer(struct worker *self, const struct conf *conf, void *commits, char *error, size_t size)
{
    if (!*conf->record)
        return true;
    struct writer *writer = writer_new(conf->database, conf->record, commits, error, size);
    if (!writer)
        return false;
    directory_only_read(self->service.directory, writer_note_use, writer);
    self->service.writer = writer;
    self->written = event_new(self->base, writer_fd(writer), EV_READ | EV_PERSIST, on_written, writer);
    event_add(self->written, NULL);
    return true;
}

static bool open_directory(struct worker *self, const struct conf *conf, void *commits)
{
    char error[512];

    self->service.directory = directory_open(conf->database, error, sizeof error);
    if (self->service.directory) {
        directory_share(self->service.directory, commits);
        self->service.auth = auth_new(conf, self->service.directory, error, sizeof error);
    }
    bool ok = self->service.auth && open_writer(self, conf, commits, error, sizeof error);
    if (!ok)
        log_error("%s", error);
    return ok;
}

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();

    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (!base || event_base_priority_init(base, PRIORITIES) < 0)
        abort();
    return base;
}

static void start_events(struct worker *self)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    struct timeval period = {0, PRESENCE_TICK_MS * 1000};

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        self->signals[i] = evsignal_new(self->base, numbers[i], on_signal, self);
        event_add(self->signals[i], NULL);
    }
    /* What was held since the start, such as a SIGTERM that came at once, arrives now that it means to drain. */
    if (!self->environment)
        signals_release();
    self->fanout = event_new(self->base, -1, 0, on_fanout, self);
    self->tick = event_new(self->base, -1, EV_PERSIST, on_tick, self);
    event_add(self->tick, &period);
}

static bool worker_init(struct worker *self, const struct conf *conf, const struct shared_page *page, unsigned slot)
{
    struct service *service = &self->service;
    struct presence_events events = {.ctx = self, .on_ready = on_ready, .on_due = on_parked};

    self->page = page;
    self->slot = slot;
    service->conf = conf;
    service->metrics_shared = page->metrics;
    service->metrics = metrics_slot(page->metrics, slot);
    service->host = (struct exchange_host){conf, service, on_reply, self};
    self->base = new_base();
    if (!open_directory(self, conf, page->commits))
        return false;
    service->revision = directory_revision(service->directory);
    service->accounts = accounts_new(conf->rate_limit);
    service->parked = parked_new(&parked_calls, service);
    service->on_parked = on_parked;
    list_init(&service->changes);
    start_events(self);
    shared_page_beat(page, slot); /* what may take long is done */
    if (service->writer)
        writer_on_events(service->writer, elsewhere_tell, service);
    service->presence = presence_new(self->base, conf, service->directory, service->parked, &events);
    presence_share(service->presence, page->steady);
    if (service->writer)
        presence_doubt_directory(service->presence, true); /* until it has followed the record once */
    return true;
}

static void free_event(struct event *event)
{
    if (event)
        event_free(event);
}

/* The polls that draining had no time for end at once. */
static void end_polls(const struct service *service)
{
    if (!service->parked)
        return;
    parked_end_all(service->parked, WAKE_DRAIN);
    parked_run(service->parked, clock_mono_ms(), SIZE_MAX);
}

/*
 * The writer goes first: what waits for the record then waits for Redis. Presence answers that, and these answers still
 * need the other parts.
 */
static void worker_fini(struct worker *self)
{
    end_polls(&self->service);
    free_event(self->written);
    writer_free(self->service.writer);
    presence_free(self->service.presence);
    events_last_fini(&self->service.events_last);
    notices_fini(&self->service.untold);
    fcgi_free(self->fcgi);
    cgi_free(self->cgi);
    parked_free(self->service.parked);
    accounts_free(self->service.accounts);
    auth_free(self->service.auth);
    directory_close(self->service.directory);
    free_event(self->tick);
    free_event(self->fanout);
    for (size_t i = 0; i < sizeof self->signals / sizeof *self->signals; i++)
        free_event(self->signals[i]);
    event_base_free(self->base);
}

static int run(struct worker *self, const struct conf *conf, const struct shared_page *page, unsigned slot)
{
    bool ok = worker_init(self, conf, page, slot);

    if (ok)
        event_base_dispatch(self->base);
    worker_fini(self);
    return ok ? 0 : 1;
}

int worker_run(const struct conf *conf, int listen_fd, const struct shared_page *page, unsigned slot)
{
    struct worker self = {.listen_fd = listen_fd};

    return run(&self, conf, page, slot);
}

int worker_run_cgi(const struct conf *conf, char *const *environment)
{
    struct worker self = {.listen_fd = -1, .environment = environment};
    struct shared_page page = shared_page_new(1);

    metrics_master(page.metrics)->workers = conf->workers;
    return run(&self, conf, &page, 0);
}
