/* SPDX-License-Identifier: ISC */
/*
 * See parked.h. The window of a fan-out: which polls a change concerns, and when they may be answered. They move from
 * waiting or filtered to pending at once, and from pending to ready when the view's window is over. Each poll takes
 * each of these steps once, so a storm costs no more than its answers.
 */
#include "view/parked_private.h"

enum {
    PARKED_PER_MS = 20,         /* answers that a worker easily gives in a millisecond */
    PARKED_WINDOW_MAX_MS = 2000 /* how far behind a reader may be in the worst storm */
};

static void concern(void *ctx, struct parked_poll *poll)
{
    struct parked_view *parked = ctx;
    if (poll->concerned)
        return;
    poll->concerned = true;
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
        return;
    case VIEW_DMS: concern_caller(parked, entry); return;
    }
}

void parked_changed(struct parked_set *self, struct view *view, const struct view_entry *entry, int64_t now_ms)
{
    struct parked_view *parked = parked_view_find(self, view);
    if (!parked || parked->count == 0)
        return;
    concern_all(parked, entry);
    if (list_empty(&parked->pending) || parked->window.slot != 0)
        return;
    int64_t over_ms = parked->fanned_out_ms + parked->window_ms;
    alarms_set(&self->windows, &parked->window, over_ms > now_ms ? over_ms : now_ms);
}

void parked_windows_open(struct parked_set *self, int64_t now_ms)
{
    struct alarm *due;
    while ((due = alarms_due(&self->windows, now_ms))) {
        struct parked_view *parked = LIST_OWNER(due, struct parked_view, window);
        alarms_clear(&self->windows, due);
        if (list_empty(&parked->pending))
            continue;
        list_append_all(&self->ready, &parked->pending);
        int64_t window_ms = (int64_t)(parked->count / PARKED_PER_MS);
        parked->window_ms = window_ms < PARKED_WINDOW_MAX_MS ? window_ms : PARKED_WINDOW_MAX_MS;
        parked->fanned_out_ms = now_ms;
    }
}
