/* SPDX-License-Identifier: ISC */
/*
 * Views against a Redis and a directory that are played here: what is asked of them, and what becomes of waiters, polls
 * and views when they answer. What is decided is tested in test_sync_step.c.
 */
#include "played.h"

#include "presence/sync_step.h"

#include <stdio.h>

#define META       "0123456789abcdef"
#define OTHER_META "aaaaaaaaaaaaaaaa"

enum { VIEWS = 620 };

/* What those who wait for views, and the polls, were told. */
static struct told {
    struct view *given;
    size_t given_count;
    size_t failed_count;
    size_t ask_again; /* how often who is told of a failure asks again at once */
    enum wake woken_why;
    bool woken_lost;
    size_t woken_count;
    size_t due_count;
} told;

/* The last call is answered with a page of META_EPOCH: HEAD, and, unless it is the head before, one change with it. */
static void answer_page(const char *meta_epoch, int64_t head, const char *user)
{
    char bytes[400];
    int len = snprintf(bytes, sizeof bytes, "*%d\r\n$16\r\n%s\r\n:%lld\r\n:0\r\n:1700000000000\r\n", user ? 10 : 4,
                       meta_epoch, (long long)head);

    if (user)
        snprintf(bytes + len, sizeof bytes - (size_t)len,
                 "$%zu\r\n%s\r\n:%lld\r\n$6\r\nactive\r\n:1700000000000\r\n$4\r\njoin\r\n$0\r\n\r\n", strlen(user),
                 user, (long long)head);
    answer_last(REDIS_OK, bytes);
}

/* ---- who waits, and what is parked ---- */

static void on_view(void *ctx, struct view *view)
{
    (void)ctx;
    told.given = view;
    told.given_count += view ? 1 : 0;
    told.failed_count += view ? 0 : 1;
    if (!view && told.ask_again > 0) {
        told.ask_again--;
        presence_view(&it.presence, "acme", 0, on_view, NULL);
    }
}

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    (void)ctx;
    told.woken_why = why;
    told.woken_lost = woken->lost;
    told.woken_count++;
}

static void on_due(void *ctx)
{
    (void)ctx;
    told.due_count++;
}

/* Answers the polls that are due, as the worker's loop does. */
static void run(void)
{
    assert_false(parked_run(it.presence.parked, 0, 100));
}

static void park(struct view *view)
{
    const struct poll_spec spec = {.user = "bob", .user_len = 3, .seq = view_head(view), .deadline_ms = INT64_MAX};

    parked_add(it.presence.parked, view, &spec);
}

static int begin(void **state)
{
    (void)state;
    played_begin();
    memset(&told, 0, sizeof told);
    static const struct parked_calls calls = {.wake = on_wake};
    it.presence.parked = parked_new(&calls, NULL);
    it.presence.events.on_due = on_due;
    return 0;
}

static int end(void **state)
{
    (void)state;
    parked_end_all(it.presence.parked, WAKE_DRAIN);
    run();
    view_sync_free_all(&it.presence);
    parked_free(it.presence.parked);
    played_end();
    return 0;
}

/* The view of "acme", whole with HEAD, in which "ann" is active. */
static struct view *whole(int64_t head)
{
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(META, head, "ann");
    assert_non_null(told.given);
    return told.given;
}

static bool is_active(const struct view *view, const char *user)
{
    const struct view_entry *entry = view_find(view, user, strlen(user));

    return entry && view_entry_status(entry) == STATUS_ACTIVE;
}

static void change_comes(const char *meta_epoch, int64_t seq, const char *user)
{
    const struct change change = {
        .key = user, .key_len = strlen(user), .seq = seq, .since_ms = 1, .status = STATUS_ACTIVE, .why = WHY_JOIN};

    view_sync_change(&it.presence, "acme", meta_epoch, &change);
}

/* ---- tests ---- */

static void a_view_is_subscribed_then_read_then_given(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    assert_int_equal(it.subscription_count, 1);
    assert_int_equal(it.call_count, 0);
    answer_subscription(REDIS_OK);
    assert_int_equal(it.calls[0].script, SCRIPT_CHANGES);
    assert_string_equal(it.calls[0].args[1], "0");
    assert_null(presence_view_now(&it.presence, "acme"));
    answer_page(META, 7, "ann");
    assert_int_equal(told.given_count, 1);
    assert_true(is_active(told.given, "ann"));
    assert_int_equal(view_head(told.given), 7);
    assert_ptr_equal(presence_view_now(&it.presence, "acme"), told.given);
}

static void all_who_wait_get_the_view_in_turn(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(META, 7, "ann");
    assert_int_equal(told.given_count, 3);
    assert_int_equal(it.subscription_count, 1);
}

