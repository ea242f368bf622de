/* SPDX-License-Identifier: ISC */
/* Every call is answered once, whatever Redis answers, and what is deleted or removed stays so. */
#include "played.h"

#include "base/clock.h"
#include "base/limits.h"
#include "view/verdict.h"

#include <stdio.h>

#define META "0123456789abcdef"

static struct told {
    unsigned count;
    struct presence_reply reply;
    unsigned sessions;
    char session[IDS_SESSION_MAX + 1];
} told;

static void on_reply(void *ctx, const struct presence_reply *reply)
{
    (void)ctx;
    told.count++;
    told.reply = *reply;
}

static void on_session(void *ctx, const struct session_row *row)
{
    (void)ctx;
    told.sessions++;
    snprintf(told.session, sizeof told.session, "%s", row->session);
}

/* The session that the tests poll with polls often, so that it is remembered. */
static int begin(void **state)
{
    const struct beat before = {"acme", "ann", "tab-12345", BEAT_POLL, STATUS_OFFLINE, -1, 0, false};

    (void)state;
    played_begin();
    assert_null(recent_ask(&it.presence.recents, &before, clock_mono_ms(), 0));
    memset(&told, 0, sizeof told);
    return 0;
}

static int end(void **state)
{
    (void)state;
    played_end();
    return 0;
}

static void beat(enum beat_kind kind, int64_t n)
{
    const struct beat beat = {"acme", "ann", "tab-12345", kind, STATUS_AWAY, n, 0, false};

    presence_beat(&it.presence, &beat, on_reply, NULL);
}

static void leave(enum leave_mode mode)
{
    const struct leave leave = {"acme", "ann", "tab-12345", mode, 17, 40};

    presence_leave(&it.presence, &leave, on_reply, NULL);
}

/* The latest call is answered with TEXT. */
static void answer_text(const char *text)
{
    char bytes[300];

    snprintf(bytes, sizeof bytes, "$%zu\r\n%s\r\n", strlen(text), text);
    answer_last(REDIS_OK, bytes);
}

/* ---- beats ---- */

/* The terms of the latest call begin with TTL and WORKER, then comes an epoch, and they end with REST. */
static void assert_terms(const char *ttl, const char *worker, const char *rest)
{
    char first[20], second[20], epoch[20], expected[60];

    assert_int_equal(sscanf(last_call()->args[7], "%19s %19s %19s", first, second, epoch), 3);
    assert_string_equal(first, ttl);
    assert_string_equal(second, worker);
    assert_int_equal(strlen(epoch), 16);
    snprintf(expected, sizeof expected, "%s %s %s %s", ttl, worker, epoch, rest);
    assert_string_equal(last_call()->args[7], expected);
}

static void a_beat_passes_on_who_beats_and_how(void **state)
{
    (void)state;
    beat(BEAT_HEARTBEAT, 5);
    assert_int_equal(last_call()->script, SCRIPT_BEAT);
    assert_int_equal(last_call()->arg_count, 8);
    assert_string_equal(last_call()->args[0], "acme tab-12345 ann");
    assert_string_equal(last_call()->args[1], "tab-12345");
    assert_string_equal(last_call()->args[2], "heartbeat");
    assert_string_equal(last_call()->args[3], "away");
    assert_string_equal(last_call()->args[4], "5");
    assert_string_equal(last_call()->args[5], "60000");
    assert_string_equal(last_call()->args[6], "");
    assert_terms("60000", "-", "50 200 0 0");
    answer_last(REDIS_UNAVAILABLE, NULL);
}

static void a_poll_says_whose_it_is_and_a_stream_that_it_goes_on(void **state)
{
    struct beat poll = {"acme", "ann", "tab-12345", BEAT_POLL, STATUS_AWAY, 5, 0, false};

    (void)state;
    strcpy(it.presence.worker, "w");
    snprintf(it.presence.stream_worker, sizeof it.presence.stream_worker, "w+");
    presence_beat(&it.presence, &poll, on_reply, NULL);
    assert_terms("60000", "w", "50 200 0 0");
    answer_last(REDIS_UNAVAILABLE, NULL);
    poll.stream = true;
    presence_beat(&it.presence, &poll, on_reply, NULL);
    assert_terms("60000", "w+", "50 200 0 0");
    answer_last(REDIS_UNAVAILABLE, NULL);
}

