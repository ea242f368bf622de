/* SPDX-License-Identifier: ISC */
/* Which layer decides what, for the user and for others. */
#include "layers_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct buf said;

static int begin(void **state)
{
    (void)state;
    buf_init(&said);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_fini(&said);
    return 0;
}

/* What ROW says at AT_MS, as text without the space before it. Valid until the next call. */
static const char *say(const struct status_row *row, int64_t at_ms, bool to_others)
{
    struct layers_view view;
    layers_at(row, at_ms, to_others, &view);
    describe(&said, &view);
    return said.len > 0 ? buf_text(&said) + 1 : "";
}

/* Both see the same. */
#define assert_says(row, at_ms, expected)                                                                              \
    do {                                                                                                               \
        assert_string_equal(say(row, at_ms, false), expected);                                                         \
        assert_string_equal(say(row, at_ms, true), expected);                                                          \
    } while (0)

#define assert_differs(row, at_ms, truth, others)                                                                      \
    do {                                                                                                               \
        assert_string_equal(say(row, at_ms, false), truth);                                                            \
        assert_string_equal(say(row, at_ms, true), others);                                                            \
    } while (0)

static void nothing_said_is_automatic(void **state)
{
    (void)state;
    struct status_row row = row_of(NULL, 0);
    assert_says(&row, 100, "");
}

static void the_highest_layer_that_says_something_about_a_field_decides_it(void **state)
{
    (void)state;
    const struct layer layers[] = {
        BASE(.show = SHOW_AWAY, .text = "base", .dnd = SAID_TRUE),
        CLAIM("low", .priority = 3, .show = SHOW_ACTIVE, .text = "low"),
        CLAIM("mid", .priority = 6, .show = SHOW_ACTIVE, .until_ms = 400),
        TEMPORARY(.text = "temporary", .until_ms = 300),
        CLAIM("top", .priority = 8, .text = "top", .until_ms = 200),
    };
    struct status_row row = ROW(layers);
    assert_says(&row, 199, "active dnd text=top until=200 show:claimmid dnd:base message:claimtop");
    assert_says(&row, 200, "active dnd text=temporary until=300 show:claimmid dnd:base message:temporary");
    assert_says(&row, 300, "active dnd text=base show:claimmid dnd:base message:base");
    assert_says(&row, 400, "away dnd text=base show:base dnd:base message:base");
}

static void at_equal_priority_own_layers_come_first_then_the_later_one_then_the_name(void **state)
{
    (void)state;
    const struct layer layers[] = {
        CLAIM("four", .priority = 4, .text = "four", .set_ms = 9),
        BASE(.text = "base"),
        CLAIM("seven", .priority = 7, .show = SHOW_ACTIVE, .set_ms = 9),
        TEMPORARY(.show = SHOW_AWAY),
        CLAIM("a", .dnd = SAID_TRUE, .set_ms = 5),
        CLAIM("b", .dnd = SAID_TRUE, .set_ms = 6),
    };
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "away dnd text=base show:temporary dnd:claimb message:base");
    const struct layer twins[] = {CLAIM("z", .text = "z"), CLAIM("y", .text = "y"), CLAIM("x", .priority = 4)};
    row = ROW(twins);
    assert_says(&row, 100, "text=y until=1000 message:claimy");
}

static void what_temporary_does_not_say_shines_through_from_below(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.show = SHOW_AWAY, .dnd = SAID_TRUE, .text = "home"),
                                   TEMPORARY(.show = SHOW_AUTO)};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "dnd text=home show:temporary dnd:base message:base");
    assert_says(&row, 1000, "away dnd text=home show:base dnd:base message:base");
}

static void an_empty_text_hides_the_message_below_and_its_end_is_not_told(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.text = "home", .emoji = "H"), TEMPORARY(.text = "")};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "message:temporary");
    assert_says(&row, 1000, "text=home emoji=H message:base");
}

static void text_and_emoji_come_from_one_layer(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.text = "home", .emoji = "H"), TEMPORARY(.emoji = "T"),
                                   CLAIM("c", .priority = 8, .text = "call", .emoji = "", .until_ms = 200)};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "text=call until=200 message:claimc");
    assert_says(&row, 200, "emoji=T until=1000 message:temporary");
}

