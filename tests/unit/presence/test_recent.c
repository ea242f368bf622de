/* SPDX-License-Identifier: ISC */
/* Which polls need not ask Redis, what is owed for them, and what is forgotten. */
#include "presence/recent.h"

#include "base/conf.h"
#include "base/limits.h"
#include "presence/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

enum { NOW_MS = 1000000, NUMBER = 77, ENDS_MS = 5000000, REVISION = 3 };

static struct recent_set set;
static const struct recent_id ann = {"acme", "ann", "tab-12345"};

static int begin_with(unsigned gap_s, unsigned ttl_s)
{
    const struct conf conf = {.gap_s = gap_s, .ttl_s = ttl_s};

    recent_init(&set, &conf);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(10, 60);
}

static int end(void **state)
{
    (void)state;
    recent_fini(&set);
    return 0;
}

static struct beat poll(enum status status, int64_t n)
{
    return (struct beat){ann.workspace, ann.user, ann.session, BEAT_POLL, status, n, 0, false};
}

/* Redis is asked about BEAT at NOW_MS, whose session is to be remembered. */
static struct recent *ask(const struct beat *beat)
{
    struct recent *recent = recent_ask(&set, beat, NOW_MS, REVISION);

    return recent ? recent : recent_ask(&set, beat, NOW_MS, REVISION);
}

static void answered(const struct beat *beat)
{
    recent_answered(&set, ask(beat), NUMBER, ENDS_MS);
}

/* Redis was asked about a poll at NOW_MS, and has answered. */
static void asked(enum status status, int64_t n)
{
    const struct beat beat = poll(status, n);

    answered(&beat);
}

/* What a poll that comes AFTER_MS later finds. */
static struct recent *found(enum status status, int64_t n, int64_t after_ms)
{
    const struct beat beat = poll(status, n);

    return recent_find(&set, &beat, NOW_MS + after_ms, REVISION);
}

/* Such a poll is owed. */
static void owe(int64_t after_ms)
{
    const struct beat beat = poll(STATUS_OFFLINE, -1);
    struct recent *recent = found(STATUS_OFFLINE, -1, after_ms);

    assert_non_null(recent);
    recent_owe(recent, &beat, NOW_MS + after_ms);
}

/* ---- which polls need not ask ---- */

static void a_poll_need_not_ask_for_three_seconds(void **state)
{
    (void)state;
    assert_null(found(STATUS_OFFLINE, -1, 0));
    asked(STATUS_OFFLINE, -1);
    assert_non_null(found(STATUS_OFFLINE, -1, 2999));
    assert_null(found(STATUS_OFFLINE, -1, 3000));
}

static void the_time_is_shorter_if_leases_are(void **state)
{
    (void)state;
    recent_fini(&set);
    begin_with(2, 60);
    asked(STATUS_OFFLINE, -1);
    assert_non_null(found(STATUS_OFFLINE, -1, 999));
    assert_null(found(STATUS_OFFLINE, -1, 1000));
    recent_fini(&set);
    begin_with(10, 2);
    asked(STATUS_OFFLINE, -1);
    assert_null(found(STATUS_OFFLINE, -1, 500));
    assert_int_equal(set.owe_ms, 1000);
}

static void polls_that_need_not_ask_do_not_prolong_the_time(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(2500);
    assert_non_null(found(STATUS_OFFLINE, -1, 2900));
    assert_null(found(STATUS_OFFLINE, -1, 3000));
}

static void a_poll_that_says_another_status_asks(void **state)
{
    (void)state;
    asked(STATUS_ACTIVE, -1);
    assert_non_null(found(STATUS_ACTIVE, -1, 1));
    assert_null(found(STATUS_AWAY, -1, 1));
    assert_null(found(STATUS_OFFLINE, -1, 1)); /* a proxy that sends it again would send another poll */
    asked(STATUS_ACTIVE, 5);
    assert_non_null(found(STATUS_ACTIVE, 6, 1));
    assert_non_null(found(STATUS_OFFLINE, 6, 1));
    assert_null(found(STATUS_AWAY, 6, 1));
}

static void a_poll_that_says_a_status_asks_if_the_one_before_did_not(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    assert_null(found(STATUS_ACTIVE, -1, 1));
}

static void a_poll_with_a_count_must_follow_the_one_before_it_at_once(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, 5);
    assert_non_null(found(STATUS_OFFLINE, 6, 1));
    assert_null(found(STATUS_OFFLINE, 5, 1));
    assert_null(found(STATUS_OFFLINE, 4, 1));
    assert_null(found(STATUS_OFFLINE, 7, 1));
    assert_null(found(STATUS_OFFLINE, -1, 1));
    struct recent *recent = found(STATUS_OFFLINE, 6, 1);
    const struct beat beat = poll(STATUS_OFFLINE, 6);
    recent_owe(recent, &beat, NOW_MS + 1);
    assert_null(found(STATUS_OFFLINE, 6, 2));
    assert_non_null(found(STATUS_OFFLINE, 7, 2));
}

