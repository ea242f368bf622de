/* SPDX-License-Identifier: ISC */
/* The memory of tokens. */
#include "directory/token_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
    static struct token_memory memory;
    memset(&memory, 0, sizeof memory);
    *state = &memory;
    return 0;
}

static int end(void **state)
{
    token_memory_forget(*state);
    return 0;
}

/* A hash that is different for each NUMBER, in its last bytes too. */
static const unsigned char *hash_of(uint32_t number)
{
    static unsigned char hash[DIRECTORY_HASH_BYTES];
    memcpy(hash, &number, sizeof number);
    memcpy(hash + sizeof hash - sizeof number, &number, sizeof number);
    return hash;
}

static void a_user_and_an_administrator_are_told_apart(void **state)
{
    token_memory_add(*state, hash_of(1), &(struct token_row){.id = 1, .user = "u1", .expires_ms = 5});
    token_memory_add(*state, hash_of(2), &(struct token_row){.id = 2});
    const struct known_token *token = token_memory_find(*state, hash_of(1));
    assert_int_equal(token->id, 1);
    assert_string_equal(token->user, "u1");
    assert_int_equal(token->expires_ms, 5);
    assert_int_equal(token->touch_ms, 0);
    assert_null(token_memory_find(*state, hash_of(2))->user);
}

static void a_program_keeps_its_scopes_and_its_workspace(void **state)
{
    token_memory_add(*state, hash_of(1), &(struct token_row){.id = 1, .scopes = SCOPE_READ, .workspace = "acme"});
    const struct known_token *token = token_memory_find(*state, hash_of(1));
    assert_null(token->user);
    assert_string_equal(token->workspace, "acme");
    assert_int_equal(token->scopes, SCOPE_READ);
}

static void the_whole_hash_counts(void **state)
{
    unsigned char other[DIRECTORY_HASH_BYTES];
    token_memory_add(*state, hash_of(1), &(struct token_row){.id = 1});
    memcpy(other, hash_of(1), sizeof other);
    other[DIRECTORY_HASH_BYTES - 1] ^= 1;
    assert_null(token_memory_find(*state, other));
}

static void what_the_caller_notes_is_kept(void **state)
{
    token_memory_add(*state, hash_of(1), &(struct token_row){.id = 1})->touch_ms = 99;
    assert_int_equal(token_memory_find(*state, hash_of(1))->touch_ms, 99);
}

static void another_revision_forgets_all(void **state)
{
    token_memory_at(*state, 7);
    token_memory_add(*state, hash_of(1), &(struct token_row){.id = 1});
    token_memory_at(*state, 7);
    assert_non_null(token_memory_find(*state, hash_of(1)));
    token_memory_at(*state, 6);
    assert_null(token_memory_find(*state, hash_of(1)));
}

static void one_more_than_the_most_forgets_all_before(void **state)
{
    for (uint32_t i = 0; i <= TOKEN_MEMORY_MAX; i++)
        token_memory_add(*state, hash_of(i), &(struct token_row){.id = i});
    assert_int_equal(token_memory_count(*state), 1);
    assert_non_null(token_memory_find(*state, hash_of(TOKEN_MEMORY_MAX)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_user_and_an_administrator_are_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(a_program_keeps_its_scopes_and_its_workspace, begin, end),
        cmocka_unit_test_setup_teardown(the_whole_hash_counts, begin, end),
        cmocka_unit_test_setup_teardown(what_the_caller_notes_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(another_revision_forgets_all, begin, end),
        cmocka_unit_test_setup_teardown(one_more_than_the_most_forgets_all_before, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
