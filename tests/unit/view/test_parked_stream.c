/* SPDX-License-Identifier: ISC */
/* Streams among parked polls: what they are told and when, that they stay, what they do when nothing more fits. */
#include "parked_fixture.h"

#include "base/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PING_MS = 15000, BEAT_MS = 30000, LASTS_MS = 900000, BEAT = 7 };

/* The line: small letters for what a stream is told (news with the seq that it reaches), capitals for how one ends. */
static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    static const char *const words[] = {
        [WAKE_NEWS] = ":NEWS",
        [WAKE_TIMEOUT] = ":TIMEOUT",
        [WAKE_CREDENTIAL] = ":CREDENTIAL",
        [WAKE_REMOVED] = ":REMOVED",
        [WAKE_SUPERSEDED] = ":SUPERSEDED",
        [WAKE_CROWDED] = ":CROWDED",
        [WAKE_DRAIN] = ":DRAIN",
        [WAKE_LOST] = ":LOST",
        [WAKE_AWAY] = ":AWAY",
        [WAKE_LEFT] = ":LEFT",
    };
    say(ctx, woken, words[why]);
}

/* As a worker does it: a page of what is new, and whether there is another. */
static struct tell_result on_tell(void *ctx, const struct woken *stream, enum tell what)
{
    struct fixture *self = ctx;
    struct tell_result told = {.seq = stream->seq, .head = stream->head};
    struct view_query query = {.only = stream->only, .only_count = stream->only_count, .limit = stream->limit};
    struct cursor since = {.epoch = EPOCH, .seq = stream->seq, .head = stream->head};
    struct cursor next;
    char text[32];

    if (what != TELL_NEWS) {
        say(self, stream, what == TELL_PING ? ":ping" : ":beat");
        told.said = true;
        told.held = self->holds;
        return told;
    }
    if (stream->start == VIEW_CONTINUE && since.head == 0 && !view_has_news(stream->view, since.seq, &query))
        return told;
    blob_unref(view_page(stream->view, stream->start, &since, &query, &next));
    (void)snprintf(text, sizeof text, ":%s%d", stream->start == VIEW_CONTINUE ? "" : "all", (int)next.seq);
    say(self, stream, text);
    return (struct tell_result){.seq = next.seq,
                                .head = next.head,
                                .said = true,
                                .held = self->holds,
                                .more = next.head > 0 || view_has_news(stream->view, next.seq, &query)};
}

static int set_up(void **state)
{
    static const struct parked_calls calls = {.wake = on_wake, .tell = on_tell};
    return set_up_with(state, &calls);
}

static struct parked_poll *open_with(struct fixture *self, const char *user, const char *session,
                                     struct stream_spec stream, const char *watched)
{
    size_t len = watched ? strlen(watched) : 0;
    stream.now_ms = self->now_ms;
    stream.lasts_ms = LASTS_MS;
    stream.ping_ms = PING_MS;
    stream.beat_ms = session ? BEAT_MS : 0;
    const struct poll_spec spec = {
        .user = user,
        .user_len = strlen(user),
        .session = session,
        .beat = session ? BEAT : 0,
        .seq = stream.seq,
        .deadline_ms = self->now_ms + LASTS_MS,
        .limit = 2,
        .only = watched ? &watched : NULL,
        .only_len = &len,
        .only_count = watched ? 1 : 0,
        .stream = &stream,
    };
    return parked_add(self->set, self->view, &spec);
}

/* A stream that continues at the head. */
static struct parked_poll *open_stream(struct fixture *self, const char *user, const char *session)
{
    return open_with(self, user, session, (struct stream_spec){.start = VIEW_CONTINUE, .seq = view_head(self->view)},
                     NULL);
}

/* Runs at NOW_MS until nothing is due; what happened is LINE. */
static void expect_run(struct fixture *self, int64_t now_ms, const char *line)
{
    run_at(self, now_ms);
    assert_string_equal(self->line, line);
}

static void a_stream_is_told_of_each_change_and_stays(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", NULL);
    expect_run(self, T0, "");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "ann:1 ");
    set_status(self->view, "carl", STATUS_ACTIVE);
    expect_run(self, T0 + 1, "ann:2 ");
    expect_run(self, T0 + 2, "");
    assert_int_equal(parked_count(self->set), 1);
    assert_int_equal(parked_stream_count(self->set), 1);
}

