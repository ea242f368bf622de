/* SPDX-License-Identifier: ISC */
/* Leases lapse while Redis can be used and its clock is steady. If nobody could beat, nobody lapses for a lease. */
#include "presence/expiry_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { LEASE_MS = 60000, PARTITIONS = 3, NOW = 1000000, REDIS_NOW = 5000000 };

static int begin(void **state)
{
    static struct expiry_step step;

    expiry_step_init(&step, LEASE_MS, PARTITIONS);
    *state = &step;
    return 0;
}

static const struct expiry_answer *answer_at(int64_t redis_ms)
{
    static struct expiry_answer answer;

    answer = (struct expiry_answer){redis_ms, false, false, false};
    return &answer;
}

/* A round that succeeds at NOW_MS, Redis's clock running as the worker's; what its last answer led to. */
static struct expiry_actions good_round(struct expiry_step *step, int64_t now_ms)
{
    struct expiry_actions actions = {0};

    assert_true(expiry_step_tick(step, true, true, now_ms).run);
    for (int i = 0; i < PARTITIONS; i++)
        actions = expiry_step_answered(step, answer_at(REDIS_NOW + now_ms - NOW), now_ms);
    assert_true(actions.over);
    return actions;
}

static void bad_round(struct expiry_step *step, int64_t now_ms)
{
    assert_true(expiry_step_tick(step, true, true, now_ms).run);
    for (int i = 0; i < PARTITIONS; i++)
        expiry_step_failed(step, false, now_ms);
}

/* Ticks with Redis down from FROM_MS to TO_MS. */
static void down(struct expiry_step *step, int64_t from_ms, int64_t to_ms)
{
    for (int64_t now_ms = from_ms; now_ms <= to_ms; now_ms += PRESENCE_TICK_MS)
        assert_false(expiry_step_tick(step, false, true, now_ms).run);
}

/* ---- rounds ---- */

static void a_tick_runs_all_partitions_if_redis_is_up(void **state)
{
    struct expiry_step *step = *state;

    assert_false(expiry_step_tick(step, false, true, NOW).run);
    assert_true(expiry_step_tick(step, true, true, NOW).run);
    assert_int_equal(step->outstanding, PARTITIONS);
}

static void no_round_begins_before_the_last_one_is_over(void **state)
{
    struct expiry_step *step = *state;

    expiry_step_tick(step, true, true, NOW);
    assert_false(expiry_step_tick(step, true, true, NOW + PRESENCE_TICK_MS).run);
    assert_false(expiry_step_answered(step, answer_at(REDIS_NOW), NOW).over);
    assert_false(expiry_step_failed(step, false, NOW).over);
    assert_false(expiry_step_tick(step, true, true, NOW + 2 * PRESENCE_TICK_MS).run);
    assert_true(expiry_step_answered(step, answer_at(REDIS_NOW), NOW).over);
    assert_true(expiry_step_tick(step, true, true, NOW + 3 * PRESENCE_TICK_MS).run);
}

static void a_partition_with_more_that_is_due_is_run_again_before_the_round_is_over(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer more = {REDIS_NOW, false, true, false};
    struct expiry_actions actions;

    expiry_step_init(step, LEASE_MS, 1);
    expiry_step_tick(step, true, true, NOW);
    actions = expiry_step_answered(step, &more, NOW);
    assert_true(actions.again);
    assert_false(actions.over);
    actions = expiry_step_answered(step, answer_at(REDIS_NOW), NOW);
    assert_false(actions.again);
    assert_true(actions.over);
}

static void a_round_that_fails_is_over_all_the_same(void **state)
{
    struct expiry_step *step = *state;

    expiry_step_init(step, LEASE_MS, 1);
    expiry_step_tick(step, true, true, NOW);
    assert_true(expiry_step_failed(step, false, NOW).over);
}

/* ---- Redis's clock ---- */

static void redis_time_is_unknown_before_the_first_answer(void **state)
{
    struct expiry_step *step = *state;

    assert_int_equal(expiry_step_expected_ms(step, NOW), 0);
    assert_int_equal(expiry_step_asked_ms(step, NOW), 0);
    down(step, NOW, NOW + 1000);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 1000), 0);
}

