/* SPDX-License-Identifier: ISC */
/* Polls that have to go by a rule: of a view, of a user, of an older beat, those without their right any more, all. */
#include "view/parked_private.h"

/* Whether POLL has to end, and then why. */
typedef bool judge_fn(void *ctx, const struct poll *poll, enum wake *why);

/* Ends those in QUEUE that are of PLACE (NULL: of any) and that JUDGE condemns. */
static void judge_queue(struct parked_set *self, struct list_node *queue, const struct place *place, judge_fn *judge,
                        void *ctx)
{
    struct list_node *next;
    for (struct list_node *at = queue->next; at != queue; at = next) {
        struct poll *poll = LIST_OWNER(at, struct poll, queue);
        enum wake why;
        next = at->next;
        if ((place == NULL || poll->person->place == place) && judge(ctx, poll, &why))
            parked_wake(self, poll, why);
    }
}

static void judge_place(struct parked_set *self, struct place *place, judge_fn *judge, void *ctx)
{
    judge_queue(self, &place->pending, place, judge, ctx);
    judge_queue(self, &place->waiting, place, judge, ctx);
    judge_queue(self, &place->filtered, place, judge, ctx);
}

static void judge_all(struct parked_set *self, judge_fn *judge, void *ctx)
{
    judge_queue(self, &self->ready, NULL, judge, ctx);
    for (size_t i = 0; i < self->places.bucket_count; i++) {
        for (struct table_node *at = self->places.buckets[i]; at != NULL; at = at->next)
            judge_place(self, (struct place *)(void *)at, judge, ctx);
    }
}

static bool judge_same(void *ctx, const struct poll *poll, enum wake *why)
{
    (void)poll;
    *why = *(const enum wake *)ctx;
    return true;
}

void parked_end_view(struct parked_set *self, struct view *view, enum wake why)
{
    struct place *place = parked_place(self, view);
    if (place == NULL || place->count == 0)
        return;
    judge_queue(self, &self->ready, place, judge_same, &why);
    judge_place(self, place, judge_same, &why);
}

void parked_end_all(struct parked_set *self, enum wake why)
{
    judge_all(self, judge_same, &why);
}

void parked_end_user(struct parked_set *self, struct view *view, const char *user, size_t len, enum wake why)
{
    struct place *place = parked_place(self, view);
    struct person *person = place == NULL ? NULL : parked_person(place, user, len);
    /* The person goes with the last of the polls: the next is remembered here. */
    struct poll *next = person == NULL ? NULL : person->polls;
    while (next != NULL) {
        struct poll *poll = next;
        next = poll->next;
        parked_wake(self, poll, why);
    }
}

void parked_end_session(struct parked_set *self, struct view *view, const char *user, size_t len, const char *session,
                        int64_t beat)
{
    struct place *place = parked_place(self, view);
    struct poll *poll = place == NULL ? NULL : parked_session(place, user, len, session);
    if (poll != NULL && poll->beat < beat)
        parked_wake(self, poll, WAKE_SUPERSEDED);
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
        struct poll *poll = LIST_OWNER(self->unreviewed.next, struct poll, review);
        const struct person *person = poll->person;
        enum poll_right found = right(ctx, person->place->view, person->user, person->user_len, poll->credential);
        list_remove(&poll->review);
        list_append(&self->reviewed, &poll->review);
        if (found != POLL_ALLOWED)
            parked_wake(self, poll, found == POLL_MEMBER_REMOVED ? WAKE_REMOVED : WAKE_CREDENTIAL);
    }
    return !list_empty(&self->unreviewed);
}