static void one_that_begins_with_everything_gets_page_after_page(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 5; i++)
        set_status(self->view, (const char *[]){"a", "b", "c", "d", "e"}[i], STATUS_ACTIVE);
    (void)open_with(self, "ann", NULL, (struct stream_spec){.start = VIEW_EVERYTHING}, NULL);
    expect_run(self, T0, "ann:all2 ann:4 ann:5 ");
    set_status(self->view, "f", STATUS_ACTIVE);
    expect_run(self, T0 + 5, "ann:6 ");
}

static void one_that_missed_something_is_told_at_once(void **state)
{
    struct fixture *self = *state;
    set_status(self->view, "bob", STATUS_ACTIVE);
    set_status(self->view, "carl", STATUS_ACTIVE);
    (void)open_with(self, "ann", NULL, (struct stream_spec){.start = VIEW_CONTINUE, .seq = 1}, NULL);
    expect_run(self, T0, "ann:2 ");
}

static void a_narrowed_stream_is_not_told_of_others(void **state)
{
    struct fixture *self = *state;
    (void)open_with(self, "ann", NULL, (struct stream_spec){.start = VIEW_CONTINUE}, "carl");
    expect_run(self, T0, "");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "");
    set_status(self->view, "carl", STATUS_ACTIVE);
    expect_run(self, T0, "ann:2 ");
    set_status(self->view, "carl", STATUS_ACTIVE);
    expect_run(self, T0 + 1, "ann:3 ");
}

static void silence_is_broken_by_pings(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", NULL);
    expect_run(self, T0, "");
    assert_int_equal(parked_next_ms(self->set), T0 + PING_MS);
    expect_run(self, T0 + PING_MS - 1, "");
    expect_run(self, T0 + PING_MS, "ann:ping ");
    expect_run(self, T0 + 2 * PING_MS, "ann:ping ");
}

static void news_put_the_next_ping_off(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", NULL);
    expect_run(self, T0, "");
    self->now_ms = T0 + PING_MS - 1;
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + PING_MS - 1, "ann:1 ");
    expect_run(self, T0 + PING_MS, "");
    expect_run(self, T0 + 2 * PING_MS - 2, "");
    expect_run(self, T0 + 2 * PING_MS - 1, "ann:ping ");
}

static void one_with_a_session_is_asked_for_heartbeats(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", "session-1");
    expect_run(self, T0 + PING_MS, "ann:ping ");
    expect_run(self, T0 + BEAT_MS, "ann:beat ");
    expect_run(self, T0 + BEAT_MS + PING_MS, "ann:ping ");
    expect_run(self, T0 + 2 * BEAT_MS, "ann:beat ");
}

static void one_that_takes_no_more_is_told_nothing_until_it_does(void **state)
{
    struct fixture *self = *state;
    struct parked_poll *stream = open_stream(self, "ann", "session-1");
    self->holds = true;
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "ann:1 ");
    set_status(self->view, "carl", STATUS_ACTIVE);
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + BEAT_MS + 1000, "");
    self->holds = false;
    parked_resume(self->set, stream);
    expect_run(self, T0 + BEAT_MS + 1001, "ann:3 ");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + BEAT_MS + 1010, "ann:4 ");
}

static void one_that_a_ping_did_not_fit_into_is_held_too(void **state)
{
    struct fixture *self = *state;
    struct parked_poll *stream = open_stream(self, "ann", NULL);
    expect_run(self, T0, "");
    self->holds = true;
    expect_run(self, T0 + PING_MS, "ann:ping ");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + PING_MS + 1, "");
    self->holds = false;
    parked_resume(self->set, stream);
    expect_run(self, T0 + PING_MS + 2, "ann:1 ");
}

static void a_held_stream_ends_like_others(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", NULL);
    self->holds = true;
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "ann:1 ");
    parked_end_view(self->set, self->view, WAKE_LOST);
    expect_run(self, T0, "ann:LOST ");
    assert_int_equal(parked_count(self->set), 0);
}

static void it_ends_when_its_time_is_over(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", NULL);
    for (int64_t at = T0; at < T0 + LASTS_MS; at += PING_MS)
        expect_run(self, at, at == T0 ? "" : "ann:ping ");
    expect_run(self, T0 + LASTS_MS, "ann:TIMEOUT ");
}

