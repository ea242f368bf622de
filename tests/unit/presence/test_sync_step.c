/* SPDX-License-Identifier: ISC */
/* A view is made whole and kept whole by one rule, whatever happens: read what changed after the head. */
#include "presence/sync_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define META        "0123456789abcdef"
#define EPOCH       "fedcba9876543210"
#define OTHER_META  "aaaaaaaaaaaaaaaa"
#define OTHER_EPOCH "bbbbbbbbbbbbbbbb"

enum { NOW = 1000000 };

struct bench {
    struct view *view;
    struct sync_step step;
};

static int begin(void **state)
{
    static struct bench bench;

    bench.view = view_new("acme");
    sync_init(&bench.step, bench.view, 0);
    *state = &bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;

    view_free(bench->view);
    return 0;
}

/* Checks ACTIONS against COUNT of EXPECTED. */
static void assert_actions(struct sync_actions actions, size_t count, const struct sync_action *expected)
{
    assert_int_equal(actions.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(actions.list[i].what, expected[i].what);
        assert_int_equal(actions.list[i].seq, expected[i].seq);
    }
}

#define assert_does(actions, ...)                                                                                      \
    assert_actions((actions), sizeof((struct sync_action[]){__VA_ARGS__}) / sizeof(struct sync_action),                \
                   (struct sync_action[]){__VA_ARGS__})

static void assert_does_nothing(struct sync_actions actions)
{
    assert_int_equal(actions.count, 0);
}

/* A page of the epoch EPOCH, with HEAD, that is the last one. */
static struct sync_page last_page(int64_t head)
{
    return (struct sync_page){META, EPOCH, head, head, false};
}

static const struct sync_users nobody = {false, 0};
static const struct sync_users a_waiter = {true, 0};
static const struct sync_users a_poll = {false, 1};

/* Performs what a page without users leads to, of what the view itself is concerned. */
static void perform(struct bench *bench, struct sync_actions actions, const char *epoch)
{
    for (size_t i = 0; i < actions.count; i++) {
        struct sync_action action = actions.list[i];
        if (action.what == SYNC_END_LOST)
            view_set_ready(bench->view, false);
        if (action.what == SYNC_BEGIN)
            view_begin(bench->view, epoch, 0);
        if (action.what == SYNC_WHOLE) {
            view_set_head(bench->view, action.seq);
            view_set_ready(bench->view, true);
        }
    }
}

/* Brings the view to be whole with HEAD; nothing is under way then. */
static void make_whole(struct bench *bench, int64_t head)
{
    struct sync_page page = last_page(head);

    sync_asked(&bench->step, 0, NOW);
    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    perform(bench, sync_page(&bench->step, &page, NOW), EPOCH);
    assert_true(view_ready(bench->view));
    assert_int_equal(view_head(bench->view), head);
    assert_false(bench->step.fetching);
}

/* ---- making a view whole ---- */

static void the_first_who_asks_has_it_subscribed_before_it_is_read(void **state)
{
    struct bench *bench = *state;

    assert_false(sync_asked(&bench->step, 0, NOW));
    assert_does(sync_waited(&bench->step, NOW), {SYNC_SUBSCRIBE, 0});
    assert_does(sync_subscribed(&bench->step, true, NOW), {SYNC_FETCH, 0});
}

static void those_who_ask_while_it_is_subscribed_wait_without_another_subscription(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    assert_false(sync_asked(&bench->step, 0, NOW));
    assert_does_nothing(sync_waited(&bench->step, NOW));
}

static void the_first_page_begins_the_view_and_all_get_it(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(7);

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_LOAD, 0},
                {SYNC_WHOLE, 7}, {SYNC_TELL_ALL, 0});
    assert_string_equal(bench->step.meta_epoch, META);
}

static void a_full_page_is_followed_by_the_next_one_and_nobody_is_told_yet(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = {META, EPOCH, 5000, 1200, true};

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    struct sync_actions actions = sync_page(&bench->step, &page, NOW);
    assert_does(actions, {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_LOAD, 0}, {SYNC_FETCH, 1200});
    perform(bench, actions, EPOCH);
    page = last_page(5000);
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 5000}, {SYNC_TELL_ALL, 0});
}

static void who_asks_while_a_page_is_read_makes_it_read_once_more(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(7);

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    assert_does_nothing(sync_waited(&bench->step, NOW));
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_LOAD, 0},
                {SYNC_WHOLE, 7}, {SYNC_FETCH, 7}, {SYNC_TELL_REACHED, 0});
}