static void redis_time_goes_on_as_the_workers_does(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    assert_int_equal(expiry_step_expected_ms(step, NOW + 700), REDIS_NOW + 700);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 700), REDIS_NOW + 700);
}

static void the_time_of_another_server_is_unknown_and_that_of_the_former_is_shown(void **state)
{
    struct expiry_step *step = *state;

    assert_int_equal(expiry_step_shown_ms(step, NOW), 0);
    good_round(step, NOW);
    assert_int_equal(expiry_step_shown_ms(step, NOW + 100), REDIS_NOW + 100);
    expiry_step_moved(step, NOW + 200);
    expiry_step_moved(step, NOW + 300);
    assert_int_equal(expiry_step_expected_ms(step, NOW + 400), 0);
    assert_int_equal(expiry_step_shown_ms(step, NOW + 400), REDIS_NOW + 400);
    expiry_step_saw(step, REDIS_NOW + 5000, NOW + 500);
    assert_int_equal(expiry_step_shown_ms(step, NOW + 600), REDIS_NOW + 5100);
}

static void a_leap_of_redis_clock_holds_expiry_for_a_lease(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer leapt = {REDIS_NOW + 90000, true, false, false};

    good_round(step, NOW);
    expiry_step_tick(step, true, true, NOW + 250);
    assert_non_null(expiry_step_answered(step, &leapt, NOW + 250).held);
    assert_true(expiry_step_held(step, NOW + 250 + LEASE_MS - 1));
    assert_false(expiry_step_held(step, NOW + 250 + LEASE_MS));
}

static void while_expiry_is_held_it_is_known_until_when_it_was_not(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer leapt = {REDIS_NOW + 90000, true, false, false};

    assert_int_equal(expiry_step_judged_ms(step, NOW), 0);
    good_round(step, NOW);
    good_round(step, NOW + 250);
    assert_int_equal(expiry_step_judged_ms(step, NOW + 250), 0);
    expiry_step_tick(step, true, true, NOW + 500);
    expiry_step_answered(step, &leapt, NOW + 500);
    assert_int_equal(expiry_step_judged_ms(step, NOW + 500), REDIS_NOW + 250);
    assert_int_equal(expiry_step_judged_ms(step, NOW + 500 + LEASE_MS), 0);
}

static void a_hold_that_began_before_the_first_answer_says_that_nothing_was_judged(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer leapt = {REDIS_NOW + 90000, true, false, false};

    expiry_step_tick(step, true, true, NOW);
    expiry_step_answered(step, &leapt, NOW);
    assert_int_equal(expiry_step_judged_ms(step, NOW), 1);
}

static void while_expiry_is_held_redis_time_is_followed_all_the_same(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer leapt = {REDIS_NOW + 90000, true, false, false};

    expiry_step_tick(step, true, true, NOW);
    expiry_step_answered(step, &leapt, NOW);
    assert_int_equal(expiry_step_expected_ms(step, NOW + 10), REDIS_NOW + 90010);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 10), REDIS_NOW + 90010);
    assert_true(expiry_step_held(step, NOW + 10));
}

static void one_leap_seen_in_all_partitions_is_held_once(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer leapt = {REDIS_NOW + 90000, true, false, false};

    expiry_step_tick(step, true, true, NOW);
    assert_non_null(expiry_step_answered(step, &leapt, NOW).held);
    assert_null(expiry_step_answered(step, &leapt, NOW + 5).held);
    assert_null(expiry_step_answered(step, &leapt, NOW + EXPIRY_LEAP_TOLERANCE_MS).held);
    assert_int_equal(step->hold_until_ms, NOW + LEASE_MS);
}

static void a_later_leap_is_held_from_then_on(void **state)
{
    struct expiry_step *step = *state;
    const struct expiry_answer leapt = {REDIS_NOW + 90000, true, false, false};
    const int64_t later_ms = NOW + EXPIRY_LEAP_TOLERANCE_MS + 1;

    expiry_step_tick(step, true, true, NOW);
    expiry_step_answered(step, &leapt, NOW);
    assert_non_null(expiry_step_answered(step, &leapt, later_ms).held);
    assert_int_equal(step->hold_until_ms, later_ms + LEASE_MS);
}

