/* SPDX-License-Identifier: ISC */
/* Rows for administrators, as a table and as JSON, without a reply. */
#include "api/shared/listing.h"

#include "scratch.h"

/* What LISTING shows after one row with a name, a number, a time and nothing. */
static struct buf shown(struct listing *listing)
{
    struct buf out;
    buf_init(&out);
    assert_true(listing_row(listing));
    listing_text(listing, "name", "Zo\xc3\xab");
    listing_int(listing, "n", 12345);
    listing_time(listing, "created", 1700000000000);
    listing_text(listing, "note", NULL);
    listing_bool(listing, "admin", false);
    listing_end_row_number(listing, 1);
    listing_render(listing, &out);
    return out;
}

static void a_table_has_a_line_of_headings_and_columns_as_wide_as_their_cells(void **state)
{
    (void)state;
    struct exchange exchange = {.plain = true};
    struct listing listing;
    listing_init(&listing, &exchange, "rows", 10);
    struct buf out = shown(&listing);
    assert_string_equal(out.data, "name  n      created               note  admin\n"
                                  "Zo\xc3\xab   12345  2023-11-14T22:13:20Z  -     no\n");
    buf_fini(&out);
    listing_fini(&listing);
}

static void json_leaves_out_what_is_absent(void **state)
{
    (void)state;
    struct exchange exchange = {.plain = false};
    struct listing listing;
    listing_init(&listing, &exchange, "rows", 10);
    struct buf out = shown(&listing);
    assert_string_equal(out.data, "\"rows\":[{\"name\":\"Zo\xc3\xab\",\"n\":12345,\"created\":1700000000000,"
                                  "\"admin\":false}]");
    buf_fini(&out);
    listing_fini(&listing);
}

static void ndjson_is_an_object_on_each_line_whatever_is_accepted(void **state)
{
    (void)state;
    struct exchange exchange = {.plain = true};
    struct listing listing;
    listing_init_ndjson(&listing, &exchange, 2);
    for (int i = 0; i < 2; i++) {
        assert_true(listing_row(&listing));
        listing_text(&listing, "user", "u");
        listing_end_row_text(&listing, "u");
    }
    assert_false(listing_row(&listing));
    assert_string_equal(listing.page.body.data, "{\"user\":\"u\"}\n{\"user\":\"u\"}\n");
    assert_true(listing.page.more);
    listing_fini(&listing);
}

static void an_empty_table_shows_nothing(void **state)
{
    (void)state;
    struct exchange exchange = {.plain = true};
    struct listing listing;
    struct buf out;
    buf_init(&out);
    listing_init(&listing, &exchange, "rows", 10);
    listing_render(&listing, &out);
    assert_int_equal(out.len, 0);
    listing_fini(&listing);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_has_a_line_of_headings_and_columns_as_wide_as_their_cells),
        cmocka_unit_test(json_leaves_out_what_is_absent),
        cmocka_unit_test(ndjson_is_an_object_on_each_line_whatever_is_accepted),
        cmocka_unit_test(an_empty_table_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