static void who_knows_of_a_later_seq_waits_for_it_and_the_others_do_not(void **state)
{
    (void)state;
    whole(7);
    presence_view(&it.presence, "acme", 9, on_view, NULL);
    presence_view(&it.presence, "acme", 8, on_view, NULL);
    assert_int_equal(told.given_count, 1);
    answer_page(META, 8, "bob");
    assert_int_equal(told.given_count, 2);
    answer_page(META, 9, "cy");
    assert_int_equal(told.given_count, 3);
}

static void a_change_that_follows_is_in_the_view_at_once(void **state)
{
    (void)state;
    struct view *view = whole(7);

    change_comes(META, 8, "bob");
    assert_true(is_active(view, "bob"));
    assert_int_equal(it.call_count, 1);
}

static void a_gap_is_read_from_the_head_on(void **state)
{
    (void)state;
    struct view *view = whole(7);

    change_comes(META, 10, "bob");
    assert_false(is_active(view, "bob"));
    assert_int_equal(it.call_count, 2);
    assert_string_equal(it.calls[1].args[1], "7");
    answer_page(META, 10, "bob");
    assert_true(is_active(view, "bob"));
    assert_int_equal(view_head(view), 10);
}

static void another_epoch_ends_polls_in_the_turns_after_and_is_read_whole(void **state)
{
    char epoch[EPOCH_LEN + 1];

    (void)state;
    struct view *view = whole(7);
    strcpy(epoch, view_epoch(view));
    park(view);
    told.due_count = 0;
    change_comes(OTHER_META, 3, "bob");
    assert_string_equal(it.calls[1].args[1], "7");
    answer_page(OTHER_META, 3, NULL);
    assert_int_equal(told.woken_count, 0);
    assert_int_equal(told.due_count, 1);
    assert_string_equal(it.calls[2].args[1], "0");
    answer_page(OTHER_META, 3, "bob");
    assert_true(is_active(view, "bob"));
    assert_false(is_active(view, "ann"));
    assert_int_equal(view_head(view), 3);
    assert_string_not_equal(view_epoch(view), epoch);
    run();
    assert_int_equal(told.woken_count, 1);
    assert_int_equal(told.woken_why, WAKE_LOST);
    assert_true(told.woken_lost);
}

static void a_failed_subscription_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    presence_view(&it.presence, "acme", 5, on_view, NULL);
    answer_subscription(REDIS_UNAVAILABLE);
    assert_int_equal(told.failed_count, 2);
    assert_int_equal(it.unsubscribed, 1);
    assert_int_equal(it.presence.stats.views, 0);
}

static void who_asks_again_when_told_of_a_failed_subscription_is_answered_too(void **state)
{
    (void)state;
    told.ask_again = 1;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_UNAVAILABLE);
    assert_int_equal(told.failed_count, 1);
    assert_int_equal(it.subscription_count, 2);
    assert_int_equal(it.presence.stats.views, 1);
    answer_subscription(REDIS_OK);
    answer_page(META, 7, "ann");
    assert_int_equal(told.given_count, 1);
}

static void who_asks_again_when_told_of_a_failed_page_is_answered_too(void **state)
{
    (void)state;
    told.ask_again = 1;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(told.failed_count, 1);
    assert_int_equal(it.call_count, 2);
    answer_page(META, 7, "ann");
    assert_int_equal(told.given_count, 1);
}

static void an_answer_of_the_wrong_shape_counts_as_a_redis_that_is_out_of_reach(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_last(REDIS_OK, "*1\r\n$5\r\nhello\r\n");
    assert_int_equal(told.failed_count, 1);
    assert_int_equal(it.presence.stats.views, 0);
}

static void a_view_that_is_whole_survives_an_answer_of_the_wrong_shape(void **state)
{
    (void)state;
    struct view *view = whole(7);

    change_comes(META, 10, "bob");
    answer_last(REDIS_OK, ":1\r\n");
    assert_ptr_equal(presence_view_now(&it.presence, "acme"), view);
    assert_int_equal(view_head(view), 7);
    change_comes(META, 8, "bob");
    assert_true(is_active(view, "bob"));
}

static void a_deleted_workspace_stays_deleted_and_its_polls_end(void **state)
{
    char fresh[EPOCH_LEN + 1];

    (void)state;
    park(whole(7));
    it.workspace_gone = true;
    change_comes(META, 10, "bob");
    strcpy(fresh, it.calls[1].args[0]);
    answer_page(fresh, 0, NULL); /* the read began the keys again, with its own epoch */
    assert_int_equal(it.calls[2].script, SCRIPT_CHANGES);
    assert_int_equal(it.calls[3].script, SCRIPT_DROP);
    run();
    assert_int_equal(told.woken_count, 1);
    answer_last(REDIS_OK, ":0\r\n");
    assert_null(presence_view_now(&it.presence, "acme"));
}

