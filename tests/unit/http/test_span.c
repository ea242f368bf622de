/* SPDX-License-Identifier: ISC */
/* Paths as parts of somebody else's text. */
#include "http/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void same(struct span span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(span.at, expected, span.len);
}

static void resolves(const char *path, const char *expected)
{
    char out[64];

    same((struct span){out, span_resolve(span_of(path), out)}, expected);
}

static void no_text_is_an_empty_span(void **state)
{
    (void)state;
    same(span_of(NULL), "");
    same(span_of("text"), "text");
}

static void segments_are_taken_one_by_one(void **state)
{
    struct span rest = span_of("/a//bc/");

    (void)state;
    same(span_take_segment(&rest), "a");
    same(span_take_segment(&rest), "");
    same(span_take_segment(&rest), "bc");
    same(rest, "/");
    same(span_take_segment(&rest), "");
    assert_int_equal(rest.len, 0);
}

static void dots_are_one_or_two(void **state)
{
    (void)state;
    assert_true(span_is_dots(span_of(".")));
    assert_true(span_is_dots(span_of("..")));
    assert_false(span_is_dots(span_of("...")));
    assert_false(span_is_dots(span_of("")));
    assert_false(span_is_dots(span_of(".a")));
}

static void servers_merge_slashes_and_apply_dots(void **state)
{
    (void)state;
    resolves("", "");
    resolves("/", "");
    resolves("/a//b/./c", "/a/b/c");
    resolves("/a/../b", "/b");
    resolves("/../../a/", "/a");
}

static void the_last_segments_can_be_cut(void **state)
{
    (void)state;
    same(span_without_last(span_of("/a/b/c"), 0), "/a/b/c");
    same(span_without_last(span_of("/a/b/c"), 1), "/a/b");
    same(span_without_last(span_of("/a/b/c"), 3), "");
    same(span_without_last(span_of("/a/b/c"), 4), "/a/b/c");
    assert_int_equal(span_count_slashes(span_of("/a/b/c")), 3);
}

static void the_end_is_compared(void **state)
{
    (void)state;
    assert_true(span_ends_with(span_of("/a/b"), span_of("/b")));
    assert_true(span_ends_with(span_of("/a/b"), span_of("")));
    assert_false(span_ends_with(span_of("/b"), span_of("/a/b")));
    assert_false(span_ends_with(span_of("/a/b"), span_of("/c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_is_an_empty_span),     cmocka_unit_test(segments_are_taken_one_by_one),
        cmocka_unit_test(dots_are_one_or_two),          cmocka_unit_test(servers_merge_slashes_and_apply_dots),
        cmocka_unit_test(the_last_segments_can_be_cut), cmocka_unit_test(the_end_is_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
