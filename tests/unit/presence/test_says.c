/* SPDX-License-Identifier: ISC */
/* Redis has what users say by hand as the directory has it, whatever comes in between. */
#include "played.h"

#include "base/clock.h"

#include <stdio.h>

#define META "0123456789abcdef"

enum { PORTION = 100, EVERY_MS = 10 * 60 * 1000, MANY = 250 };

static const struct layer invisible = {.kind = LAYER_BASE, .name = "", .show = SHOW_INVISIBLE};

static struct told {
    unsigned count;
    struct presence_reply reply;
} told;

/* Who says something: "ann", or many. */
static struct status_row rows[MANY];
static char users[MANY][16];

static void on_reply(void *ctx, const struct presence_reply *reply)
{
    (void)ctx;
    told.count++;
    told.reply = *reply;
}

static void set_rows(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(users[i], sizeof users[i], count == 1 ? "ann" : "user-%03zu", i);
        rows[i] = (struct status_row){
            .workspace = "acme", .user = users[i], .rev = 1700000000000, .layers = &invisible, .count = 1};
    }
    it.rows = rows;
    it.row_count = count;
}

static int begin(void **state)
{
    (void)state;
    played_begin();
    memset(&told, 0, sizeof told);
    it.presence.parts[0].expiry.redis_ms = INT64_C(1700000300000); /* 5 minutes after the rows were written */
    it.presence.parts[0].expiry.mono_ms = clock_mono_ms();
    set_rows(1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    played_end();
    return 0;
}

#define OK "$61\r\nok " META " 8 1700000000000 active offline 1700000000\r\n"

/* All calls that are not answered yet, and those that follow from that. */
static void answer_all(void)
{
    while (it.answered < it.call_count)
        answer_next(REDIS_OK, OK);
}

static void say(void)
{
    presence_say(&it.presence, "acme", "ann", on_reply, NULL);
}

/* ---- say ---- */

static void what_a_user_says_is_given_to_redis_and_the_reply_says_what_others_see(void **state)
{
    (void)state;
    say();
    assert_int_equal(last_call()->script, SCRIPT_SAY);
    assert_string_equal(last_call()->args[0], "acme");
    assert_string_equal(last_call()->args[1], "ann");
    assert_string_equal(last_call()->args[2], "1700000000000 0\n0 i ");
    assert_string_equal(last_call()->args[6], "60000");
    answer_last(REDIS_OK, OK);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.result, PRESENCE_OK);
    assert_int_equal(told.reply.status, STATUS_ACTIVE);
    assert_int_equal(told.reply.shown, STATUS_OFFLINE);
    assert_int_equal(told.reply.own_rev, 1700000000);
    assert_int_equal(it.call_count, 1);
}

static void who_never_said_anything_says_nothing(void **state)
{
    (void)state;
    it.row_count = 0;
    say();
    assert_string_equal(last_call()->args[2], "0 0\n0 - ");
    answer_last(REDIS_OK, OK);
    assert_int_equal(told.count, 1);
    assert_int_equal(it.call_count, 1);
}

static void what_has_changed_meanwhile_is_said_again(void **state)
{
    (void)state;
    say();
    rows[0].rev += 32;
    answer_last(REDIS_OK, OK);
    assert_int_equal(told.count, 1);
    assert_int_equal(it.call_count, 2);
    assert_string_equal(last_call()->args[2], "1700000000032 0\n0 i ");
    answer_last(REDIS_OK, OK);
    assert_int_equal(it.call_count, 2);
}

static void what_a_member_said_who_was_removed_meanwhile_is_taken_back_once(void **state)
{
    (void)state;
    say();
    it.row_count = 0;
    answer_last(REDIS_OK, OK);
    assert_int_equal(it.call_count, 2);
    assert_string_equal(last_call()->args[2], "1700000000001 0\n0 - ");
    answer_last(REDIS_OK, OK);
    assert_int_equal(it.call_count, 2);
}

