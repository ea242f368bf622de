/* SPDX-License-Identifier: ISC */
/* Problems: programs look at their codes, which therefore never change. */
#include "http/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_has_its_status_and_code(void **state)
{
    static const struct {
        int status;
        const char *code;
    } kinds[PROBLEM_KINDS] = {
        [PROBLEM_BAD_JSON] = {400, "bad_json"},
        [PROBLEM_BAD_REQUEST] = {400, "bad_request"},
        [PROBLEM_NO_CREDENTIAL] = {401, "no_credential"},
        [PROBLEM_INVALID_CREDENTIAL] = {401, "invalid_credential"},
        [PROBLEM_EXPIRED_CREDENTIAL] = {401, "expired_credential"},
        [PROBLEM_NOT_A_MEMBER] = {403, "not_a_member"},
        [PROBLEM_ADMIN_ONLY] = {403, "admin_only"},
        [PROBLEM_INSUFFICIENT_SCOPE] = {403, "insufficient_scope"},
        [PROBLEM_FOREIGN_ORIGIN] = {403, "foreign_origin"},
        [PROBLEM_NOT_ALLOWED] = {403, "not_allowed"},
        [PROBLEM_NOT_FOUND] = {404, "not_found"},
        [PROBLEM_METHOD_NOT_ALLOWED] = {405, "method_not_allowed"},
        [PROBLEM_CONFLICT] = {409, "conflict"},
        [PROBLEM_TOO_MANY_CLAIMS] = {409, "too_many_claims"},
        [PROBLEM_TOO_MANY_PLACES] = {409, "too_many_places"},
        [PROBLEM_SESSION_ENDED] = {410, "session_ended"},
        [PROBLEM_TOO_LARGE] = {413, "too_large"},
        [PROBLEM_TARGET_TOO_LONG] = {414, "target_too_long"},
        [PROBLEM_UNSUPPORTED_ENCODING] = {415, "unsupported_encoding"},
        [PROBLEM_KEY_REUSED] = {422, "key_reused"},
        [PROBLEM_RATE_LIMITED] = {429, "rate_limited"},
        [PROBLEM_TOO_MANY_SESSIONS] = {429, "too_many_sessions"},
        [PROBLEM_TOO_MANY_POLLS] = {429, "too_many_polls"},
        [PROBLEM_INTERNAL] = {500, "internal"},
        [PROBLEM_REDIS_UNAVAILABLE] = {503, "redis_unavailable"},
        [PROBLEM_DIRECTORY_UNAVAILABLE] = {503, "directory_unavailable"},
        [PROBLEM_DRAINING] = {503, "draining"},
        [PROBLEM_CROWDED_OUT] = {503, "crowded_out"},
        [PROBLEM_DISK_FULL] = {507, "disk_full"},
    };

    (void)state;
    for (int i = 0; i < PROBLEM_KINDS; i++) {
        assert_int_equal(problem_kind((enum problem)i)->status, kinds[i].status);
        assert_string_equal(problem_kind((enum problem)i)->code, kinds[i].code);
    }
}

/* A title goes into JSON as it is. */
static void each_has_a_title_that_needs_no_escapes(void **state)
{
    (void)state;
    for (int i = 0; i < PROBLEM_KINDS; i++) {
        const char *title = problem_kind((enum problem)i)->title;

        assert_true(strlen(title) > 0);
        assert_null(strpbrk(title, "\"\\"));
    }
}

static void each_status_has_a_reason(void **state)
{
    (void)state;
    for (int i = 0; i < PROBLEM_KINDS; i++)
        assert_string_not_equal(problem_reason(problem_kind((enum problem)i)->status), "Unknown");
    assert_string_equal(problem_reason(404), "Not Found");
    assert_string_equal(problem_reason(299), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_status_and_code),
        cmocka_unit_test(each_has_a_title_that_needs_no_escapes),
        cmocka_unit_test(each_status_has_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