static void a_beat_without_a_count_says_none(void **state)
{
    (void)state;
    beat(BEAT_JOIN, -1);
    assert_string_equal(last_call()->args[4], "");
    answer_last(REDIS_UNAVAILABLE, NULL);
}

static void poll(int64_t n, enum status status)
{
    const struct beat beat = {"acme", "ann", "tab-12345", BEAT_POLL, status, n, 25000, false};

    strcpy(it.presence.worker, "w1");
    presence_beat(&it.presence, &beat, on_reply, NULL);
}

static void a_poll_leaves_its_worker_and_without_a_count_the_status_that_it_says(void **state)
{
    (void)state;
    poll(-1, STATUS_ACTIVE);
    assert_terms("60000", "w1/2", "50 200 0 25000");
    answer_last(REDIS_UNAVAILABLE, NULL);
    poll(-1, STATUS_OFFLINE);
    assert_terms("60000", "w1", "50 200 0 25000");
    answer_last(REDIS_UNAVAILABLE, NULL);
    poll(7, STATUS_ACTIVE);
    assert_terms("60000", "w1", "50 200 0 25000");
    answer_last(REDIS_UNAVAILABLE, NULL);
}

static void a_poll_that_is_sent_again_has_waited_since_its_first_time(void **state)
{
    (void)state;
    poll(-1, STATUS_ACTIVE);
    answer_text("ok " META " 8 1700000004000 active 1 1700000000000001");
    assert_int_equal(told.reply.waited_ms, 4000);
    poll(-1, STATUS_ACTIVE);
    answer_text("ok " META " 8 1700000004000 active 1 1700000004000500");
    assert_int_equal(told.reply.waited_ms, 0);
    poll(-1, STATUS_ACTIVE);
    answer_text("ok " META " 8 1700000004000 active 1 1700000009000000");
    assert_int_equal(told.reply.waited_ms, 0);
}

static void a_beat_is_answered_with_what_it_changed(void **state)
{
    (void)state;
    beat(BEAT_JOIN, -1);
    answer_text("ok " META " 8 1700000000000 away 0 1700000000000001 8 away 1700000000000 join");
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.result, PRESENCE_OK);
    assert_int_equal(told.reply.cursor.seq, 8);
    assert_int_equal(told.reply.status, STATUS_AWAY);
    assert_int_equal(told.reply.beat, INT64_C(1700000000000001));
    assert_true(told.reply.changed);
    assert_int_equal(it.call_count, 1);
}

static void a_redis_that_fails_and_an_answer_of_the_wrong_shape_are_the_same_to_who_asks(void **state)
{
    (void)state;
    beat(BEAT_HEARTBEAT, -1);
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
    beat(BEAT_HEARTBEAT, -1);
    answer_text("hello");
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
    leave(LEAVE_NOW);
    answer_last(REDIS_OK, "*1\r\n:1\r\n");
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
    assert_int_equal(told.count, 3);
}

/* ---- polls that need not ask ---- */

static int64_t poll_again(int64_t n)
{
    const struct beat beat = {"acme", "ann", "tab-12345", BEAT_POLL, STATUS_AWAY, n, 0, false};

    return presence_beat_again(&it.presence, &beat);
}

/* A poll asks, and gets the number 5. */
static void poll_asks(int64_t n)
{
    beat(BEAT_POLL, n);
    answer_text("ok " META " 8 1700000000000 away 1 5");
}

static void a_poll_that_follows_another_asks_nothing_and_has_its_number(void **state)
{
    (void)state;
    assert_int_equal(poll_again(-1), 0);
    poll_asks(-1);
    assert_int_equal(poll_again(-1), 5);
    assert_int_equal(poll_again(-1), 5);
    assert_int_equal(it.call_count, 1);
}

static void a_poll_asks_if_redis_is_down_or_has_said_what_is_not_read(void **state)
{
    (void)state;
    poll_asks(-1);
    it.down = true;
    assert_int_equal(poll_again(-1), 0);
    it.down = false;
    it.behind = true;
    assert_int_equal(poll_again(-1), 0);
    it.behind = false;
    assert_int_equal(poll_again(-1), 5);
}

static void a_poll_asks_after_one_that_failed_or_was_no_beat_or_was_sent_again(void **state)
{
    static const char *const answers[] = {
        "ok " META " 8 1700000000000 away 1 0",
        "again " META " 8 1700000000000 away 1 5",
        "gone " META " 8 1700000000000 offline 0 0",
        "late " META " 8 1700000000000 away 1 0",
        "hello",
    };

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        beat(BEAT_POLL, -1);
        answer_text(answers[i]);
        assert_int_equal(poll_again(-1), 0);
    }
    beat(BEAT_POLL, -1);
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(poll_again(-1), 0);
}

