/* SPDX-License-Identifier: ISC */
/*
 * The places that readers ask for, against a Redis and a directory that are played: what is read when, who waits for
 * it, and who is woken.
 */
#include "played.h"

#include "base/clock.h"
#include "base/limits.h"
#include "directory/dms.h"
#include "view/reading.h"

#include <stdio.h>

static struct outcome {
    size_t ready; /* how often somebody who waited was told */
    size_t failed;
    size_t woken;
    struct view *view;
    bool dm_gone; /* from the directory */
} told;

enum directory_result directory_get_dm(struct directory *self, const char *workspace, int64_t id,
                                       void (*fn)(void *ctx, const struct dm_row *row), void *ctx)
{
    static const struct member_row people[] = {{.user = "ann"}, {.user = "bob"}};
    const struct dm_row row = {.id = id, .participants = people, .participant_count = 2};

    (void)self;
    (void)workspace;
    if (told.dm_gone)
        return DIRECTORY_NOT_FOUND;
    fn(ctx, &row);
    return DIRECTORY_OK;
}

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    (void)ctx;
    (void)woken;
    told.woken += why == WAKE_NEWS;
}

static void on_due(void *ctx)
{
    (void)ctx;
}

static void on_ready(void *ctx, struct view *view)
{
    (void)ctx;
    told.ready += view ? 1 : 0;
    told.failed += view ? 0 : 1;
}

static int begin(void **state)
{
    static const struct parked_calls calls = {.wake = on_wake};

    (void)state;
    played_begin();
    memset(&told, 0, sizeof told);
    it.presence.parked = parked_new(&calls, NULL);
    it.presence.events.on_due = on_due;
    told.view = view_new("acme");
    view_begin(told.view, "0123456789abcdef", 0);
    return 0;
}

/* Answers the polls that are due. */
static void run(void)
{
    while (parked_run(it.presence.parked, clock_mono_ms(), 100)) {
    }
}

static int end(void **state)
{
    (void)state;
    parked_end_all(it.presence.parked, WAKE_DRAIN);
    run();
    while (it.answered < it.call_count)
        answer_next(REDIS_UNAVAILABLE, NULL);
    parked_forget_view(it.presence.parked, told.view);
    place_sync_forget(&it.presence, told.view);
    view_free(told.view);
    parked_free(it.presence.parked);
    played_end();
    return 0;
}

static const char *const p[] = {"p"};
static const char *const two[] = {"p", "q"};
static const char *const dms[] = {READING_DMS};
static const struct place_wants wants_p = {.user = "ann", .names = p, .count = 1};
static const struct place_wants wants_two = {.user = "ann", .names = two, .count = 2};
static const struct place_wants wants_dms = {.user = "ann", .names = dms, .count = 1};
static const struct place_wants wants_dms_of_eve = {.user = "eve", .names = dms, .count = 1};

static void want(const struct place_wants *wants)
{
    presence_want_places(&it.presence, told.view, wants, on_ready, NULL);
}

static void park(const struct place_wants *wants)
{
    const struct poll_spec spec = {.user = wants->user,
                                   .user_len = strlen(wants->user),
                                   .deadline_ms = INT64_MAX,
                                   .reading = reading_new(view_places(told.view), wants, 0)};

    (void)parked_add(it.presence.parked, told.view, &spec);
}

static void expect_read(void)
{
    assert_int_equal(last_call()->script, SCRIPT_PLACE);
}

/* Bob begins to do something at PLACE. */
static void nudge(const char *workspace, const char *place)
{
    const struct place_deed deed = {workspace, "bob", "tab-12345", place, "viewing", 0, -1};

    place_sync_nudge(&it.presence, &deed, true);
}

static void answer_nobody(void)
{
    answer_next(REDIS_OK, "*1\r\n$1\r\n9\r\n");
}

static void answer_bob(void)
{
    answer_next(REDIS_OK, "*3\r\n$1\r\n9\r\n$23\r\n7 tab-12345 viewing bob\r\n$15\r\n900000000000000\r\n");
}

static void who_asks_waits_until_the_channel_is_heard_and_the_set_is_read(void **state)
{
    (void)state;
    want(&wants_p);
    assert_int_equal(it.call_count, 0);
    answer_subscription(REDIS_OK);
    assert_int_equal(it.call_count, 1);
    expect_read();
    assert_int_equal(told.ready, 0);
    answer_nobody();
    assert_int_equal(told.ready, 1);
    want(&wants_p);
    assert_int_equal(told.ready, 2);
    assert_int_equal(it.call_count, 1);
    assert_int_equal(it.subscription_count, 1);
}

