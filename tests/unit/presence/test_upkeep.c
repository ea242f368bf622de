/* SPDX-License-Identifier: ISC */
/*
 * What a worker does without being asked, against a Redis and a directory that are played here: leases lapse
 * (expiry.c), old entries are forgotten (prune.c), and users who lost their lease get one (adopt.c).
 */
#include "played.h"

#include "base/clock.h"
#include "base/limits.h"

#include <stdio.h>

/* When the first tick is: a while before the answers, by the clock of a machine that may have been started lately. */
static int64_t first_ms;

#define NOW first_ms

static unsigned ready; /* how often on_ready was called */

/* Every partition answers that nothing is due, Redis's time being REDIS_MS. */
static void answer_round(int64_t redis_ms)
{
    char bytes[100];

    snprintf(bytes, sizeof bytes, "*6\r\n:%lld\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n", (long long)redis_ms);
    for (int i = 0; i < IDS_PARTITIONS; i++)
        answer_next(REDIS_OK, bytes);
}

static void on_ready(void *ctx)
{
    (void)ctx;
    ready++;
}

static int begin(void **state)
{
    static const char *const workspaces[] = {"acme", "beta", NULL};

    (void)state;
    played_begin();
    first_ms = clock_mono_ms() - 10000;
    ready = 0;
    it.workspaces = workspaces;
    it.presence.events.on_ready = on_ready;
    expiry_init(&it.presence);
    return 0;
}

static int end(void **state)
{
    (void)state;
    while (it.answered < it.call_count)
        answer_next(REDIS_UNAVAILABLE, NULL);
    played_end();
    return 0;
}

/* ---- leases lapse ---- */

static void every_partition_is_asked_once_and_not_again_before_all_have_answered(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    assert_int_equal(it.call_count, IDS_PARTITIONS);
    assert_string_equal(it.calls[0].args[0], "rollcall:{0}:");
    assert_string_equal(it.calls[63].args[0], "rollcall:{63}:");
    expiry_tick(&it.presence, NOW + 250);
    assert_int_equal(it.call_count, IDS_PARTITIONS);
    answer_round(5000000);
    expiry_tick(&it.presence, NOW + 500);
    assert_int_equal(it.call_count, 2 * IDS_PARTITIONS);
}

static void requests_may_be_served_after_the_first_round(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    assert_int_equal(ready, 0);
    answer_round(5000000);
    assert_int_equal(ready, 1);
    expiry_tick(&it.presence, NOW + 250);
    answer_round(5000250);
    assert_int_equal(ready, 1);
}