static void a_view_that_has_the_seq_is_given_at_once(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_true(sync_asked(&bench->step, 0, NOW));
    assert_true(sync_asked(&bench->step, 7, NOW));
}

static void who_knows_of_a_later_seq_has_it_read_from_the_head(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_false(sync_asked(&bench->step, 8, NOW));
    assert_does(sync_waited(&bench->step, NOW), {SYNC_FETCH, 7});
}

static void a_page_never_takes_the_head_back(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(5);

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 7}, {SYNC_TELL_ALL, 0});
}

/* ---- changes ---- */

static void a_change_that_follows_the_head_is_applied(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_change(&bench->step, META, 8, NOW), {SYNC_APPLY, 8});
}

static void a_change_that_is_known_already_does_nothing(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does_nothing(sync_change(&bench->step, META, 7, NOW));
    assert_does_nothing(sync_change(&bench->step, META, 1, NOW));
}

static void a_gap_is_read_from_the_head(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_change(&bench->step, META, 9, NOW), {SYNC_FETCH, 7});
}

static void changes_behind_a_gap_ask_for_one_more_read_together(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(9);

    make_whole(bench, 7);
    sync_change(&bench->step, META, 9, NOW);
    assert_does_nothing(sync_change(&bench->step, META, 10, NOW));
    assert_does_nothing(sync_change(&bench->step, META, 11, NOW));
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 9}, {SYNC_FETCH, 9},
                {SYNC_TELL_REACHED, 0});
    page.head = 11;
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 11}, {SYNC_TELL_ALL, 0});
}

static void a_change_that_follows_while_a_page_is_read_is_applied_and_read_again(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does(sync_change(&bench->step, META, 8, NOW), {SYNC_APPLY, 8});
    assert_true(bench->step.again);
}

static void a_change_before_the_view_is_whole_has_it_read_again(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(7);

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    assert_does_nothing(sync_change(&bench->step, META, 8, NOW));
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_LOAD, 0},
                {SYNC_WHOLE, 7}, {SYNC_FETCH, 7}, {SYNC_TELL_REACHED, 0});
}

/* ---- another epoch ---- */

static void a_change_of_another_epoch_is_read_rather_than_applied(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_change(&bench->step, OTHER_META, 8, NOW), {SYNC_FETCH, 7});
}

static void nobody_is_given_a_view_of_which_another_epoch_is_known_before_it_was_read(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = {OTHER_META, OTHER_EPOCH, 1, 1, false};

    make_whole(bench, 7);
    sync_change(&bench->step, OTHER_META, 1, NOW);
    assert_false(sync_asked(&bench->step, 0, NOW));
    assert_does_nothing(sync_waited(&bench->step, NOW));
    perform(bench, sync_page(&bench->step, &page, NOW), OTHER_EPOCH);
    assert_false(sync_asked(&bench->step, 0, NOW));
    struct sync_actions actions = sync_page(&bench->step, &page, NOW);
    assert_does(actions, {SYNC_LOAD, 0}, {SYNC_WHOLE, 1}, {SYNC_TELL_ALL, 0});
    perform(bench, actions, OTHER_EPOCH);
    assert_true(sync_asked(&bench->step, 0, NOW));
}

static void a_page_from_before_another_epoch_was_known_does_not_count(void **state)
{
    struct bench *bench = *state;
    struct sync_page before = last_page(7);

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does_nothing(sync_change(&bench->step, OTHER_META, 1, NOW));
    assert_does(sync_page(&bench->step, &before, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 7}, {SYNC_FETCH, 7});
    assert_false(sync_asked(&bench->step, 0, NOW));
}

static void a_late_message_of_a_former_epoch_is_doubted_for_one_page(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(7);

    make_whole(bench, 7);
    assert_does(sync_change(&bench->step, OTHER_META, 900, NOW), {SYNC_FETCH, 7});
    assert_false(sync_asked(&bench->step, 0, NOW));
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 7}, {SYNC_TELL_ALL, 0});
    assert_true(sync_asked(&bench->step, 0, NOW));
}

static void another_epoch_is_still_known_of_when_its_page_fails(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = last_page(7);

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    sync_change(&bench->step, OTHER_META, 1, NOW);
    assert_does(sync_page_failed(&bench->step), {SYNC_TELL_FAILED, 0});
    assert_false(sync_asked(&bench->step, 0, NOW));
    assert_does(sync_waited(&bench->step, NOW), {SYNC_FETCH, 7});
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 7}, {SYNC_TELL_ALL, 0});
    assert_true(sync_asked(&bench->step, 0, NOW));
}

