/* SPDX-License-Identifier: ISC */
/* Narrowed polls that are told the counts: which changes wake them, and how often. */
#include "parked_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    if (why == WAKE_NEWS)
        say(ctx, woken, "");
}

static struct tell_result on_tell(void *ctx, const struct woken *stream, enum tell what)
{
    struct view_query query = {.counts = stream->counts};
    (void)what;
    if (view_has_counts(stream->view, stream->seq, &query))
        say(ctx, stream, "");
    return (struct tell_result){.seq = view_head(stream->view), .said = true};
}

static int set_up(void **state)
{
    static const struct parked_calls calls = {.wake = on_wake, .tell = on_tell};
    if (set_up_with(state, &calls) != 0)
        return -1;
    struct fixture *self = *state;
    set_status(self->view, "bob", STATUS_ACTIVE);
    return 0;
}

/* A poll that follows bob alone and has read up to SEQ. */
static void park(struct fixture *self, int64_t seq, const struct stream_spec *stream)
{
    const char *watched = "bob";
    size_t len = 3;
    const struct poll_spec spec = {
        .user = "ann",
        .user_len = 3,
        .seq = seq,
        .now_ms = self->now_ms,
        .deadline_ms = T0 + HOUR_MS,
        .only = &watched,
        .only_len = &len,
        .only_count = 1,
        .limit = 100,
        .counts = true,
        .stream = stream,
    };
    (void)parked_add(self->set, self->view, &spec);
}

/* Runs at NOW_MS until nothing is due; so many were told. */
static void expect_told(struct fixture *self, int64_t now_ms, int count)
{
    run_at(self, now_ms);
    assert_int_equal(self->woken, count);
}

static void one_who_is_not_followed_wakes_by_the_counts_at_a_full_second(void **state)
{
    struct fixture *self = *state;
    self->now_ms = T0 + 250;
    park(self, 1, NULL);
    set_status(self->view, "eve", STATUS_AWAY);
    assert_int_equal(parked_next_ms(self->set), T0 + 1000);
    expect_told(self, T0 + 999, 0);
    expect_told(self, T0 + 1000, 1);
    assert_int_equal(self->last.changed_us, 0); /* it was no change of somebody followed */
}

static void a_change_that_leaves_the_counts_wakes_nobody(void **state)
{
    struct fixture *self = *state;
    set_status(self->view, "eve", STATUS_AWAY);
    park(self, 2, NULL);
    set_status(self->view, "eve", STATUS_AWAY);
    set_mark(self->view, "\1eve");
    expect_told(self, T0 + 5000, 0);
}

static void the_next_time_is_a_second_later(void **state)
{
    struct fixture *self = *state;
    park(self, 1, NULL);
    set_status(self->view, "eve", STATUS_AWAY);
    expect_told(self, T0 + 1000, 1);
    park(self, 2, NULL);
    set_status(self->view, "eve", STATUS_ACTIVE);
    set_status(self->view, "kim", STATUS_ACTIVE);
    expect_told(self, T0 + 1999, 0);
    expect_told(self, T0 + 2000, 1);
}

static void one_who_comes_with_an_older_cursor_waits_for_that_time(void **state)
{
    struct fixture *self = *state;
    set_status(self->view, "eve", STATUS_AWAY);
    self->now_ms = T0 + 10;
    park(self, 2, NULL);
    park(self, 1, NULL);
    expect_told(self, T0 + 999, 0);
    expect_told(self, T0 + 1000, 1);
    assert_int_equal(parked_count(self->set), 1);
}

static void somebody_followed_and_the_roster_need_not_wait(void **state)
{
    struct fixture *self = *state;
    park(self, 1, NULL);
    set_status(self->view, "bob", STATUS_AWAY);
    expect_told(self, T0 + 1, 1);
    park(self, 2, NULL);
    set_mark(self->view, ROSTER);
    expect_told(self, T0 + 450, 1);
}

static void a_stream_is_told_and_stays(void **state)
{
    struct fixture *self = *state;
    const struct stream_spec stream = {
        .start = VIEW_CONTINUE, .seq = 1, .now_ms = T0, .lasts_ms = HOUR_MS, .ping_ms = HOUR_MS};
    park(self, 1, &stream);
    expect_told(self, T0, 0);
    set_status(self->view, "eve", STATUS_AWAY);
    expect_told(self, T0 + 1000, 1);
    set_status(self->view, "eve", STATUS_ACTIVE);
    set_status(self->view, "kim", STATUS_ACTIVE);
    expect_told(self, T0 + 1999, 0);
    expect_told(self, T0 + 2000, 1);
    expect_told(self, T0 + 9000, 0);
    assert_int_equal(parked_stream_count(self->set), 1);
}

#define COUNTS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COUNTS_TEST(one_who_is_not_followed_wakes_by_the_counts_at_a_full_second),
        COUNTS_TEST(a_change_that_leaves_the_counts_wakes_nobody),
        COUNTS_TEST(the_next_time_is_a_second_later),
        COUNTS_TEST(one_who_comes_with_an_older_cursor_waits_for_that_time),
        COUNTS_TEST(somebody_followed_and_the_roster_need_not_wait),
        COUNTS_TEST(a_stream_is_told_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
