/* SPDX-License-Identifier: ISC */
/*
 * See parked.h. Answers the polls that are ready or have waited long enough, in portions that the loop can bear.
 */
#include "view/parked_private.h"

/* Why POLL is answered now: the rule that ends it, or the news that it has, or else OTHERWISE. */
static enum wake reason_for(const struct parked_poll *poll, enum wake otherwise)
{
    if (poll->ending)
        return (enum wake)poll->end;
    return poll->concerned ? WAKE_NEWS : otherwise;
}

/*
 * The next poll to be answered, with WHY, or NULL. One that has waited long enough comes first, so that no news goes
 * to a credential that has ended. If a change concerns it already, it is sent that rather than nothing.
 */
static struct parked_poll *next_due(const struct parked_set *self, int64_t now_ms, enum wake *why)
{
    struct alarm *due = alarms_due(&self->deadlines, now_ms);
    if (due) {
        struct parked_poll *poll = LIST_OWNER(due, struct parked_poll, alarm);
        *why = poll->by_credential ? WAKE_CREDENTIAL : reason_for(poll, WAKE_TIMEOUT);
        return poll;
    }
    const struct list_node *queue = list_empty(&self->ending) ? &self->ready : &self->ending;
    if (!list_empty(queue)) {
        struct parked_poll *poll = LIST_OWNER(queue->next, struct parked_poll, queue);
        *why = reason_for(poll, WAKE_NEWS);
        return poll;
    }
    due = self->away ? alarms_first(&self->deadlines) : NULL;
    if (!due)
        return NULL;
    struct parked_poll *poll = LIST_OWNER(due, struct parked_poll, alarm);
    *why = reason_for(poll, WAKE_AWAY);
    return poll;
}

bool parked_run(struct parked_set *self, int64_t now_ms, size_t budget)
{
    enum wake why;
    struct parked_poll *poll;
    parked_windows_open(self, now_ms);
    while ((poll = next_due(self, now_ms, &why)) && budget > 0) {
        if (why != WAKE_AWAY && parked_stream_goes_on(poll, now_ms))
            parked_stream_tell(self, poll, now_ms);
        else
            parked_wake(self, poll, why);
        budget--;
    }
    return poll;
}

/* AT_MS (-1: never), or when the first of ALARMS is due if that is sooner. */
static int64_t sooner(int64_t at_ms, const struct alarms *alarms)
{
    const struct alarm *first = alarms_first(alarms);
    return first && (at_ms < 0 || first->at_ms < at_ms) ? first->at_ms : at_ms;
}

int64_t parked_next_ms(const struct parked_set *self)
{
    if (!list_empty(&self->ready) || !list_empty(&self->ending) || !list_empty(&self->unreviewed) ||
        (self->away && self->count > 0))
        return 0;
    int64_t next_ms = sooner(-1, &self->deadlines);
    next_ms = sooner(next_ms, &self->windows);
    return sooner(next_ms, &self->counts);
}