/* ---- Redis away ---- */

static void an_outage_within_what_leases_have_to_spare_holds_nothing(void **state)
{
    struct expiry_step *step = *state;

    const int64_t back_ms = NOW + 250 + EXPIRY_OUTAGE_MS;

    good_round(step, NOW);
    down(step, NOW + 250, back_ms - 250);
    assert_null(good_round(step, back_ms).held);
    assert_false(expiry_step_held(step, back_ms + EXPIRY_STEADY_MS));
    assert_null(good_round(step, back_ms + EXPIRY_STEADY_MS).held);
    assert_int_equal(step->failing_ms, 0);
}

static void after_any_loss_nobody_lapses_before_redis_could_be_used_for_a_second(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    assert_false(expiry_step_held(step, NOW + 100));
    expiry_step_lost(step, NOW + 100); /* and it is back before the next tick */
    assert_true(expiry_step_held(step, NOW + 100));
    assert_true(expiry_step_held(step, NOW + 140));
    good_round(step, NOW + 150);
    assert_true(expiry_step_held(step, NOW + 150 + EXPIRY_STEADY_MS - 1));
    assert_false(expiry_step_held(step, NOW + 150 + EXPIRY_STEADY_MS));
    expiry_step_lost(step, NOW + 150 + EXPIRY_STEADY_MS);
    assert_true(expiry_step_held(step, NOW + 150 + EXPIRY_STEADY_MS));
}

static void losses_between_two_ticks_add_up_like_others(void **state)
{
    struct expiry_step *step = *state;
    const int64_t loss_ms = 60;

    good_round(step, NOW);
    for (int64_t now_ms = NOW + 250, lost_ms = 0; lost_ms <= EXPIRY_OUTAGE_MS; now_ms += 500, lost_ms += loss_ms) {
        assert_int_equal(step->hold_until_ms, 0);
        expiry_step_lost(step, now_ms);
        good_round(step, now_ms + loss_ms);
    }
    assert_true(step->hold_until_ms > 0);
}

static void the_first_round_of_a_worker_waits_for_nothing(void **state)
{
    struct expiry_step *step = *state;

    down(step, NOW, NOW + 1000);
    assert_false(expiry_step_held(step, NOW + 1250));
    good_round(step, NOW + 1250);
    assert_false(expiry_step_held(step, NOW + 1250));
    assert_true(expiry_step_steady(step));
}

static void a_longer_outage_holds_expiry_for_a_lease_from_when_redis_is_back(void **state)
{
    struct expiry_step *step = *state;
    const int64_t back_ms = NOW + 250 + EXPIRY_OUTAGE_MS + 1;

    good_round(step, NOW);
    down(step, NOW + 250, back_ms - 1);
    assert_non_null(good_round(step, back_ms).held);
    assert_null(good_round(step, back_ms + EXPIRY_STEADY_MS).held);
    assert_true(expiry_step_held(step, back_ms + LEASE_MS - 1));
    assert_false(expiry_step_held(step, back_ms + LEASE_MS));
}

static void nobody_lapses_in_the_very_round_that_finds_redis_back(void **state)
{
    struct expiry_step *step = *state;
    const int64_t back_ms = NOW + 250 + EXPIRY_OUTAGE_MS + 1;

    good_round(step, NOW);
    down(step, NOW + 250, back_ms - 1);
    expiry_step_tick(step, true, true, back_ms);
    assert_true(expiry_step_held(step, back_ms));
}

static void an_outage_longer_than_a_hold_is_followed_by_a_whole_hold(void **state)
{
    struct expiry_step *step = *state;
    const int64_t back_ms = NOW + 3 * LEASE_MS;

    good_round(step, NOW);
    down(step, NOW + 250, back_ms - 1);
    assert_true(expiry_step_held(step, back_ms));
    assert_non_null(good_round(step, back_ms).held);
    assert_int_equal(step->hold_until_ms, back_ms + LEASE_MS);
}

