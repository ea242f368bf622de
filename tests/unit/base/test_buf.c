/* SPDX-License-Identifier: ISC */
/* base/buf.h and base/blob.h. */
#include "base/blob.h"
#include "base/buf.h"
#include "base/mem.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_buf(const struct buf *buf, const char *text)
{
    assert_int_equal(buf->len, strlen(text));
    assert_string_equal(buf->data, text);
}

/* LEN bytes of UTF8 as JSON are TEXT. */
static void assert_json(const char *utf8, size_t len, const char *text)
{
    struct buf buf;

    buf_init(&buf);
    buf_add_json(&buf, utf8, len);
    assert_buf(&buf, text);
    buf_fini(&buf);
}

static void an_empty_buf_takes_no_memory(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    assert_null(buf.data);
    buf_clear(&buf);
    buf_fini(&buf);
}

static void bytes_are_added_in_order_and_nul_ended(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    buf_add(&buf, "ab", 2);
    buf_add_text(&buf, "cd");
    buf_add_char(&buf, 'e');
    buf_add(&buf, NULL, 0);
    assert_buf(&buf, "abcde");
    buf_fini(&buf);
}

static void a_buf_may_hold_nuls(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    buf_add(&buf, "a\0b", 3);
    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
    buf_fini(&buf);
}

static void a_buf_grows_beyond_any_first_size(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
    buf_fini(&buf);
}

static void clearing_keeps_the_memory(void **state)
{
    struct buf buf;
    char *data;

    (void)state;
    buf_init(&buf);
    buf_add_text(&buf, "something");
    data = buf.data;
    buf_clear(&buf);
    assert_buf(&buf, "");
    buf_add_text(&buf, "other");
    assert_ptr_equal(buf.data, data);
    buf_fini(&buf);
}

static void reserved_room_counts_once_it_is_committed(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    buf_add_text(&buf, "ab");
    memset(buf_reserve(&buf, 500), 'c', 500);
    assert_int_equal(buf.len, 2);
    buf_commit(&buf, 2);
    assert_buf(&buf, "abcc");
    assert_true(buf.capacity > 502);
    buf_fini(&buf);
}

static void all_that_was_reserved_may_be_committed(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    memset(buf_reserve(&buf, 1000), 'c', 1000);
    buf_commit(&buf, 1000);
    assert_int_equal(buf.len, 1000);
    assert_int_equal(strlen(buf.data), 1000);
    buf_fini(&buf);
}

static void committing_nothing_changes_nothing(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    buf_commit(&buf, 0);
    assert_null(buf.data);
    buf_add_text(&buf, "ab");
    memset(buf_reserve(&buf, 500), 'c', 500);
    buf_commit(&buf, 0);
    assert_buf(&buf, "ab");
    buf_fini(&buf);
}

static void the_text_of_an_empty_buf_is_empty_and_not_null(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    assert_string_equal(buf_text(&buf), "");
    buf_add_text(&buf, "ab");
    assert_string_equal(buf_text(&buf), "ab");
    buf_fini(&buf);
}

static void integers_are_decimal_to_both_ends(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    buf_add_int(&buf, 0);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, -7);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_int(&buf, INT64_MIN);
    assert_buf(&buf, "0 -7 9223372036854775807 -9223372036854775808");
    buf_fini(&buf);
}

static void integers_of_each_length_are_as_printf_writes_them(void **state)
{
    (void)state;
    for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10) {
        const int64_t values[] = {power - 1, power, power + 1, power / 7, -power, 1 - power};
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            char expected[32];
            struct buf buf;
            (void)snprintf(expected, sizeof expected, "%" PRId64, values[i]);
            buf_init(&buf);
            buf_add_int(&buf, values[i]);
            assert_buf(&buf, expected);
            buf_fini(&buf);
        }
    }
}

static void printf_text_may_be_of_any_length(void **state)
{
    char wide[1001];
    struct buf buf;

    (void)state;
    memset(wide, 'x', 1000);
    wide[1000] = '\0';
    buf_init(&buf);
    buf_printf(&buf, "%d-%s", 12, "ab");
    assert_buf(&buf, "12-ab");
    buf_printf(&buf, "[%s]", wide);
    assert_int_equal(buf.len, 5 + 1002);
    assert_int_equal(buf.data[buf.len - 1], ']');
    assert_int_equal(strlen(buf.data), buf.len);
    buf_fini(&buf);
}

