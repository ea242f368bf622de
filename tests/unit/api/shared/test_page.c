/* SPDX-License-Identifier: ISC */
/* Pages of rows. */
#include "api/shared/page.h"

#include "api/shared/render.h"

#include "scratch.h"

/* Adds rows called A, B, ... to PAGE, COUNT of them; how many it took. */
static size_t add_rows(struct page *page, size_t count)
{
    size_t taken = 0;
    for (size_t i = 0; i < count && page_row(page); i++) {
        char name[] = {(char)('A' + i), '\0'};
        render_text(&page->body, "id", name);
        page_end_row_text(page, name, 1);
        taken++;
    }
    return taken;
}

static void rows_that_fit_are_all_there_is(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, 2);
    buf_add_char(&page.body, '{');
    page_open(&page, "rows");
    assert_int_equal(add_rows(&page, 2), 2);
    page_close(&page);
    assert_string_equal(page.body.data, "{\"rows\":[{\"id\":\"A\"},{\"id\":\"B\"}]}\n");
    page_fini(&page);
}

static void one_row_more_makes_a_next_page_which_begins_after_the_last_that_fits(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, 2);
    buf_add_text(&page.body, "{\"cursor\":\"c\"");
    page_open(&page, ",rows");
    assert_int_equal(add_rows(&page, 3), 2);
    page_close(&page);
    assert_string_equal(page.body.data, "{\"cursor\":\"c\",\"rows\":[{\"id\":\"A\"},{\"id\":\"B\"}],\"next\":\"B\"}\n");
    page_fini(&page);
}

static void a_page_without_rows_is_an_empty_array(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, 2);
    buf_add_char(&page.body, '{');
    page_open(&page, "rows");
    page_close(&page);
    assert_string_equal(page.body.data, "{\"rows\":[]}\n");
    page_fini(&page);
}

static void a_key_can_be_a_number(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, 1);
    buf_add_char(&page.body, '{');
    page_open(&page, "rows");
    assert_true(page_row(&page));
    page_end_row_number(&page, 4503599627370496);
    assert_false(page_row(&page));
    page_close(&page);
    assert_string_equal(page.body.data, "{\"rows\":[{}],\"next\":4503599627370496}\n");
    page_fini(&page);
}

static void a_page_can_be_cut_short_by_its_caller(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, 100);
    buf_add_char(&page.body, '{');
    page_open(&page, "rows");
    add_rows(&page, 1);
    page.more = true;
    page_close(&page);
    assert_string_equal(page.body.data, "{\"rows\":[{\"id\":\"A\"}],\"next\":\"A\"}\n");
    page_fini(&page);
}

static void a_key_with_a_quote_is_escaped(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, 1);
    buf_add_char(&page.body, '{');
    page_open(&page, "rows");
    assert_true(page_row(&page));
    page_end_row_text(&page, "a\"b", 3);
    assert_false(page_take(&page));
    page_close(&page);
    assert_string_equal(page.body.data, "{\"rows\":[{}],\"next\":\"a\\\"b\"}\n");
    page_fini(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_fit_are_all_there_is),
        cmocka_unit_test(one_row_more_makes_a_next_page_which_begins_after_the_last_that_fits),
        cmocka_unit_test(a_page_without_rows_is_an_empty_array),
        cmocka_unit_test(a_key_can_be_a_number),
        cmocka_unit_test(a_page_can_be_cut_short_by_its_caller),
        cmocka_unit_test(a_key_with_a_quote_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
