/* SPDX-License-Identifier: ISC */
/* Replies: what the parser makes of bytes, however they come, and what callers read from it. */
#include "fixture.h"

#include <hiredis/hiredis.h>

struct parser {
    struct redis_arena arena;
    redisReader *reader;
};

static void parser_open(struct parser *p)
{
    memset(p, 0, sizeof *p);
    p->reader = redis_value_reader_new(&p->arena);
}

static void parser_close(struct parser *p)
{
    redisReaderFree(p->reader);
    redis_arena_fini(&p->arena);
}

/* The value in BYTES; NULL if it is not complete yet. Fails the test if BYTES is not a reply. */
static const struct redis_value *parse(struct parser *p, const char *bytes, size_t len)
{
    void *value = NULL;

    assert_int_equal(redisReaderFeed(p->reader, bytes, len), REDIS_OK);
    assert_int_equal(redisReaderGetReply(p->reader, &value), 0);
    return value;
}

#define PARSE(p, literal) parse(p, literal, sizeof(literal) - 1)

static void a_text_may_hold_any_byte(void **state)
{
    struct parser p;
    size_t len;
    const char *text;

    (void)state;
    parser_open(&p);
    text = redis_value_text(PARSE(&p, "$5\r\na\0\r\nb\r\n"), &len);
    assert_int_equal(len, 5);
    assert_memory_equal(text, "a\0\r\nb", 6);
    text = redis_value_text(PARSE(&p, "+OK\r\n"), NULL);
    assert_string_equal(text, "OK");
    assert_string_equal(redis_value_text(PARSE(&p, "$0\r\n\r\n"), &len), "");
    assert_int_equal(len, 0);
    parser_close(&p);
}

static void a_number_is_an_integer_or_a_text_that_is_one(void **state)
{
    struct parser p;

    (void)state;
    parser_open(&p);
    assert_int_equal(redis_value_int(PARSE(&p, ":-12\r\n"), 7), -12);
    assert_int_equal(redis_value_int(PARSE(&p, "$13\r\n1712345678901\r\n"), 7), 1712345678901);
    assert_int_equal(redis_value_int(PARSE(&p, "$2\r\n-3\r\n"), 7), -3);
    assert_int_equal(redis_value_int(PARSE(&p, "$2\r\n 3\r\n"), 7), 7);
    assert_int_equal(redis_value_int(PARSE(&p, "$2\r\n3x\r\n"), 7), 7);
    assert_int_equal(redis_value_int(PARSE(&p, "$2\r\n3\0\r\n"), 7), 7);
    assert_int_equal(redis_value_int(PARSE(&p, "$0\r\n\r\n"), 7), 7);
    assert_int_equal(redis_value_int(PARSE(&p, "$19\r\n9999999999999999999\r\n"), 7), 7);
    assert_int_equal(redis_value_int(PARSE(&p, "*0\r\n"), 7), 7);
    assert_int_equal(redis_value_int(NULL, 7), 7);
    parser_close(&p);
}

static void a_list_holds_lists(void **state)
{
    static const char bytes[] = "*4\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n*-1\r\n-ERR no\r\n";
    struct parser p;
    const struct redis_value *list;

    (void)state;
    parser_open(&p);
    list = PARSE(&p, bytes);
    assert_int_equal(redis_value_type(list), REDIS_TYPE_LIST);
    assert_int_equal(redis_value_count(list), 4);
    assert_int_equal(redis_value_int(redis_value_at(list, 0), 0), 1);
    assert_int_equal(redis_value_count(redis_value_at(list, 1)), 2);
    assert_true(redis_value_is(redis_value_at(redis_value_at(list, 1), 0), "a"));
    assert_int_equal(redis_value_type(redis_value_at(redis_value_at(list, 1), 1)), REDIS_TYPE_NONE);
    assert_int_equal(redis_value_type(redis_value_at(list, 2)), REDIS_TYPE_NONE);
    assert_null(redis_value_text(redis_value_at(list, 3), NULL));
    assert_null(redis_value_at(list, 4));
    assert_null(redis_value_at(redis_value_at(list, 0), 0));
    parser_close(&p);
}

static void nothing_reads_as_nothing(void **state)
{
    size_t len = 5;

    (void)state;
    assert_int_equal(redis_value_type(NULL), REDIS_TYPE_NONE);
    assert_null(redis_value_text(NULL, &len));
    assert_int_equal(len, 0);
    assert_int_equal(redis_value_count(NULL), 0);
    assert_null(redis_value_at(NULL, 0));
}

static void a_reply_may_come_byte_by_byte(void **state)
{
    static const char bytes[] = "*3\r\n$5\r\nhello\r\n*2\r\n:1\r\n+x\r\n$-1\r\n";
    struct parser p;
    const struct redis_value *list = NULL;

    (void)state;
    parser_open(&p);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            assert_null(list);
            list = parse(&p, bytes + i, 1);
        }
        assert_true(redis_value_is(redis_value_at(list, 0), "hello"));
        assert_true(redis_value_is(redis_value_at(redis_value_at(list, 1), 1), "x"));
        redis_arena_reset(&p.arena);
        list = NULL;
    }
    parser_close(&p);
}

static void a_large_reply_is_whole(void **state)
{
    enum { COUNT = 20000 };
    struct parser p;
    struct buf bytes;
    const struct redis_value *list;
    char text[32];

    (void)state;
    parser_open(&p);
    buf_init(&bytes);
    buf_printf(&bytes, "*%d\r\n", COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, "text %d", i);
        redis_conn_bulk(&bytes, text, strlen(text));
    }
    list = parse(&p, bytes.data, bytes.len);
    assert_int_equal(redis_value_count(list), COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, "text %d", i);
        assert_true(redis_value_is(redis_value_at(list, (size_t)i), text));
    }
    redis_arena_reset(&p.arena);
    assert_int_equal(p.arena.bytes, 0);
    buf_fini(&bytes);
    parser_close(&p);
}

/* What is left of the arena once BYTES, which must be refused, are parsed. */
static size_t kept_of(const char *bytes)
{
    struct parser p;
    void *value = NULL;
    size_t kept;

    parser_open(&p);
    assert_int_equal(redisReaderFeed(p.reader, bytes, strlen(bytes)), REDIS_OK);
    assert_int_not_equal(redisReaderGetReply(p.reader, &value), 0);
    assert_null(value);
    kept = p.arena.bytes;
    parser_close(&p);
    return kept;
}

static void a_list_of_impossible_length_is_refused(void **state)
{
    (void)state;
    assert_true(kept_of("*2147483647\r\n") < 4096);
}

static void lists_that_are_too_much_together_are_refused(void **state)
{
    (void)state;
    assert_true(kept_of("*400000\r\n*400000\r\n") <= REDIS_ARENA_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_may_hold_any_byte),
        cmocka_unit_test(a_number_is_an_integer_or_a_text_that_is_one),
        cmocka_unit_test(a_list_holds_lists),
        cmocka_unit_test(nothing_reads_as_nothing),
        cmocka_unit_test(a_reply_may_come_byte_by_byte),
        cmocka_unit_test(a_large_reply_is_whole),
        cmocka_unit_test(a_list_of_impossible_length_is_refused),
        cmocka_unit_test(lists_that_are_too_much_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