static void what_was_said_and_is_gone_is_taken_back_also_if_redis_hears_of_that_later(void **state)
{
    (void)state;
    it.presence.repaired_recent = true;
    it.presence.repair_over = true;
    it.presence.repair_due_ms = INT64_MAX;
    it.row_count = 0;
    presence_say_after(&it.presence, "acme", "ann", 1700000000000);
    presence_say_after(&it.presence, "acme", "ann", 1600000000000);
    assert_string_equal(it.calls[0].args[2], "1700000000001 0\n0 - ");
    answer_next(REDIS_UNAVAILABLE, NULL);
    answer_next(REDIS_UNAVAILABLE, NULL);
    repair_tick(&it.presence, clock_mono_ms());
    assert_int_equal(it.call_count, 3);
    assert_string_equal(last_call()->args[2], "1700000000001 0\n0 - ");
    answer_last(REDIS_OK, OK);
    assert_int_equal(it.call_count, 3);
}

static void what_was_said_and_is_gone_does_not_take_back_what_is_said_now(void **state)
{
    (void)state;
    presence_say_after(&it.presence, "acme", "ann", 1600000000000);
    assert_string_equal(last_call()->args[2], "1700000000000 0\n0 i ");
    answer_last(REDIS_OK, OK);
}

static void nothing_is_said_while_the_directory_cannot_be_read(void **state)
{
    (void)state;
    it.unreadable = true;
    say();
    assert_int_equal(it.call_count, 0);
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
}

static void what_could_not_be_read_is_said_when_it_can_be(void **state)
{
    (void)state;
    it.presence.repaired_recent = true;
    it.presence.repair_over = true;
    it.presence.repair_due_ms = INT64_MAX;
    it.unreadable = true;
    say();
    repair_tick(&it.presence, clock_mono_ms());
    it.unreadable = false;
    for (int ticks = 0; ticks < 2; ticks++) {
        repair_tick(&it.presence, clock_mono_ms());
        assert_int_equal(it.call_count, 1);
    }
    answer_last(REDIS_OK, OK);
}

static void an_answer_of_the_wrong_shape_is_a_redis_out_of_reach(void **state)
{
    (void)state;
    say();
    answer_last(REDIS_OK, ":1\r\n");
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
    presence_own(&it.presence, "acme", "ann", on_reply, NULL);
    answer_last(REDIS_OK, OK);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
}

static void own_tells_both_statuses_and_the_rev(void **state)
{
    (void)state;
    presence_own(&it.presence, "acme", "ann", on_reply, NULL);
    assert_int_equal(last_call()->script, SCRIPT_OWN);
    answer_last(REDIS_OK, "*4\r\n:1700000000000\r\n$4\r\naway\r\n$7\r\noffline\r\n:-1\r\n");
    assert_int_equal(told.reply.status, STATUS_AWAY);
    assert_int_equal(told.reply.shown, STATUS_OFFLINE);
    assert_int_equal(told.reply.own_rev, -1);
    assert_int_equal(told.reply.now_ms, INT64_C(1700000000000));
}

/* ---- again ---- */

static void what_redis_could_not_be_told_is_told_when_it_is_back_and_once(void **state)
{
    static const char late[] = "$63\r\nlate " META " 8 1700000000000 active offline 1700000000\r\n";

    (void)state;
    it.presence.repaired_recent = true;
    for (int round = 0; round < 2; round++) {
        say();
        answer_call(last_call(), round == 0 ? REDIS_UNAVAILABLE : REDIS_OK, round == 0 ? NULL : late);
        assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
        say();
        answer_last(REDIS_UNAVAILABLE, NULL);
        size_t calls = it.call_count;
        it.down = true;
        repair_tick(&it.presence, clock_mono_ms());
        assert_int_equal(it.call_count, calls);
        it.down = false;
        repair_tick(&it.presence, clock_mono_ms());
        assert_int_equal(it.call_count, calls + 1);
        assert_int_equal(last_call()->script, SCRIPT_SAY);
        answer_last(REDIS_OK, OK);
        repair_tick(&it.presence, clock_mono_ms());
        assert_int_equal(it.call_count, calls + 1);
    }
}