static void a_poll_without_a_count_asks_after_one_with_a_count(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    assert_null(found(STATUS_OFFLINE, 1, 1));
}

static void a_poll_asks_if_rights_were_taken_away_since(void **state)
{
    const struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    asked(STATUS_OFFLINE, -1);
    assert_null(recent_find(&set, &beat, NOW_MS + 1, REVISION + 1));
    assert_null(recent_find(&set, &beat, NOW_MS + 1, -1));
}

static void a_poll_asks_while_the_one_before_it_is_not_answered(void **state)
{
    const struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    struct recent *first = ask(&beat);
    assert_null(found(STATUS_OFFLINE, -1, 1));
    struct recent *second = recent_ask(&set, &beat, NOW_MS + 1, REVISION);
    recent_answered(&set, first, NUMBER, ENDS_MS);
    assert_null(found(STATUS_OFFLINE, -1, 2));
    recent_answered(&set, second, NUMBER + 1, ENDS_MS);
    assert_int_equal(found(STATUS_OFFLINE, -1, 2)->beat, NUMBER + 1);
}

static void a_poll_that_was_no_beat_leaves_nothing(void **state)
{
    const struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    recent_answered(&set, ask(&beat), 0, 0);
    assert_null(found(STATUS_OFFLINE, -1, 1));
    assert_int_equal(set.table.count, 0);
}

static void those_for_whom_there_is_no_room_ask(void **state)
{
    char session[16];
    struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    for (unsigned i = 0; i < LIMIT_RECENT_SESSIONS; i++) {
        snprintf(session, sizeof session, "session-%u", i);
        beat.session = session;
        answered(&beat);
    }
    assert_non_null(ask(&beat)); /* one that is known has its place */
    beat.session = ann.session;
    assert_null(ask(&beat));
    recent_forget(&set, &(struct recent_id){"acme", "ann", session}, 0);
    answered(&beat);
}

static void who_polls_for_the_first_time_in_a_while_is_not_remembered(void **state)
{
    const struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    assert_null(recent_ask(&set, &beat, NOW_MS, REVISION));
    assert_null(recent_ask(&set, &beat, NOW_MS + 3000, REVISION));
    struct recent *recent = recent_ask(&set, &beat, NOW_MS + 5999, REVISION);
    assert_non_null(recent);
    recent_answered(&set, recent, NUMBER, ENDS_MS);
}

/* ---- what is owed ---- */

static void nothing_is_owed_for_a_poll_that_asked(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    assert_null(recent_take_due(&set, NOW_MS + 100000));
    assert_int_equal(set.table.count, 0);
}

static void what_is_owed_is_due_a_second_after_polls_ask_again(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(20);
    owe(50);
    assert_null(recent_take_due(&set, NOW_MS + 3999));
    struct recent *recent = recent_take_due(&set, NOW_MS + 4000);
    assert_non_null(recent);
    assert_int_equal(recent->owed_ms, NOW_MS + 50);
    assert_int_equal(recent->ends_ms, ENDS_MS);
    assert_string_equal(recent_id(recent).workspace, "acme");
    assert_string_equal(recent_id(recent).user, "ann");
    assert_string_equal(recent_id(recent).session, "tab-12345");
    assert_null(recent_take_due(&set, NOW_MS + 4000));
    free(recent);
}

static void a_poll_that_asks_makes_what_was_owed_needless(void **state)
{
    struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(1);
    assert_null(recent_take_before(&set, &beat));
    recent_answered(&set, recent_ask(&set, &beat, NOW_MS + 3000, REVISION), NUMBER, ENDS_MS);
    assert_null(recent_take_due(&set, NOW_MS + 4000));
    assert_null(recent_take_due(&set, NOW_MS + 7000));
}

static void what_is_owed_is_told_before_anything_else_of_the_session(void **state)
{
    struct beat beat = poll(STATUS_OFFLINE, 5);

    (void)state;
    asked(STATUS_OFFLINE, 5);
    beat.n = 6;
    recent_owe(found(STATUS_OFFLINE, 6, 1), &beat, NOW_MS + 1);
    beat.n = 7;
    assert_null(recent_take_before(&set, &beat)); /* a poll that overtakes it */
    beat.n = 6;
    struct recent *recent = recent_take_before(&set, &beat); /* one that comes too late */
    assert_non_null(recent);
    recent_put_back(&set, recent, NOW_MS + 2);
    beat = (struct beat){ann.workspace, ann.user, ann.session, BEAT_HEARTBEAT, STATUS_OFFLINE, 9, 0, false};
    recent = recent_take_before(&set, &beat);
    assert_non_null(recent);
    free(recent);
    assert_null(recent_take(&set, &ann));
}

static void what_could_not_be_told_is_tried_again_and_polls_ask(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(1);
    recent_put_back(&set, recent_take_due(&set, NOW_MS + 4000), NOW_MS + 4100);
    assert_null(found(STATUS_OFFLINE, -1, 4200));
    assert_null(recent_take_due(&set, NOW_MS + 4349));
    struct recent *recent = recent_take_due(&set, NOW_MS + 4350);
    assert_int_equal(recent->owed_ms, NOW_MS + 1);
    free(recent);
}

