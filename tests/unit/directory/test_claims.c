/* SPDX-License-Identifier: ISC */
/* Claims: set, renewed, silenced by their owner, and what others may know of them while the owner is invisible. */
#include "status_fixture.h"

static void a_claim_is_created_and_then_renewed(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(1, false);
    struct layer layer = {.kind = LAYER_CLAIM, .name = "call", .show = SHOW_ACTIVE, .dnd = SAID_TRUE};
    layer.text = "In a call";
    layer.emoji = "C";
    layer.priority = 6;
    layer.present = true;
    layer.until_ms = 100;
    assert_int_equal(directory_set_claim(self->directory, &edit, &layer), DIRECTORY_CREATED);
    assert_string_equal(layers_of(self), "claim call 6 active dnd present text=In a call emoji=C until=100;");
    assert_int_equal(claim(self, 50, false, "call", 150), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "claim call 5 until=150;");
    assert_int_equal(claim(self, 150, false, "call", 200), DIRECTORY_CREATED);
}

static void a_claim_that_breaks_a_rule_is_invalid(void **state)
{
    struct fixture *self = *state;
    static const struct {
        const char *name;
        int priority;
        int64_t until_ms;
    } rows[] = {{"", 5, 200}, {"Call", 5, 200}, {"c", 0, 200}, {"c", 10, 200}, {"c", 5, 100}, {"c", 5, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct status_edit edit = edit_at(100, false);
        struct layer layer = {.kind = LAYER_CLAIM, .name = rows[i].name, .priority = rows[i].priority};
        layer.until_ms = rows[i].until_ms;
        assert_int_equal(directory_set_claim(self->directory, &edit, &layer), DIRECTORY_INVALID);
    }
    struct status_edit edit = edit_at(100, false);
    assert_int_equal(directory_set_claim(self->directory, &edit, SAY_UNTIL(200, .name = "c", .priority = 5)),
                     DIRECTORY_INVALID);
    assert_string_equal(layers_of(self), "never");
}

static void priorities_from_1_to_9_are_taken(void **state)
{
    struct fixture *self = *state;
    static const char *const names[] = {"a", "b"};
    static const int priorities[] = {1, 9};
    for (size_t i = 0; i < 2; i++) {
        struct status_edit edit = edit_at(1, false);
        struct layer layer = {.kind = LAYER_CLAIM, .name = names[i], .priority = priorities[i], .until_ms = 9};
        assert_int_equal(directory_set_claim(self->directory, &edit, &layer), DIRECTORY_CREATED);
    }
    assert_string_equal(layers_of(self), "claim a 1 until=9;claim b 9 until=9;");
}

static const char *numbered(int i)
{
    static char name[8];
    snprintf(name, sizeof name, "c%d", i);
    return name;
}

static void a_user_has_at_most_eight_claims(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(claim(self, 1, i % 2 == 0, numbered(i), 100 + i), DIRECTORY_CREATED);
    assert_int_equal(claim(self, 2, false, "ninth", 500), DIRECTORY_LIMIT);
    assert_int_equal(claim(self, 3, false, "c3", 500), DIRECTORY_OK);
    assert_int_equal(claim(self, 100, false, "ninth", 500), DIRECTORY_CREATED);
    assert_int_equal(end_claim(self, 100, false, "c3"), DIRECTORY_OK);
    assert_int_equal(claim(self, 100, false, "c3", 500), DIRECTORY_CREATED);
}

static void a_claim_that_its_owner_ended_stays_away_until_its_end(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(20, false);
    struct layer layer = {.kind = LAYER_CLAIM, .name = "calendar", .priority = 5, .until_ms = 900};
    claim(self, 1, false, "calendar", 100);
    assert_int_equal(end_claim(self, 10, true, "calendar"), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "claim calendar 5 silenced until=100;");
    int64_t rev = row_now(self).rev;
    edit.keep = true;
    assert_int_equal(directory_set_claim(self->directory, &edit, &layer), DIRECTORY_OK);
    assert_int_equal(edit.rev, 0);
    assert_null(edit.copy);
    assert_int_equal(claim(self, 99, true, "calendar", 900), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "claim calendar 5 silenced until=100;");
    assert_int_equal(row_now(self).rev, rev);
    assert_int_equal(end_claim(self, 99, true, "calendar"), DIRECTORY_NOT_FOUND);
    assert_int_equal(claim(self, 100, false, "calendar", 900), DIRECTORY_CREATED);
    assert_string_equal(layers_of(self), "claim calendar 5 until=900;");
}

static void an_integration_that_ends_its_claim_may_begin_another(void **state)
{
    struct fixture *self = *state;
    claim(self, 1, false, "call", 100);
    assert_int_equal(end_claim(self, 2, false, "call"), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
    assert_int_equal(end_claim(self, 2, false, "call"), DIRECTORY_NOT_FOUND);
    claim(self, 3, false, "call", 100);
    end_claim(self, 4, true, "call");
    assert_int_equal(end_claim(self, 5, false, "call"), DIRECTORY_OK);
    assert_int_equal(claim(self, 6, false, "call", 100), DIRECTORY_CREATED);
}

static void silenced_claims_leave_room_and_are_as_few(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(claim(self, 1, true, numbered(i), 100 + i), DIRECTORY_CREATED);
        assert_int_equal(end_claim(self, 1, true, numbered(i)), DIRECTORY_OK);
    }
    assert_int_equal(number_of(self, "SELECT count(*) FROM layer"), 8);
    assert_int_equal(number_of(self, "SELECT min(until_ms) FROM layer"), 104);
}

static void what_an_invisible_user_sets_is_unseen(void **state)
{
    struct fixture *self = *state;
    say(self, 1, SAY(.show = SHOW_INVISIBLE));
    claim(self, 2, true, "call", 100);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 unseen until=100;");
    claim(self, 3, true, "call", 200);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 unseen until=200;");
}

static void what_an_invisible_user_changes_is_frozen_for_others(void **state)
{
    struct fixture *self = *state;
    claim(self, 1, true, "call", 100);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    claim(self, 3, true, "call", 200);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 frozen until=100;claim call 5 unseen until=200;");
    claim(self, 4, true, "call", 300);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 frozen until=100;claim call 5 unseen until=300;");
    claim(self, 100, true, "call", 300);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 unseen until=300;");
}

static void what_an_invisible_user_ends_is_frozen_and_silenced(void **state)
{
    struct fixture *self = *state;
    claim(self, 1, false, "call", 100);
    say(self, 2, SAY_UNTIL(50, .show = SHOW_INVISIBLE));
    assert_int_equal(end_claim(self, 3, true, "call"), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "claim call 5 frozen until=100;claim call 5 silenced until=100;"
                                         "temporary invisible until=50;");
    claim(self, 4, false, "call", 300);
    assert_int_equal(end_claim(self, 4, true, "call"), DIRECTORY_NOT_FOUND);
    assert_string_equal(layers_of(self), "claim call 5 frozen until=100;claim call 5 silenced until=100;"
                                         "temporary invisible until=50;");
}

static void what_an_invisible_user_set_and_ended_was_never_seen(void **state)
{
    struct fixture *self = *state;
    say(self, 1, SAY(.show = SHOW_INVISIBLE));
    claim(self, 2, true, "call", 100);
    end_claim(self, 3, true, "call");
    assert_string_equal(layers_of(self), "base invisible;claim call 5 silenced until=100;");
}

static void all_is_plain_once_the_user_is_seen_again(void **state)
{
    struct fixture *self = *state;
    claim(self, 1, true, "call", 100);
    claim(self, 1, true, "desk", 100);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    claim(self, 3, true, "call", 200);
    end_claim(self, 3, true, "desk");
    say(self, 4, SAY(.show = SHOW_AUTO));
    assert_string_equal(layers_of(self), "base auto;claim call 5 until=200;claim desk 5 silenced until=100;");
}

/* Nobody writes when a temporary layer ends, so the next write finds what it has left. */
static void the_end_of_an_invisible_time_makes_plain_what_the_next_one_hides_again(void **state)
{
    struct fixture *self = *state;
    claim(self, 1, true, "call", 900);
    say(self, 2, SAY_UNTIL(50, .show = SHOW_INVISIBLE));
    claim(self, 3, true, "call", 800);
    say(self, 60, SAY_UNTIL(70, .show = SHOW_INVISIBLE));
    assert_string_equal(layers_of(self), "claim call 5 until=800;temporary invisible until=70;");
    claim(self, 61, true, "call", 700);
    assert_string_equal(layers_of(self), "claim call 5 frozen until=800;claim call 5 unseen until=700;"
                                         "temporary invisible until=70;");
}

static void what_an_integration_does_is_seen_as_of_somebody_offline(void **state)
{
    struct fixture *self = *state;
    claim(self, 1, true, "call", 100);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    claim(self, 3, true, "call", 200);
    assert_int_equal(claim(self, 4, false, "call", 300), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 until=300;");
    end_claim(self, 5, true, "call");
    assert_int_equal(end_claim(self, 6, false, "call"), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base invisible;");
}

static void nothing_is_hidden_where_invisible_is_forbidden(void **state)
{
    struct fixture *self = *state;
    const enum invisible_policy forbidden = INVISIBLE_FORBIDDEN;
    claim(self, 1, true, "call", 100);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    claim(self, 3, true, "call", 200);
    directory_put_policy(self->directory, "acme", &(struct policy_edit){.invisible = &forbidden}, NULL);
    claim(self, 4, true, "desk", 300);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 until=200;claim desk 5 until=300;");
}

/* A claim that others see and one that they do not see are two layers, but one claim. */
static void a_claim_that_is_frozen_and_unseen_counts_once(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 8; i++)
        claim(self, 1, true, numbered(i), 100);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    for (int i = 0; i < 8; i++)
        assert_int_equal(claim(self, 3, true, numbered(i), 200), DIRECTORY_OK);
    assert_int_equal(number_of(self, "SELECT count(*) FROM layer"), 17);
    assert_int_equal(claim(self, 4, true, "ninth", 200), DIRECTORY_LIMIT);
    end_claim(self, 5, true, "c1");
    assert_int_equal(claim(self, 5, true, "ninth", 200), DIRECTORY_LIMIT);
    assert_int_equal(claim(self, 100, true, "ninth", 200), DIRECTORY_CREATED);
}

static void claims_that_are_frozen_and_unseen_leave_room_for_others(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 4; i++)
        claim(self, 1, true, numbered(i), 100);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    for (int i = 0; i < 8; i++)
        assert_int_equal(claim(self, 3, true, numbered(i), 200), i < 4 ? DIRECTORY_OK : DIRECTORY_CREATED);
    assert_int_equal(claim(self, 3, true, "ninth", 200), DIRECTORY_LIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_claim_is_created_and_then_renewed),
        TEST(a_claim_that_breaks_a_rule_is_invalid),
        TEST(priorities_from_1_to_9_are_taken),
        TEST(a_user_has_at_most_eight_claims),
        TEST(a_claim_that_its_owner_ended_stays_away_until_its_end),
        TEST(an_integration_that_ends_its_claim_may_begin_another),
        TEST(silenced_claims_leave_room_and_are_as_few),
        TEST(what_an_invisible_user_sets_is_unseen),
        TEST(what_an_invisible_user_changes_is_frozen_for_others),
        TEST(what_an_invisible_user_ends_is_frozen_and_silenced),
        TEST(what_an_invisible_user_set_and_ended_was_never_seen),
        TEST(all_is_plain_once_the_user_is_seen_again),
        TEST(the_end_of_an_invisible_time_makes_plain_what_the_next_one_hides_again),
        TEST(what_an_integration_does_is_seen_as_of_somebody_offline),
        TEST(nothing_is_hidden_where_invisible_is_forbidden),
        TEST(a_claim_that_is_frozen_and_unseen_counts_once),
        TEST(claims_that_are_frozen_and_unseen_leave_room_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