static void redis_is_told_of_such_a_poll_after_some_seconds(void **state)
{
    const int64_t before_ms = clock_mono_ms();

    (void)state;
    poll_asks(7);
    poll_again(8);
    beats_tick(&it.presence, clock_mono_ms());
    assert_int_equal(it.call_count, 1);
    beats_tick(&it.presence, clock_mono_ms() + 4000);
    assert_int_equal(it.call_count, 2);
    assert_string_equal(last_call()->args[2], "renew");
    assert_string_equal(last_call()->args[3], "away");
    assert_string_equal(last_call()->args[4], "8");
    assert_in_range(strtol(last_call()->args[5], NULL, 10), 40000 - (clock_mono_ms() - before_ms), 40000);
    assert_non_null(strstr(last_call()->args[7], " 50 200 0 0 5 1700000040000 "));
    answer_text("ok " META " 8 1700000004000 away 1 5");
    beats_tick(&it.presence, clock_mono_ms() + 20000);
    assert_int_equal(it.call_count, 2);
}

static void redis_is_told_of_such_a_poll_before_it_is_asked_anything_else(void **state)
{
    (void)state;
    poll_asks(7);
    poll_again(8);
    beat(BEAT_HEARTBEAT, 9);
    assert_int_equal(it.call_count, 3);
    assert_string_equal(it.calls[1].args[2], "renew");
    assert_string_equal(it.calls[2].args[2], "heartbeat");
    answer_call(&it.calls[1], REDIS_UNAVAILABLE, NULL);
    answer_call(&it.calls[2], REDIS_UNAVAILABLE, NULL);
    poll_asks(10);
    poll_again(11);
    leave(LEAVE_CLOSED);
    assert_int_equal(it.call_count, 6);
    assert_string_equal(it.calls[4].args[2], "renew");
    answer_call(&it.calls[4], REDIS_UNAVAILABLE, NULL);
    answer_call(&it.calls[5], REDIS_UNAVAILABLE, NULL);
}

static void what_redis_could_not_be_told_is_told_later(void **state)
{
    (void)state;
    poll_asks(-1);
    poll_again(-1);
    beats_tick(&it.presence, clock_mono_ms() + 4000);
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(poll_again(-1), 0);
    beats_tick(&it.presence, clock_mono_ms() + 8000);
    assert_int_equal(it.call_count, 3);
    assert_string_equal(last_call()->args[2], "renew");
    answer_text("late " META " 8 1700000004000 away 1 0");
    beats_tick(&it.presence, clock_mono_ms() + 12000);
    assert_int_equal(it.call_count, 4);
    answer_text("stale " META " 8 1700000004000 away 1 0");
    beats_tick(&it.presence, clock_mono_ms() + 16000);
    assert_int_equal(it.call_count, 4);
}

static void nothing_is_told_of_a_user_who_was_removed_meanwhile(void **state)
{
    (void)state;
    poll_asks(-1);
    poll_again(-1);
    it.revision = 2;
    assert_int_equal(poll_again(-1), 0);
    it.member_gone = true;
    beats_tick(&it.presence, clock_mono_ms() + 4000);
    assert_int_equal(it.call_count, 1);
    it.member_gone = false;
    poll_asks(-1);
    poll_again(-1);
    presence_evict(&it.presence, "acme", "ann", on_reply, NULL);
    answer_last(REDIS_UNAVAILABLE, NULL);
    beats_tick(&it.presence, clock_mono_ms() + 4000);
    assert_int_equal(it.call_count, 3);
}

static void a_worker_that_ends_tells_redis_first(void **state)
{
    (void)state;
    poll_asks(-1);
    poll_again(-1);
    presence_drain(&it.presence);
    assert_string_equal(last_call()->args[2], "renew");
    assert_false(presence_drained(&it.presence));
    answer_text("ok " META " 8 1700000004000 away 1 5");
    assert_true(presence_drained(&it.presence));
    poll_asks(-1);
    assert_int_equal(poll_again(-1), 0);
}

