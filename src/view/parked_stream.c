/* SPDX-License-Identifier: ISC */
/*
 * What streams have beside polls: what one is told when it is due, and that it stays. Its alarm is the soonest of its
 * next ping, its next beat and its end, as they were when the alarm was set: news put the ping off without touching the
 * alarm, so that a fan-out sets none. See parked.h.
 */
#include "view/parked_private.h"

#include "base/mem.h"
#include "base/number.h"

#include <stdlib.h>

static int64_t soonest(const struct parked_stream *self)
{
    return number_least(number_least(self->ping_at_ms, self->beat_at_ms), self->end_ms);
}

struct parked_stream *parked_stream_new(const struct stream_spec *spec, int64_t end_ms, int64_t *at_ms)
{
    if (!spec)
        return NULL;
    struct parked_stream *self = mem_new(sizeof *self);
    self->start = spec->start;
    self->head = spec->head;
    self->ping_ms = spec->ping_ms;
    self->beat_ms = spec->beat_ms;
    self->ping_at_ms = spec->now_ms + spec->ping_ms;
    self->beat_at_ms = spec->beat_ms > 0 ? spec->now_ms + spec->beat_ms : INT64_MAX;
    self->end_ms = end_ms;
    *at_ms = soonest(self);
    return self;
}

bool parked_stream_goes_on(const struct parked_poll *poll, int64_t now_ms)
{
    return poll->stream && !poll->ending && now_ms < poll->stream->end_ms;
}

/* Puts the stream POLL where it waits for what is next: room in its socket, its next page, or a change. */
static void put_back(struct parked_set *self, struct parked_poll *poll, bool has_more)
{
    struct list_node *rest = parked_rest(poll);
    list_remove(&poll->queue);
    poll->concerned = poll->stream->held || has_more;
    poll->changed = false;
    list_append(poll->stream->held ? &self->held : has_more ? &self->ready : rest, &poll->queue);
}

static void tell(struct parked_set *self, struct parked_poll *poll, enum tell what, int64_t now_ms)
{
    struct parked_stream *stream = poll->stream;
    struct woken woken = parked_woken(poll);
    struct view_entry **only = watch_list(woken.view, poll, &woken.only_count);
    woken.only = only;
    struct tell_result told = self->calls->tell(self->ctx, &woken, what);
    free(only);
    poll->seq = told.seq;
    stream->head = told.head;
    stream->held = told.held;
    self->cost.told += told.said ? 1 : 0;
    if (told.said)
        stream->ping_at_ms = now_ms + stream->ping_ms;
    if (what == TELL_NEWS) {
        stream->start = VIEW_CONTINUE;
        poll->own_news = false;
    }
    if (what == TELL_NEWS || told.held)
        put_back(self, poll, told.more);
}

/* Sets the alarm again, if it was due at NOW_MS. */
static void set_alarm(struct parked_set *self, struct parked_poll *poll, int64_t now_ms)
{
    if (poll->alarm.at_ms > now_ms)
        return;
    alarms_clear(&self->deadlines, &poll->alarm);
    alarms_set(&self->deadlines, &poll->alarm, soonest(poll->stream));
}

/* Nothing can be sent to it: what was due is put off. The connection has a time limit of its own. */
static void put_off(struct parked_stream *stream, int64_t now_ms)
{
    stream->ping_at_ms = now_ms + stream->ping_ms;
    if (stream->beat_at_ms <= now_ms)
        stream->beat_at_ms = stream->ping_at_ms;
}

void parked_stream_tell(struct parked_set *self, struct parked_poll *poll, int64_t now_ms)
{
    struct parked_stream *stream = poll->stream;
    if (stream->held) {
        put_off(stream, now_ms);
    } else if (poll->concerned) {
        tell(self, poll, TELL_NEWS, now_ms);
    } else if (stream->beat_at_ms <= now_ms) {
        stream->beat_at_ms = now_ms + stream->beat_ms;
        tell(self, poll, TELL_BEAT, now_ms);
    } else if (stream->ping_at_ms <= now_ms) {
        tell(self, poll, TELL_PING, now_ms);
    }
    set_alarm(self, poll, now_ms);
}

void parked_stream_end_by(struct parked_set *self, struct parked_poll *poll, int64_t end_ms)
{
    struct parked_stream *stream = poll->stream;
    if (stream->end_ms <= end_ms)
        return;
    stream->end_ms = end_ms;
    poll->by_credential = false;
    alarms_clear(&self->deadlines, &poll->alarm);
    alarms_set(&self->deadlines, &poll->alarm, soonest(stream));
}

void parked_resume(struct parked_set *self, struct parked_poll *poll)
{
    poll->stream->held = false;
    list_remove(&poll->queue);
    list_append(poll->ending ? &self->ending : &self->ready, &poll->queue);
}