static void a_redis_that_refuses_counts_as_an_outage(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    bad_round(step, NOW + 250);
    bad_round(step, NOW + 1500);
    assert_non_null(good_round(step, NOW + 250 + EXPIRY_OUTAGE_MS + 1).held);
}

static void a_round_in_which_one_partition_fails_does_not_end_the_outage(void **state)
{
    struct expiry_step *step = *state;
    struct expiry_actions actions;

    good_round(step, NOW);
    bad_round(step, NOW + 250);
    /* Nothing is due in the two that answer, so they need no memory; a beat would. */
    expiry_step_tick(step, true, true, NOW + 3000);
    expiry_step_answered(step, answer_at(REDIS_NOW + 3000), NOW + 3000);
    expiry_step_failed(step, false, NOW + 3000);
    actions = expiry_step_answered(step, answer_at(REDIS_NOW + 3000), NOW + 3000);
    assert_true(actions.over);
    assert_null(actions.held);
    assert_int_equal(step->failing_ms, NOW + 250);
    assert_true(expiry_step_held(step, NOW + 3000));
    assert_non_null(good_round(step, NOW + 3250).held);
    good_round(step, NOW + 3250 + EXPIRY_STEADY_MS);
    assert_int_equal(step->failing_ms, 0);
}

static void a_failure_of_one_round_is_forgotten_by_a_good_one(void **state)
{
    struct expiry_step *step = *state;

    bad_round(step, NOW);
    assert_null(good_round(step, NOW + 250).held);
    bad_round(step, NOW + 2200);
    assert_null(good_round(step, NOW + 2450).held);
}

static void losses_that_follow_each_other_add_up(void **state)
{
    struct expiry_step *step = *state;
    int64_t now_ms = NOW;

    good_round(step, NOW - 250);
    for (int lost_ms = 0; lost_ms < EXPIRY_OUTAGE_MS; lost_ms += 250, now_ms += 250 + EXPIRY_FLICKER_MS) {
        bad_round(step, now_ms);
        assert_null(good_round(step, now_ms + 250).held);
    }
    bad_round(step, now_ms);
    assert_non_null(good_round(step, now_ms + 250).held);
    assert_true(expiry_step_held(step, now_ms + 250 + LEASE_MS - 1));
}

static void losses_with_hardly_a_moment_between_are_one(void **state)
{
    struct expiry_step *step = *state;
    int64_t now_ms = NOW;

    good_round(step, NOW - 250);
    for (; now_ms <= NOW + EXPIRY_OUTAGE_MS; now_ms += 50 + EXPIRY_FLICKER_MS - 1) {
        bad_round(step, now_ms);
        assert_null(good_round(step, now_ms + 50).held);
    }
    bad_round(step, now_ms);
    assert_non_null(good_round(step, now_ms + 50).held);
}

static void losses_that_follow_each_other_for_a_moment_hold_nothing(void **state)
{
    struct expiry_step *step = *state;

    bad_round(step, NOW);
    good_round(step, NOW + 250);
    bad_round(step, NOW + 500);
    for (int64_t now_ms = NOW + 750; now_ms < NOW + 10000; now_ms += 250) {
        assert_null(good_round(step, now_ms).held);
        assert_int_equal(expiry_step_held(step, now_ms), now_ms < NOW + 750 + EXPIRY_STEADY_MS);
    }
}

static void while_nobody_can_be_identified_nobody_lapses(void **state)
{
    struct expiry_step *step = *state;
    int64_t now_ms = NOW;

    for (; now_ms <= NOW + EXPIRY_OUTAGE_MS + 250; now_ms += 250) {
        assert_true(expiry_step_tick(step, true, false, now_ms).run);
        for (int i = 0; i < PARTITIONS; i++)
            assert_null(expiry_step_answered(step, answer_at(REDIS_NOW + now_ms - NOW), now_ms).held);
    }
    assert_true(expiry_step_held(step, now_ms));
    assert_false(expiry_step_away(step));
    assert_non_null(good_round(step, now_ms).held);
    assert_true(expiry_step_held(step, now_ms + LEASE_MS - 1));
}

