/* SPDX-License-Identifier: ISC */
/* base/hash.h. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Values from the test suite of FNV's authors. */
static void hashes_are_those_of_the_reference(void **state)
{
    (void)state;
    assert_true(hash_fnv1a(HASH_FNV1A_START, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_fnv1a(HASH_FNV1A_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_fnv1a(HASH_FNV1A_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void a_hash_can_be_made_in_parts(void **state)
{
    uint64_t whole = hash_fnv1a(HASH_FNV1A_START, "foobar", 6);
    (void)state;
    assert_true(hash_fnv1a(hash_fnv1a(HASH_FNV1A_START, "foo", 3), "bar", 3) == whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_reference),
        cmocka_unit_test(a_hash_can_be_made_in_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