static void what_could_not_be_told_is_dropped_if_a_later_poll_asked(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(1);
    struct recent *recent = recent_take(&set, &ann);
    asked(STATUS_OFFLINE, -1);
    recent_put_back(&set, recent, NOW_MS + 2);
    assert_null(recent_take_due(&set, NOW_MS + 100000));
}

/* ---- what is forgotten ---- */

static void a_newer_poll_elsewhere_makes_it_forgotten_an_older_one_does_not(void **state)
{
    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(1);
    recent_forget(&set, &ann, NUMBER);
    recent_forget(&set, &(struct recent_id){"acme", "ann", "tab-54321"}, 0);
    assert_non_null(found(STATUS_OFFLINE, -1, 2));
    recent_forget(&set, &ann, NUMBER + 1);
    assert_null(found(STATUS_OFFLINE, -1, 2));
    assert_null(recent_take_due(&set, NOW_MS + 100000));
}

static void what_happens_while_it_is_asked_about_makes_it_forgotten(void **state)
{
    const struct beat beat = poll(STATUS_OFFLINE, -1);

    (void)state;
    struct recent *recent = ask(&beat);
    recent_forget(&set, &ann, 0);
    recent_answered(&set, recent, NUMBER, ENDS_MS);
    assert_null(found(STATUS_OFFLINE, -1, 1));
}

static void a_user_is_forgotten_with_all_sessions_in_that_workspace_alone(void **state)
{
    struct beat others[] = {
        {"acme", "ann", "tab-54321", BEAT_POLL, STATUS_OFFLINE, -1, 0, false},
        {"acme", "anna", "tab-12345", BEAT_POLL, STATUS_OFFLINE, -1, 0, false},
        {"other", "ann", "tab-12345", BEAT_POLL, STATUS_OFFLINE, -1, 0, false},
    };

    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(1);
    for (unsigned i = 0; i < 3; i++)
        answered(&others[i]);
    recent_forget_user(&set, "acme", "ann");
    assert_null(found(STATUS_OFFLINE, -1, 2));
    assert_null(recent_find(&set, &others[0], NOW_MS, REVISION));
    assert_non_null(recent_find(&set, &others[1], NOW_MS, REVISION));
    assert_non_null(recent_find(&set, &others[2], NOW_MS, REVISION));
}

static void in_doubt_all_ask_and_what_is_owed_stays_owed(void **state)
{
    struct beat other = {"acme", "bob", "tab-12345", BEAT_POLL, STATUS_OFFLINE, -1, 0, false};

    (void)state;
    asked(STATUS_OFFLINE, -1);
    owe(1);
    answered(&other);
    recent_doubt(&set);
    assert_null(found(STATUS_OFFLINE, -1, 2));
    assert_null(recent_find(&set, &other, NOW_MS, REVISION));
    struct recent *recent = recent_take_due(&set, NOW_MS + 4000);
    assert_non_null(recent);
    free(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_poll_need_not_ask_for_three_seconds, begin, end),
        cmocka_unit_test_setup_teardown(the_time_is_shorter_if_leases_are, begin, end),
        cmocka_unit_test_setup_teardown(polls_that_need_not_ask_do_not_prolong_the_time, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_that_says_another_status_asks, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_that_says_a_status_asks_if_the_one_before_did_not, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_with_a_count_must_follow_the_one_before_it_at_once, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_without_a_count_asks_after_one_with_a_count, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_asks_if_rights_were_taken_away_since, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_asks_while_the_one_before_it_is_not_answered, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_that_was_no_beat_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(those_for_whom_there_is_no_room_ask, begin, end),
        cmocka_unit_test_setup_teardown(who_polls_for_the_first_time_in_a_while_is_not_remembered, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_owed_for_a_poll_that_asked, begin, end),
        cmocka_unit_test_setup_teardown(what_is_owed_is_due_a_second_after_polls_ask_again, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_that_asks_makes_what_was_owed_needless, begin, end),
        cmocka_unit_test_setup_teardown(what_is_owed_is_told_before_anything_else_of_the_session, begin, end),
        cmocka_unit_test_setup_teardown(what_could_not_be_told_is_tried_again_and_polls_ask, begin, end),
        cmocka_unit_test_setup_teardown(what_could_not_be_told_is_dropped_if_a_later_poll_asked, begin, end),
        cmocka_unit_test_setup_teardown(a_newer_poll_elsewhere_makes_it_forgotten_an_older_one_does_not, begin, end),
        cmocka_unit_test_setup_teardown(what_happens_while_it_is_asked_about_makes_it_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(a_user_is_forgotten_with_all_sessions_in_that_workspace_alone, begin, end),
        cmocka_unit_test_setup_teardown(in_doubt_all_ask_and_what_is_owed_stays_owed, begin, end),
    };

    return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