static void dnd_is_on_if_any_layer_says_so(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.dnd = SAID_FALSE), CLAIM("low", .priority = 1, .dnd = SAID_TRUE),
                                   CLAIM("no", .priority = 9, .dnd = SAID_FALSE)};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "dnd dnd:claimlow");
    assert_says(&row, 1000, "");
}

static void a_temporary_no_beats_every_dnd_until_it_ends(void **state)
{
    (void)state;
    const struct layer layers[] = {CLAIM("top", .priority = 9, .dnd = SAID_TRUE), BASE(.dnd = SAID_TRUE),
                                   TEMPORARY(.dnd = SAID_FALSE, .until_ms = 500),
                                   CLAIM("after", .priority = 8, .dnd = SAID_TRUE)};
    struct status_row row = ROW(layers);
    assert_says(&row, 499, "dnd:temporary");
    assert_says(&row, 500, "dnd dnd:claimtop");
    assert_says(&row, 1000, "dnd dnd:base");
}

static void a_present_claim_shows_an_offline_user(void **state)
{
    (void)state;
    const struct layer layers[] = {CLAIM("door", .priority = 1, .present = true), BASE(.show = SHOW_AWAY)};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "away present show:base");
    assert_says(&row, 1000, "away show:base");
    const struct layer own[] = {BASE(.present = true, .text = "x")};
    row = ROW(own);
    assert_says(&row, 100, "text=x message:base");
}

static void only_own_layers_make_invisible(void **state)
{
    (void)state;
    const struct layer layers[] = {CLAIM("c", .priority = 9, .show = SHOW_INVISIBLE), BASE(.show = SHOW_AWAY)};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "away show:base");
    row.policy.invisible = INVISIBLE_FORBIDDEN;
    assert_says(&row, 100, "away show:base");
}

static void temporary_decides_before_base_whether_the_user_is_invisible(void **state)
{
    (void)state;
    const struct layer layers[] = {BASE(.show = SHOW_INVISIBLE), TEMPORARY(.show = SHOW_AUTO)};
    struct status_row row = ROW(layers);
    assert_says(&row, 999, "show:temporary");
    assert_says(&row, 1000, "invisible show:base");
    const struct layer others[] = {BASE(.show = SHOW_INVISIBLE), TEMPORARY(.text = "x")};
    row = ROW(others);
    assert_says(&row, 100, "invisible text=x until=1000 show:base message:temporary");
}

static void no_claim_outranks_invisible_and_the_other_layers_decide_the_rest_of_the_truth(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.show = SHOW_INVISIBLE), BASE(.show = SHOW_AWAY),
                                   CLAIM("top", .priority = 9, .show = SHOW_ACTIVE, .until_ms = 500)};
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "invisible active show:temporary");
    assert_says(&row, 500, "invisible away show:temporary");
    assert_says(&row, 1000, "away show:base");
}

static void others_do_not_see_what_an_invisible_user_did_to_claims(void **state)
{
    (void)state;
    const struct layer layers[] = {
        BASE(.show = SHOW_INVISIBLE),
        CLAIM("call", .variant = VARIANT_FROZEN, .text = "before", .until_ms = 300),
        CLAIM("call", .variant = VARIANT_UNSEEN, .text = "after", .until_ms = 400),
        CLAIM("plain", .priority = 2, .text = "plain"),
    };
    struct status_row row = ROW(layers);
    assert_differs(&row, 299, "invisible text=after until=400 show:base message:claimcall",
                   "invisible text=before until=300 show:base message:claimcall");
    assert_differs(&row, 300, "invisible text=after until=400 show:base message:claimcall",
                   "invisible text=plain until=1000 show:base message:claimplain");
    assert_says(&row, 400, "invisible text=plain until=1000 show:base message:claimplain");
}

static void all_is_seen_once_the_user_is_not_invisible_any_more(void **state)
{
    (void)state;
    const struct layer layers[] = {
        TEMPORARY(.show = SHOW_INVISIBLE, .until_ms = 200),
        CLAIM("call", .variant = VARIANT_FROZEN, .text = "before"),
        CLAIM("call", .variant = VARIANT_UNSEEN, .dnd = SAID_TRUE),
    };
    struct status_row row = ROW(layers);
    assert_differs(&row, 199, "invisible dnd show:temporary dnd:claimcall",
                   "invisible text=before until=1000 show:temporary message:claimcall");
    assert_says(&row, 200, "dnd dnd:claimcall");
}

