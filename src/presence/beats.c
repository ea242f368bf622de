/* SPDX-License-Identifier: ISC */
/*
 * See presence.h. The signs of life of a session, and its end. A poll that follows another one closely asks nothing of
 * Redis (recent.h): Redis is told of it later, as a renewal, but always before anything else is asked about that
 * session from here. So the order of things stays that in which they came.
 */
#include "presence/effects.h"
#include "presence/says.h"
#include "presence/script_call.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "directory/directory.h"
#include "directory/members.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { RENEWALS_MAX = 1024 /* in one tick: about 10 ms of Redis */ };

/*
 * What a poll leaves with its session: this worker's name, with a + if it is a stream. Otherwise, if it has no count,
 * with the status that it says, so that it is known if it is sent again. The result is "-" for other beats.
 */
static const char *holder(const struct presence *self, const struct beat *beat, char text[WORKER_NAME_LEN + 3])
{
    const char *name = self->worker;

    if (beat->kind != BEAT_POLL)
        return "-";
    if (beat->stream)
        return self->stream_worker;
    if (beat->n >= 0 || beat->status == STATUS_OFFLINE)
        return name;
    snprintf(text, WORKER_NAME_LEN + 3, "%s/%d", name, (int)beat->status);
    return text;
}

/*
 * For how long the poll BEAT is known if it is sent again; 0 if a worker may have ended in good order since such a poll
 * began: that one has answered its polls, and the next poll is a new one.
 */
static int64_t known_for_ms(const struct presence *self, const struct beat *beat)
{
    int64_t drained_ms = self->shared ? atomic_load(&self->shared->drained_ms) : 0;
    bool drained = self->draining || (drained_ms > 0 && clock_mono_ms() - drained_ms < beat->wait_ms);

    return drained ? 0 : beat->wait_ms;
}

/* What is said of a beat beside the beat itself. */
struct terms {
    const char *kind;
    int64_t lease_ms;
    const struct recent *renewal; /* or NULL */
    int64_t age_ms;               /* of a renewal: how long ago its poll came */
    const char *said;             /* by the user, by hand; NULL: Redis knows, or asks */
};

/* What the plain renewal needs none of, in one argument: each argument costs every beat. */
static void say_terms(struct script_call *call, const struct pending *pending, const struct beat *beat,
                      const struct terms *terms, int64_t held_ms)
{
    const struct presence *self = pending->presence;
    const struct recent *renewal = terms->renewal;
    const int64_t ttl_ms = self->conf->ttl_s * INT64_C(1000);
    const int64_t limits[] = {LIMIT_SESSIONS_PER_USER, LIMIT_TOMBSTONES_PER_USER, held_ms, known_for_ms(self, beat)};
    char held_by[WORKER_NAME_LEN + 3];

    script_call_words(call);
    script_call_numbers(call, &ttl_ms, 1);
    script_call_word(call, holder(self, beat, held_by));
    script_call_word(call, pending->fresh);
    script_call_numbers(call, limits, sizeof limits / sizeof *limits);
    if (renewal)
        script_call_numbers(call, (const int64_t[]){renewal->beat, renewal->ends_ms, terms->age_ms}, 3);
}

static void send_beat(struct pending *pending, const struct beat *beat, const struct terms *terms, redis_reply_fn *done)
{
    struct presence *self = pending->presence;
    const struct expiry_now now = expiry_now(self, beat->workspace);
    struct script_keys keys;
    struct script_call call;

    script_keys_init(&keys, beat->workspace, beat->user);
    script_call_init(&call, SCRIPT_BEAT);
    script_call_key(&call, keys.due);
    script_call_key(&call, keys.state);
    script_call_key(&call, keys.meta);
    script_call_key(&call, keys.user);
    script_call_words(&call);
    script_call_word(&call, beat->workspace);
    script_call_word(&call, beat->session);
    script_call_word(&call, beat->user);
    script_call_text(&call, beat->session);
    script_call_text(&call, terms->kind);
    script_call_text(&call, beat->status == STATUS_OFFLINE ? "" : status_name(beat->status));
    script_call_int_if(&call, beat->n >= 0, beat->n);
    script_call_int(&call, terms->lease_ms);
    script_call_int_if(&call, now.asked_ms > 0, now.asked_ms);
    say_terms(&call, pending, beat, terms, now.held_ms);
    if (terms->said) {
        script_call_key(&call, keys.ends);
        script_call_text(&call, terms->said);
    }
    script_call_send(&call, self->redis, done, pending);
}

