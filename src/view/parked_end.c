/* SPDX-License-Identifier: ISC */
/* Ends polls by a rule: of a view, of a user, of an older beat, those that are no longer allowed, all. See parked.h. */
#include "view/parked_private.h"

#include <string.h>

/* The polls of QUEUE that are of PARKED (NULL: of any) end with WHY from now on, whatever else happens. */
static void end_queue(struct parked_set *self, struct list_node *queue, const struct parked_view *parked, enum wake why)
{
    struct list_node *next;
    for (struct list_node *at = queue->next; at != queue; at = next) {
        struct parked_poll *poll = LIST_OWNER(at, struct parked_poll, queue);
        next = at->next;
        if (parked && poll->person->parked != parked)
            continue;
        poll->concerned = true;
        poll->ending = true;
        poll->end = (uint8_t)why;
        list_remove(&poll->queue);
        list_append(&self->ending, &poll->queue);
    }
}

static void end_parked(struct parked_set *self, struct parked_view *parked, enum wake why)
{
    end_queue(self, &parked->pending, parked, why);
    end_queue(self, &parked->waiting, parked, why);
    end_queue(self, &parked->filtered, parked, why);
    end_queue(self, &parked->counting, parked, why);
}

void parked_end_view(struct parked_set *self, struct view *view, enum wake why)
{
    struct parked_view *parked = parked_view_find(self, view);
    if (!parked || parked->count == 0)
        return;
    if (why == WAKE_LOST)
        strcpy(parked->lost_epoch, view_epoch(view));
    end_queue(self, &self->ready, parked, why);
    end_queue(self, &self->held, parked, why);
    end_parked(self, parked, why);
}

void parked_end_all(struct parked_set *self, enum wake why)
{
    end_queue(self, &self->ready, NULL, why);
    end_queue(self, &self->held, NULL, why);
    for (size_t i = 0; i < self->views.bucket_count; i++) {
        for (struct table_node *at = self->views.buckets[i]; at; at = at->next)
            end_parked(self, (struct parked_view *)(void *)at, why);
    }
}

void parked_end_user(struct parked_set *self, struct view *view, const char *user, size_t len, enum wake why)
{
    struct parked_view *parked = parked_view_find(self, view);
    struct person *person = parked ? parked_person_find(parked, user, len) : NULL;
    /* The person is freed with their last poll, so the next one is remembered here. */
    struct parked_poll *next = person ? person->polls : NULL;
    while (next) {
        struct parked_poll *poll = next;
        next = poll->next;
        parked_wake(self, poll, why);
    }
}

void parked_end_session(struct parked_set *self, struct view *view, const char *user, const char *session, int64_t beat)
{
    struct parked_view *parked = parked_view_find(self, view);
    struct parked_poll *poll = parked ? parked_session_find(parked, user, strlen(user), session) : NULL;
    if (poll && poll->beat < beat)
        parked_wake(self, poll, WAKE_SUPERSEDED);
}

/* The stream of SESSION of USER in VIEW, if its beat is not above BEAT; otherwise NULL. */
static struct parked_poll *stream_of(const struct parked_set *self, const struct view *view, const char *user,
                                     const char *session, int64_t beat)
{
    const struct parked_view *parked = parked_view_find(self, view);
    struct parked_poll *poll = parked ? parked_session_find(parked, user, strlen(user), session) : NULL;
    return poll && poll->stream && poll->beat <= beat ? poll : NULL;
}

void parked_session_left(struct parked_set *self, struct view *view, const char *user, const char *session,
                         int64_t beat)
{
    struct parked_poll *poll = stream_of(self, view, user, session, beat);
    if (poll)
        parked_wake(self, poll, WAKE_LEFT);
}

void parked_session_lapsed(struct parked_set *self, struct view *view, const struct lapsed *lapsed)
{
    struct parked_poll *poll = stream_of(self, view, lapsed->user, lapsed->session, lapsed->beat);
    if (poll)
        parked_stream_end_by(self, poll, lapsed->end_ms);
}

void parked_set_away(struct parked_set *self, bool away)
{
    self->away = away;
}

/* ---- reviews ---- */

void parked_review(struct parked_set *self)
{
    list_append_all(&self->unreviewed, &self->reviewed);
}

bool parked_review_some(struct parked_set *self, parked_right_fn *right, void *ctx, size_t budget)
{
    for (; budget > 0 && !list_empty(&self->unreviewed); budget--) {
        struct parked_poll *poll = LIST_OWNER(self->unreviewed.next, struct parked_poll, review);
        const struct person *person = poll->person;
        enum poll_right found = right(ctx, person->parked->view, person->user, person->user_len, poll->credential);
        list_remove(&poll->review);
        list_append(&self->reviewed, &poll->review);
        if (found == POLL_OWN_NEWS)
            parked_own(self, person->parked->view, person->user, person->user_len);
        else if (found != POLL_ALLOWED)
            parked_wake(self, poll, found == POLL_MEMBER_REMOVED ? WAKE_REMOVED : WAKE_CREDENTIAL);
    }
    return !list_empty(&self->unreviewed);
}
