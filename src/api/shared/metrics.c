/* SPDX-License-Identifier: ISC */
/* See metrics.h. */
#include "api/shared/metrics.h"

#include "base/buf.h"
#include "base/mem.h"
#include "presence/presence.h"
#include "redis/redis.h"
#include "transport/transport.h"
#include "view/parked.h"

#include <stdlib.h>

enum metric_type { COUNTER, GAUGE, HIGHEST }; /* the last is a gauge too */

/* A number of the table: how it is shown and where it lies in struct metrics. */
struct number {
    const char *name, *help;
    enum metric_type type;
    size_t offset;
};

static const struct number numbers[] = {
#define COUNTED(name, type, help)          {#name, help, type, offsetof(struct metrics, name)},
#define COPIED(name, type, source, help)   {#name, help, type, offsetof(struct metrics, name)},
#define COMPARED(name, type, source, help) {#name, help, HIGHEST, offsetof(struct metrics, name)},
    METRICS_NUMBERS(COUNTED, COPIED, COMPARED)
#undef COUNTED
#undef COPIED
#undef COMPARED
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* The HTTP statuses that we answer with. Any other counts as the last. */
static const int statuses[METRICS_STATUSES] = {200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409,
                                               410, 413, 414, 415, 422, 429, 500, 503, 507, 0};

static unsigned long *number_in(struct metrics *self, const struct number *number)
{
    return (unsigned long *)(void *)((char *)self + number->offset);
}

static unsigned long value_of(const struct metrics *self, const struct number *number)
{
    return *(const unsigned long *)(const void *)((const char *)self + number->offset);
}

/* ---- counting ---- */

struct metrics_shared {
    unsigned slots;
    struct metrics master;
    struct metrics slot[];
};

struct metrics_shared *metrics_shared_new(unsigned slots)
{
    struct metrics_shared *self = mem_shared(sizeof *self + slots * sizeof(struct metrics));
    self->slots = slots;
    return self;
}

struct metrics *metrics_slot(struct metrics_shared *self, unsigned i)
{
    struct metrics *slot = &self->slot[i % self->slots];
    for (size_t k = 0; k < NUMBERS; k++)
        if (numbers[k].type != COUNTER)
            *number_in(slot, &numbers[k]) = 0;
    for (size_t k = 0; k < slot->nodes.count; k++)
        slot->nodes.list[k].up = slot->nodes.list[k].refusing = 0;
    return slot;
}

struct metrics *metrics_master(struct metrics_shared *self)
{
    return &self->master;
}

void metrics_count(struct metrics *self, unsigned route, int status)
{
    size_t i = 0;
    while (i + 1 < METRICS_STATUSES && statuses[i] != status)
        i++;
    self->requests[route][i]++;
}

void metrics_measure(struct metrics *self, const struct metrics_sources *from)
{
#define COUNTED(name, ...)
#define COPIED(name, type, source, help) self->name = source;
    METRICS_NUMBERS(COUNTED, COPIED, COPIED)
#undef COPIED
#define COPIED(name, source, help) self->name = source;
    METRICS_HISTOGRAMS(COUNTED, COPIED)
#undef COUNTED
#undef COPIED
    self->nodes = from->redis->nodes;
}

/* ---- adding up ---- */

static void add_number(struct metrics *sum, const struct metrics *more, const struct number *number)
{
    unsigned long *to = number_in(sum, number);
    unsigned long value = value_of(more, number);
    if (number->type != HIGHEST)
        *to += value;
    else if (value > *to)
        *to = value;
}

static void add(struct metrics *sum, const struct metrics *more)
{
    for (size_t route = 0; route < ROUTE_KINDS; route++)
        for (size_t i = 0; i < METRICS_STATUSES; i++)
            sum->requests[route][i] += more->requests[route][i];
    for (size_t i = 0; i < NUMBERS; i++)
        add_number(sum, more, &numbers[i]);
#define MERGE(name, ...) histogram_merge(&sum->name, &more->name);
    METRICS_HISTOGRAMS(MERGE, MERGE)
#undef MERGE
    redis_nodes_merge(&sum->nodes, &more->nodes);
}

/* ---- showing ---- */

static void show_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP rollcall_%s %s\n# TYPE rollcall_%s %s\n", name, help, name, type);
}

static const char *type_name(enum metric_type type)
{
    return type == COUNTER ? "counter" : "gauge";
}

static void show_requests(struct buf *out, const struct metrics *sum)
{
    show_head(out, "requests_total", "counter", "Requests answered, by resource and status.");
    for (unsigned route = 0; route < ROUTE_KINDS; route++)
        for (size_t i = 0; i < METRICS_STATUSES; i++)
            if (sum->requests[route][i] > 0)
                buf_printf(out, "rollcall_requests_total{route=\"/%s\",code=\"%d\"} %lu\n", routes_pattern(route),
                           statuses[i], sum->requests[route][i]);
}

static void show_numbers(struct buf *out, const struct metrics *sum)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        show_head(out, numbers[i].name, type_name(numbers[i].type), numbers[i].help);
        buf_printf(out, "rollcall_%s %lu\n", numbers[i].name, value_of(sum, &numbers[i]));
    }
}

/* A label has no quotes and no line ends of its own. */
static void show_node(struct buf *out, const char *name, const struct redis_node *node, double value)
{
    buf_printf(out, "rollcall_%s{node=\"", name);
    for (const char *at = node->name; *at; at++) {
        if (*at == '"' || *at == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, (unsigned char)*at < ' ' ? '?' : *at);
    }
    buf_printf(out, "\"} %.15g\n", value);
}

static void show_nodes(struct buf *out, const struct redis_nodes *nodes)
{
#define COPIED(name, type, value, help)                                                                                \
    show_head(out, #name, type_name(type), help);                                                                      \
    for (size_t i = 0; i < nodes->count; i++) {                                                                        \
        const struct redis_node *node = &nodes->list[i];                                                               \
        show_node(out, #name, node, value);                                                                            \
    }
    METRICS_NODES(COPIED)
#undef COPIED
}

static void show_histogram(struct buf *out, const char *name, const char *help, const struct histogram *self)
{
    unsigned long below = 0;
    show_head(out, name, "histogram", help);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        below += self->bucket[i];
        buf_printf(out, "rollcall_%s_bucket{le=\"%g\"} %lu\n", name, histogram_bound_us(i) / 1e6, below);
    }
    buf_printf(out, "rollcall_%s_bucket{le=\"+Inf\"} %lu\nrollcall_%s_sum %g\nrollcall_%s_count %lu\n", name,
               self->count, name, (double)self->sum_us / 1e6, name, self->count);
}

static void show_histograms(struct buf *out, const struct metrics *sum)
{
#define COUNTED(name, help)        show_histogram(out, #name, help, &sum->name);
#define COPIED(name, source, help) show_histogram(out, #name, help, &sum->name);
    METRICS_HISTOGRAMS(COUNTED, COPIED)
#undef COUNTED
#undef COPIED
}

void metrics_render(const struct metrics_shared *self, struct buf *out)
{
    struct metrics *sum = mem_new(sizeof *sum);
    add(sum, &self->master);
    for (unsigned i = 0; i < self->slots; i++)
        add(sum, &self->slot[i]);
    show_requests(out, sum);
    show_numbers(out, sum);
    show_nodes(out, &sum->nodes);
    show_histograms(out, sum);
    free(sum);
}
