/* SPDX-License-Identifier: ISC */
/* What the record's log tells of others' writes, and how it is told in portions. */
#include "directory/record_events.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Takes events PORTION at a time. */
struct listener {
    size_t portion;
    size_t calls, told;
    char last[IDS_USER_MAX + 1];
};

static size_t listen(void *ctx, const struct record_event *events, size_t count)
{
    struct listener *self = ctx;
    size_t some = count < self->portion ? count : self->portion;

    self->calls++;
    self->told += some;
    strcpy(self->last, events[some - 1].user);
    return some;
}

static void add_many(struct record_events *events, size_t count)
{
    char user[] = "u00000";

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 1, n = i; k < sizeof user - 1; k++, n /= 10)
            user[k] = (char)('0' + n % 10);
        record_events_add(events, RECORD_DMS, "acme", user);
    }
}

static void a_turn_ends_when_its_time_is_over_but_tells_of_something(void **state)
{
    struct record_events events = {0};
    struct listener listener = {.portion = 7};

    (void)state;
    add_many(&events, 20);
    assert_true(record_events_tell(&events, listen, &listener, 0));
    assert_int_equal(listener.calls, 1);
    assert_true(record_events_tell(&events, listen, &listener, 0));
    assert_false(record_events_tell(&events, listen, &listener, 0));
    assert_int_equal(listener.told, 20);
    assert_false(record_events_tell(&events, listen, &listener, 0));
    assert_int_equal(listener.calls, 3);
    assert_int_equal(events.count, 0);
}

static void all_are_told_while_there_is_time(void **state)
{
    struct record_events events = {0};
    struct listener listener = {.portion = 1};

    (void)state;
    add_many(&events, 300);
    assert_false(record_events_tell(&events, listen, &listener, clock_mono_us() + 60000000));
    assert_int_equal(listener.told, 300);
}

static void what_comes_between_two_turns_is_told_last(void **state)
{
    struct record_events events = {0}, more = {0};
    struct listener listener = {.portion = 2};

    (void)state;
    add_many(&events, 3);
    assert_true(record_events_tell(&events, listen, &listener, 0));
    record_events_add(&more, RECORD_STATUS, "acme", "late");
    record_events_take(&events, &more);
    assert_false(record_events_tell(&events, listen, &listener, 0));
    assert_int_equal(listener.told, 4);
    assert_string_equal(listener.last, "late");
    record_events_clear(&events);
}

static void what_another_program_says_for_a_user_is_told_and_what_rollcalld_did_is_not(void **state)
{
    struct record_events events = {0};
    struct record_row row = {.table = "layer", .by_hand = true, .workspace = "acme", .user = "ann"};

    (void)state;
    record_events_note(&events, &row);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.list[0].kind, RECORD_STATUS);
    row.table = "status";
    record_events_note(&events, &row);
    assert_int_equal(events.count, 1);
    row = (struct record_row){.table = "status", .workspace = "acme", .user = "bob"};
    record_events_note(&events, &row);
    assert_int_equal(events.count, 1);
    record_events_clear(&events);
}

static void that_words_were_removed_is_told_with_their_rev_whoever_did_it(void **state)
{
    struct record_events events = {0};
    struct record_row row = {.table = "status", .is_delete = true, .workspace = "acme", .user = "ann", .rev = "17"};

    (void)state;
    record_events_note(&events, &row);
    record_events_note(&events, &row);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.list[0].kind, RECORD_SILENCE);
    assert_int_equal(events.list[0].rev, 17);
    row.by_hand = true;
    row.rev = "18";
    record_events_note(&events, &row);
    assert_int_equal(events.count, 2);
    assert_int_equal(events.list[1].rev, 18);
    record_events_clear(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_ends_when_its_time_is_over_but_tells_of_something),
        cmocka_unit_test(all_are_told_while_there_is_time),
        cmocka_unit_test(what_comes_between_two_turns_is_told_last),
        cmocka_unit_test(what_another_program_says_for_a_user_is_told_and_what_rollcalld_did_is_not),
        cmocka_unit_test(that_words_were_removed_is_told_with_their_rev_whoever_did_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