static void what_redis_refuses_for_ever_is_not_said_for_ever(void **state)
{
    (void)state;
    it.presence.repaired_recent = true;
    say();
    answer_last(REDIS_ERROR, NULL);
    repair_tick(&it.presence, clock_mono_ms());
    assert_int_equal(it.call_count, 1);
}

static void all_of_a_workspace_are_said_at_once_in_portions(void **state)
{
    (void)state;
    set_rows(MANY);
    presence_say_all(&it.presence, "acme");
    assert_int_equal(it.call_count, PORTION);
    answer_all();
    assert_int_equal(it.call_count, MANY);
    assert_string_equal(it.calls[0].args[1], "user-000");
    assert_string_equal(last_call()->args[1], "user-249");
}

static void all_are_said_though_the_directory_skips_some(void **state)
{
    (void)state;
    set_rows(MANY);
    rows[10].rev = 0;
    presence_say_all(&it.presence, "acme");
    answer_all();
    assert_int_equal(it.call_count, MANY - 1);
}

static void those_whom_a_redis_that_is_lost_did_not_hear_of_are_said_when_it_is_back(void **state)
{
    (void)state;
    it.presence.repaired_recent = true;
    set_rows(MANY);
    presence_say_all(&it.presence, "acme");
    it.down = true;
    while (it.answered < it.call_count)
        answer_next(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(it.call_count, PORTION);
    it.down = false;
    for (int ticks = 0; ticks < 3; ticks++) {
        repair_tick(&it.presence, clock_mono_ms());
        answer_all();
    }
    assert_int_equal(it.call_count, PORTION + MANY);
}

static void a_workspace_is_said_from_its_beginning_if_it_is_asked_for_again(void **state)
{
    (void)state;
    set_rows(MANY);
    presence_say_all(&it.presence, "acme");
    presence_say_all(&it.presence, "acme");
    answer_all();
    repair_tick(&it.presence, clock_mono_ms());
    answer_all();
    assert_true(it.call_count >= 2 * (size_t)MANY);
}

static void a_worker_says_what_changed_lately_then_all_slowly_and_not_soon_again(void **state)
{
    static const char *const workspaces[] = {"acme", "zoo", NULL};
    int64_t now_ms = clock_mono_ms();

    (void)state;
    it.workspaces = workspaces;
    set_rows(MANY);
    for (size_t i = 0; i < MANY; i++)
        rows[i].rev = i < 5 ? 1700000100000 : 1600000000000;
    repair_tick(&it.presence, now_ms);
    int64_t late_ms = clock_mono_ms() - it.presence.parts[0].expiry.mono_ms;
    assert_in_range(it.since_rev, 1699999700000, 1699999700000 + late_ms);
    assert_int_equal(it.call_count, 5);
    answer_all();
    for (size_t ticks = 1; ticks <= 5; ticks++) {
        repair_tick(&it.presence, now_ms);
        assert_true(it.call_count <= 5 + ticks * PORTION);
        answer_all();
    }
    assert_int_equal(it.call_count, 5 + MANY);
    for (int ticks = 0; ticks < 5; ticks++)
        repair_tick(&it.presence, now_ms + EVERY_MS - 1);
    assert_int_equal(it.call_count, 5 + MANY);
    repair_tick(&it.presence, now_ms + EVERY_MS);
    assert_int_equal(it.call_count, 5 + MANY + PORTION);
}

static void nothing_is_repaired_before_the_time_is_known(void **state)
{
    (void)state;
    it.presence.parts[0].expiry.redis_ms = 0;
    repair_tick(&it.presence, clock_mono_ms());
    assert_int_equal(it.call_count, 0);
}

static void what_a_directory_says_that_may_be_behind_is_told_later_or_when_it_is_not(void **state)
{
    const int64_t now_ms = clock_mono_ms();

    (void)state;
    presence_doubt_directory(&it.presence, true);
    repair_tick(&it.presence, now_ms);
    repair_tick(&it.presence, now_ms + 9999);
    assert_int_equal(it.call_count, 0);
    presence_doubt_directory(&it.presence, false);
    repair_tick(&it.presence, now_ms + 9999);
    assert_true(it.call_count > 0);
}

static void what_a_directory_says_that_stays_behind_is_told_in_the_end(void **state)
{
    const int64_t now_ms = clock_mono_ms();

    (void)state;
    presence_doubt_directory(&it.presence, true);
    repair_tick(&it.presence, now_ms);
    assert_int_equal(it.call_count, 0);
    repair_tick(&it.presence, now_ms + 10000);
    assert_true(it.call_count > 0);
}

/* A server of a cluster, or all of Redis, comes up every 5 s. */
static void what_a_directory_says_that_stays_behind_is_told_while_parts_of_redis_come_and_go(void **state)
{
    const int64_t now_ms = clock_mono_ms();

    (void)state;
    presence_doubt_directory(&it.presence, true);
    for (int64_t after_ms = 0; after_ms < 30000; after_ms += 250) {
        it.down = after_ms % 5000 == 4750;
        if (after_ms % 5000 == 0)
            repair_found(&it.presence, now_ms + after_ms);
        repair_tick(&it.presence, now_ms + after_ms);
        assert_int_equal(it.call_count, 0);
    }
    repair_found(&it.presence, now_ms + 30000);
    it.down = false;
    repair_tick(&it.presence, now_ms + 30000);
    assert_true(it.call_count > 0);
}

static void a_part_of_redis_that_is_found_after_a_quiet_time_is_waited_with_once_more(void **state)
{
    static const char *const workspaces[] = {"acme", NULL};
    const int64_t now_ms = clock_mono_ms();

    (void)state;
    it.workspaces = workspaces;
    it.row_count = 0;
    presence_doubt_directory(&it.presence, true);
    for (int64_t after_ms = 0; after_ms < 40000; after_ms += 250)
        repair_tick(&it.presence, now_ms + after_ms);
    set_rows(1);
    repair_found(&it.presence, now_ms + 40000);
    repair_tick(&it.presence, now_ms + 40000);
    repair_tick(&it.presence, now_ms + 49999);
    assert_int_equal(it.call_count, 0);
    repair_tick(&it.presence, now_ms + 50000);
    assert_true(it.call_count > 0);
}

/* ---- ask ---- */

#define ASK  "$48\r\nask " META " 8 1700000000000 offline 1 0\r\n"
#define BEAT "$46\r\nok " META " 8 1700000000000 active 1 5\r\n"

static void beat(enum beat_kind kind)
{
    const struct beat beat = {"acme", "ann", "tab-12345", kind, STATUS_AWAY, 7, 0, false};

    presence_beat(&it.presence, &beat, on_reply, NULL);
}

static void a_redis_that_asks_gets_the_beat_again_with_what_its_user_says(void **state)
{
    (void)state;
    for (enum beat_kind kind = BEAT_JOIN; kind <= BEAT_POLL; kind++) {
        struct script_asked first;
        beat(kind);
        first = *last_call();
        assert_int_equal(first.arg_count, 8);
        answer_last(REDIS_OK, ASK);
        assert_int_equal(told.count, kind);
        assert_int_equal(last_call()->script, SCRIPT_BEAT);
        assert_int_equal(last_call()->arg_count, 9);
        for (size_t i = 0; i < 8; i++)
            if (i != 6) /* when it was asked */
                assert_string_equal(last_call()->args[i], first.args[i]);
        assert_string_equal(last_call()->args[8], "1700000000000 0\n0 i ");
        answer_last(REDIS_OK, BEAT);
        assert_int_equal(told.count, kind + 1U);
        assert_int_equal(told.reply.result, PRESENCE_OK);
        assert_int_equal(told.reply.status, STATUS_ACTIVE);
    }
}

static void what_a_user_says_while_redis_asks_is_said_after_the_beat(void **state)
{
    (void)state;
    beat(BEAT_JOIN);
    answer_last(REDIS_OK, ASK);
    rows[0].rev += 32;
    answer_last(REDIS_OK, BEAT);
    assert_int_equal(told.count, 1);
    assert_int_equal(last_call()->script, SCRIPT_SAY);
    assert_string_equal(last_call()->args[2], "1700000000032 0\n0 i ");
    answer_last(REDIS_OK, OK);
    assert_int_equal(it.call_count, 3);
}

static void of_a_user_who_never_said_anything_it_hears_that(void **state)
{
    (void)state;
    it.row_count = 0;
    beat(BEAT_JOIN);
    answer_last(REDIS_OK, ASK);
    assert_int_equal(last_call()->arg_count, 9);
    assert_string_equal(last_call()->args[8], "");
    answer_last(REDIS_OK, BEAT);
    assert_int_equal(told.reply.result, PRESENCE_OK);
}

static void a_beat_fails_if_nobody_knows_what_its_user_says_or_redis_asks_for_ever(void **state)
{
    (void)state;
    beat(BEAT_JOIN);
    it.unreadable = true;
    answer_last(REDIS_OK, ASK);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
    it.unreadable = false;
    beat(BEAT_JOIN);
    answer_last(REDIS_OK, ASK);
    answer_last(REDIS_OK, ASK);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
    assert_int_equal(it.call_count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_user_says_is_given_to_redis_and_the_reply_says_what_others_see, begin,
                                        end),
        cmocka_unit_test_setup_teardown(who_never_said_anything_says_nothing, begin, end),
        cmocka_unit_test_setup_teardown(what_has_changed_meanwhile_is_said_again, begin, end),
        cmocka_unit_test_setup_teardown(what_a_member_said_who_was_removed_meanwhile_is_taken_back_once, begin, end),
        cmocka_unit_test_setup_teardown(what_was_said_and_is_gone_is_taken_back_also_if_redis_hears_of_that_later,
                                        begin, end),
        cmocka_unit_test_setup_teardown(what_was_said_and_is_gone_does_not_take_back_what_is_said_now, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_said_while_the_directory_cannot_be_read, begin, end),
        cmocka_unit_test_setup_teardown(what_could_not_be_read_is_said_when_it_can_be, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_of_the_wrong_shape_is_a_redis_out_of_reach, begin, end),
        cmocka_unit_test_setup_teardown(own_tells_both_statuses_and_the_rev, begin, end),
        cmocka_unit_test_setup_teardown(what_redis_could_not_be_told_is_told_when_it_is_back_and_once, begin, end),
        cmocka_unit_test_setup_teardown(what_redis_refuses_for_ever_is_not_said_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(all_of_a_workspace_are_said_at_once_in_portions, begin, end),
        cmocka_unit_test_setup_teardown(all_are_said_though_the_directory_skips_some, begin, end),
        cmocka_unit_test_setup_teardown(those_whom_a_redis_that_is_lost_did_not_hear_of_are_said_when_it_is_back, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_workspace_is_said_from_its_beginning_if_it_is_asked_for_again, begin, end),
        cmocka_unit_test_setup_teardown(a_worker_says_what_changed_lately_then_all_slowly_and_not_soon_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(nothing_is_repaired_before_the_time_is_known, begin, end),
        cmocka_unit_test_setup_teardown(
            what_a_directory_says_that_stays_behind_is_told_while_parts_of_redis_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(a_part_of_redis_that_is_found_after_a_quiet_time_is_waited_with_once_more,
                                        begin, end),
        cmocka_unit_test_setup_teardown(what_a_directory_says_that_may_be_behind_is_told_later_or_when_it_is_not, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_a_directory_says_that_stays_behind_is_told_in_the_end, begin, end),
        cmocka_unit_test_setup_teardown(a_redis_that_asks_gets_the_beat_again_with_what_its_user_says, begin, end),
        cmocka_unit_test_setup_teardown(what_a_user_says_while_redis_asks_is_said_after_the_beat, begin, end),
        cmocka_unit_test_setup_teardown(of_a_user_who_never_said_anything_it_hears_that, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_fails_if_nobody_knows_what_its_user_says_or_redis_asks_for_ever, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