/*
 * Redis keeps nothing of the user of a beat, and asks what they say by hand: AGAIN sends it that, with the beat.
 * Returns false if that cannot be read.
 */
static bool tell(struct pending *pending, void (*again)(struct pending *pending, const char *said))
{
    const struct leftover *about = &pending->about;
    struct said_text said;
    bool good = said_text_read(pending->presence, about->workspace, about->user, &said) && !pending->asked;

    pending->asked = true;
    pending->said_rev = said.rev;
    if (good)
        again(pending, buf_text(&said.schedule));
    said_text_fini(&said);
    return good;
}

static void take_effects(struct pending *pending, const struct answer *answer)
{
    effects_take(pending, answer);
    if (pending->asked)
        says_check(pending);
}

/* ---- renewals ---- */

static void send_renewal(struct pending *pending, const char *said);

static void on_renewed(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence *self = pending->presence;
    struct answer answer;
    bool good = result == REDIS_OK && answer_beat(value, &answer);

    if (good && answer.ask) {
        if (tell(pending, send_renewal))
            return;
        result = REDIS_UNAVAILABLE;
        good = false;
    }
    self->renewing--;
    if (!good || answer.result == PRESENCE_UNAVAILABLE)
        recent_put_back(&self->recents, pending->recent, clock_mono_ms());
    else
        free(pending->recent);
    if (pending_failed(pending, result))
        return;
    if (!good) {
        pending_odd(pending, SCRIPT_BEAT);
        return;
    }
    take_effects(pending, &answer);
    pending_finish(pending, NULL);
}

/* Whether the user was removed since RECENT's right was checked. */
static bool is_removed(const struct presence *self, const struct recent *recent)
{
    const struct recent_id id = recent_id(recent);

    return directory_revision(self->directory) != recent->revision &&
           directory_has_member(self->directory, id.workspace, id.user) == DIRECTORY_NOT_FOUND;
}

/* What is left of the lease of the poll that RECENT owes, ms. */
static int64_t left_of(const struct presence *self, const struct recent *recent)
{
    return conf_poll_lease_ms(self->conf) - (clock_mono_ms() - recent->owed_ms);
}

static void send_renewal(struct pending *pending, const char *said)
{
    const struct recent *recent = pending->recent;
    const struct recent_id id = recent_id(recent);
    const struct beat beat = {id.workspace, id.user, id.session, BEAT_POLL, recent->status, recent->n, 0, false};
    int64_t left_ms = left_of(pending->presence, recent);
    struct terms terms = {
        .kind = "renew", .renewal = recent, .age_ms = clock_mono_ms() - recent->owed_ms, .said = said};

    terms.lease_ms = left_ms > 0 ? left_ms : 1;
    send_beat(pending, &beat, &terms, on_renewed);
}

/* Tells Redis of the poll that RECENT, which is taken, owes; if its lease is over by now, there is nothing to tell. */
static void renew(struct presence *self, struct recent *recent)
{
    if (left_of(self, recent) <= 0 || is_removed(self, recent)) {
        free(recent);
        return;
    }
    const struct recent_id id = recent_id(recent);
    struct pending *pending = pending_new(self, id.workspace, id.user, NULL, NULL);
    pending->recent = recent;
    self->renewing++;
    send_renewal(pending, NULL);
}

static void renew_if_owed(struct presence *self, struct recent *recent)
{
    if (recent)
        renew(self, recent);
}

/* At most MAX of those whose time is over at NOW_MS. */
static void renew_due(struct presence *self, int64_t now_ms, size_t max)
{
    struct recent *recent;

    for (; max > 0 && (recent = recent_take_due(&self->recents, now_ms)); max--)
        renew(self, recent);
}

void beats_tick(struct presence *self, int64_t now_ms)
{
    if (redis_router_some_up(self->redis))
        renew_due(self, now_ms, RENEWALS_MAX);
}

void presence_drain(struct presence *self)
{
    self->draining = true;
    if (self->shared)
        atomic_store(&self->shared->drained_ms, clock_mono_ms());
    renew_due(self, clock_mono_ms() + self->recents.owe_ms, SIZE_MAX);
    place_renewals_end_in(self, UINT64_MAX);
}

bool presence_drained(const struct presence *self)
{
    return self->renewing == 0;
}

/* ---- beats ---- */

/* ANSWER is NULL if there was none. */
static void remember(const struct pending *pending, const struct answer *answer)
{
    struct presence *self = pending->presence;

    if (pending->recent)
        recent_answered(&self->recents, pending->recent, answer && answer->renewed ? answer->beat : 0,
                        answer ? answer->now_ms + conf_poll_lease_ms(self->conf) : 0);
}