static void requests_may_be_served_after_a_first_round_that_failed(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    for (int i = 0; i < IDS_PARTITIONS; i++)
        answer_next(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(ready, 1);
}

static void a_partition_with_more_that_is_due_is_asked_again_at_once(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    answer_next(REDIS_OK, "*6\r\n:5000000\r\n:0\r\n:256\r\n:3\r\n:0\r\n:6\r\n");
    assert_int_equal(it.call_count, IDS_PARTITIONS + 1);
    assert_string_equal(last_call()->args[0], "rollcall:{0}:");
    assert_int_equal(it.presence.stats.lapses, LIMIT_EXPIRE_BATCH - 6);
}

static void the_first_call_expects_no_time_and_the_next_round_does(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    assert_string_equal(last_call()->args[1], "");
    answer_round(5000000);
    expiry_tick(&it.presence, NOW + 250);
    assert_string_not_equal(last_call()->args[1], "");
    assert_string_equal(last_call()->args[3], "0");
}

static void a_leap_of_redis_clock_holds_the_next_round(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    answer_next(REDIS_OK, "*6\r\n:5000000\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n");
    assert_int_equal(it.presence.stats.holds, 1);
    while (it.answered < it.call_count)
        answer_next(REDIS_OK, "*6\r\n:5000000\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n");
    expiry_tick(&it.presence, NOW + 250);
    assert_string_equal(last_call()->args[3], "1");
    assert_true(expiry_now(&it.presence, "acme").held_ms > 0);
    assert_true(expiry_now(&it.presence, "acme").asked_ms >= 5000000);
}

static void a_connection_that_was_lost_between_two_rounds_holds_the_next_one(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    answer_round(5000000);
    expiry_tick(&it.presence, NOW + 250);
    assert_string_equal(last_call()->args[3], "0");
    answer_round(5000250);
    expiry_down(&it.presence, UINT64_MAX);
    expiry_found(&it.presence, UINT64_MAX, "");
    expiry_up(&it.presence);
    assert_string_equal(last_call()->args[3], "1");
    assert_int_equal(it.presence.stats.holds, 0);
}

static void an_answer_of_the_wrong_shape_fails_its_round(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    answer_next(REDIS_OK, "*1\r\n:1\r\n");
    assert_true(it.presence.parts[0].expiry.failed);
    assert_true(it.presence.parts[0].expiry.failing_ms > 0);
}

static void a_directory_that_cannot_be_read_fails_its_round(void **state)
{
    (void)state;
    it.unreadable = true;
    expiry_tick(&it.presence, NOW);
    assert_true(it.presence.parts[0].expiry.failing_ms > 0);
    answer_round(5000000);
    assert_int_equal(it.presence.parts[0].expiry.usable_ms, 0);
    it.unreadable = false;
    expiry_tick(&it.presence, NOW + 250);
    answer_round(5000250);
    assert_true(it.presence.parts[0].expiry.usable_ms > 0);
}

/* ---- in a cluster, each partition is alone ---- */

#define REPLID "0123456789012345678901234567890123456789"
#define OTHER  "9123456789012345678901234567890123456789"

static void begin_cluster(void)
{
    it.presence.clustered = true;
    expiry_init(&it.presence);
    expiry_found(&it.presence, UINT64_MAX, REPLID);
    expiry_tick(&it.presence, NOW);
    answer_round(5000000);
}

/* A workspace of PARTITION, and one of another. */
static void find_workspaces(unsigned partition, char inside[16], char outside[16])
{
    int i = 0;

    do
        snprintf(inside, 16, "w%d", i++);
    while (ids_partition(inside, strlen(inside)) != partition);
    snprintf(outside, 16, "w%d", i);
    assert_true(ids_partition(outside, strlen(outside)) != partition);
}

static void a_partition_that_is_lost_holds_itself_alone(void **state)
{
    char lost[16], other[16];

    (void)state;
    find_workspaces(7, lost, other);
    begin_cluster();
    assert_int_equal(expiry_now(&it.presence, lost).held_ms, 0);
    it.away = UINT64_C(1) << 7;
    expiry_down(&it.presence, it.away);
    assert_true(expiry_now(&it.presence, lost).held_ms > 0);
    assert_int_equal(expiry_now(&it.presence, other).held_ms, 0);
    expiry_tick(&it.presence, NOW + 250);
    assert_int_equal(it.call_count, 2 * IDS_PARTITIONS - 1);
}

static void a_partition_that_moved_knows_no_time_and_is_held(void **state)
{
    char moved[16], other[16];

    (void)state;
    find_workspaces(7, moved, other);
    begin_cluster();
    expiry_found(&it.presence, UINT64_C(1) << 7, OTHER);
    assert_int_equal(it.presence.stats.holds, 1);
    assert_int_equal(expiry_now(&it.presence, moved).asked_ms, 0);
    assert_int_equal(expiry_now(&it.presence, moved).held_ms, 1);
    assert_true(expiry_now(&it.presence, other).asked_ms > 0);
    assert_int_equal(expiry_now(&it.presence, other).held_ms, 0);
}

static void cursors_differ_when_a_partition_moved(void **state)
{
    char epochs[2][EPOCH_LEN + 1], moved[16], other[16];

    (void)state;
    find_workspaces(7, moved, other);
    begin_cluster();
    presence_epoch(&it.presence, moved, "0123456789abcdef", epochs[0]);
    expiry_found(&it.presence, UINT64_C(1) << 7, OTHER);
    presence_epoch(&it.presence, moved, "0123456789abcdef", epochs[1]);
    assert_string_not_equal(epochs[0], epochs[1]);
    presence_epoch(&it.presence, other, "0123456789abcdef", epochs[1]);
    assert_string_equal(epochs[0], epochs[1]);
}

static void requests_may_be_served_when_every_partition_was_looked_at_or_is_lost(void **state)
{
    (void)state;
    it.presence.clustered = true;
    expiry_init(&it.presence);
    it.away = 3;
    expiry_tick(&it.presence, NOW);
    answer_next(REDIS_UNAVAILABLE, NULL);
    while (it.answered < it.call_count)
        answer_next(REDIS_OK, "*6\r\n:5000000\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n");
    assert_int_equal(ready, 0);
    expiry_down(&it.presence, 3);
    assert_int_equal(ready, 1);
}

static void who_only_follows_says_neither_that_it_is_ready_nor_that_it_holds(void **state)
{
    (void)state;
    it.presence.clustered = true;
    it.presence.follows = true;
    expiry_init(&it.presence);
    expiry_found(&it.presence, UINT64_MAX, REPLID);
    expiry_saw(&it.presence, "acme", 5000000);
    expiry_found(&it.presence, UINT64_MAX, OTHER);
    assert_int_equal(it.presence.stats.holds, 0);
    expiry_down(&it.presence, UINT64_MAX);
    assert_int_equal(ready, 0);
}

static void a_server_that_refuses_something_lets_nobody_lapse(void **state)
{
    (void)state;
    begin_cluster();
    it.refuses = true;
    expiry_tick(&it.presence, NOW + 250);
    answer_round(5000250);
    assert_true(expiry_now(&it.presence, "acme").held_ms > 0);
}

/* ---- old entries are forgotten ---- */

static void nothing_is_pruned_before_redis_time_is_known_or_while_it_is_down(void **state)
{
    (void)state;
    prune_tick(&it.presence, NOW);
    assert_int_equal(it.call_count, 0);
    it.presence.parts[0].expiry.redis_ms = 5000000;
    it.down = true;
    prune_tick(&it.presence, NOW);
    assert_int_equal(it.call_count, 0);
}

static void a_workspace_is_pruned_portion_after_portion_by_redis_clock(void **state)
{
    (void)state;
    it.presence.parts[0].expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    assert_int_equal(last_call()->script, SCRIPT_PRUNE);
    assert_string_equal(last_call()->args[0], "4900000");
    assert_string_equal(last_call()->args[1], "0");
    answer_next(REDIS_OK, "*2\r\n:60\r\n:4\r\n");
    assert_int_equal(it.call_count, 2);
    assert_string_equal(last_call()->args[1], "60");
    answer_next(REDIS_OK, "*2\r\n:-1\r\n:0\r\n");
    assert_int_equal(it.call_count, 2);
    assert_false(it.presence.prune_walk.inside);
}

static void the_next_workspace_has_its_turn_after_a_pause(void **state)
{
    (void)state;
    it.presence.parts[0].expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    assert_string_equal(it.presence.prune_walk.workspace, "acme");
    answer_next(REDIS_OK, "*2\r\n:-1\r\n:0\r\n");
    prune_tick(&it.presence, NOW + 999);
    assert_int_equal(it.call_count, 1);
    prune_tick(&it.presence, NOW + 1000);
    assert_string_equal(it.presence.prune_walk.workspace, "beta");
    answer_next(REDIS_OK, "*2\r\n:-1\r\n:0\r\n");
    prune_tick(&it.presence, NOW + 2000); /* behind the last one */
    assert_int_equal(it.call_count, 2);
    prune_tick(&it.presence, NOW + 3000);
    assert_string_equal(it.presence.prune_walk.workspace, "acme");
}

static void no_other_workspace_is_pruned_while_one_is(void **state)
{
    (void)state;
    it.presence.parts[0].expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    prune_tick(&it.presence, NOW + 30000);
    assert_int_equal(it.call_count, 1);
    assert_string_equal(it.presence.prune_walk.workspace, "acme");
}

static void a_workspace_that_cannot_be_pruned_is_left_to_the_next_round(void **state)
{
    (void)state;
    it.presence.parts[0].expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    answer_next(REDIS_UNAVAILABLE, NULL);
    prune_tick(&it.presence, NOW + 1000);
    assert_string_equal(it.presence.prune_walk.workspace, "beta");
    answer_next(REDIS_OK, ":1\r\n");
    assert_false(it.presence.prune_walk.inside);
}

static void the_pause_between_workspaces_grows_with_the_retention_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(prune_pause_ms(1), 500);
    assert_int_equal(prune_pause_ms(100), 1000);
    assert_int_equal(prune_pause_ms(86400), 30000);
}