static void it_ends_with_its_credential(void **state)
{
    struct fixture *self = *state;
    struct stream_spec stream = {.start = VIEW_CONTINUE, .now_ms = T0, .lasts_ms = LASTS_MS, .ping_ms = PING_MS};
    const struct poll_spec spec = {.user = "ann",
                                   .user_len = 3,
                                   .deadline_ms = T0 + LASTS_MS,
                                   .credential_deadline_ms = T0 + PING_MS + 1,
                                   .limit = 2,
                                   .stream = &stream};
    (void)parked_add(self->set, self->view, &spec);
    expect_run(self, T0 + PING_MS, "ann:ping ");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + PING_MS + 1, "ann:CREDENTIAL ");
}

static void it_ends_when_its_session_leaves(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", "session-1");
    expect_run(self, T0, "");
    self->line[0] = '\0';
    parked_session_left(self->set, self->view, "ann", "session-2", BEAT);
    parked_session_left(self->set, self->view, "bob", "session-1", BEAT);
    parked_session_left(self->set, self->view, "ann", "session-1", BEAT - 1);
    assert_string_equal(self->line, "");
    parked_session_left(self->set, self->view, "ann", "session-1", BEAT);
    assert_string_equal(self->line, "ann:LEFT ");
}

static void it_reads_on_for_a_while_when_its_session_lapses(void **state)
{
    struct fixture *self = *state;
    int64_t end_ms = T0 + PING_MS - 2;
    (void)open_stream(self, "ann", "session-1");
    expect_run(self, T0, "");
    parked_session_lapsed(self->set, self->view, &(struct lapsed){"ann", "session-1", BEAT - 1, T0 + 1});
    parked_session_lapsed(self->set, self->view, &(struct lapsed){"ann", "session-1", BEAT, end_ms});
    parked_session_lapsed(self->set, self->view, &(struct lapsed){"ann", "session-1", BEAT, end_ms + 1});
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + 1, "ann:1 ");
    expect_run(self, end_ms - 1, "");
    expect_run(self, end_ms, "ann:TIMEOUT ");
}

static void a_newer_stream_of_its_session_takes_its_place(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", "session-1");
    self->line[0] = '\0';
    (void)open_stream(self, "ann", "session-1");
    assert_string_equal(self->line, "ann:SUPERSEDED ");
    assert_int_equal(parked_stream_count(self->set), 1);
}

static void while_redis_is_away_it_gets_what_is_known_and_ends(void **state)
{
    struct fixture *self = *state;
    (void)open_stream(self, "ann", NULL);
    expect_run(self, T0, "");
    set_status(self->view, "bob", STATUS_ACTIVE);
    parked_set_away(self->set, true);
    expect_run(self, T0, "ann:1 ann:AWAY ");
}

static void streams_and_polls_are_told_in_turn(void **state)
{
    struct fixture *self = *state;
    const struct poll_spec poll = {.user = "pat", .user_len = 3, .deadline_ms = T0 + 25000, .limit = 2};
    (void)open_stream(self, "ann", NULL);
    (void)parked_add(self->set, self->view, &poll);
    expect_run(self, T0, "");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "pat:NEWS ann:1 ");
    assert_int_equal(parked_count(self->set), 1);
}

#define STREAM_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(a_stream_is_told_of_each_change_and_stays),
        STREAM_TEST(one_that_begins_with_everything_gets_page_after_page),
        STREAM_TEST(one_that_missed_something_is_told_at_once),
        STREAM_TEST(a_narrowed_stream_is_not_told_of_others),
        STREAM_TEST(silence_is_broken_by_pings),
        STREAM_TEST(news_put_the_next_ping_off),
        STREAM_TEST(one_with_a_session_is_asked_for_heartbeats),
        STREAM_TEST(one_that_takes_no_more_is_told_nothing_until_it_does),
        STREAM_TEST(one_that_a_ping_did_not_fit_into_is_held_too),
        STREAM_TEST(a_held_stream_ends_like_others),
        STREAM_TEST(it_ends_when_its_time_is_over),
        STREAM_TEST(it_ends_with_its_credential),
        STREAM_TEST(it_ends_when_its_session_leaves),
        STREAM_TEST(it_reads_on_for_a_while_when_its_session_lapses),
        STREAM_TEST(a_newer_stream_of_its_session_takes_its_place),
        STREAM_TEST(while_redis_is_away_it_gets_what_is_known_and_ends),
        STREAM_TEST(streams_and_polls_are_told_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