static void who_asks_for_two_waits_for_both(void **state)
{
    (void)state;
    want(&wants_two);
    answer_subscription(REDIS_OK);
    assert_int_equal(it.call_count, 2);
    answer_nobody();
    assert_int_equal(told.ready, 0);
    answer_nobody();
    assert_int_equal(told.ready, 1);
}

static void a_redis_that_is_lost_makes_nobody_wait(void **state)
{
    (void)state;
    want(&wants_p);
    answer_subscription(REDIS_UNAVAILABLE);
    assert_int_equal(told.ready, 1);
    it.down = true;
    want(&wants_p);
    assert_int_equal(told.ready, 2);
    it.down = false;
    want(&wants_p);
    place_sync_up(&it.presence, UINT64_MAX);
    assert_int_equal(it.call_count, 1);
    answer_next(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(told.ready, 3);
    want(&wants_p);
    place_sync_down(&it.presence, UINT64_MAX);
    assert_int_equal(told.ready, 4);
}

static void what_is_told_is_read_once_and_once_more_if_told_meanwhile(void **state)
{
    (void)state;
    want(&wants_p);
    answer_subscription(REDIS_OK);
    answer_nobody();
    park(&wants_p);
    nudge("acme", "p");
    nudge("acme", "p");
    nudge("acme", "p");
    assert_int_equal(it.call_count, 2);
    answer_nobody();
    assert_int_equal(it.call_count, 3);
    answer_bob();
    run();
    assert_int_equal(told.woken, 1);
    assert_int_equal(it.call_count, 3);
}

static void what_nobody_here_asks_for_is_not_read(void **state)
{
    (void)state;
    nudge("acme", "p");
    want(&wants_p);
    answer_subscription(REDIS_OK);
    answer_nobody();
    nudge("acme", "q");
    nudge("acme", "dm:7");
    nudge("other", "p");
    nudge("acme", "p"); /* held, but nobody is parked */
    assert_int_equal(it.call_count, 1);
    want(&wants_p);
    assert_int_equal(it.call_count, 2);
    assert_int_equal(told.ready, 1);
    answer_bob();
    assert_int_equal(told.ready, 2);
}

static void active_conversations_are_looked_for_once(void **state)
{
    (void)state;
    want(&wants_dms);
    answer_subscription(REDIS_OK);
    assert_int_equal(last_call()->script, SCRIPT_PLACES);
    answer_next(REDIS_OK, "*2\r\n$4\r\ndm:7\r\n$1\r\np\r\n");
    assert_int_equal(it.call_count, 2);
    expect_read();
    assert_int_equal(told.ready, 0);
    answer_bob();
    assert_int_equal(told.ready, 1);
    want(&wants_dms_of_eve);
    assert_int_equal(told.ready, 2);
    assert_int_equal(it.call_count, 2);
}

static void a_conversation_that_becomes_active_wakes_its_participants(void **state)
{
    (void)state;
    want(&wants_dms);
    answer_subscription(REDIS_OK);
    answer_next(REDIS_OK, "*0\r\n");
    park(&wants_dms_of_eve);
    nudge("acme", "dm:7");
    assert_int_equal(it.call_count, 1); /* ann and bob are not here */
    park(&wants_dms);
    nudge("acme", "dm:7");
    assert_int_equal(it.call_count, 2);
    answer_bob();
    run();
    assert_int_equal(told.woken, 1);
}

static void what_is_told_while_somebody_waits_for_others_is_read_for_them_too(void **state)
{
    (void)state;
    want(&wants_dms);
    answer_subscription(REDIS_OK);
    answer_next(REDIS_OK, "*1\r\n$4\r\ndm:7\r\n");
    assert_int_equal(it.call_count, 2);
    nudge("acme", "dm:8");
    answer_bob();
    while (it.answered < it.call_count)
        answer_nobody();
    assert_int_equal(told.ready, 1);
}

static void nobody_takes_part_in_a_conversation_that_does_not_exist(void **state)
{
    (void)state;
    told.dm_gone = true;
    want(&wants_dms);
    answer_subscription(REDIS_OK);
    answer_next(REDIS_OK, "*1\r\n$4\r\ndm:7\r\n");
    assert_int_equal(told.ready, 1);
    assert_int_equal(it.call_count, 1);
}

static void a_place_is_read_again_when_something_there_should_have_ended(void **state)
{
    (void)state;
    want(&wants_p);
    answer_subscription(REDIS_OK);
    answer_next(REDIS_OK, "*3\r\n$1\r\n9\r\n$23\r\n7 tab-12345 viewing bob\r\n$2\r\n80\r\n");
    park(&wants_p);
    run();
    place_sync_tick(&it.presence, 0);
    assert_int_equal(it.call_count, 1); /* Redis's time is not known */
    it.presence.parts[0].expiry.redis_ms = 70;
    it.presence.parts[0].expiry.mono_ms = clock_mono_ms() + 600000;
    place_sync_tick(&it.presence, 0);
    assert_int_equal(it.call_count, 1);
    it.presence.parts[0].expiry.redis_ms = 80;
    it.presence.parts[0].expiry.mono_ms = clock_mono_ms();
    place_sync_tick(&it.presence, 0);
    place_sync_tick(&it.presence, 0);
    assert_int_equal(it.call_count, 2);
    answer_next(REDIS_OK, "*3\r\n$1\r\n9\r\n$22\r\n7 tab-12345 typing bob\r\n$15\r\n900000000000000\r\n");
    run();
    assert_int_equal(told.woken, 1);
    assert_int_equal(it.presence.stats.places, 1);
}

static void after_redis_was_lost_all_that_is_asked_for_is_read_again(void **state)
{
    (void)state;
    want(&wants_p);
    answer_subscription(REDIS_OK);
    answer_nobody();
    park(&wants_p);
    place_sync_down(&it.presence, UINT64_MAX);
    nudge("acme", "p");
    assert_int_equal(it.call_count, 1);
    place_sync_up(&it.presence, UINT64_MAX);
    assert_int_equal(it.call_count, 2);
    answer_bob();
    run();
    assert_int_equal(told.woken, 1);
}

static void after_redis_has_lost_everything_all_that_is_asked_for_is_read_again(void **state)
{
    (void)state;
    place_sync_lost(&it.presence, told.view);
    want(&wants_p);
    answer_subscription(REDIS_OK);
    answer_nobody();
    park(&wants_p);
    place_sync_lost(&it.presence, told.view);
    assert_int_equal(it.call_count, 2);
    answer_bob();
    run();
    assert_int_equal(told.woken, 1);
}

static void a_view_that_goes_takes_its_places_and_its_channel_along(void **state)
{
    (void)state;
    want(&wants_p);
    place_sync_free_all(&it.presence);
    assert_int_equal(told.failed, 1);
    assert_int_equal(it.unsubscribed, 1);
    answer_subscription(REDIS_OK);
    want(&wants_p);
    answer_subscription(REDIS_OK);
    place_sync_forget(&it.presence, told.view);
    answer_nobody();
    assert_int_equal(told.failed, 2);
}

/* ---- saying where somebody is ---- */

static const struct place_deed typing = {"acme", "ann", "tab-12345", "dm:7", "typing", 8000, 5};
static const struct place_deed typing_on = {"acme", "ann", "tab-12345", "dm:7", "typing", 9000, 9};

/* Ann types, of which Redis is told; the worker hears what happens. */
static void type(void)
{
    assert_false(presence_at_again(&it.presence, told.view, &typing));
    answer_subscription(REDIS_OK);
    assert_false(presence_at_again(&it.presence, told.view, &typing));
    presence_at(&it.presence, &typing, NULL, NULL);
    answer_next(REDIS_OK, "$6\r\nok 7 1\r\n");
}

static void who_says_where_they_are_makes_the_worker_listen(void **state)
{
    (void)state;
    assert_false(presence_at_again(&it.presence, NULL, &typing));
    assert_int_equal(it.subscription_count, 0);
    type();
    assert_int_equal(it.subscription_count, 1);
    assert_true(presence_at_again(&it.presence, told.view, &typing_on));
    it.behind = true;
    assert_false(presence_at_again(&it.presence, told.view, &typing_on));
    it.behind = false;
    it.presence.draining = true;
    assert_false(presence_at_again(&it.presence, told.view, &typing_on));
    place_sync_tick(&it.presence, clock_mono_ms() + 59000);
    assert_int_equal(it.unsubscribed, 0);
    place_sync_tick(&it.presence, clock_mono_ms() + 80000);
    assert_int_equal(it.unsubscribed, 1);
}

/* The seven arguments from FROM on of the last call are of a thing that lasts, as WANTED says without for how long. */
static void assert_stays(size_t from, const char *const *wanted)
{
    for (size_t i = 0; i < 7; i++) {
        const char *arg = last_call()->args[from + i];
        if (wanted[i])
            assert_string_equal(arg, wanted[i]);
        else
            assert_true(*arg && arg[strspn(arg, "0123456789")] == '\0');
    }
}

static void what_is_owed_is_told_in_one_call(void **state)
{
    struct place_deed other = typing;

    (void)state;
    type();
    other.place = "a b";
    other.n = -1;
    presence_at(&it.presence, &other, NULL, NULL);
    answer_next(REDIS_OK, "$6\r\nok 7 1\r\n");
    other.for_ms++;
    assert_true(presence_at_again(&it.presence, told.view, &other));
    assert_true(presence_at_again(&it.presence, told.view, &typing_on));
    place_renewals_tick(&it.presence);
    assert_int_equal(it.call_count, 2);
    place_renewals_end_in(&it.presence, UINT64_MAX);
    assert_int_equal(it.call_count, 3);
    assert_int_equal(it.presence.renewing, 1);
    assert_int_equal(last_call()->script, SCRIPT_STAY);
    assert_int_equal(last_call()->arg_count, 14);
    size_t counted = strcmp(last_call()->args[6], "dm:7") == 0 ? 0 : 7;
    assert_stays(counted, (const char *[]){"tab-12345", "typing", NULL, "5", "9", "ann", "dm:7"});
    assert_stays(7 - counted, (const char *[]){"tab-12345", "typing", NULL, "-", "-", "ann", "a b"});
    answer_next(REDIS_OK, "$4\r\n7 11\r\n");
    assert_int_equal(it.presence.renewing, 0);
    assert_false(presence_at_again(&it.presence, told.view, &typing_on)); /* all is forgotten */
}

static void what_redis_does_not_know_any_more_is_said_on_its_own_if_it_has_a_count(void **state)
{
    struct place_deed longer = typing_on;

    (void)state;
    type();
    assert_true(presence_at_again(&it.presence, told.view, &typing_on));
    place_renewals_end_in(&it.presence, UINT64_MAX);
    answer_next(REDIS_OK, "$3\r\n7 0\r\n");
    assert_int_equal(it.call_count, 3);
    assert_int_equal(last_call()->script, SCRIPT_AT);
    assert_string_equal(last_call()->args[6], "9");
    answer_next(REDIS_OK, "$6\r\nok 7 1\r\n");
    longer.for_ms = 10000;
    assert_true(presence_at_again(&it.presence, told.view, &longer));
    place_renewals_end_in(&it.presence, UINT64_MAX);
    answer_next(REDIS_OK, "$4\r\n7 01\r\n"); /* not what such a script answers */
    assert_int_equal(it.call_count, 4);
}

static void what_redis_cannot_be_told_is_told_when_it_is_back(void **state)
{
    (void)state;
    type();
    assert_true(presence_at_again(&it.presence, told.view, &typing_on));
    it.down = true;
    place_renewals_end_in(&it.presence, UINT64_MAX);
    assert_int_equal(it.call_count, 1);
    it.down = false;
    for (size_t calls = 2; calls <= 3; calls++) {
        place_renewals_end_in(&it.presence, UINT64_MAX);
        assert_int_equal(it.call_count, calls);
        assert_int_equal(last_call()->script, SCRIPT_STAY);
        answer_next(calls == 2 ? REDIS_UNAVAILABLE : REDIS_OK, "$3\r\n7 1\r\n"); /* it is lost once more at first */
    }
    place_renewals_end_in(&it.presence, UINT64_MAX);
    assert_int_equal(it.call_count, 3);
}

/* COUNT things called NAME and a number were told OLD_MS ago, to last for 20 s; since then they were to go on. */
static void owe(size_t count, const char *name, int64_t old_ms)
{
    struct place_recent *recent = &it.presence.place_recent;
    int64_t told_ms = clock_mono_ms() - old_ms;
    char place[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(place, sizeof place, "%s:%zu", name, i);
        struct place_deed deed = {"acme", "ann", "tab-12345", place, "typing", 20000, 5};
        place_recent_take(recent, place_said_new(&deed, told_ms));
        deed.for_ms = 60000;
        deed.n = 6;
        assert_true(place_recent_owe(recent, &deed, told_ms + 1000));
    }
}

static size_t count_calls(size_t script)
{
    size_t count = 0;

    for (size_t i = 0; i < it.call_count; i++)
        count += it.calls[i].script == script;
    return count;
}

static void what_was_over_when_redis_came_back_is_said_in_portions_and_delays_nothing_else(void **state)
{
    enum { OVER = 700, GOING_ON = 2, PORTION = 256 };

    (void)state;
    owe(OVER, "over", 25000);
    owe(GOING_ON, "on", 15000);
    place_renewals_tick(&it.presence);
    assert_int_equal(count_calls(SCRIPT_AT), PORTION);
    assert_int_equal(count_calls(SCRIPT_STAY), 1);
    place_renewals_tick(&it.presence); /* the others are due in a while */
    assert_int_equal(it.call_count, PORTION + 1);
    place_renewals_end_in(&it.presence, UINT64_MAX);
    assert_int_equal(count_calls(SCRIPT_AT), OVER);
    assert_int_equal(count_calls(SCRIPT_STAY), 1);
    while (it.presence.renewing > 0)
        answer_next(REDIS_UNAVAILABLE, NULL);
}

static void what_ends_elsewhere_is_not_remembered(void **state)
{
    const struct place_deed ended = {"acme", "ann", "tab-12345", "dm:7", "typing", 0, -1};

    (void)state;
    type();
    place_sync_nudge(&it.presence, &ended, true);
    assert_true(presence_at_again(&it.presence, told.view, &typing_on));
    place_sync_nudge(&it.presence, &ended, false);
    assert_int_equal(it.call_count, 2); /* which of the two is later? Their counts tell */
    assert_int_equal(last_call()->script, SCRIPT_AT);
    assert_string_equal(last_call()->args[6], "9");
    assert_false(presence_at_again(&it.presence, told.view, &typing_on));
    answer_next(REDIS_OK, "$6\r\nok 7 -\r\n"); /* it was before the end */
    assert_false(presence_at_again(&it.presence, told.view, &typing_on));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_asks_waits_until_the_channel_is_heard_and_the_set_is_read, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_for_two_waits_for_both, begin, end),
        cmocka_unit_test_setup_teardown(a_redis_that_is_lost_makes_nobody_wait, begin, end),
        cmocka_unit_test_setup_teardown(what_is_told_is_read_once_and_once_more_if_told_meanwhile, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_here_asks_for_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(active_conversations_are_looked_for_once, begin, end),
        cmocka_unit_test_setup_teardown(a_conversation_that_becomes_active_wakes_its_participants, begin, end),
        cmocka_unit_test_setup_teardown(what_is_told_while_somebody_waits_for_others_is_read_for_them_too, begin, end),
        cmocka_unit_test_setup_teardown(nobody_takes_part_in_a_conversation_that_does_not_exist, begin, end),
        cmocka_unit_test_setup_teardown(a_place_is_read_again_when_something_there_should_have_ended, begin, end),
        cmocka_unit_test_setup_teardown(after_redis_was_lost_all_that_is_asked_for_is_read_again, begin, end),
        cmocka_unit_test_setup_teardown(after_redis_has_lost_everything_all_that_is_asked_for_is_read_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_view_that_goes_takes_its_places_and_its_channel_along, begin, end),
        cmocka_unit_test_setup_teardown(who_says_where_they_are_makes_the_worker_listen, begin, end),
        cmocka_unit_test_setup_teardown(what_is_owed_is_told_in_one_call, begin, end),
        cmocka_unit_test_setup_teardown(what_redis_does_not_know_any_more_is_said_on_its_own_if_it_has_a_count, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_redis_cannot_be_told_is_told_when_it_is_back, begin, end),
        cmocka_unit_test_setup_teardown(what_was_over_when_redis_came_back_is_said_in_portions_and_delays_nothing_else,
                                        begin, end),
        cmocka_unit_test_setup_teardown(what_ends_elsewhere_is_not_remembered, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