static void a_deleted_workspace_without_a_page_under_way_has_no_view_any_more(void **state)
{
    (void)state;
    it.workspace_gone = true;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(it.calls[0].args[0], 0, NULL);
    assert_int_equal(told.given_count, 1);
    assert_int_equal(it.calls[1].script, SCRIPT_DROP);
    assert_int_equal(it.presence.stats.views, 0);
    answer_last(REDIS_OK, ":0\r\n");
}

static void the_keys_of_a_deleted_workspace_are_dropped_whoever_began_them_again(void **state)
{
    (void)state;
    whole(7);
    it.workspace_gone = true;
    change_comes(META, 10, "bob");
    answer_page("fedcba9876543210", 0, NULL); /* another epoch, which this worker did not make up */
    assert_int_equal(it.calls[3].script, SCRIPT_DROP);
    answer_last(REDIS_OK, ":0\r\n");
}

static void a_page_that_failed_may_have_begun_the_keys_of_a_deleted_workspace(void **state)
{
    (void)state;
    it.workspace_gone = true;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_last(REDIS_UNAVAILABLE, NULL);
    drop_tick(&it.presence);
    assert_int_equal(last_call()->script, SCRIPT_DROP);
    assert_string_equal(last_call()->args[1], "acme");
    answer_last(REDIS_OK, ":0\r\n");
}

static void a_page_that_began_the_keys_of_a_workspace_that_exists_drops_nothing(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(it.calls[0].args[0], 0, NULL);
    assert_int_equal(it.call_count, 1);
    assert_int_equal(it.presence.stats.views, 1);
}

static void when_redis_is_back_500_views_are_read_at_once_and_the_others_tick_by_tick(void **state)
{
    char workspace[16];
    size_t read;

    (void)state;
    for (int i = 0; i < VIEWS; i++) {
        snprintf(workspace, sizeof workspace, "w%d", i);
        presence_view(&it.presence, workspace, 0, on_view, NULL);
        answer_subscription(REDIS_OK);
        answer_page(META, 7, "ann");
    }
    read = it.call_count;
    view_sync_recheck_all(&it.presence, UINT64_MAX);
    assert_int_equal(it.call_count, read + SYNC_RECHECKS_AT_ONCE);
}

static void a_view_with_a_poll_is_kept_and_an_unused_one_goes(void **state)
{
    (void)state;
    struct view *view = whole(7);

    park(view);
    view_sync_tick_all(&it.presence, INT64_MAX / 2);
    assert_int_equal(it.presence.stats.views, 1);
    answer_page(META, 7, NULL);
    parked_end_all(it.presence.parked, WAKE_DRAIN);
    run();
    view_sync_tick_all(&it.presence, INT64_MAX / 2 + SYNC_IDLE_MS + 1);
    assert_int_equal(it.presence.stats.views, 0);
    assert_int_equal(it.unsubscribed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_view_is_subscribed_then_read_then_given, begin, end),
        cmocka_unit_test_setup_teardown(all_who_wait_get_the_view_in_turn, begin, end),
        cmocka_unit_test_setup_teardown(who_knows_of_a_later_seq_waits_for_it_and_the_others_do_not, begin, end),
        cmocka_unit_test_setup_teardown(a_change_that_follows_is_in_the_view_at_once, begin, end),
        cmocka_unit_test_setup_teardown(a_gap_is_read_from_the_head_on, begin, end),
        cmocka_unit_test_setup_teardown(another_epoch_ends_polls_in_the_turns_after_and_is_read_whole, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_subscription_is_told_and_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_again_when_told_of_a_failed_subscription_is_answered_too, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_again_when_told_of_a_failed_page_is_answered_too, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_of_the_wrong_shape_counts_as_a_redis_that_is_out_of_reach, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_view_that_is_whole_survives_an_answer_of_the_wrong_shape, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_stays_deleted_and_its_polls_end, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_without_a_page_under_way_has_no_view_any_more, begin, end),
        cmocka_unit_test_setup_teardown(the_keys_of_a_deleted_workspace_are_dropped_whoever_began_them_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_page_that_failed_may_have_begun_the_keys_of_a_deleted_workspace, begin, end),
        cmocka_unit_test_setup_teardown(a_page_that_began_the_keys_of_a_workspace_that_exists_drops_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(when_redis_is_back_500_views_are_read_at_once_and_the_others_tick_by_tick,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_view_with_a_poll_is_kept_and_an_unused_one_goes, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
