/* SPDX-License-Identifier: ISC */
/* How long the window of a fan-out is: what an answer costs, as it is measured, decides. */
#include "view/parked.h"
#include "view_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { T0 = 1000000, HOUR_MS = 3600000, ALL = 100000 };

/* Two views and a set wired as a worker does it. */
struct fixture {
    struct view *view, *other;
    struct parked_set *set;
    int64_t told_seq; /* the head when a window opened */
    /* Of the one that was answered last. */
    enum wake why;
    int64_t seq, changed_us;
};

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    struct fixture *self = ctx;
    self->why = why;
    self->seq = woken->seq;
    self->changed_us = woken->changed_us;
}

static struct tell_result on_tell(void *ctx, const struct woken *stream, enum tell what)
{
    struct fixture *self = ctx;
    (void)what;
    self->changed_us = stream->changed_us;
    return (struct tell_result){.seq = view_head(stream->view), .said = true};
}

static int set_up(void **state)
{
    static const struct parked_calls calls = {.wake = on_wake, .tell = on_tell};
    struct fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->view = new_view();
    self->other = new_view();
    self->set = parked_new(&calls, self);
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *self = *state;
    parked_end_all(self->set, WAKE_DRAIN);
    while (parked_run(self->set, T0, ALL)) {
    }
    parked_forget_view(self->set, self->view);
    parked_forget_view(self->set, self->other);
    parked_free(self->set);
    view_free(self->view);
    view_free(self->other);
    free(self);
    return 0;
}

static void park_many(struct fixture *self, struct view *view, int count, const struct stream_spec *stream)
{
    for (int i = 0; i < count; i++) {
        char user[16];
        const struct poll_spec spec = {
            .user = user,
            .user_len = (size_t)snprintf(user, sizeof user, "u%d", i),
            .seq = view_head(view),
            .deadline_ms = T0 + HOUR_MS,
            .limit = 100,
            .stream = stream,
        };
        (void)parked_add(self->set, view, &spec);
    }
}

static void open_streams(struct fixture *self, int count)
{
    const struct stream_spec stream = {.now_ms = T0, .lasts_ms = HOUR_MS, .ping_ms = HOUR_MS};
    park_many(self, self->view, count, &stream);
    while (parked_run(self->set, T0, ALL)) {
    }
    parked_measure(self->set, count * 7 / 2, 0); /* as is taken at first */
}

static void change(struct fixture *self, struct view *view, int64_t now_ms)
{
    set_status(view, "eve", view_head(view) % 2 == 0 ? STATUS_ACTIVE : STATUS_AWAY);
    parked_changed(self->set, view, view_find(view, "eve", 3), now_ms * 1000);
}

/* How long the window is after a change of VIEW at T0, ms; one more poll waits for it. */
static int64_t window_of(struct fixture *self, struct view *view)
{
    change(self, view, T0);
    while (parked_run(self->set, T0, ALL)) {
    }
    park_many(self, view, 1, NULL);
    change(self, view, T0);
    return parked_next_ms(self->set) - T0;
}

static void measure_long(struct fixture *self, int64_t cpu_us, size_t replies)
{
    for (int i = 0; i < 60; i++)
        parked_measure(self->set, cpu_us, replies);
}

static void it_grows_with_the_polls_that_are_answered(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 500, NULL);
    assert_int_equal(window_of(self, self->view), 198);
}

static void a_few_polls_have_none(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 2, NULL);
    assert_int_equal(window_of(self, self->view), 0);
}

static void a_hundred_polls_are_charged_half(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 100, NULL);
    assert_int_equal(window_of(self, self->view), 23); /* they cost 5.95 ms */
}

static void that_of_streams_is_far_shorter(void **state)
{
    struct fixture *self = *state;
    open_streams(self, 500);
    assert_int_equal(window_of(self, self->view), 70);
}

static void it_follows_what_an_answer_costs(void **state)
{
    struct fixture *self = *state;
    measure_long(self, 26250, 1000); /* half as much again as is taken at first */
    park_many(self, self->view, 500, NULL);
    assert_in_range(window_of(self, self->view), 316, 317);
}

static void it_becomes_short_if_answers_are_cheap(void **state)
{
    struct fixture *self = *state;
    measure_long(self, 8750, 1000);
    park_many(self, self->view, 500, NULL);
    assert_in_range(window_of(self, self->view), 78, 79);
}

static void what_streams_were_told_counts(void **state)
{
    struct fixture *self = *state;
    open_streams(self, 1000);
    for (int64_t i = 1; i < 60; i++) {
        change(self, self->view, T0 + i * 1000);
        while (parked_run(self->set, T0 + i * 1000, ALL)) {
        }
        parked_measure(self->set, 7000, 0); /* twice what is taken at first */
    }
    change(self, self->view, T0 + 60000);
    (void)parked_run(self->set, T0 + 60000, ALL);
    change(self, self->view, T0 + 60000);
    assert_in_range(parked_next_ms(self->set) - T0 - 60000, 279, 280);
}

