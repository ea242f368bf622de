/* SPDX-License-Identifier: ISC */
/* See stream_park.h. */
#include "api/resources/stream_park.h"

#include "api/resources/stream_wake.h"
#include "api/shared/service.h"
#include "api/shared/spend.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/members.h"

#include <stdlib.h>
#include <string.h>

/*
 * An oldest poll whose reply has begun could only end with an empty 200, and its client would ask again at once. Then
 * the new poll is refused: replies 429 and returns false.
 */
static bool has_room(struct stream_request *self, const struct view *view)
{
    const char *user = self->exchange->caller.user;
    const struct conn *oldest = parked_crowded(service_of(self->exchange)->parked, view, user, strlen(user));

    if (!oldest || !conn_begun(oldest))
        return true;
    exchange_problem(
        self->exchange, PROBLEM_TOO_MANY_POLLS,
        "You have %d polls waiting in this workspace, as many as a user may. Ask again later with the same cursor: no "
        "change is lost.",
        LIMIT_POLLS_PER_USER);
    return false;
}

static bool is_stranger(const struct stream_request *self, const struct view *view, const char *user)
{
    const struct exchange *exchange = self->exchange;

    return !view_existing(view, user, strlen(user)) &&
           directory_is_member(service_of(exchange)->directory, exchange->workspace, user) == DIRECTORY_NOT_FOUND;
}

/*
 * Puts users who are not members last and returns how many they are: no entries are made for them, so that a client
 * cannot fill memory with ids it makes up. Looking them up in the database costs work.
 */
static size_t part_strangers(struct stream_request *self, const struct view *view)
{
    size_t kept = 0;

    for (size_t i = 0; i < self->count; i++) {
        char *user = self->users[i];
        if (is_stranger(self, view, user))
            continue;
        self->users[i] = self->users[kept];
        self->users[kept++] = user;
    }
    spend_anyway(self->exchange, COST_WORK, (self->count - kept) / COSTS_WORK_ASKED);
    return self->count - kept;
}

static int64_t credential_deadline_ms(const struct caller *caller)
{
    if (caller->expires_ms == 0)
        return 0;
    return clock_mono_ms() + caller->expires_ms - clock_wall_ms();
}

static size_t *lengths_of(const struct stream_request *self)
{
    size_t *lens = mem_resize(NULL, self->count + 1, sizeof *lens);

    for (size_t i = 0; i < self->count; i++)
        lens[i] = strlen(self->users[i]);
    return lens;
}

/* Whether STREAM could begin. If not, its socket took nothing at all: it is answered like a poll. */
static bool begin(struct stream_request *self, struct view *view, const struct stream_spec *stream)
{
    if (!stream || exchange_begin_events(self->exchange, self->coded))
        return true;
    exchange_reply(self->exchange, 200, view_nothing(view, self->has_since ? self->since.seq : 0, self->since.own_rev));
    return false;
}

/* How long the poll may wait from now on. One that was sent again ends when it would have ended. */
static int64_t left_ms(const struct stream_request *self)
{
    int64_t wait_ms = self->wait_s * 1000;

    return self->waited_ms < wait_ms ? wait_ms - self->waited_ms : 0;
}

/* What the poll need not be told: everything so far, unless there is news that it waits with. */
static int64_t has_read_to(const struct stream_request *self, const struct view *view)
{
    return self->has_news || self->has_counts ? self->since.seq : view_head(view);
}

void stream_park(struct stream_request *self, struct view *view, const struct stream_spec *stream)
{
    if (!has_room(self, view) || !begin(self, view, stream))
        return;
    struct exchange *exchange = self->exchange;
    struct service *service = service_of(exchange);
    size_t strangers = part_strangers(self, view);
    size_t *lens = lengths_of(self);
    int64_t now_ms = clock_mono_ms();
    const struct poll_spec spec = {
        .user = exchange->caller.user,
        .user_len = strlen(exchange->caller.user),
        .session = self->is_beat ? self->session : NULL,
        .beat = self->beat,
        .seq = stream ? stream->seq : has_read_to(self, view),
        .now_ms = now_ms,
        .deadline_ms = now_ms + (stream ? stream->lasts_ms : left_ms(self)),
        .credential = exchange->caller.credential,
        .credential_deadline_ms = credential_deadline_ms(&exchange->caller),
        .only = self->count > 0 ? (const char *const *)self->users : NULL,
        .only_len = lens,
        .only_count = self->count,
        .stranger_count = strangers,
        .limit = (uint32_t)self->limit,
        .cors = exchange->cors,
        .own_news = stream && self->own_news,
        .plain = self->own_rev == 0,
        .counts = self->counts,
        .has_news = self->has_news,
        .conn = exchange->conn,
        .stream = stream,
        .reading = self->reading,
    };
    self->reading = NULL;
    conn_set_owner(exchange->conn, stream_on_gone, parked_add(service->parked, view, &spec));
    free(lens);
    exchange_park(exchange);
    service->on_parked(service->host.ctx);
}