static void another_epoch_ends_the_polls_first_and_is_read_from_its_beginning(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = {OTHER_META, OTHER_EPOCH, 9, 9, false};

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    struct sync_actions actions = sync_page(&bench->step, &page, NOW);
    assert_does(actions, {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_FETCH, 0});
    assert_string_equal(bench->step.meta_epoch, OTHER_META);
    perform(bench, actions, OTHER_EPOCH);
    assert_false(view_ready(bench->view));
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_LOAD, 0}, {SYNC_WHOLE, 9}, {SYNC_TELL_ALL, 0});
}

static void an_epoch_whose_head_is_lower_takes_the_head_back(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = {OTHER_META, OTHER_EPOCH, 2, 2, false};

    make_whole(bench, 7);
    bench->step.fetch_since = 0;
    bench->step.fetching = true;
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_LOAD, 0},
                {SYNC_WHOLE, 2}, {SYNC_TELL_ALL, 0});
}

static void a_failover_changes_the_epoch_though_meta_is_the_same(void **state)
{
    struct bench *bench = *state;
    struct sync_page page = {META, OTHER_EPOCH, 9, 9, false};

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does(sync_page(&bench->step, &page, NOW), {SYNC_END_LOST, 0}, {SYNC_BEGIN, 0}, {SYNC_FETCH, 0});
}

/* ---- failures ---- */

static void a_failed_subscription_is_told_to_those_who_wait_and_the_view_is_dropped(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    assert_does(sync_subscribed(&bench->step, false, NOW), {SYNC_TELL_FAILED, 0});
    assert_does(sync_told(&bench->step, &nobody), {SYNC_DROP, 0});
}

static void who_asks_again_when_told_of_a_failed_subscription_has_it_tried_again(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, false, NOW);
    /* In the callback, which SYNC_TELL_FAILED is. */
    assert_false(sync_asked(&bench->step, 0, NOW));
    assert_does(sync_waited(&bench->step, NOW), {SYNC_SUBSCRIBE, 0});
    assert_does_nothing(sync_told(&bench->step, &a_waiter));
    assert_does(sync_subscribed(&bench->step, true, NOW), {SYNC_FETCH, 0});
}

static void a_first_page_that_fails_is_told_and_the_view_is_dropped(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    assert_does(sync_page_failed(&bench->step), {SYNC_TELL_FAILED, 0});
    assert_does(sync_told(&bench->step, &nobody), {SYNC_DROP, 0});
}

static void who_asks_again_when_told_of_a_failed_page_has_it_read_again(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    sync_subscribed(&bench->step, true, NOW);
    sync_page_failed(&bench->step);
    assert_does(sync_waited(&bench->step, NOW), {SYNC_FETCH, 0});
    assert_does_nothing(sync_told(&bench->step, &a_waiter));
}

static void a_view_that_was_whole_stays_when_a_page_fails(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does(sync_page_failed(&bench->step), {SYNC_TELL_FAILED, 0});
    assert_does_nothing(sync_told(&bench->step, &nobody));
    assert_true(sync_asked(&bench->step, 7, NOW));
}

static void a_view_with_polls_stays_when_a_page_fails(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    view_set_ready(bench->view, false);
    sync_page_failed(&bench->step);
    assert_does_nothing(sync_told(&bench->step, &a_poll));
}

/* ---- a deleted workspace ---- */

static void a_deleted_workspace_ends_its_polls_and_its_view(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_deleted(&bench->step, &(struct sync_users){false, 0}), {SYNC_END_REMOVED, 0}, {SYNC_DROP, 0});
}

static void a_deleted_workspace_keeps_its_view_while_somebody_waits(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_deleted(&bench->step, &(struct sync_users){true, 0}), {SYNC_END_REMOVED, 0});
}

static void a_deleted_workspace_keeps_its_view_until_its_polls_have_ended(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_deleted(&bench->step, &(struct sync_users){false, 3}), {SYNC_END_REMOVED, 0});
}

static void a_deleted_workspace_keeps_its_view_while_a_page_is_under_way(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does(sync_deleted(&bench->step, &(struct sync_users){false, 0}), {SYNC_END_REMOVED, 0});
}

/* ---- Redis is back ---- */

static void the_first_500_views_are_compared_at_once_when_redis_is_back(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does(sync_recheck(&bench->step, 0, NOW), {SYNC_FETCH, 7});
    bench->step.fetching = false;
    assert_does(sync_recheck(&bench->step, SYNC_RECHECKS_AT_ONCE - 1, NOW), {SYNC_FETCH, 7});
}

