/* SPDX-License-Identifier: ISC */
/* A copy of the record: which rows of the log make workers forget what they remember. */
#include "directory/copy.h"
#include "fixture.h"

#include <inttypes.h>

enum { TEXT_BYTES = 400 };

/* Token 1 as the log has it. A NULL text is NULL there. */
struct token_text {
    const char *scope;
    const char *workspace;
    int64_t expires_ms;
    int64_t last_used_ms;
};

static void write_text(char out[TEXT_BYTES], const struct token_text *token)
{
    char scope[40], workspace[40];
    snprintf(scope, sizeof scope, token->scope ? "\"%s\"" : "null", token->scope);
    snprintf(workspace, sizeof workspace, token->workspace ? "\"%s\"" : "null", token->workspace);
    snprintf(out, TEXT_BYTES,
             "[{\"id\":1,\"hash\":\"\\\\x%064d\",\"user\":null,\"admin\":1,\"label\":\"\",\"created_ms\":1,"
             "\"expires_ms\":%" PRId64 ",\"last_used_ms\":%" PRId64 ",\"scope\":%s,\"workspace\":%s}]",
             7, token->expires_ms, token->last_used_ms, scope, workspace);
}

/* Follows a row of the log, in which the token is TOKEN. Returns by how much that has moved the count of removals. */
static int64_t follow(struct fixture *self, struct copy *copy, const struct token_text *token)
{
    const struct copy_place place = {.record = "r", .tag = "t", .position = 1};
    int64_t before = number_of(self, "SELECT value FROM revision");
    char rows[TEXT_BYTES];
    write_text(rows, token);
    assert_int_equal(copy_begin(copy), DIRECTORY_OK);
    assert_int_equal(copy_put(copy, tables_find(copy_tables(copy), "token"), rows), DIRECTORY_OK);
    assert_int_equal(copy_end(copy, DIRECTORY_OK, &place), DIRECTORY_OK);
    return number_of(self, "SELECT value FROM revision") - before;
}

static void a_token_that_is_another_one_now_is_forgotten(void **state)
{
    struct fixture *self = *state;
    struct copy *copy = copy_open(self->path, self->error, sizeof self->error);
    assert_non_null(copy);
    assert_int_equal(follow(self, copy, &(struct token_text){NULL, NULL, 0, 0}), 0); /* it is new */
    assert_int_equal(follow(self, copy, &(struct token_text){NULL, NULL, 0, 5}), 0); /* it was used */
    assert_int_equal(follow(self, copy, &(struct token_text){NULL, NULL, 9, 5}), 1);
    assert_int_equal(follow(self, copy, &(struct token_text){"read claims", NULL, 9, 5}), 1);
    assert_int_equal(follow(self, copy, &(struct token_text){"read", NULL, 9, 5}), 1);
    assert_int_equal(follow(self, copy, &(struct token_text){"read", "acme", 9, 5}), 1);
    assert_int_equal(follow(self, copy, &(struct token_text){"read", "acme", 9, 6}), 0);
    assert_int_equal(follow(self, copy, &(struct token_text){"read", NULL, 9, 6}), 1);
    copy_close(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_that_is_another_one_now_is_forgotten, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
