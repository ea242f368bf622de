/* SPDX-License-Identifier: ISC */
/* A write that Redis has refused is taken back, and what others wrote meanwhile stays. */
#include "status_fixture.h"

static enum directory_result restore(struct fixture *self, struct status_edit *edit)
{
    enum directory_result result = directory_restore_status(self->directory, edit);
    status_copy_free(edit->copy);
    edit->copy = NULL;
    return result;
}

static struct status_edit kept_edit(int64_t now_ms)
{
    struct status_edit edit = edit_at(now_ms, true);
    edit.keep = true;
    return edit;
}

static void a_write_can_be_taken_back(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(50);
    say(self, 1, SAY(.text = "home"));
    say(self, 2, SAY_UNTIL(100, .dnd = SAID_TRUE));
    claim(self, 3, true, "call", 60);
    struct status_row before = row_now(self);
    assert_int_equal(directory_set_own_layer(self->directory, &edit, SAY(.show = SHOW_INVISIBLE)), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base invisible text=home;claim call 5 until=60;");
    edit.now_ms = 55;
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base text=home;claim call 5 until=60;temporary dnd until=100;");
    assert_int_equal(number_of(self, "SELECT set_ms FROM layer WHERE kind = 'base'"), 1);
    struct status_row after = row_now(self);
    assert_int_equal(after.changed_ms, 55);
    assert_int_equal(after.rev, before.rev + 64);
    assert_int_equal(edit.rev, after.rev);
}

static void the_first_write_can_be_taken_back(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(5);
    set_last_seen(self->directory, &edit, SEEN_DAY);
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
    assert_int_equal(row_now(self).last_seen, SEEN_EXACT);
    assert_int_equal(row_now(self).rev, 64);
}

static void a_clearing_can_be_taken_back(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(50);
    say(self, 1, SAY(.text = "home"));
    say(self, 2, SAY_UNTIL(100, .dnd = SAID_TRUE));
    directory_clear_own_layers(self->directory, &edit, true);
    assert_string_equal(layers_of(self), "");
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base text=home;temporary dnd until=100;");
}

static void what_has_ended_since_does_not_come_back(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(50);
    say(self, 1, SAY_UNTIL(100, .text = "lunch"));
    directory_set_own_layer(self->directory, &edit, SAY_UNTIL(200, .text = "long lunch"));
    edit.now_ms = 100;
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
}

static void what_somebody_else_wrote_since_stays(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(50);
    say(self, 1, SAY(.text = "old"));
    directory_set_own_layer(self->directory, &edit, SAY(.text = "mine"));
    claim(self, 51, false, "call", 900);
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base text=old;claim call 5 until=900;");
}

/* Redis has refused both. */
static void two_writes_of_different_layers_can_be_taken_back_in_any_order(void **state)
{
    struct fixture *self = *state;
    struct status_edit first = kept_edit(50);
    struct status_edit second = kept_edit(51);
    struct layer call = {.kind = LAYER_CLAIM, .name = "call", .priority = 5, .until_ms = 900};
    say(self, 1, SAY(.text = "old"));
    directory_set_own_layer(self->directory, &first, SAY(.text = "mine"));
    directory_set_claim(self->directory, &second, &call);
    assert_int_equal(restore(self, &first), DIRECTORY_OK);
    assert_int_equal(restore(self, &second), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base text=old;");
}

static void a_newer_write_of_the_same_layer_is_not_taken_back(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(50);
    directory_set_own_layer(self->directory, &edit, SAY(.text = "mine"));
    say(self, 51, SAY(.text = "newer"));
    int64_t rev = row_now(self).rev;
    assert_int_equal(restore(self, &edit), DIRECTORY_OTHER);
    assert_int_equal(edit.rev, 0);
    assert_string_equal(layers_of(self), "base text=newer;");
    assert_int_equal(row_now(self).rev, rev);
    edit = kept_edit(60);
    set_last_seen(self->directory, &edit, SEEN_DAY);
    set_last_seen(self->directory, &(struct status_edit){.workspace = "acme", .user = "u1"}, SEEN_HOUR);
    assert_int_equal(restore(self, &edit), DIRECTORY_OTHER);
    assert_int_equal(row_now(self).last_seen, SEEN_HOUR);
}

static void each_setting_is_taken_back_alone(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(50);
    const enum last_seen day = SEEN_DAY;
    const bool off = false;
    directory_set_settings(self->directory, &edit, &(struct settings_edit){&day, &off});
    set_last_seen(self->directory, &(struct status_edit){.workspace = "acme", .user = "u1"}, SEEN_HOUR);
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_int_equal(row_now(self).last_seen, SEEN_HOUR);
    assert_false(row_now(self).hides_typing);
}

static void nothing_is_taken_back_of_a_member_who_was_removed(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(60);
    directory_set_own_layer(self->directory, &edit, SAY(.text = "mine"));
    directory_delete_member(self->directory, "acme", "u1", NULL, NULL);
    assert_int_equal(restore(self, &edit), DIRECTORY_NOT_FOUND);
}

/* A deed of somebody invisible leaves traces in two variants. */
static void an_ended_claim_comes_back_whole(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = kept_edit(60);
    claim(self, 1, false, "call", 900);
    say(self, 2, SAY(.show = SHOW_INVISIBLE));
    directory_end_claim(self->directory, &edit, "call");
    assert_string_equal(layers_of(self),
                        "base invisible;claim call 5 frozen until=900;claim call 5 silenced until=900;");
    assert_int_equal(restore(self, &edit), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base invisible;claim call 5 until=900;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_write_can_be_taken_back),
        TEST(the_first_write_can_be_taken_back),
        TEST(a_clearing_can_be_taken_back),
        TEST(what_has_ended_since_does_not_come_back),
        TEST(what_somebody_else_wrote_since_stays),
        TEST(two_writes_of_different_layers_can_be_taken_back_in_any_order),
        TEST(a_newer_write_of_the_same_layer_is_not_taken_back),
        TEST(each_setting_is_taken_back_alone),
        TEST(nothing_is_taken_back_of_a_member_who_was_removed),
        TEST(an_ended_claim_comes_back_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