static void the_others_are_compared_tick_by_tick(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    assert_does_nothing(sync_recheck(&bench->step, SYNC_RECHECKS_AT_ONCE, NOW));
    assert_int_equal(bench->step.check_ms, NOW + PRESENCE_TICK_MS);
    assert_does_nothing(sync_recheck(&bench->step, 3 * SYNC_RECHECKS_AT_ONCE + 1, NOW));
    assert_int_equal(bench->step.check_ms, NOW + 3 * PRESENCE_TICK_MS);
    assert_does_nothing(sync_tick(&bench->step, &a_poll, true, NOW + 3 * PRESENCE_TICK_MS - 1));
    assert_does(sync_tick(&bench->step, &a_poll, true, NOW + 3 * PRESENCE_TICK_MS), {SYNC_FETCH, 7});
}

static void a_view_whose_page_is_under_way_when_redis_is_back_is_read_again_behind_it(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    assert_does_nothing(sync_recheck(&bench->step, 0, NOW));
    assert_true(bench->step.again);
}

static void a_view_that_is_not_subscribed_is_not_compared(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    assert_does_nothing(sync_recheck(&bench->step, 0, NOW));
}

/* ---- time ---- */

static void the_head_is_compared_every_5_s_while_redis_is_up(void **state)
{
    struct bench *bench = *state;
    int64_t check_ms;

    make_whole(bench, 7);
    check_ms = bench->step.check_ms;
    assert_true(check_ms > NOW && check_ms <= NOW + SYNC_CHECK_MS);
    assert_does_nothing(sync_tick(&bench->step, &a_poll, true, check_ms - 1));
    assert_does_nothing(sync_tick(&bench->step, &a_poll, false, check_ms));
    assert_does(sync_tick(&bench->step, &a_poll, true, check_ms), {SYNC_FETCH, 7});
    assert_int_equal(bench->step.check_ms, check_ms + SYNC_CHECK_MS);
}

static void views_are_checked_at_moments_of_their_own(void **state)
{
    struct bench *bench = *state;
    enum { MOMENTS = SYNC_CHECK_MS / PRESENCE_TICK_MS };
    bool taken[MOMENTS] = {false};

    for (uint32_t i = 0; i < MOMENTS; i++) {
        sync_init(&bench->step, bench->view, i);
        sync_subscribed(&bench->step, true, NOW);
        int64_t moment = bench->step.check_ms % SYNC_CHECK_MS / PRESENCE_TICK_MS;
        assert_false(taken[moment]);
        taken[moment] = true;
    }
}

static void one_check_in_64_prunes_as_well(void **state)
{
    struct bench *bench = *state;
    const int64_t now_ms = INT64_C(64) * SYNC_CHECK_MS;

    make_whole(bench, 7);
    bench->step.check_ms = now_ms;
    assert_does(sync_tick(&bench->step, &a_poll, true, now_ms), {SYNC_PRUNE, 0}, {SYNC_FETCH, 7});
    bench->step.fetching = false;
    assert_does(sync_tick(&bench->step, &a_poll, true, now_ms + SYNC_CHECK_MS), {SYNC_FETCH, 7});
}

static void a_view_that_nobody_uses_is_dropped_after_a_minute(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    bench->step.check_ms = INT64_MAX;
    assert_does_nothing(sync_tick(&bench->step, &nobody, true, NOW + SYNC_IDLE_MS));
    assert_does(sync_tick(&bench->step, &nobody, true, NOW + SYNC_IDLE_MS + 1), {SYNC_DROP, 0});
}

static void a_view_is_used_by_a_poll_by_who_waits_and_by_who_asks(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    bench->step.check_ms = INT64_MAX;
    assert_does_nothing(sync_tick(&bench->step, &a_poll, true, NOW + SYNC_IDLE_MS + 1));
    assert_does_nothing(sync_tick(&bench->step, &a_waiter, true, NOW + 2 * SYNC_IDLE_MS + 2));
    sync_asked(&bench->step, 0, NOW + 3 * SYNC_IDLE_MS);
    assert_does_nothing(sync_tick(&bench->step, &nobody, true, NOW + 4 * SYNC_IDLE_MS));
    assert_does(sync_tick(&bench->step, &nobody, true, NOW + 4 * SYNC_IDLE_MS + 1), {SYNC_DROP, 0});
}

static void a_view_whose_page_is_under_way_is_never_dropped(void **state)
{
    struct bench *bench = *state;

    make_whole(bench, 7);
    sync_waited(&bench->step, NOW);
    bench->step.check_ms = INT64_MAX;
    assert_does_nothing(sync_tick(&bench->step, &nobody, true, NOW + 10 * SYNC_IDLE_MS));
}

