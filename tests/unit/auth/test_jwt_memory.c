/* SPDX-License-Identifier: ISC */
/* The memory of verified JWTs. */
#include "auth/jwt_memory.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
    *state = jwt_memory_new();
    return 0;
}

static int end(void **state)
{
    jwt_memory_free(*state);
    return 0;
}

/* A hash that is different for each NUMBER. */
static const unsigned char *hash_of(uint64_t number)
{
    static unsigned char hash[32];
    memcpy(hash, &number, sizeof number);
    return hash;
}

static void add(struct jwt_memory *memory, uint64_t number)
{
    struct jwt_facts facts = {.exp_ms = (int64_t)number};
    jwt_memory_add(memory, hash_of(number), &facts);
}

static void what_was_added_is_found(void **state)
{
    assert_null(jwt_memory_find(*state, hash_of(1)));
    add(*state, 1);
    const struct jwt_facts *found = jwt_memory_find(*state, hash_of(1));
    assert_non_null(found);
    assert_int_equal(found->exp_ms, 1);
    assert_null(jwt_memory_find(*state, hash_of(2)));
}

static void claims_are_copied(void **state)
{
    struct claims claims = {.count = 1, .issued_ms = 5, .name = "Ann", .workspaces = {"acme"}};
    struct jwt_facts facts = {.claims = &claims};
    const struct jwt_facts *kept = jwt_memory_add(*state, hash_of(1), &facts);
    memset(&claims, 'x', sizeof claims);
    assert_int_equal(kept->claims->count, 1);
    assert_int_equal(kept->claims->issued_ms, 5);
    assert_string_equal(kept->claims->name, "Ann");
    assert_string_equal(kept->claims->workspaces[0], "acme");
}

static void one_that_is_asked_for_outlives_those_that_are_not(void **state)
{
    uint64_t many = LIMIT_JWT_MEMORY_BYTES / sizeof(struct jwt_facts);
    add(*state, 0);
    for (uint64_t i = 1; i < many; i++) {
        add(*state, i);
        if (i % 1000 == 0)
            assert_non_null(jwt_memory_find(*state, hash_of(0)));
    }
    assert_non_null(jwt_memory_find(*state, hash_of(0)));
    assert_null(jwt_memory_find(*state, hash_of(1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_added_is_found, begin, end),
        cmocka_unit_test_setup_teardown(claims_are_copied, begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_asked_for_outlives_those_that_are_not, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