/* ---- lost leases ---- */

static void one_portion_a_tick_is_looked_at_up_to_the_head_at_which_the_walk_began(void **state)
{
    (void)state;
    adopt_tick(&it.presence);
    assert_int_equal(last_call()->script, SCRIPT_ADOPT);
    assert_string_equal(last_call()->args[2], "0");
    assert_string_equal(last_call()->args[3], "");
    adopt_tick(&it.presence);
    assert_int_equal(it.call_count, 1);
    answer_next(REDIS_OK, "*3\r\n:32\r\n:90\r\n:0\r\n");
    assert_int_equal(it.call_count, 1);
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "acme");
    assert_string_equal(last_call()->args[2], "32");
    assert_string_equal(last_call()->args[3], "90");
}

static void the_walk_goes_on_to_the_next_workspace_and_begins_again_after_the_last(void **state)
{
    (void)state;
    adopt_tick(&it.presence);
    answer_next(REDIS_OK, "*3\r\n:-1\r\n:90\r\n:0\r\n");
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "beta");
    assert_string_equal(last_call()->args[3], "");
    answer_next(REDIS_OK, "*3\r\n:-1\r\n:7\r\n:1\r\n");
    adopt_tick(&it.presence);
    assert_int_equal(it.call_count, 2);
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "acme");
}