static void nobody_sees_what_was_silenced(void **state)
{
    (void)state;
    const struct layer layers[] = {
        BASE(.show = SHOW_INVISIBLE),
        CLAIM("call", .variant = VARIANT_SILENCED, .text = "x", .dnd = SAID_TRUE, .present = true),
    };
    struct status_row row = ROW(layers);
    assert_says(&row, 100, "invisible show:base");
    row.policy.invisible = INVISIBLE_FORBIDDEN;
    assert_says(&row, 100, "show:base");
}

static void where_invisible_is_forbidden_it_means_automatic(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.show = SHOW_INVISIBLE), BASE(.show = SHOW_INVISIBLE),
                                   CLAIM("low", .show = SHOW_AWAY, .priority = 5),
                                   CLAIM("call", .variant = VARIANT_FROZEN, .text = "x")};
    struct status_row row = ROW(layers);
    row.policy.invisible = INVISIBLE_FORBIDDEN;
    assert_says(&row, 100, "show:temporary");
    row.policy.invisible = INVISIBLE_DEFAULT;
    assert_differs(&row, 100, "invisible away show:temporary",
                   "invisible away text=x until=1000 show:temporary message:claimcall");
}

static void without_messages_only_messages_are_missing(void **state)
{
    (void)state;
    const struct layer layers[] = {TEMPORARY(.text = "x", .emoji = "y", .dnd = SAID_TRUE, .show = SHOW_AWAY)};
    struct status_row row = ROW(layers);
    row.policy.messages = false;
    assert_says(&row, 100, "away dnd show:temporary dnd:temporary");
}

/* When the next end comes after NOW_MS, and of what: "300 claimcall"; "" if none comes. */
static const char *next(const struct status_row *row, int64_t now_ms)
{
    const struct layer *which;
    int64_t at;
    buf_clear(&said);
    if (layers_next(row, now_ms, &which, &at))
        buf_printf(&said, "%d %s%s", (int)at, layer_kind_name(which->kind), which->name);
    return buf_text(&said);
}

static void the_next_end_is_the_earliest_that_the_user_knows_of(void **state)
{
    (void)state;
    const struct layer layers[] = {
        BASE(.show = SHOW_INVISIBLE),
        CLAIM("low", .until_ms = 400, .priority = 2),
        CLAIM("top", .until_ms = 400, .priority = 6),
        TEMPORARY(.until_ms = 500),
        CLAIM("f", .variant = VARIANT_FROZEN, .until_ms = 200),
        CLAIM("s", .variant = VARIANT_SILENCED, .until_ms = 250),
        CLAIM("f", .variant = VARIANT_UNSEEN, .until_ms = 300),
    };
    struct status_row row = ROW(layers);
    assert_string_equal(next(&row, 100), "300 claimf");
    assert_string_equal(next(&row, 299), "300 claimf");
    assert_string_equal(next(&row, 300), "400 claimtop");
    assert_string_equal(next(&row, 400), "500 temporary");
    assert_string_equal(next(&row, 500), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(nothing_said_is_automatic),
        TEST(the_highest_layer_that_says_something_about_a_field_decides_it),
        TEST(at_equal_priority_own_layers_come_first_then_the_later_one_then_the_name),
        TEST(what_temporary_does_not_say_shines_through_from_below),
        TEST(an_empty_text_hides_the_message_below_and_its_end_is_not_told),
        TEST(text_and_emoji_come_from_one_layer),
        TEST(dnd_is_on_if_any_layer_says_so),
        TEST(a_temporary_no_beats_every_dnd_until_it_ends),
        TEST(a_present_claim_shows_an_offline_user),
        TEST(only_own_layers_make_invisible),
        TEST(temporary_decides_before_base_whether_the_user_is_invisible),
        TEST(no_claim_outranks_invisible_and_the_other_layers_decide_the_rest_of_the_truth),
        TEST(others_do_not_see_what_an_invisible_user_did_to_claims),
        TEST(all_is_seen_once_the_user_is_not_invisible_any_more),
        TEST(nobody_sees_what_was_silenced),
        TEST(where_invisible_is_forbidden_it_means_automatic),
        TEST(without_messages_only_messages_are_missing),
        TEST(the_next_end_is_the_earliest_that_the_user_knows_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