static void who_follows_an_outage_holds_expiry_though_it_has_not_seen_it(void **state)
{
    struct expiry_step *step = *state;

    expiry_step_follow(step, NOW - EXPIRY_OUTAGE_MS - 1);
    assert_true(expiry_step_held(step, NOW));
    assert_non_null(good_round(step, NOW).held);
    assert_false(expiry_step_steady(step));
    good_round(step, NOW + EXPIRY_STEADY_MS);
    assert_true(expiry_step_steady(step));
    assert_true(expiry_step_held(step, NOW + LEASE_MS - 1));
    assert_false(expiry_step_held(step, NOW + LEASE_MS));
}

static void who_follows_at_once_or_is_the_first_holds_nothing(void **state)
{
    struct expiry_step *step = *state;

    expiry_step_follow(step, NOW - 400);
    assert_null(good_round(step, NOW).held);
    assert_false(expiry_step_held(step, NOW));
    assert_true(expiry_step_steady(step)); /* so that those who follow next, a second later, know of no outage either */
    expiry_step_init(step, LEASE_MS, PARTITIONS);
    expiry_step_follow(step, 0);
    assert_true(expiry_step_steady(step));
    assert_null(good_round(step, NOW).held);
    bad_round(step, NOW + 250);
    assert_null(good_round(step, NOW + 500).held);
    assert_false(expiry_step_steady(step)); /* a later loss is like any other */
}

/* ---- away ---- */

static void redis_is_away_after_4_s_without_any_partition(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    down(step, NOW + 250, NOW + EXPIRY_AWAY_MS);
    assert_false(expiry_step_away(step));
    expiry_step_tick(step, false, true, NOW + EXPIRY_AWAY_MS + 250);
    assert_true(expiry_step_away(step));
    good_round(step, NOW + EXPIRY_AWAY_MS + 500);
    assert_false(expiry_step_away(step));
}

static void a_worker_that_has_just_started_counts_from_its_first_tick(void **state)
{
    struct expiry_step *step = *state;

    down(step, NOW, NOW + EXPIRY_AWAY_MS);
    assert_false(expiry_step_away(step));
    down(step, NOW + EXPIRY_AWAY_MS + 250, NOW + EXPIRY_AWAY_MS + 250);
    assert_true(expiry_step_away(step));
}

static void what_the_worker_slept_through_is_not_an_absence_of_redis(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    expiry_step_tick(step, true, true, NOW + 250);
    expiry_step_tick(step, true, true, NOW + 250 + 30000);
    assert_false(expiry_step_away(step));
}

static void a_tick_that_is_a_little_late_counts(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    for (int64_t late_ms = 0, now_ms = NOW; late_ms <= EXPIRY_AWAY_MS; late_ms += 2 * PRESENCE_TICK_MS)
        expiry_step_tick(step, false, true, now_ms += 2 * PRESENCE_TICK_MS);
    assert_true(expiry_step_away(step));
}

/* ---- since when a call waits ---- */

static void what_is_asked_of_a_redis_that_stands_still_is_as_old_as_its_silence(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    for (int64_t now_ms = NOW + 250; now_ms <= NOW + 6000; now_ms += PRESENCE_TICK_MS) {
        expiry_step_tick(step, true, true, now_ms);
        assert_int_equal(expiry_step_asked_ms(step, now_ms), REDIS_NOW);
        assert_int_equal(expiry_step_asked_ms(step, now_ms + 100), REDIS_NOW + 100);
    }
    expiry_step_answered(step, answer_at(REDIS_NOW + 6001), NOW + 6001);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 6001), REDIS_NOW + 6001);
}

static void what_the_worker_slept_through_is_not_a_silence_of_redis(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    expiry_step_tick(step, true, true, NOW + 250);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 30250), REDIS_NOW + 30000);
    expiry_step_tick(step, true, true, NOW + 30250);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 30250), REDIS_NOW + 30250 - 2 * PRESENCE_TICK_MS);
}