static void a_workspace_that_cannot_be_read_is_left_to_the_next_round(void **state)
{
    (void)state;
    adopt_tick(&it.presence);
    answer_next(REDIS_UNAVAILABLE, NULL);
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "beta");
    answer_next(REDIS_OK, "*1\r\n:1\r\n");
    assert_false(it.presence.adopt_walk.inside);
}

static void nobody_is_adopted_while_redis_is_down(void **state)
{
    (void)state;
    it.down = true;
    adopt_tick(&it.presence);
    assert_int_equal(it.call_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_partition_is_asked_once_and_not_again_before_all_have_answered, begin,
                                        end),
        cmocka_unit_test_setup_teardown(requests_may_be_served_after_the_first_round, begin, end),
        cmocka_unit_test_setup_teardown(requests_may_be_served_after_a_first_round_that_failed, begin, end),
        cmocka_unit_test_setup_teardown(a_partition_with_more_that_is_due_is_asked_again_at_once, begin, end),
        cmocka_unit_test_setup_teardown(the_first_call_expects_no_time_and_the_next_round_does, begin, end),
        cmocka_unit_test_setup_teardown(a_leap_of_redis_clock_holds_the_next_round, begin, end),
        cmocka_unit_test_setup_teardown(a_connection_that_was_lost_between_two_rounds_holds_the_next_one, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_of_the_wrong_shape_fails_its_round, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_read_fails_its_round, begin, end),
        cmocka_unit_test_setup_teardown(a_partition_that_is_lost_holds_itself_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_partition_that_moved_knows_no_time_and_is_held, begin, end),
        cmocka_unit_test_setup_teardown(cursors_differ_when_a_partition_moved, begin, end),
        cmocka_unit_test_setup_teardown(requests_may_be_served_when_every_partition_was_looked_at_or_is_lost, begin,
                                        end),
        cmocka_unit_test_setup_teardown(who_only_follows_says_neither_that_it_is_ready_nor_that_it_holds, begin, end),
        cmocka_unit_test_setup_teardown(a_server_that_refuses_something_lets_nobody_lapse, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_pruned_before_redis_time_is_known_or_while_it_is_down, begin, end),
        cmocka_unit_test_setup_teardown(a_workspace_is_pruned_portion_after_portion_by_redis_clock, begin, end),
        cmocka_unit_test_setup_teardown(the_next_workspace_has_its_turn_after_a_pause, begin, end),
        cmocka_unit_test_setup_teardown(no_other_workspace_is_pruned_while_one_is, begin, end),
        cmocka_unit_test_setup_teardown(a_workspace_that_cannot_be_pruned_is_left_to_the_next_round, begin, end),
        cmocka_unit_test_setup_teardown(the_pause_between_workspaces_grows_with_the_retention_within_bounds, begin,
                                        end),
        cmocka_unit_test_setup_teardown(one_portion_a_tick_is_looked_at_up_to_the_head_at_which_the_walk_began, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_walk_goes_on_to_the_next_workspace_and_begins_again_after_the_last, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_workspace_that_cannot_be_read_is_left_to_the_next_round, begin, end),
        cmocka_unit_test_setup_teardown(nobody_is_adopted_while_redis_is_down, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
