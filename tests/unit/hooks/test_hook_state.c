/* SPDX-License-Identifier: ISC */
/* How far a webhook has come, as JSON. */
#include "hooks/hook_state.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_state_comes_back_as_it_went(void **state)
{
    struct hook_state one = {.cursor = "0123456789abcdef-42",
                             .since = "0123456789abcdef-7",
                             .failing_since_ms = 1,
                             .behind_since_ms = 2,
                             .next_try_ms = 3,
                             .told_ms = 4,
                             .attempt = 5,
                             .delivered = 6,
                             .replays = 7,
                             .made_ms = 8,
                             .last_error = "it said \"no\""};
    struct hook_state back;
    struct buf out;
    (void)state;
    buf_init(&out);
    hook_state_append(&one, &out);
    assert_true(hook_state_parse(out.data, out.len, &back));
    assert_string_equal(back.cursor, one.cursor);
    assert_string_equal(back.since, one.since);
    assert_string_equal(back.last_error, one.last_error);
    assert_int_equal(back.failing_since_ms, 1);
    assert_int_equal(back.behind_since_ms, 2);
    assert_int_equal(back.next_try_ms, 3);
    assert_int_equal(back.told_ms, 4);
    assert_int_equal(back.attempt, 5);
    assert_int_equal(back.delivered, 6);
    assert_int_equal(back.replays, 7);
    assert_int_equal(back.made_ms, 8);
    buf_fini(&out);
}

static void what_is_not_a_state_is_none(void **state)
{
    static const char *const texts[] = {"{",
                                        "[]",
                                        "{\"cursor\":\"x\"}",
                                        "{\"cursor\":7}",
                                        "{\"attempt\":-1}",
                                        "{\"attempt\":\"1\"}",
                                        "{\"last_error\":1}"};
    struct hook_state back;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(hook_state_parse(texts[i], strlen(texts[i]), &back));
        assert_string_equal(back.cursor, "");
        assert_int_equal(back.attempt, 0);
    }
}

static void the_lag_is_what_came_after_the_cursor(void **state)
{
    struct hook_state one = {.cursor = "0123456789abcdef-42"};
    struct cursor head = {.epoch = "0123456789abcdef", .seq = 50};
    (void)state;
    assert_int_equal(hook_state_lag(&one, &head), 8);
    head.seq = 40;
    assert_int_equal(hook_state_lag(&one, &head), 0);
    strcpy(head.epoch, "fedcba9876543210");
    assert_int_equal(hook_state_lag(&one, &head), 40);
    *one.cursor = '\0';
    assert_int_equal(hook_state_lag(&one, &head), 40);
}

static void it_goes_back_and_never_forward(void **state)
{
    struct hook_state one = {.cursor = "0123456789abcdef-42", .since = "0123456789abcdef-40"};
    (void)state;
    assert_false(hook_state_go_back(&one, "0123456789abcdef-42"));
    assert_false(hook_state_go_back(&one, "0123456789abcdef-43"));
    assert_string_equal(one.cursor, "0123456789abcdef-42");
    assert_string_equal(one.since, "0123456789abcdef-40");
    assert_int_equal(one.replays, 0);
    assert_true(hook_state_go_back(&one, "0123456789abcdef-41"));
    assert_string_equal(one.cursor, "0123456789abcdef-41");
    assert_string_equal(one.since, "0123456789abcdef-41");
    assert_int_equal(one.replays, 1);
    /* Of another epoch, nobody knows whether it lies ahead. */
    assert_true(hook_state_go_back(&one, "fedcba9876543210-7"));
    assert_string_equal(one.cursor, "");
    assert_true(hook_state_go_back(&one, "0123456789abcdef-41"));
    assert_string_equal(one.cursor, "");
    assert_true(hook_state_go_back(&one, NULL));
    assert_string_equal(one.since, "");
    assert_int_equal(one.replays, 4);
}

static void one_that_rests_does_not_fail(void **state)
{
    struct hook_state one = {.cursor = "0123456789abcdef-42", .delivered = 3};
    (void)state;
    assert_false(hook_state_rest(&one));
    hook_state_fail(&one, 10000, 1000, 200, "no");
    hook_state_fail(&one, 20000, 5000, 300, "not yet");
    assert_int_equal(one.attempt, 2);
    assert_int_equal(one.failing_since_ms, 10000);
    assert_int_equal(one.behind_since_ms, 9800);
    assert_int_equal(one.next_try_ms, 25000);
    assert_string_equal(one.last_error, "not yet");
    assert_true(hook_state_rest(&one));
    assert_false(hook_state_rest(&one));
    assert_int_equal(one.failing_since_ms + one.behind_since_ms + one.next_try_ms + one.attempt, 0);
    assert_string_equal(one.last_error, "");
    assert_int_equal(one.delivered, 3);
    hook_state_fail(&one, 30000, 1000, 200, "no");
    hook_state_succeed(&one, 31000);
    assert_int_equal(one.delivered, 4);
    assert_int_equal(one.told_ms, 31000);
    assert_int_equal(one.attempt, 0);
    assert_string_equal(one.since, one.cursor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_comes_back_as_it_went),         cmocka_unit_test(what_is_not_a_state_is_none),
        cmocka_unit_test(it_goes_back_and_never_forward),        cmocka_unit_test(one_that_rests_does_not_fail),
        cmocka_unit_test(the_lag_is_what_came_after_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