static void a_view_that_is_being_subscribed_is_left_alone(void **state)
{
    struct bench *bench = *state;

    sync_waited(&bench->step, NOW);
    assert_does_nothing(sync_tick(&bench->step, &nobody, true, NOW + 10 * SYNC_IDLE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_who_asks_has_it_subscribed_before_it_is_read, begin, end),
        cmocka_unit_test_setup_teardown(those_who_ask_while_it_is_subscribed_wait_without_another_subscription, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_first_page_begins_the_view_and_all_get_it, begin, end),
        cmocka_unit_test_setup_teardown(a_full_page_is_followed_by_the_next_one_and_nobody_is_told_yet, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_while_a_page_is_read_makes_it_read_once_more, begin, end),
        cmocka_unit_test_setup_teardown(a_view_that_has_the_seq_is_given_at_once, begin, end),
        cmocka_unit_test_setup_teardown(who_knows_of_a_later_seq_has_it_read_from_the_head, begin, end),
        cmocka_unit_test_setup_teardown(a_page_never_takes_the_head_back, begin, end),
        cmocka_unit_test_setup_teardown(a_change_that_follows_the_head_is_applied, begin, end),
        cmocka_unit_test_setup_teardown(a_change_that_is_known_already_does_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_gap_is_read_from_the_head, begin, end),
        cmocka_unit_test_setup_teardown(changes_behind_a_gap_ask_for_one_more_read_together, begin, end),
        cmocka_unit_test_setup_teardown(a_change_that_follows_while_a_page_is_read_is_applied_and_read_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_change_before_the_view_is_whole_has_it_read_again, begin, end),
        cmocka_unit_test_setup_teardown(a_change_of_another_epoch_is_read_rather_than_applied, begin, end),
        cmocka_unit_test_setup_teardown(nobody_is_given_a_view_of_which_another_epoch_is_known_before_it_was_read,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_page_from_before_another_epoch_was_known_does_not_count, begin, end),
        cmocka_unit_test_setup_teardown(a_late_message_of_a_former_epoch_is_doubted_for_one_page, begin, end),
        cmocka_unit_test_setup_teardown(another_epoch_is_still_known_of_when_its_page_fails, begin, end),
        cmocka_unit_test_setup_teardown(another_epoch_ends_the_polls_first_and_is_read_from_its_beginning, begin, end),
        cmocka_unit_test_setup_teardown(an_epoch_whose_head_is_lower_takes_the_head_back, begin, end),
        cmocka_unit_test_setup_teardown(a_failover_changes_the_epoch_though_meta_is_the_same, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_subscription_is_told_to_those_who_wait_and_the_view_is_dropped, begin,
                                        end),
        cmocka_unit_test_setup_teardown(who_asks_again_when_told_of_a_failed_subscription_has_it_tried_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_first_page_that_fails_is_told_and_the_view_is_dropped, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_again_when_told_of_a_failed_page_has_it_read_again, begin, end),
        cmocka_unit_test_setup_teardown(a_view_that_was_whole_stays_when_a_page_fails, begin, end),
        cmocka_unit_test_setup_teardown(a_view_with_polls_stays_when_a_page_fails, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_ends_its_polls_and_its_view, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_keeps_its_view_while_somebody_waits, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_keeps_its_view_until_its_polls_have_ended, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_keeps_its_view_while_a_page_is_under_way, begin, end),
        cmocka_unit_test_setup_teardown(the_first_500_views_are_compared_at_once_when_redis_is_back, begin, end),
        cmocka_unit_test_setup_teardown(the_others_are_compared_tick_by_tick, begin, end),
        cmocka_unit_test_setup_teardown(a_view_whose_page_is_under_way_when_redis_is_back_is_read_again_behind_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_view_that_is_not_subscribed_is_not_compared, begin, end),
        cmocka_unit_test_setup_teardown(the_head_is_compared_every_5_s_while_redis_is_up, begin, end),
        cmocka_unit_test_setup_teardown(views_are_checked_at_moments_of_their_own, begin, end),
        cmocka_unit_test_setup_teardown(one_check_in_64_prunes_as_well, begin, end),
        cmocka_unit_test_setup_teardown(a_view_that_nobody_uses_is_dropped_after_a_minute, begin, end),
        cmocka_unit_test_setup_teardown(a_view_is_used_by_a_poll_by_who_waits_and_by_who_asks, begin, end),
        cmocka_unit_test_setup_teardown(a_view_whose_page_is_under_way_is_never_dropped, begin, end),
        cmocka_unit_test_setup_teardown(a_view_that_is_being_subscribed_is_left_alone, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
