/* SPDX-License-Identifier: ISC */
/*
 * See parked.h. The window of a fan-out: which polls a change concerns, and when they may be answered. They move from
 * waiting or filtered to pending at once, and from pending to ready when the view's window is over. Each poll takes
 * each of these steps once, so a storm costs no more than its answers. A poll that comes within a window, from a client
 * that was told what the last one told, is pending from the start if there is news for it.
 *
 * A window is as long as it takes to earn what the fan-out costs, at SHARE_US in each millisecond. The cost is counted
 * in units: what telling one stream takes of the worker. How long that takes is measured (parked_measure()); the ratios
 * are those that bench/busy.mjs shows. Few polls are charged half of what they cost, so that they are told sooner.
 */
#include "view/parked_private.h"

#include "base/number.h"

enum {
    SHARE_US = 125,    /* us of CPU that all fan-outs of a worker may cost in a millisecond: an eighth of a core */
    POLL_UNITS = 5,    /* that the worker takes for a poll's answer and the next poll, which comes at once */
    POLL_COST = 17,    /* units of the same, with the parts of the web server and Redis */
    STREAM_COST = 5,   /* of telling a stream, with the web server's part */
    FEW_US = 10000,    /* up to here, what polls cost is charged half */
    UNIT_NS = 3500,    /* before anything was measured */
    UNIT_NS_MIN = 500, /* a measurement is not believed beyond these: something else took the time */
    UNIT_NS_MAX = 25000,
    MEASURED_UNITS = 500, /* with fewer, what else the worker does would count as their cost */
    MEASURED_PART = 4,    /* a measurement moves the unit by this part of the difference */
    CROWD = 16,           /* a view waits for the fan-outs of others at most so many times its own */
    WINDOW_MS = 400,      /* at most, so that a change is told within half a second, */
    POLLS_PER_MS = 20,    /* or more if there are more polls than can be told in that time, */
    COUNTS_MS = 1000,     /* the counts alone are told at multiples of this */
    WINDOW_MAX_MS = 2000, /* but this is how far behind a reader may be in the worst storm */
};

/* ---- whom a change concerns ---- */

static void concern(void *ctx, struct parked_poll *poll)
{
    struct parked_view *parked = ctx;
    if (poll->concerned)
        return;
    poll->concerned = true;
    poll->changed = true;
    list_remove(&poll->queue);
    list_append(&parked->pending, &poll->queue);
}

static void concern_queue(struct parked_view *parked, struct list_node *queue)
{
    while (!list_empty(queue))
        concern(parked, LIST_OWNER(queue->next, struct parked_poll, queue));
}

static void concern_caller(struct parked_view *parked, const struct view_entry *mark)
{
    size_t len;
    const char *key = view_entry_key(mark, &len);
    const struct person *person = parked_person_find(parked, key + 1, len - 1);
    for (struct parked_poll *poll = person ? person->polls : NULL; poll; poll = poll->next)
        concern(parked, poll);
}

static void concern_all(struct parked_view *parked, const struct view_entry *entry)
{
    switch (view_entry_kind(entry)) {
    case VIEW_PERSON:
        concern_queue(parked, &parked->waiting);
        watch_each(entry, concern, parked);
        return;
    case VIEW_ROSTER:
        concern_queue(parked, &parked->waiting);
        concern_queue(parked, &parked->filtered);
        concern_queue(parked, &parked->counting);
        return;
    case VIEW_DMS: concern_caller(parked, entry); return;
    }
}

static int64_t over_ms(const struct parked_view *parked)
{
    return parked->fanned_out_ms + parked->window_ms;
}

/* A change at NOW_US counts as the first one if those before it concerned nobody who waits. */
static void note_first(struct parked_view *parked, int64_t now_us)
{
    if (parked->changed_us == 0 || (list_empty(&parked->pending) && over_ms(parked) <= now_us / 1000))
        parked->changed_us = now_us;
}

/* The polls that are pending are told when the window is over, but not before NOW_MS. */
static void set_window(struct parked_set *self, struct parked_view *parked, int64_t now_ms)
{
    if (parked->window.slot == 0 && !list_empty(&parked->pending))
        alarms_set(&self->windows, &parked->window, over_ms(parked) > now_ms ? over_ms(parked) : now_ms);
}

void parked_concern(struct parked_view *parked, struct parked_poll *poll)
{
    concern(parked, poll);
}

void parked_begin_change(struct parked_view *parked, int64_t now_us)
{
    note_first(parked, now_us);
}

void parked_end_change(struct parked_set *self, struct parked_view *parked, int64_t now_us)
{
    set_window(self, parked, now_us / 1000);
}

void parked_changed(struct parked_set *self, struct view *view, const struct view_entry *entry, int64_t now_us)
{
    struct parked_view *parked = parked_view_find(self, view);
    if (!parked)
        return;
    note_first(parked, now_us);
    concern_all(parked, entry);
    set_window(self, parked, now_us / 1000);
    if (view_counts_seq(view) == view_entry_seq(entry))
        parked_counts_changed(self, parked, now_us / 1000);
}

bool parked_holds_back(const struct parked_set *self, const struct view *view, int64_t seq, int64_t now_ms)
{
    const struct parked_view *parked = parked_view_find(self, view);
    return parked && now_ms < over_ms(parked) && seq >= parked->fanned_out_seq;
}