static void a_redis_that_refuses_or_is_back_is_not_silent(void **state)
{
    struct expiry_step *step = *state;

    good_round(step, NOW);
    down(step, NOW + 250, NOW + 8000);
    expiry_step_heard(step, NOW + 8100);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 8100), REDIS_NOW + 8100);
    expiry_step_tick(step, true, true, NOW + 8250);
    expiry_step_failed(step, false, NOW + 8260);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 8260), REDIS_NOW + 8260 - 150);
    expiry_step_failed(step, true, NOW + 8260);
    assert_int_equal(expiry_step_asked_ms(step, NOW + 8260), REDIS_NOW + 8260);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_tick_runs_all_partitions_if_redis_is_up, begin),
        cmocka_unit_test_setup(no_round_begins_before_the_last_one_is_over, begin),
        cmocka_unit_test_setup(a_partition_with_more_that_is_due_is_run_again_before_the_round_is_over, begin),
        cmocka_unit_test_setup(a_round_that_fails_is_over_all_the_same, begin),
        cmocka_unit_test_setup(redis_time_is_unknown_before_the_first_answer, begin),
        cmocka_unit_test_setup(redis_time_goes_on_as_the_workers_does, begin),
        cmocka_unit_test_setup(the_time_of_another_server_is_unknown_and_that_of_the_former_is_shown, begin),
        cmocka_unit_test_setup(a_leap_of_redis_clock_holds_expiry_for_a_lease, begin),
        cmocka_unit_test_setup(while_expiry_is_held_it_is_known_until_when_it_was_not, begin),
        cmocka_unit_test_setup(a_hold_that_began_before_the_first_answer_says_that_nothing_was_judged, begin),
        cmocka_unit_test_setup(while_expiry_is_held_redis_time_is_followed_all_the_same, begin),
        cmocka_unit_test_setup(one_leap_seen_in_all_partitions_is_held_once, begin),
        cmocka_unit_test_setup(a_later_leap_is_held_from_then_on, begin),
        cmocka_unit_test_setup(an_outage_within_what_leases_have_to_spare_holds_nothing, begin),
        cmocka_unit_test_setup(after_any_loss_nobody_lapses_before_redis_could_be_used_for_a_second, begin),
        cmocka_unit_test_setup(losses_between_two_ticks_add_up_like_others, begin),
        cmocka_unit_test_setup(the_first_round_of_a_worker_waits_for_nothing, begin),
        cmocka_unit_test_setup(a_longer_outage_holds_expiry_for_a_lease_from_when_redis_is_back, begin),
        cmocka_unit_test_setup(nobody_lapses_in_the_very_round_that_finds_redis_back, begin),
        cmocka_unit_test_setup(an_outage_longer_than_a_hold_is_followed_by_a_whole_hold, begin),
        cmocka_unit_test_setup(a_redis_that_refuses_counts_as_an_outage, begin),
        cmocka_unit_test_setup(a_round_in_which_one_partition_fails_does_not_end_the_outage, begin),
        cmocka_unit_test_setup(a_failure_of_one_round_is_forgotten_by_a_good_one, begin),
        cmocka_unit_test_setup(losses_that_follow_each_other_add_up, begin),
        cmocka_unit_test_setup(losses_with_hardly_a_moment_between_are_one, begin),
        cmocka_unit_test_setup(losses_that_follow_each_other_for_a_moment_hold_nothing, begin),
        cmocka_unit_test_setup(while_nobody_can_be_identified_nobody_lapses, begin),
        cmocka_unit_test_setup(who_follows_an_outage_holds_expiry_though_it_has_not_seen_it, begin),
        cmocka_unit_test_setup(who_follows_at_once_or_is_the_first_holds_nothing, begin),
        cmocka_unit_test_setup(redis_is_away_after_4_s_without_any_partition, begin),
        cmocka_unit_test_setup(a_worker_that_has_just_started_counts_from_its_first_tick, begin),
        cmocka_unit_test_setup(what_the_worker_slept_through_is_not_an_absence_of_redis, begin),
        cmocka_unit_test_setup(a_tick_that_is_a_little_late_counts, begin),
        cmocka_unit_test_setup(what_is_asked_of_a_redis_that_stands_still_is_as_old_as_its_silence, begin),
        cmocka_unit_test_setup(what_the_worker_slept_through_is_not_a_silence_of_redis, begin),
        cmocka_unit_test_setup(a_redis_that_refuses_or_is_back_is_not_silent, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