static void what_another_worker_is_told_of_is_answered_when_that_can_know(void **state)
{
    (void)state;
    beat(BEAT_HEARTBEAT, -1);
    answer_text("told " META " 8 1700000000000 away 1 5");
    assert_int_equal(told.count, 0);
    it.settling[0].done(it.settling[0].ctx, REDIS_OK, NULL);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.status, STATUS_AWAY);
    leave(LEAVE_NOW);
    answer_last(REDIS_OK, "*9\r\n$4\r\ntold\r\n$16\r\n" META "\r\n:9\r\n:1700000000000\r\n+\r\n+\r\n+\r\n+\r\n+\r\n");
    assert_int_equal(told.count, 1);
    it.settling[1].done(it.settling[1].ctx, REDIS_UNAVAILABLE, NULL);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.reply.result, PRESENCE_OK);
    beat(BEAT_POLL, -1); /* it may wait anyway */
    answer_text("told " META " 8 1700000000000 away 1 5");
    assert_int_equal(told.count, 3);
    assert_true(told.reply.told);
    assert_int_equal(poll_again(-1), 5);
}

/* ---- what is gone stays gone ---- */

static void a_beat_that_began_the_keys_of_a_deleted_workspace_has_them_dropped(void **state)
{
    char text[200];

    (void)state;
    it.workspace_gone = true;
    beat(BEAT_HEARTBEAT, -1);
    snprintf(text, sizeof text, "ok %.16s 1 1700000000000 away 0 5 1 away 1700000000000 beat",
             last_call()->args[7] + 8);
    answer_text(text);
    assert_int_equal(last_call()->script, SCRIPT_DROP);
    assert_string_equal(last_call()->args[1], "acme");
    assert_string_equal(last_call()->args[3], "ann");
    answer_last(REDIS_OK, ":0\r\n");
    assert_int_equal(told.count, 1);
}

static void a_beat_in_a_workspace_whose_keys_were_there_drops_nothing(void **state)
{
    (void)state;
    it.workspace_gone = true;
    beat(BEAT_HEARTBEAT, -1);
    answer_text("ok " META " 8 1700000000000 away 1 5");
    assert_int_equal(it.call_count, 1);
}

static void what_a_failed_call_may_have_left_of_a_deleted_workspace_is_dropped_when_redis_is_back(void **state)
{
    (void)state;
    it.workspace_gone = true;
    beat(BEAT_HEARTBEAT, -1);
    answer_last(REDIS_UNAVAILABLE, NULL);
    it.down = true;
    drop_tick(&it.presence);
    assert_int_equal(it.call_count, 1);
    it.down = false;
    drop_tick(&it.presence);
    assert_int_equal(last_call()->script, SCRIPT_DROP);
    assert_string_equal(last_call()->args[1], "acme");
    assert_string_equal(last_call()->args[3], "ann");
    answer_last(REDIS_UNAVAILABLE, NULL);
    drop_tick(&it.presence);
    assert_int_equal(it.call_count, 3);
    answer_last(REDIS_OK, ":0\r\n");
    drop_tick(&it.presence);
    assert_int_equal(it.call_count, 3);
}

static void nothing_is_left_of_a_call_that_redis_never_got_or_whose_workspace_exists(void **state)
{
    (void)state;
    beat(BEAT_HEARTBEAT, -1);
    answer_last(REDIS_UNAVAILABLE, NULL);
    it.workspace_gone = it.down = true;
    beat(BEAT_HEARTBEAT, -1);
    answer_last(REDIS_UNAVAILABLE, NULL);
    it.down = false;
    drop_tick(&it.presence);
    assert_int_equal(it.call_count, 2);
}

static void a_workspace_that_was_made_again_meanwhile_is_not_dropped(void **state)
{
    (void)state;
    it.workspace_gone = true;
    beat(BEAT_HEARTBEAT, -1);
    answer_last(REDIS_UNAVAILABLE, NULL);
    it.workspace_gone = false;
    drop_tick(&it.presence);
    assert_int_equal(it.call_count, 1);
}

static void what_is_to_be_dropped_is_noted_once_and_in_bounds(void **state)
{
    struct leftover leftover;
    size_t noted = 0;

    (void)state;
    it.workspace_gone = true;
    for (int i = 0; i < 2 * (LIMIT_LEFTOVERS + 1); i++) {
        memset(&leftover, 0, sizeof leftover);
        snprintf(leftover.workspace, sizeof leftover.workspace, "w%d", i / 2);
        leftover_note(&it.presence, &leftover);
    }
    for (; leftover_take(&it.presence, &leftover); noted++) {
        char workspace[16];
        snprintf(workspace, sizeof workspace, "w%zu", noted);
        assert_string_equal(leftover.workspace, workspace);
    }
    assert_int_equal(noted, LIMIT_LEFTOVERS);
}