static void on_beat(void *ctx, enum redis_result result, const struct redis_value *value);

static void send_own_beat(struct pending *pending, const char *said)
{
    static const char *const kinds[] = {"join", "heartbeat", "poll"};
    const struct conf *conf = pending->presence->conf;
    const struct beat *beat = &pending->beat;
    const struct terms terms = {.kind = kinds[beat->kind],
                                .lease_ms = pending->is_poll ? conf_poll_lease_ms(conf) : conf->ttl_s * INT64_C(1000),
                                .said = said};

    send_beat(pending, beat, &terms, on_beat);
}

static void on_beat(void *ctx, enum redis_result result, const struct redis_value *value)
{
    struct pending *pending = ctx;
    struct presence_reply reply = {0};
    struct answer answer;
    bool good = result == REDIS_OK && answer_beat(value, &answer);

    if (good && answer.ask) {
        if (tell(pending, send_own_beat))
            return;
        result = REDIS_UNAVAILABLE;
        good = false;
    }
    remember(pending, good ? &answer : NULL);
    if (pending_failed(pending, result))
        return;
    if (!good) {
        pending_odd(pending, SCRIPT_BEAT);
        return;
    }
    reply.result = answer.result;
    effects_cursor(pending, &answer, &reply.cursor);
    reply.now_ms = answer.now_ms;
    reply.status = answer.own;
    reply.alive = answer.alive;
    reply.beat = answer.beat;
    reply.waited_ms = answer.beat > 0 && answer.now_ms > answer.beat / 1000 ? answer.now_ms - answer.beat / 1000 : 0;
    reply.changed = answer.change.seq > 0;
    reply.told = answer.told;
    take_effects(pending, &answer);
    if (answer.told && !pending->is_poll)
        pending_finish_told(pending, &reply);
    else
        pending_finish(pending, &reply);
}

void presence_beat(struct presence *self, const struct beat *beat, presence_reply_fn *done, void *ctx)
{
    renew_if_owed(self, recent_take_before(&self->recents, beat));
    struct pending *pending = pending_new(self, beat->workspace, beat->user, done, ctx);
    pending_keep_beat(pending, beat);
    pending->is_poll = beat->kind == BEAT_POLL;
    if (pending->is_poll && !beat->stream)
        pending->recent = recent_ask(&self->recents, beat, clock_mono_ms(), directory_revision(self->directory));
    send_own_beat(pending, NULL);
}

int64_t presence_beat_again(struct presence *self, const struct beat *beat)
{
    int64_t now_ms = clock_mono_ms();
    struct recent *recent = recent_find(&self->recents, beat, now_ms, directory_revision(self->directory));

    if (!recent || self->draining || !redis_router_caught_up(self->redis, presence_part_of(self, beat->workspace)))
        return 0;
    recent_owe(recent, beat, now_ms);
    return recent->beat;
}

/* ---- leave ---- */

void presence_leave(struct presence *self, const struct leave *leave, presence_reply_fn *done, void *ctx)
{
    static const char *const modes[] = {"now", "grace", "closed"};
    const struct recent_id id = {leave->workspace, leave->user, leave->session};
    unsigned grace_s = leave->mode == LEAVE_CLOSED ? self->conf->closed_grace_s : self->conf->leave_grace_s;
    const struct expiry_now now = expiry_now(self, leave->workspace);
    struct script_keys keys;
    struct script_call call;

    renew_if_owed(self, recent_take(&self->recents, &id));
    struct pending *pending = pending_new(self, leave->workspace, leave->user, done, ctx);
    script_keys_init(&keys, leave->workspace, leave->user);
    script_call_init(&call, SCRIPT_LEAVE);
    script_call_user_keys(&call, &keys);
    script_call_text(&call, leave->workspace);
    script_call_text(&call, leave->user);
    script_call_text(&call, leave->session);
    script_call_text(&call, modes[leave->mode]);
    script_call_int(&call, grace_s * 1000L);
    script_call_int(&call, leave->beat);
    script_call_int(&call, self->conf->ttl_s * 1000L);
    script_call_text(&call, pending->fresh);
    script_call_text(&call, keys.channel);
    script_call_int(&call, LIMIT_TOMBSTONES_PER_USER);
    script_call_int_if(&call, now.asked_ms > 0, now.asked_ms);
    script_call_int(&call, now.held_ms);
    script_call_int_if(&call, leave->n >= 0, leave->n);
    script_call_send(&call, self->redis, effects_on_leave, pending);
}
