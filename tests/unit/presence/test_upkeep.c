/* SPDX-License-Identifier: ISC */
/*
 * What a worker does without being asked, against a Redis and a directory that are played here: leases lapse
 * (expiry.c), old entries are forgotten (prune.c), and users who lost their lease get one (adopt.c).
 */
#include "presence/presence_private.h"

#include "base/conf.h"
#include "base/limits.h"
#include "directory/directory.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 400, ARGS_MAX = 8, NOW = 1000000 };

struct script_asked {
    size_t script;
    char args[ARGS_MAX][80];
    redis_reply_fn *done;
    void *ctx;
};

/* All that is played; one test at a time. */
static struct played {
    struct script_asked calls[CALLS_MAX];
    size_t call_count;
    size_t answered;
    bool down;
    const char *const *workspaces; /* in the directory, NULL-ended */
    struct redis_arena arena;
    struct redisReader *reader;
    struct presence presence;
    struct conf conf;
    unsigned ready;
} it;

/* ---- the Redis and the directory that are played ---- */

void redis_call(struct redis *self, size_t index, const struct redis_arg *keys, size_t key_count,
                const struct redis_arg *args, size_t arg_count, redis_reply_fn *done, void *ctx)
{
    struct script_asked *call = &it.calls[it.call_count++];

    (void)self;
    (void)keys;
    (void)key_count;
    assert_true(it.call_count <= CALLS_MAX && arg_count <= ARGS_MAX);
    memset(call, 0, sizeof *call);
    call->script = index;
    for (size_t i = 0; i < arg_count; i++) {
        assert_true(args[i].len < sizeof call->args[i]);
        memcpy(call->args[i], args[i].bytes, args[i].len);
    }
    call->done = done;
    call->ctx = ctx;
}

bool redis_up(const struct redis *self)
{
    (void)self;
    return !it.down;
}

enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               void (*fn)(void *ctx, const struct workspace_row *row), void *ctx)
{
    (void)self;
    for (size_t i = 0; it.workspaces[i] && limit > 0; i++) {
        struct workspace_row row = {.id = it.workspaces[i], .name = it.workspaces[i]};
        if (strcmp(it.workspaces[i], after) <= 0)
            continue;
        fn(ctx, &row);
        limit--;
    }
    return DIRECTORY_OK;
}

/* The oldest call that has no answer yet is answered. */
static void answer(enum redis_result result, const char *bytes)
{
    const struct script_asked *call = &it.calls[it.answered++];
    void *value = NULL;

    assert_true(it.answered <= it.call_count);
    redis_arena_reset(&it.arena);
    if (bytes) {
        assert_int_equal(redisReaderFeed(it.reader, bytes, strlen(bytes)), REDIS_OK);
        assert_int_equal(redisReaderGetReply(it.reader, &value), REDIS_OK);
    }
    call->done(call->ctx, result, value);
}

/* Every partition answers that nothing is due, Redis's time being REDIS_MS. */
static void answer_round(int64_t redis_ms)
{
    char bytes[100];

    snprintf(bytes, sizeof bytes, "*5\r\n:%lld\r\n:0\r\n:0\r\n:0\r\n:0\r\n", (long long)redis_ms);
    for (int i = 0; i < IDS_PARTITIONS; i++)
        answer(REDIS_OK, bytes);
}

static const struct script_asked *last_call(void)
{
    return &it.calls[it.call_count - 1];
}

static void on_ready(void *ctx)
{
    (void)ctx;
    it.ready++;
}

static int begin(void **state)
{
    static const char *const workspaces[] = {"acme", "beta", NULL};

    (void)state;
    memset(&it, 0, sizeof it);
    it.workspaces = workspaces;
    it.reader = redis_value_reader_new(&it.arena);
    it.conf.ttl_s = 60;
    it.conf.retention_s = 100;
    it.presence.conf = &it.conf;
    it.presence.events.on_ready = on_ready;
    it.presence.scripts = scripts_new();
    strcpy(it.presence.epoch_base, "cccccccc");
    expiry_init(&it.presence);
    return 0;
}

static int end(void **state)
{
    (void)state;
    while (it.answered < it.call_count)
        answer(REDIS_UNAVAILABLE, NULL);
    free(it.presence.scripts);
    redisReaderFree(it.reader);
    redis_arena_fini(&it.arena);
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
    assert_int_equal(it.ready, 0);
    answer_round(5000000);
    assert_int_equal(it.ready, 1);
    expiry_tick(&it.presence, NOW + 250);
    answer_round(5000250);
    assert_int_equal(it.ready, 1);
}

