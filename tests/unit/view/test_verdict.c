/* SPDX-License-Identifier: ISC */
/* Who gets a push, and why. */
#include "view/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(struct truth truth, bool push, const char *because)
{
    struct verdict verdict = verdict_of(&truth);
    assert_int_equal(verdict.push, push);
    assert_string_equal(because_name(verdict.because), because);
}

static void who_is_not_at_a_page_gets_one(void **state)
{
    (void)state;
    check((struct truth){.status = STATUS_OFFLINE}, true, "offline");
    check((struct truth){.status = STATUS_AWAY}, true, "away");
    check((struct truth){.status = STATUS_ACTIVE}, false, "active");
}

static void who_is_invisible_is_what_they_are(void **state)
{
    (void)state;
    check((struct truth){.status = STATUS_ACTIVE, .invisible = true}, false, "active");
    check((struct truth){.status = STATUS_AWAY, .invisible = true}, true, "away");
}

static void who_does_not_want_to_be_disturbed_is_not_whatever_their_status(void **state)
{
    (void)state;
    for (enum status status = STATUS_OFFLINE; status <= STATUS_ACTIVE; status++) {
        struct truth truth = {.status = status, .dnd = true, .dnd_until_ms = 5000};
        check(truth, false, "dnd");
        assert_int_equal(verdict_of(&truth).until_ms, 5000);
    }
}

static void who_looks_at_it_sees_it_whatever_else_is_so(void **state)
{
    (void)state;
    struct truth truth = {.status = STATUS_AWAY, .dnd = true, .dnd_until_ms = 5000, .looking = true};
    check(truth, false, "looking");
    assert_int_equal(verdict_of(&truth).until_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_at_a_page_gets_one),
        cmocka_unit_test(who_is_invisible_is_what_they_are),
        cmocka_unit_test(who_does_not_want_to_be_disturbed_is_not_whatever_their_status),
        cmocka_unit_test(who_looks_at_it_sees_it_whatever_else_is_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
