/* SPDX-License-Identifier: ISC */
/* See metrics.h. */
#include "api/shared/metrics.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The HTTP statuses that we answer with; what is none of them counts as the last. */
static const int statuses[METRICS_STATUSES] = {200, 201, 204, 304, 400, 401, 403, 404, 405,
                                               409, 410, 413, 429, 500, 503, 507, 0};

struct metrics_board {
    unsigned slots;
    struct metrics_master master;
    struct metrics slot[];
};

struct metrics_board *metrics_board_new(unsigned slots)
{
    struct metrics_board *board = mem_shared(sizeof *board + slots * sizeof(struct metrics));

    board->slots = slots;
    return board;
}

struct metrics *metrics_slot(struct metrics_board *board, unsigned i)
{
    struct metrics *slot = &board->slot[i % board->slots];

    slot->connections = slot->parked = slot->rooms = slot->redis_up = 0;
    return slot;
}

struct metrics_master *metrics_master(struct metrics_board *board)
{
    return &board->master;
}

void metrics_count(struct metrics *self, unsigned route, int status)
{
    size_t i = 0;

    while (i + 1 < METRICS_STATUSES && statuses[i] != status)
        i++;
    self->requests[route][i]++;
}

/* ---- showing ---- */

static void add_requests(struct metrics *sum, const struct metrics *more)
{
    for (size_t route = 0; route < ROUTE_KINDS; route++)
        for (size_t i = 0; i < METRICS_STATUSES; i++)
            sum->requests[route][i] += more->requests[route][i];
}

static void add_slot(struct metrics *sum, const struct metrics *more)
{
    add_requests(sum, more);
    histogram_merge(&sum->fanout, &more->fanout);
    histogram_merge(&sum->redis, &more->redis);
    sum->redis_calls += more->redis_calls;
    sum->redis_failures += more->redis_failures;
    sum->redis_reconnects += more->redis_reconnects;
    sum->accepted += more->accepted;
    sum->aborted += more->aborted;
    sum->malformed += more->malformed;
    sum->timed_out += more->timed_out;
    sum->changes += more->changes;
    sum->lapses += more->lapses;
    sum->fetches += more->fetches;
    sum->holds += more->holds;
    sum->rate_limited += more->rate_limited;
    sum->log_dropped += more->log_dropped;
    sum->connections += more->connections;
    sum->parked += more->parked;
    sum->rooms += more->rooms;
    sum->redis_up += more->redis_up;
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP rollcall_%s %s\n# TYPE rollcall_%s %s\n", name, help, name, type);
}

static void single(struct buf *out, const char *name, const char *type, const char *help, unsigned long value)
{
    head(out, name, type, help);
    buf_printf(out, "rollcall_%s %lu\n", name, value);
}

static void show_requests(struct buf *out, const struct metrics *sum)
{
    head(out, "requests_total", "counter", "Requests answered, by resource and status.");
    for (unsigned route = 0; route < ROUTE_KINDS; route++)
        for (size_t i = 0; i < METRICS_STATUSES; i++)
            if (sum->requests[route][i] > 0)
                buf_printf(out, "rollcall_requests_total{route=\"/%s\",code=\"%d\"} %lu\n", routes_pattern(route),
                           statuses[i], sum->requests[route][i]);
}

static void show_histogram(struct buf *out, const char *name, const char *help, const struct histogram *self)
{
    unsigned long below = 0;

    head(out, name, "histogram", help);
    for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        below += self->bucket[i];
        buf_printf(out, "rollcall_%s_bucket{le=\"%g\"} %lu\n", name, histogram_bound_us(i) / 1e6, below);
    }
    buf_printf(out, "rollcall_%s_bucket{le=\"+Inf\"} %lu\nrollcall_%s_sum %g\nrollcall_%s_count %lu\n", name,
               self->count, name, (double)self->sum_us / 1e6, name, self->count);
}

void metrics_render(const struct metrics_board *board, unsigned workers, struct buf *out)
{
    struct metrics *sum = mem_new(sizeof *sum);

    for (unsigned i = 0; i < board->slots; i++)
        add_slot(sum, &board->slot[i]);
    show_requests(out, sum);
    single(out, "parked_polls", "gauge", "Polls that wait for a change.", sum->parked);
    single(out, "connections", "gauge", "Connections of web servers.", sum->connections);
    single(out, "rooms", "gauge", "Workspaces with a live view, summed over workers.", sum->rooms);
    single(out, "workers", "gauge", "Workers that there are to be.", workers);
    single(out, "redis_up", "gauge", "Workers whose link to Redis works.", sum->redis_up);
    single(out, "accepted_total", "counter", "Connections accepted.", sum->accepted);
    single(out, "aborted_total", "counter", "Requests whose client went away first.", sum->aborted);
    single(out, "malformed_total", "counter", "Connections closed for bytes that are no FastCGI.", sum->malformed);
    single(out, "timed_out_total", "counter", "Connections closed for being slow.", sum->timed_out);
    single(out, "changes_total", "counter", "Changes taken into views, summed over workers.", sum->changes);
    single(out, "lapses_total", "counter", "Leases and memories of ended sessions that ran out.", sum->lapses);
    single(out, "view_reads_total", "counter", "Reads of what changed, for new views and gaps.", sum->fetches);
    single(out, "expiry_holds_total", "counter", "Times that expiry was held, so that no fault empties a room.",
           sum->holds);
    single(out, "rate_limited_total", "counter", "Requests refused for their rate.", sum->rate_limited);
    single(out, "silent_workers_total", "counter", "Workers killed and replaced because they did not respond.",
           board->master.silent);
    single(out, "log_dropped_total", "counter", "Log lines dropped because nobody read them.",
           sum->log_dropped + board->master.log_dropped);
    single(out, "redis_calls_total", "counter", "Scripts called.", sum->redis_calls);
    single(out, "redis_failures_total", "counter", "Scripts that could not be run.", sum->redis_failures);
    single(out, "redis_reconnects_total", "counter", "Connections to Redis made again.", sum->redis_reconnects);
    show_histogram(out, "redis_seconds", "From a script's call to its reply.", &sum->redis);
    show_histogram(out, "fanout_seconds", "From a change to the answer of each poll that it woke.", &sum->fanout);
    free(sum);
}