static void a_beat_that_shows_a_removed_member_again_removes_them_again(void **state)
{
    (void)state;
    it.member_gone = true;
    beat(BEAT_HEARTBEAT, -1);
    answer_text("ok " META " 8 1700000000000 away 0 5 8 away 1700000000000 beat");
    assert_int_equal(last_call()->script, SCRIPT_EVICT);
    assert_string_equal(last_call()->args[1], "ann");
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(told.count, 1);
}

static void a_removal_is_not_repeated_for_its_own_change(void **state)
{
    (void)state;
    it.member_gone = true;
    presence_evict(&it.presence, "acme", "ann", on_reply, NULL);
    answer_last(REDIS_OK, "*9\r\n$2\r\nok\r\n$16\r\n" META "\r\n:9\r\n:1700000000000\r\n:9\r\n$7\r\noffline\r\n"
                          ":1700000000000\r\n$7\r\nremoved\r\n$0\r\n\r\n");
    assert_int_equal(told.count, 1);
    assert_int_equal(it.call_count, 1);
}

/* ---- the others ---- */

static void leaving_says_its_mode_its_grace_its_beat_and_its_count(void **state)
{
    (void)state;
    it.conf.leave_grace_s = 5;
    it.conf.closed_grace_s = 8;
    leave(LEAVE_GRACE);
    assert_string_equal(last_call()->args[3], "grace");
    assert_string_equal(last_call()->args[4], "5000");
    assert_string_equal(last_call()->args[11], "0");
    assert_string_equal(last_call()->args[12], "40");
    answer_last(REDIS_UNAVAILABLE, NULL);
    leave(LEAVE_CLOSED);
    assert_string_equal(last_call()->args[3], "closed");
    assert_string_equal(last_call()->args[4], "8000");
    assert_string_equal(last_call()->args[5], "17");
    answer_last(REDIS_UNAVAILABLE, NULL);
}

static void marks_name_the_roster_and_the_users(void **state)
{
    static const char *const users[] = {"ann", "bob"};
    const struct presence_marks marks = {true, users, 2};

    (void)state;
    presence_mark(&it.presence, "acme", &marks, on_reply, NULL);
    assert_int_equal(last_call()->arg_count, 5);
    assert_string_equal(last_call()->args[2], "\1");
    assert_string_equal(last_call()->args[3], "\1ann");
    assert_string_equal(last_call()->args[4], "\1bob");
    answer_last(REDIS_OK, "*3\r\n$16\r\n" META "\r\n:9\r\n:1700000000000\r\n");
    assert_int_equal(told.reply.cursor.seq, 9);
}

static void a_workspace_is_dropped_portion_after_portion(void **state)
{
    (void)state;
    presence_drop(&it.presence, "acme", NULL, on_reply, NULL);
    answer_last(REDIS_OK, ":1\r\n");
    assert_int_equal(it.call_count, 2);
    assert_int_equal(told.count, 0);
    answer_last(REDIS_OK, ":0\r\n");
    assert_int_equal(it.call_count, 2);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.result, PRESENCE_OK);
}

static void a_drop_that_fails_half_way_says_so(void **state)
{
    (void)state;
    presence_drop(&it.presence, "acme", NULL, on_reply, NULL);
    answer_last(REDIS_OK, ":1\r\n");
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.result, PRESENCE_UNAVAILABLE);
}

static void sessions_are_told_one_by_one_without_the_one_that_stands_for_lost_records(void **state)
{
    (void)state;
    presence_sessions(&it.presence, "acme", "ann", &(struct session_reader){on_session, on_reply, NULL});
    answer_last(REDIS_OK, "*14\r\n:1700000000000\r\n$6\r\nactive\r\n"
                          "$1\r\n?\r\n$6\r\nactive\r\n$1\r\n-\r\n:0\r\n:0\r\n:5\r\n"
                          "$9\r\ntab-12345\r\n$6\r\nactive\r\n$1\r\n-\r\n:0\r\n:0\r\n:5\r\n");
    assert_int_equal(told.sessions, 1);
    assert_string_equal(told.session, "tab-12345");
    assert_int_equal(told.count, 1);
    assert_int_equal(told.reply.status, STATUS_ACTIVE);
}