static void requests_may_be_served_after_a_first_round_that_failed(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    for (int i = 0; i < IDS_PARTITIONS; i++)
        answer(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(it.ready, 1);
}

static void a_partition_with_more_that_is_due_is_asked_again_at_once(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    answer(REDIS_OK, "*5\r\n:5000000\r\n:0\r\n:256\r\n:3\r\n:0\r\n");
    assert_int_equal(it.call_count, IDS_PARTITIONS + 1);
    assert_string_equal(last_call()->args[0], "rollcall:{0}:");
    assert_int_equal(it.presence.stats.lapses, LIMIT_EXPIRE_BATCH);
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
    answer(REDIS_OK, "*5\r\n:5000000\r\n:1\r\n:0\r\n:0\r\n:0\r\n");
    assert_int_equal(it.presence.stats.holds, 1);
    while (it.answered < it.call_count)
        answer(REDIS_OK, "*5\r\n:5000000\r\n:0\r\n:0\r\n:0\r\n:0\r\n");
    expiry_tick(&it.presence, NOW + 250);
    assert_string_equal(last_call()->args[3], "1");
    assert_int_equal(expiry_believed_ms(&it.presence), 0);
}

static void an_answer_of_the_wrong_shape_fails_its_round(void **state)
{
    (void)state;
    expiry_tick(&it.presence, NOW);
    answer(REDIS_OK, "*1\r\n:1\r\n");
    assert_true(it.presence.expiry.failed);
    assert_true(it.presence.expiry.failing_ms > 0);
}

/* ---- old entries are forgotten ---- */

static void nothing_is_pruned_before_redis_time_is_known_or_while_it_is_down(void **state)
{
    (void)state;
    prune_tick(&it.presence, NOW);
    assert_int_equal(it.call_count, 0);
    it.presence.expiry.redis_ms = 5000000;
    it.down = true;
    prune_tick(&it.presence, NOW);
    assert_int_equal(it.call_count, 0);
}

static void a_workspace_is_pruned_portion_after_portion_by_redis_clock(void **state)
{
    (void)state;
    it.presence.expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    assert_int_equal(last_call()->script, SCRIPT_PRUNE);
    assert_string_equal(last_call()->args[0], "4900000");
    assert_string_equal(last_call()->args[1], "0");
    answer(REDIS_OK, "*2\r\n:60\r\n:4\r\n");
    assert_int_equal(it.call_count, 2);
    assert_string_equal(last_call()->args[1], "60");
    answer(REDIS_OK, "*2\r\n:-1\r\n:0\r\n");
    assert_int_equal(it.call_count, 2);
    assert_false(it.presence.prune_walk.inside);
}

static void the_next_workspace_has_its_turn_after_a_pause(void **state)
{
    (void)state;
    it.presence.expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    assert_string_equal(it.presence.prune_walk.workspace, "acme");
    answer(REDIS_OK, "*2\r\n:-1\r\n:0\r\n");
    prune_tick(&it.presence, NOW + 999);
    assert_int_equal(it.call_count, 1);
    prune_tick(&it.presence, NOW + 1000);
    assert_string_equal(it.presence.prune_walk.workspace, "beta");
    answer(REDIS_OK, "*2\r\n:-1\r\n:0\r\n");
    prune_tick(&it.presence, NOW + 2000); /* behind the last one */
    assert_int_equal(it.call_count, 2);
    prune_tick(&it.presence, NOW + 3000);
    assert_string_equal(it.presence.prune_walk.workspace, "acme");
}

static void a_workspace_that_cannot_be_pruned_is_left_to_the_next_round(void **state)
{
    (void)state;
    it.presence.expiry.redis_ms = 5000000;
    prune_tick(&it.presence, NOW);
    answer(REDIS_UNAVAILABLE, NULL);
    prune_tick(&it.presence, NOW + 1000);
    assert_string_equal(it.presence.prune_walk.workspace, "beta");
    answer(REDIS_OK, ":1\r\n");
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
    answer(REDIS_OK, "*3\r\n:32\r\n:90\r\n:0\r\n");
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
    answer(REDIS_OK, "*3\r\n:-1\r\n:90\r\n:0\r\n");
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "beta");
    assert_string_equal(last_call()->args[3], "");
    answer(REDIS_OK, "*3\r\n:-1\r\n:7\r\n:1\r\n");
    adopt_tick(&it.presence);
    assert_int_equal(it.call_count, 2);
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "acme");
}

static void a_workspace_that_cannot_be_read_is_left_to_the_next_round(void **state)
{
    (void)state;
    adopt_tick(&it.presence);
    answer(REDIS_UNAVAILABLE, NULL);
    adopt_tick(&it.presence);
    assert_string_equal(last_call()->args[1], "beta");
    answer(REDIS_OK, "*1\r\n:1\r\n");
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
        cmocka_unit_test_setup_teardown(an_answer_of_the_wrong_shape_fails_its_round, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_pruned_before_redis_time_is_known_or_while_it_is_down, begin, end),
        cmocka_unit_test_setup_teardown(a_workspace_is_pruned_portion_after_portion_by_redis_clock, begin, end),
        cmocka_unit_test_setup_teardown(the_next_workspace_has_its_turn_after_a_pause, begin, end),
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
