/* SPDX-License-Identifier: ISC */
/* What the scripts of places answer is taken in its own shape and in no other. */
#include "presence/place_answers.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static struct redis_arena arena;
static struct redisReader *reader;

static int begin(void **state)
{
    (void)state;
    memset(&arena, 0, sizeof arena);
    reader = redis_value_reader_new(&arena);
    return 0;
}

static int end(void **state)
{
    (void)state;
    redisReaderFree(reader);
    redis_arena_fini(&arena);
    return 0;
}

/* The value that BYTES of Redis's protocol are. */
static const struct redis_value *value_of(const char *bytes)
{
    void *value = NULL;

    redis_arena_reset(&arena);
    assert_int_equal(redisReaderFeed(reader, bytes, strlen(bytes)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &value), REDIS_OK);
    assert_non_null(value);
    return value;
}

static void what_goes_on_is_taken_with_a_digit_for_each(void **state)
{
    static const char *const others[] = {"$3\r\n101\r\n",   "$4\r\n7 10\r\n",  "$6\r\n7 1011\r\n",
                                         "$5\r\n7 1x1\r\n", "$5\r\nx 101\r\n", "$4\r\n 101\r\n",
                                         ":7\r\n"};
    int64_t now_ms;

    (void)state;
    assert_memory_equal(answer_stay(value_of("$17\r\n1700000000000 1=0\r\n"), 3, &now_ms), "1=0", 3);
    assert_int_equal(now_ms, INT64_C(1700000000000));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(answer_stay(value_of(others[i]), 3, &now_ms));
}

static void what_was_said_is_taken_with_its_code(void **state)
{
    struct answer_at at;

    (void)state;
    assert_true(answer_at(value_of("$18\r\nok 1700000000000 1\r\n"), &at));
    assert_int_equal(at.result, PRESENCE_OK);
    assert_true(at.changed && at.now_ms == INT64_C(1700000000000));
    assert_true(at.done);
    assert_true(answer_at(value_of("$6\r\nok 7 -\r\n"), &at));
    assert_false(at.done || at.changed);
    assert_true(answer_at(value_of("$8\r\ngone 7 -\r\n"), &at));
    assert_int_equal(at.result, PRESENCE_ENDED);
    assert_false(at.changed);
    assert_true(answer_at(value_of("$8\r\nfull 7 0\r\n"), &at));
    assert_int_equal(at.result, PRESENCE_FULL);
    assert_true(answer_at(value_of("$8\r\nlate 7 0\r\n"), &at));
    assert_int_equal(at.result, PRESENCE_UNAVAILABLE);
}

static void what_no_script_says_is_not_taken(void **state)
{
    static const char *const others[] = {
        "$6\r\nok 7 2\r\n", "$4\r\nok 7\r\n",  "$7\r\nok 7 1 \r\n", "$6\r\noh 7 1\r\n",   "$6\r\nok 7 +\r\n",
        "$6\r\nok x 1\r\n", "$5\r\nok  1\r\n", "$7\r\nok 7 11\r\n", "*1\r\n$2\r\nok\r\n", ":1\r\n"};
    struct answer_at at;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(answer_at(value_of(others[i]), &at));
}

static void a_place_has_things_of_people_with_spaces_in_their_ids(void **state)
{
    const struct redis_value *value = value_of("*5\r\n$1\r\n9\r\n$24\r\n7 tab-12345 viewing a  b\r\n$2\r\n80\r\n"
                                               "$20\r\n8 tab-12345 in-a x!\n\r\n$2\r\n90\r\n");
    struct place_thing thing;
    int64_t now_ms;
    size_t count;

    (void)state;
    assert_true(answer_place(value, &now_ms, &count));
    assert_int_equal(count, 2);
    assert_int_equal(now_ms, 9);
    assert_true(answer_thing(value, 0, &thing));
    assert_int_equal(thing.user_len, 4);
    assert_memory_equal(thing.user, "a  b", 4);
    assert_int_equal(thing.doing_len, 7);
    assert_int_equal(thing.arrived_ms, 7);
    assert_int_equal(thing.ends_ms, 80);
    assert_false(answer_thing(value, 1, &thing));
}

static void a_thing_that_somebody_else_wrote_is_not_taken(void **state)
{
    static const char *const others[] = {"*3\r\n:9\r\n$4\r\njunk\r\n:8\r\n",
                                         "*3\r\n:9\r\n$26\r\nx tab-12345 viewing ann 17\r\n:8\r\n",
                                         "*3\r\n:9\r\n$19\r\n7 tab-12345 VIEW an\r\n:8\r\n",
                                         "*3\r\n:9\r\n$15\r\n7 t viewing ann\r\n:8\r\n",
                                         "*3\r\n:9\r\n$23\r\n7 tab-12345 viewing ann\r\n$1\r\nx\r\n",
                                         "*3\r\n:9\r\n:1\r\n:8\r\n"};
    struct place_thing thing;
    int64_t now_ms;
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct redis_value *value = value_of(others[i]);
        assert_true(answer_place(value, &now_ms, &count));
        assert_false(answer_thing(value, 0, &thing));
    }
    assert_false(answer_place(value_of("*2\r\n:9\r\n$4\r\njunk\r\n"), &now_ms, &count));
    assert_false(answer_place(value_of("*1\r\n:-9\r\n"), &now_ms, &count));
    assert_false(answer_place(value_of(":9\r\n"), &now_ms, &count));
}

static void names_are_taken_if_they_can_be_names(void **state)
{
    const struct redis_value *value = value_of("*3\r\n$5\r\ndm:17\r\n$0\r\n\r\n$3\r\na\nb\r\n");
    size_t count;

    (void)state;
    assert_true(answer_places(value, &count));
    assert_int_equal(count, 3);
    assert_string_equal(answer_place_name(value, 0), "dm:17");
    assert_null(answer_place_name(value, 1));
    assert_null(answer_place_name(value, 2));
    assert_true(answer_places(value_of("*0\r\n"), &count));
    assert_false(answer_places(value_of("$1\r\nx\r\n"), &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_is_taken_with_its_code),
        cmocka_unit_test(what_goes_on_is_taken_with_a_digit_for_each),
        cmocka_unit_test(what_no_script_says_is_not_taken),
        cmocka_unit_test(a_place_has_things_of_people_with_spaces_in_their_ids),
        cmocka_unit_test(a_thing_that_somebody_else_wrote_is_not_taken),
        cmocka_unit_test(names_are_taken_if_they_can_be_names),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