void parked_pend(struct parked_set *self, struct parked_view *parked, struct parked_poll *poll)
{
    concern(parked, poll);
    set_window(self, parked, parked->fanned_out_ms);
}

/* ---- news of one user alone, who does not wait ---- */

static void own_changed(struct parked_set *self, struct parked_poll *poll)
{
    poll->own_news = true;
    poll->plain = false;
    if (poll->ending || (poll->stream && poll->stream->held))
        return;
    poll->concerned = true;
    list_remove(&poll->queue);
    list_append(&self->ready, &poll->queue);
}

bool parked_own(struct parked_set *self, struct view *view, const char *user, size_t len)
{
    const struct parked_view *parked = parked_view_find(self, view);
    const struct person *person = parked ? parked_person_find(parked, user, len) : NULL;
    for (struct parked_poll *poll = person ? person->polls : NULL; poll; poll = poll->next)
        own_changed(self, poll);
    return person;
}

/* ---- counts: news that may wait ---- */

/*
 * At the same times in all workers of a machine, whose clock is the same: a client may ask another one each time.
 */
void parked_counts_changed(struct parked_set *self, struct parked_view *parked, int64_t now_ms)
{
    if (parked->counts.slot == 0 && !list_empty(&parked->counting))
        alarms_set(&self->counts, &parked->counts, now_ms - now_ms % COUNTS_MS + COUNTS_MS);
}

/* The time of the change does not matter to them: they were to wait. */
static void tell_counts(struct parked_set *self, struct parked_view *parked, int64_t now_ms)
{
    struct list_node *next;
    for (struct list_node *at = parked->counting.next; at != &parked->counting; at = next) {
        struct parked_poll *poll = LIST_OWNER(at, struct parked_poll, queue);
        next = at->next;
        if (view_counts_seq(parked->view) <= poll->seq)
            continue;
        concern(parked, poll);
        poll->changed = false;
    }
    set_window(self, parked, now_ms);
}

static void tell_all_counts(struct parked_set *self, int64_t now_ms)
{
    struct alarm *due;
    while ((due = alarms_due(&self->counts, now_ms))) {
        alarms_clear(&self->counts, due);
        tell_counts(self, LIST_OWNER(due, struct parked_view, counts), now_ms);
    }
}

/* ---- what it costs ---- */

void fanout_cost_init(struct fanout_cost *self)
{
    *self = (struct fanout_cost){.unit_ns = UNIT_NS};
}

void parked_measure(struct parked_set *self, int64_t cpu_us, size_t replies)
{
    struct fanout_cost *cost = &self->cost;
    int64_t units = (int64_t)(replies * POLL_UNITS + cost->told);
    cost->told = 0;
    if (units < MEASURED_UNITS)
        return;
    int64_t unit_ns = number_within(cpu_us * 1000 / units, UNIT_NS_MIN, UNIT_NS_MAX);
    cost->unit_ns += (unit_ns - cost->unit_ns) / MEASURED_PART;
}

/* What telling the polls of QUEUE is charged, us: what it costs, everything included, or less for few polls. */
static int64_t price_of(const struct fanout_cost *cost, const struct list_node *queue)
{
    int64_t polls = 0;
    int64_t streams = 0;
    for (const struct list_node *at = queue->next; at != queue; at = at->next) {
        if (LIST_OWNER(at, const struct parked_poll, queue)->stream)
            streams++;
        else
            polls++;
    }
    int64_t polls_us = polls * POLL_COST * cost->unit_ns / 1000;
    int64_t streams_us = streams * STREAM_COST * cost->unit_ns / 1000;
    return polls_us - number_least(polls_us, FEW_US) / 2 + streams_us;
}

/*
 * Charges OWN_US for a fan-out at NOW_MS; how long its view has to wait for the next one, ms: until what this one and
 * those of other views cost is earned. What could not be earned in the longest window is forgotten.
 */
static int64_t charge(struct fanout_cost *cost, int64_t own_us, int64_t now_ms)
{
    int64_t earned_us = (now_ms - cost->charged_ms) * SHARE_US;
    int64_t debt_us = (cost->debt_us > earned_us ? cost->debt_us - earned_us : 0) + own_us;
    cost->debt_us = number_least(debt_us, WINDOW_MAX_MS * SHARE_US);
    cost->charged_ms = now_ms;
    return number_least(cost->debt_us, own_us * CROWD) / SHARE_US;
}

static int64_t longest_ms(const struct parked_view *parked)
{
    return number_within((int64_t)(parked->count / POLLS_PER_MS), WINDOW_MS, WINDOW_MAX_MS);
}

void parked_windows_open(struct parked_set *self, int64_t now_ms)
{
    struct alarm *due;
    tell_all_counts(self, now_ms);
    while ((due = alarms_due(&self->windows, now_ms))) {
        struct parked_view *parked = LIST_OWNER(due, struct parked_view, window);
        alarms_clear(&self->windows, due);
        if (list_empty(&parked->pending))
            continue;
        int64_t window_ms = charge(&self->cost, price_of(&self->cost, &parked->pending), now_ms);
        parked->window_ms = number_least(window_ms, longest_ms(parked));
        parked->fanned_out_ms = now_ms;
        parked->fanned_out_seq = view_head(parked->view);
        parked->told_us = parked->changed_us;
        parked->changed_us = 0;
        list_append_all(&self->ready, &parked->pending);
    }
}