static void what_is_taken_is_the_callers(void **state)
{
    struct buf buf;
    char *text;

    (void)state;
    buf_init(&buf);
    buf_add_text(&buf, "mine");
    text = buf_take(&buf);
    assert_string_equal(text, "mine");
    free(text);
    assert_null(buf.data);
    text = buf_take(&buf);
    assert_string_equal(text, "");
    free(text);
}

static void plain_text_is_quoted_as_it_is(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("a", 1, "\"a\"");
    assert_json("exactly8", 8, "\"exactly8\"");
    assert_json("more than eight bytes, /slashes/ too", 36, "\"more than eight bytes, /slashes/ too\"");
}

static void utf8_is_passed_through(void **state)
{
    const char *text = "J\xc3\xbcrgen \xe2\x80\xa8 \xf0\x9f\x98\x80\x7f";
    char quoted[64] = "\"";

    (void)state;
    strcat(strcat(quoted, text), "\"");
    assert_json(text, strlen(text), quoted);
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    assert_json("\"", 1, "\"\\\"\"");
    assert_json("a\\b\"c", 5, "\"a\\\\b\\\"c\"");
    assert_json("1234567\"", 8, "\"1234567\\\"\"");
    assert_json("12345678\\12345678\"", 18, "\"12345678\\\\12345678\\\"\"");
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    assert_json("\b\t\n\v\f\r", 6, "\"\\b\\t\\n\\u000b\\f\\r\"");
    assert_json("\0\x1f", 2, "\"\\u0000\\u001f\"");
}

/* Each byte at each place of a text long enough for both ways of looking at it. */
static void an_escape_is_found_wherever_it_stands(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (size_t place = 0; place < 19; place++) {
            char text[20] = "abcdefghijklmnopqrs";
            bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
            struct buf buf;

            buf_init(&buf);
            text[place] = (char)byte;
            buf_add_json(&buf, text, 19);
            assert_int_equal(buf.len > 21, escaped);
            assert_memory_equal(buf.data + 1, text, place);
            assert_memory_equal(buf.data + buf.len - 1 - (18 - place), text + place + 1, 18 - place);
            buf_fini(&buf);
        }
}

static void a_blob_lives_as_long_as_its_last_holder(void **state)
{
    struct blob *blob = blob_new("bytes", 5);

    (void)state;
    assert_ptr_equal(blob_ref(blob), blob);
    blob_unref(blob);
    assert_int_equal(blob->refs, 1);
    assert_string_equal(blob->data, "bytes");
    blob_unref(blob);
    blob_unref(NULL);
}

static void a_blob_of_a_buf_leaves_the_buf_empty(void **state)
{
    struct buf buf;
    struct blob *blob;

    (void)state;
    buf_init(&buf);
    buf_add_text(&buf, "text");
    blob = blob_from_buf(&buf);
    assert_int_equal(blob->len, 4);
    assert_string_equal(blob->data, "text");
    assert_int_equal(buf.len, 0);
    blob_unref(blob);
    buf_fini(&buf);
    blob = blob_from_buf(&buf);
    assert_int_equal(blob->len, 0);
    blob_unref(blob);
}

static void copies_are_nul_ended(void **state)
{
    char *copy = mem_copy("a\0b", 3);

    (void)state;
    assert_memory_equal(copy, "a\0b", 4);
    free(copy);
    copy = mem_text("text");
    assert_string_equal(copy, "text");
    free(copy);
    assert_null(mem_text(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buf_takes_no_memory),
        cmocka_unit_test(bytes_are_added_in_order_and_nul_ended),
        cmocka_unit_test(a_buf_may_hold_nuls),
        cmocka_unit_test(a_buf_grows_beyond_any_first_size),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(reserved_room_counts_once_it_is_committed),
        cmocka_unit_test(all_that_was_reserved_may_be_committed),
        cmocka_unit_test(committing_nothing_changes_nothing),
        cmocka_unit_test(the_text_of_an_empty_buf_is_empty_and_not_null),
        cmocka_unit_test(integers_are_decimal_to_both_ends),
        cmocka_unit_test(integers_of_each_length_are_as_printf_writes_them),
        cmocka_unit_test(printf_text_may_be_of_any_length),
        cmocka_unit_test(what_is_taken_is_the_callers),
        cmocka_unit_test(plain_text_is_quoted_as_it_is),
        cmocka_unit_test(utf8_is_passed_through),
        cmocka_unit_test(quotes_and_backslashes_are_escaped),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(an_escape_is_found_wherever_it_stands),
        cmocka_unit_test(a_blob_lives_as_long_as_its_last_holder),
        cmocka_unit_test(a_blob_of_a_buf_leaves_the_buf_empty),
        cmocka_unit_test(copies_are_nul_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