static void a_measurement_of_little_is_not_believed(void **state)
{
    struct fixture *self = *state;
    measure_long(self, 1000000, 99);
    park_many(self, self->view, 500, NULL);
    assert_int_equal(window_of(self, self->view), 198);
}

static void an_absurd_measurement_has_bounds(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 100, NULL);
    park_many(self, self->other, 100, NULL);
    measure_long(self, INT64_C(1000000000), 1000);
    assert_in_range(window_of(self, self->view), 299, 300);
    change(self, self->view, T0 + 10000); /* those are over and paid */
    while (parked_run(self->set, T0 + 10000, ALL)) {
    }
    measure_long(self, 0, 1000);
    change(self, self->other, T0 + 20000);
    while (parked_run(self->set, T0 + 20000, ALL)) {
    }
    park_many(self, self->other, 1, NULL);
    change(self, self->other, T0 + 20000);
    assert_in_range(parked_next_ms(self->set) - T0 - 20000, 3, 4);
}

static void thousands_wait_four_tenths_of_a_second_at_most(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 5000, NULL);
    assert_int_equal(window_of(self, self->view), 400);
}

static void tens_of_thousands_wait_longer(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 12000, NULL);
    assert_int_equal(window_of(self, self->view), 600);
}

static void views_share_what_fan_outs_may_cost(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 400, NULL);
    park_many(self, self->other, 400, NULL);
    change(self, self->view, T0);
    while (parked_run(self->set, T0, ALL)) {
    }
    assert_int_equal(window_of(self, self->other), 300);
}

static void a_small_view_waits_little_for_a_large_one(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 5000, NULL);
    park_many(self, self->other, 10, NULL);
    change(self, self->view, T0);
    while (parked_run(self->set, T0, ALL)) {
    }
    assert_int_equal(window_of(self, self->other), 38); /* 16 times its own 2.4 */
}

static void an_old_storm_is_forgotten(void **state)
{
    struct fixture *self = *state;
    open_streams(self, 5000);
    for (int i = 0; i < 100; i++) {
        change(self, self->view, T0 - 100000 + i * 1000);
        while (parked_run(self->set, T0 - 100000 + i * 1000, ALL)) {
        }
        parked_measure(self->set, 5000 * 25, 0); /* each costs more than a second earns */
    }
    park_many(self, self->other, 100, NULL);
    parked_measure(self->set, 0, 0);
    change(self, self->other, T0 + 2000);
    while (parked_run(self->set, T0 + 2000, ALL)) {
    }
    park_many(self, self->other, 1, NULL);
    change(self, self->other, T0 + 2000);
    assert_in_range(parked_next_ms(self->set) - T0 - 2000, 299, 300); /* its own */
}

/* ---- polls that come back within a window ---- */

/* A fan-out to 500 polls at T0 opens a window of 198 ms in the view; a change 5 ms later concerns nobody there. */
static void open_window(struct fixture *self)
{
    park_many(self, self->view, 500, NULL);
    change(self, self->view, T0);
    while (parked_run(self->set, T0, ALL)) {
    }
    self->told_seq = view_head(self->view);
    change(self, self->view, T0 + 5);
}

static bool holds_back(const struct fixture *self, int64_t seq, int64_t now_ms)
{
    return parked_holds_back(self->set, self->view, seq, now_ms);
}

/* A poll of USER comes with the cursor that the fan-out gave, and has to wait with the news. */
static void come_back(struct fixture *self, const char *user, const char *session, int64_t deadline_ms)
{
    const struct poll_spec spec = {
        .user = user,
        .user_len = strlen(user),
        .session = session,
        .seq = self->told_seq,
        .deadline_ms = deadline_ms,
        .limit = 100,
        .has_news = true,
    };
    (void)parked_add(self->set, self->view, &spec);
}

static void news_is_held_back_until_the_window_is_over(void **state)
{
    struct fixture *self = *state;
    assert_false(holds_back(self, 0, T0)); /* there was no fan-out yet */
    open_window(self);
    assert_true(holds_back(self, self->told_seq, T0 + 6));
    assert_true(holds_back(self, self->told_seq, T0 + 197));
    assert_false(holds_back(self, self->told_seq, T0 + 198));
    assert_false(parked_holds_back(self->set, self->other, 0, T0 + 6));
}

static void who_missed_the_last_fan_out_is_told_at_once(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    assert_false(holds_back(self, self->told_seq - 1, T0 + 6));
}

static void a_poll_that_comes_back_is_answered_with_the_others(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    park_many(self, self->view, 1, NULL);
    come_back(self, "ann", NULL, T0 + HOUR_MS);
    assert_int_equal(parked_next_ms(self->set), T0 + 198);
    change(self, self->view, T0 + 50);
    assert_int_equal(parked_next_ms(self->set), T0 + 198);
    assert_false(parked_run(self->set, T0 + 197, ALL));
    assert_int_equal(parked_count(self->set), 2);
    assert_false(parked_run(self->set, T0 + 198, ALL));
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(self->why, WAKE_NEWS);
}