/* How often truths were told, and the first of two; offline if Redis could not be asked. */
static struct {
    unsigned count, failures;
    struct truth first;
} truths;

static void on_truths(void *ctx, const struct truth *list, int64_t now_ms)
{
    (void)ctx;
    truths.count++;
    truths.failures += list ? 0 : 1;
    if (!list)
        return;
    truths.first = list[0];
    assert_int_equal(now_ms, 1000);
}

static void truths_are_asked_for_at_once_and_never_made_up(void **state)
{
    static const char *const users[] = {"ann", "bob"};
    const struct truths_query query = {"acme", users, 2, "dm:7"};

    (void)state;
    memset(&truths, 0, sizeof truths);
    presence_truths(&it.presence, &query, on_truths, NULL);
    assert_int_equal(last_call()->script, SCRIPT_TRUTHS);
    assert_int_equal(last_call()->arg_count, 4);
    assert_string_equal(last_call()->args[0], "acme");
    assert_string_equal(last_call()->args[3], "bob");
    answer_text("1000 ai wl");
    assert_int_equal(truths.count, 1);
    assert_true(truths.first.status == STATUS_ACTIVE && truths.first.invisible);
    static const char *const odd[] = {"1000 a", "1000 a w o", ""};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        presence_truths(&it.presence, &query, on_truths, NULL);
        answer_text(odd[i]);
    }
    presence_truths(&it.presence, &query, on_truths, NULL);
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(truths.count, 5);
    assert_int_equal(truths.failures, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_beat_passes_on_who_beats_and_how, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_without_a_count_says_none, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_leaves_its_worker_and_without_a_count_the_status_that_it_says, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_poll_that_is_sent_again_has_waited_since_its_first_time, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_says_whose_it_is_and_a_stream_that_it_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_is_answered_with_what_it_changed, begin, end),
        cmocka_unit_test_setup_teardown(a_redis_that_fails_and_an_answer_of_the_wrong_shape_are_the_same_to_who_asks,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_poll_that_follows_another_asks_nothing_and_has_its_number, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_asks_if_redis_is_down_or_has_said_what_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_asks_after_one_that_failed_or_was_no_beat_or_was_sent_again, begin, end),
        cmocka_unit_test_setup_teardown(redis_is_told_of_such_a_poll_after_some_seconds, begin, end),
        cmocka_unit_test_setup_teardown(redis_is_told_of_such_a_poll_before_it_is_asked_anything_else, begin, end),
        cmocka_unit_test_setup_teardown(what_redis_could_not_be_told_is_told_later, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_told_of_a_user_who_was_removed_meanwhile, begin, end),
        cmocka_unit_test_setup_teardown(a_worker_that_ends_tells_redis_first, begin, end),
        cmocka_unit_test_setup_teardown(what_another_worker_is_told_of_is_answered_when_that_can_know, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_that_began_the_keys_of_a_deleted_workspace_has_them_dropped, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_in_a_workspace_whose_keys_were_there_drops_nothing, begin, end),
        cmocka_unit_test_setup_teardown(
            what_a_failed_call_may_have_left_of_a_deleted_workspace_is_dropped_when_redis_is_back, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_a_call_that_redis_never_got_or_whose_workspace_exists, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_workspace_that_was_made_again_meanwhile_is_not_dropped, begin, end),
        cmocka_unit_test_setup_teardown(what_is_to_be_dropped_is_noted_once_and_in_bounds, begin, end),
        cmocka_unit_test_setup_teardown(a_beat_that_shows_a_removed_member_again_removes_them_again, begin, end),
        cmocka_unit_test_setup_teardown(a_removal_is_not_repeated_for_its_own_change, begin, end),
        cmocka_unit_test_setup_teardown(leaving_says_its_mode_its_grace_its_beat_and_its_count, begin, end),
        cmocka_unit_test_setup_teardown(marks_name_the_roster_and_the_users, begin, end),
        cmocka_unit_test_setup_teardown(a_workspace_is_dropped_portion_after_portion, begin, end),
        cmocka_unit_test_setup_teardown(a_drop_that_fails_half_way_says_so, begin, end),
        cmocka_unit_test_setup_teardown(sessions_are_told_one_by_one_without_the_one_that_stands_for_lost_records,
                                        begin, end),
        cmocka_unit_test_setup_teardown(truths_are_asked_for_at_once_and_never_made_up, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
