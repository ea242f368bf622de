/* SPDX-License-Identifier: ISC */
/*
 * Whom a change concerns, and when they hear of it: from waiting or filtered to pending at once, from pending to ready
 * when the place's window is over, from ready to their answers in portions that the loop can bear. Each poll makes each
 * of these steps once, so a storm costs no more than its answers.
 */
#include "view/parked_private.h"

enum {
    PARKED_PER_MS = 20,         /* answers a worker gives easily in a millisecond of a window */
    PARKED_WINDOW_MAX_MS = 2000 /* what a reader may be behind in the worst storm */
};

static void concern(void *ctx, struct poll *poll)
{
    struct place *place = ctx;
    if (poll->concerned)
        return;
    poll->concerned = true;
    list_remove(&poll->queue);
    list_append(&place->pending, &poll->queue);
}

static void concern_queue(struct place *place, struct list_node *queue)
{
    while (!list_empty(queue))
        concern(place, LIST_OWNER(queue->next, struct poll, queue));
}

static void concern_caller(struct place *place, const struct view_entry *mark)
{
    size_t len;
    const char *key = view_entry_key(mark, &len);
    const struct person *person = parked_person(place, key + 1, len - 1);
    for (struct poll *poll = person == NULL ? NULL : person->polls; poll != NULL; poll = poll->next)
        concern(place, poll);
}

static void concern_all(struct place *place, const struct view_entry *entry)
{
    switch (view_entry_kind(entry)) {
    case VIEW_PERSON:
        concern_queue(place, &place->waiting);
        watch_each(entry, concern, place);
        return;
    case VIEW_ROSTER:
        concern_queue(place, &place->waiting);
        concern_queue(place, &place->filtered);
        return;
    case VIEW_DMS: concern_caller(place, entry); return;
    }
}

void parked_changed(struct parked_set *self, struct view *view, const struct view_entry *entry, int64_t now_ms)
{
    struct place *place = parked_place(self, view);
    if (place == NULL || place->count == 0)
        return;
    concern_all(place, entry);
    if (list_empty(&place->pending) || place->window.slot != 0)
        return;
    int64_t over_ms = place->fanned_out_ms + place->window_ms;
    alarms_set(&self->windows, &place->window, over_ms > now_ms ? over_ms : now_ms);
}

/* Those pending in places whose window is over become ready. */
static void open_windows(struct parked_set *self, int64_t now_ms)
{
    struct alarm *due;
    while ((due = alarms_due(&self->windows, now_ms)) != NULL) {
        struct place *place = LIST_OWNER(due, struct place, window);
        alarms_clear(&self->windows, due);
        if (list_empty(&place->pending))
            continue;
        list_append_all(&self->ready, &place->pending);
        int64_t window_ms = (int64_t)(place->count / PARKED_PER_MS);
        place->window_ms = window_ms < PARKED_WINDOW_MAX_MS ? window_ms : PARKED_WINDOW_MAX_MS;
        place->fanned_out_ms = now_ms;
    }
}

/*
 * The next to be answered, or NULL. Who has waited long enough comes first, so that no credential that has ended gets
 * news; where a change concerns it already, it is told that rather than nothing.
 */
static struct poll *next_due(const struct parked_set *self, int64_t now_ms, enum wake *why)
{
    struct alarm *due = alarms_due(&self->deadlines, now_ms);
    if (due != NULL) {
        struct poll *poll = LIST_OWNER(due, struct poll, alarm);
        *why = poll->by_credential ? WAKE_CREDENTIAL : poll->concerned ? WAKE_NEWS : WAKE_TIMEOUT;
        return poll;
    }
    *why = WAKE_NEWS;
    if (!list_empty(&self->ready))
        return LIST_OWNER(self->ready.next, struct poll, queue);
    due = self->away ? alarms_first(&self->deadlines) : NULL;
    if (due == NULL)
        return NULL;
    struct poll *poll = LIST_OWNER(due, struct poll, alarm);
    *why = poll->concerned ? WAKE_NEWS : WAKE_AWAY;
    return poll;
}

bool parked_run(struct parked_set *self, int64_t now_ms, size_t budget)
{
    enum wake why;
    struct poll *poll;
    open_windows(self, now_ms);
    while ((poll = next_due(self, now_ms, &why)) != NULL && budget > 0) {
        parked_wake(self, poll, why);
        budget--;
    }
    return poll != NULL;
}

int64_t parked_next_ms(const struct parked_set *self)
{
    if (!list_empty(&self->ready) || !list_empty(&self->unreviewed) || (self->away && self->count > 0))
        return 0;
    const struct alarm *deadline = alarms_first(&self->deadlines);
    const struct alarm *window = alarms_first(&self->windows);
    if (deadline == NULL && window == NULL)
        return -1;
    if (deadline == NULL)
        return window->at_ms;
    return window == NULL || deadline->at_ms <= window->at_ms ? deadline->at_ms : window->at_ms;
}