static void its_change_counts_from_when_it_came(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    come_back(self, "ann", NULL, T0 + HOUR_MS);
    (void)parked_run(self->set, T0 + 198, ALL);
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(self->seq, self->told_seq);
    assert_int_equal(self->changed_us, (T0 + 5) * INT64_C(1000));
}

static void it_gets_its_news_if_it_may_not_wait_so_long(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    come_back(self, "ann", NULL, T0 + 100);
    assert_int_equal(parked_next_ms(self->set), T0 + 100);
    (void)parked_run(self->set, T0 + 100, ALL);
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(self->why, WAKE_NEWS);
}

static void one_that_is_superseded_keeps_its_own_cursor(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    come_back(self, "ann", "tab-12345", T0 + HOUR_MS);
    come_back(self, "ann", "tab-12345", T0 + HOUR_MS);
    assert_int_equal(self->why, WAKE_SUPERSEDED);
    assert_int_equal(self->seq, self->told_seq);
}

static void what_is_held_back_counts_for_the_next_window(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    for (int i = 0; i < 250; i++) {
        char user[16];
        (void)snprintf(user, sizeof user, "u%d", i);
        come_back(self, user, NULL, T0 + HOUR_MS);
    }
    while (parked_run(self->set, T0 + 198, ALL)) {
    }
    assert_int_equal(parked_count(self->set), 0);
    assert_true(holds_back(self, view_head(self->view), T0 + 198 + 78));
    assert_false(holds_back(self, view_head(self->view), T0 + 198 + 80));
}

/* ---- since when ---- */

static void an_answer_knows_when_its_first_change_came(void **state)
{
    struct fixture *self = *state;
    park_many(self, self->view, 500, NULL);
    (void)window_of(self, self->view);
    assert_int_equal(self->changed_us, T0 * INT64_C(1000));
    change(self, self->view, T0 + 5);
    assert_false(parked_run(self->set, T0 + 6, ALL)); /* nothing is due */
    while (parked_run(self->set, T0 + 400, ALL)) {
    }
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(self->changed_us, T0 * INT64_C(1000));
}

static void a_change_that_concerned_nobody_long_ago_does_not_count(void **state)
{
    struct fixture *self = *state;
    open_window(self);
    park_many(self, self->view, 1, NULL);
    change(self, self->view, T0 + 9000);
    (void)parked_run(self->set, T0 + 9000, ALL);
    assert_int_equal(self->changed_us, (T0 + 9000) * INT64_C(1000));
}

static void the_first_page_of_a_stream_is_for_no_change(void **state)
{
    struct fixture *self = *state;
    open_streams(self, 1);
    assert_int_equal(self->changed_us, 0);
    change(self, self->view, T0 + 7);
    while (parked_run(self->set, T0 + 7, ALL)) {
    }
    assert_int_equal(self->changed_us, (T0 + 7) * INT64_C(1000));
}

int main(void)
{
#define WINDOW_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WINDOW_TEST(it_grows_with_the_polls_that_are_answered),
        WINDOW_TEST(a_few_polls_have_none),
        WINDOW_TEST(a_hundred_polls_are_charged_half),
        WINDOW_TEST(that_of_streams_is_far_shorter),
        WINDOW_TEST(it_follows_what_an_answer_costs),
        WINDOW_TEST(it_becomes_short_if_answers_are_cheap),
        WINDOW_TEST(what_streams_were_told_counts),
        WINDOW_TEST(a_measurement_of_little_is_not_believed),
        WINDOW_TEST(an_absurd_measurement_has_bounds),
        WINDOW_TEST(thousands_wait_four_tenths_of_a_second_at_most),
        WINDOW_TEST(tens_of_thousands_wait_longer),
        WINDOW_TEST(views_share_what_fan_outs_may_cost),
        WINDOW_TEST(a_small_view_waits_little_for_a_large_one),
        WINDOW_TEST(an_old_storm_is_forgotten),
        WINDOW_TEST(news_is_held_back_until_the_window_is_over),
        WINDOW_TEST(who_missed_the_last_fan_out_is_told_at_once),
        WINDOW_TEST(a_poll_that_comes_back_is_answered_with_the_others),
        WINDOW_TEST(its_change_counts_from_when_it_came),
        WINDOW_TEST(it_gets_its_news_if_it_may_not_wait_so_long),
        WINDOW_TEST(one_that_is_superseded_keeps_its_own_cursor),
        WINDOW_TEST(what_is_held_back_counts_for_the_next_window),
        WINDOW_TEST(an_answer_knows_when_its_first_change_came),
        WINDOW_TEST(a_change_that_concerned_nobody_long_ago_does_not_count),
        WINDOW_TEST(the_first_page_of_a_stream_is_for_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
