/* SPDX-License-Identifier: ISC */
/* What a user says of themself, the revision of it, and who else reads it. */
#include "status_fixture.h"

static void who_never_said_anything_has_no_row(void **state)
{
    struct fixture *self = *state;
    assert_string_equal(layers_of(self), "never");
    assert_int_equal(clear(self, 5000, true), DIRECTORY_NOT_FOUND);
    assert_string_equal(layers_of(self), "never");
}

static void only_members_say_something(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = {.workspace = "acme", .user = "u9", .now_ms = 1, .keep = true};
    assert_int_equal(directory_set_own_layer(self->directory, &edit, SAY(.show = SHOW_AWAY)), DIRECTORY_NOT_FOUND);
    assert_null(edit.copy);
    edit.workspace = "none";
    assert_int_equal(set_last_seen(self->directory, &edit, SEEN_DAY), DIRECTORY_NOT_FOUND);
    assert_int_equal(edit.rev, 0);
    assert_int_equal(number_of(self, "SELECT count(*) FROM status"), 0);
}

static void what_is_said_without_an_end_is_merged_into_base(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(say(self, 1, SAY(.text = "WFH", .emoji = "H")), DIRECTORY_OK);
    say(self, 2, SAY(.show = SHOW_AWAY));
    say(self, 3, SAY(.show = SHOW_AUTO));
    say(self, 4, SAY(.dnd = SAID_TRUE));
    assert_string_equal(layers_of(self), "base auto dnd text=WFH emoji=H;");
    say(self, 5, SAY(.dnd = SAID_FALSE, .text = ""));
    assert_string_equal(layers_of(self), "base auto not dnd text= emoji=H;");
}

static void temporary_leaves_base_and_replaces_the_one_before(void **state)
{
    struct fixture *self = *state;
    say(self, 1, SAY(.show = SHOW_AWAY, .text = "home"));
    say(self, 2, SAY_UNTIL(100, .text = "lunch", .dnd = SAID_TRUE));
    say(self, 3, SAY_UNTIL(200, .show = SHOW_AUTO));
    assert_string_equal(layers_of(self), "base away text=home;temporary auto until=200;");
}

static void base_ends_temporary(void **state)
{
    struct fixture *self = *state;
    say(self, 2, SAY_UNTIL(100, .text = "lunch"));
    say(self, 3, SAY(.dnd = SAID_TRUE));
    assert_string_equal(layers_of(self), "base dnd;");
    say(self, 4, SAY_UNTIL(100, .text = "lunch"));
    say(self, 5, SAY());
    assert_string_equal(layers_of(self), "base dnd;");
}

static void nothing_said_makes_no_base(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(say(self, 1, SAY()), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
}

static void temporary_must_end_later(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(say(self, 100, SAY_UNTIL(100, .text = "x")), DIRECTORY_INVALID);
    assert_int_equal(say(self, 100, SAY_UNTIL(0, .text = "x")), DIRECTORY_INVALID);
    assert_int_equal(say(self, 100, &(struct layer){.kind = LAYER_CLAIM, .name = "x", .until_ms = 900}),
                     DIRECTORY_INVALID);
    assert_int_equal(say(self, 100, SAY_UNTIL(101, .text = "x")), DIRECTORY_OK);
}

static void clearing_ends_temporary_first_and_then_base(void **state)
{
    struct fixture *self = *state;
    say(self, 1, SAY(.text = "home"));
    say(self, 2, SAY_UNTIL(100, .text = "lunch"));
    assert_int_equal(clear(self, 3, false), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "base text=home;");
    assert_int_equal(clear(self, 4, false), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
    assert_int_equal(clear(self, 5, false), DIRECTORY_NOT_FOUND);
    say(self, 6, SAY(.text = "home"));
    say(self, 7, SAY_UNTIL(100, .text = "lunch"));
    assert_int_equal(clear(self, 8, true), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
}

static void a_temporary_that_has_ended_is_not_there_to_be_cleared(void **state)
{
    struct fixture *self = *state;
    say(self, 1, SAY(.text = "home"));
    say(self, 2, SAY_UNTIL(100, .text = "lunch"));
    assert_string_equal(layers_of(self), "base text=home;temporary text=lunch until=100;");
    assert_int_equal(clear(self, 100, false), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "");
}

static void each_write_removes_what_has_ended(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(200, true);
    say(self, 2, SAY_UNTIL(100, .text = "lunch"));
    claim(self, 3, true, "call", 200);
    claim(self, 3, true, "desk", 201);
    assert_int_equal(set_last_seen(self->directory, &edit, SEEN_DAY), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "claim desk 5 until=201;");
    assert_int_equal(row_now(self).changed_ms, 200);
}

static void each_layer_has_the_time_of_its_last_change(void **state)
{
    struct fixture *self = *state;
    say(self, 1, SAY(.text = "a"));
    say(self, 2, SAY(.dnd = SAID_TRUE));
    claim(self, 3, true, "call", 900);
    claim(self, 4, true, "call", 901);
    say(self, 5, SAY_UNTIL(100, .text = "b"));
    assert_int_equal(number_of(self, "SELECT set_ms FROM layer WHERE kind = 'base'"), 2);
    assert_int_equal(number_of(self, "SELECT set_ms FROM layer WHERE kind = 'claim'"), 4);
    assert_int_equal(number_of(self, "SELECT set_ms FROM layer WHERE kind = 'temporary'"), 5);
}

static void the_revision_grows_by_32_and_is_not_below_the_time(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(1700000000999, true);
    say(self, 1, SAY(.text = "a"));
    assert_int_equal(row_now(self).rev, 32);
    say(self, 1, SAY(.text = "a"));
    assert_int_equal(row_now(self).rev, 64);
    directory_set_own_layer(self->directory, &edit, SAY(.text = "b"));
    assert_int_equal(edit.rev, 1700000000999);
    assert_int_equal(row_now(self).rev, 1700000000999);
    claim(self, 5, true, "call", 9);
    assert_int_equal(row_now(self).rev, 1700000001031);
    clear(self, 5, true);
    assert_int_equal(row_now(self).rev, 1700000001063);
    assert_int_equal(clear(self, 5, true), DIRECTORY_NOT_FOUND);
    assert_int_equal(row_now(self).rev, 1700000001063);
}

static void the_revision_of_who_was_removed_and_added_again_is_larger(void **state)
{
    struct fixture *self = *state;
    for (int64_t i = 0; i < 100; i++)
        say(self, 1700000000000 + i * 50, SAY(.text = "a"));
    int64_t rev = row_now(self).rev;
    directory_delete_member(self->directory, "acme", "u1", NULL, NULL);
    put_member(self->directory, "acme", "u1", NULL, NULL, NULL);
    assert_string_equal(layers_of(self), "never");
    say(self, 1700000005000, SAY(.text = "b"));
    assert_true(row_now(self).rev > rev);
}

static void last_seen_is_the_users_own_setting(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(7, true);
    say(self, 1, SAY(.text = "a"));
    assert_int_equal(row_now(self).last_seen, SEEN_EXACT);
    assert_int_equal(set_last_seen(self->directory, &edit, SEEN_HIDDEN), DIRECTORY_OK);
    say(self, 9, SAY(.text = "b"));
    assert_int_equal(row_now(self).last_seen, SEEN_HIDDEN);
}

static void each_setting_changes_alone(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(7, true);
    bool typing = false;
    assert_int_equal(directory_set_settings(self->directory, &edit, &(struct settings_edit){.typing = &typing}),
                     DIRECTORY_OK);
    assert_true(row_now(self).hides_typing);
    set_last_seen(self->directory, &edit, SEEN_DAY);
    assert_true(row_now(self).hides_typing);
    typing = true;
    directory_set_settings(self->directory, &edit, &(struct settings_edit){.typing = &typing});
    assert_false(row_now(self).hides_typing);
    assert_int_equal(row_now(self).last_seen, SEEN_DAY);
}

static void the_row_has_the_policy_of_its_workspace(void **state)
{
    struct fixture *self = *state;
    const enum invisible_policy forbidden = INVISIBLE_FORBIDDEN;
    const enum last_seen hour = SEEN_HOUR;
    struct policy_edit policy = {.invisible = &forbidden, .last_seen = &hour};
    say(self, 1, SAY(.text = "a"));
    directory_put_policy(self->directory, "acme", &policy, NULL);
    struct status_row row = row_now(self);
    assert_int_equal(row.policy.invisible, INVISIBLE_FORBIDDEN);
    assert_int_equal(row.policy.last_seen, SEEN_HOUR);
    assert_true(row.policy.messages);
    assert_int_equal(row.changed_ms, 1);
}

/* "u1:1 u2:2 ", the users with how many layers they have. */
static void add_user(void *ctx, const struct status_row *row)
{
    list_add(ctx, "%s/%s:%d ", row->workspace, row->user, (int)row->count);
}

static void say_as(struct fixture *self, const char *workspace, const char *user, int64_t now_ms)
{
    struct status_edit edit = {.workspace = workspace, .user = user, .now_ms = now_ms};
    directory_set_own_layer(self->directory, &edit, SAY(.text = "a"));
    directory_set_own_layer(self->directory, &edit, SAY_UNTIL(now_ms + 9, .text = "b"));
}

static void rows_are_listed_by_user_with_those_that_say_nothing_any_more(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    directory_put_workspace(self->directory, "beta", NULL, NULL);
    put_member(self->directory, "beta", "u1", NULL, NULL, NULL);
    say_as(self, "beta", "u1", 1);
    say_as(self, "acme", "u3", 2);
    say_as(self, "acme", "u1", 3);
    clear(self, 4, true);
    struct status_range range = {.workspace = "acme", .limit = 1};
    assert_int_equal(directory_each_status(self->directory, &range, add_user, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "acme/u1:0 ");
    range.after = "u1";
    directory_each_status(self->directory, &range, add_user, &list);
    range.after = "u3";
    directory_each_status(self->directory, &range, add_user, &list);
    assert_string_equal(list.text, "acme/u1:0 acme/u3:2 ");
}

static void rows_are_listed_by_revision_across_workspaces(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    directory_put_workspace(self->directory, "beta", NULL, NULL);
    put_member(self->directory, "beta", "u1", NULL, NULL, NULL);
    put_member(self->directory, "beta", "u3", NULL, NULL, NULL);
    say_as(self, "acme", "u2", 3000000000);
    say_as(self, "beta", "u1", 2000000000);
    say_as(self, "acme", "u1", 1000000000);
    say_as(self, "acme", "u3", 2000000000);
    say_as(self, "beta", "u3", 2000000000);
    struct status_range range = {.rev = 2000000000, .limit = 3};
    assert_int_equal(directory_each_status_since(self->directory, &range, add_user, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "acme/u3:2 beta/u1:2 beta/u3:2 ");
    range = (struct status_range){.rev = 2000000032, .workspace = "beta", .after = "u1", .limit = SIZE_MAX};
    list = (struct list){0};
    directory_each_status_since(self->directory, &range, add_user, &list);
    assert_string_equal(list.text, "beta/u3:2 acme/u2:2 ");
}

/* Rows of one user in two workspaces are two, also if they follow each other. */
static void what_a_shell_wrote_against_the_rules_is_not_listed(void **state)
{
    struct fixture *self = *state;
    struct status_range range = {.limit = SIZE_MAX};
    struct list list = {0};
    say_as(self, "acme", "u1", 1000);
    elsewhere(self, "INSERT INTO workspace (id, name, created_ms, invisible)"
                    " VALUES (hex(zeroblob(50)), 'long', 1, 'default'), ('a b', 'spaced', 1, 'default');"
                    "INSERT INTO member SELECT id, 'u1', 'x', 'member', 1 FROM workspace WHERE invisible = 'default'");
    assert_int_equal(directory_each_status_since(self->directory, &range, add_user, &list), DIRECTORY_OK);
    assert_string_equal(list.text, "acme/u1:2 ");
}

/* A reader while whose first row is read the database fails. */
struct broken_read {
    struct fixture *self;
    struct list list;
};

static void break_read(void *ctx, const struct status_row *row)
{
    struct broken_read *read = ctx;
    add_user(&read->list, row);
    sqlite3_interrupt(read->self->directory->db.handle);
}

static void half_a_row_is_not_listed(void **state)
{
    struct fixture *self = *state;
    struct broken_read read = {.self = self};
    struct status_range range = {.workspace = "acme", .limit = SIZE_MAX};
    say_as(self, "acme", "u1", 1000);
    say_as(self, "acme", "u2", 1000);
    assert_int_not_equal(directory_each_status(self->directory, &range, break_read, &read), DIRECTORY_OK);
    assert_string_equal(read.list.text, "acme/u1:2 ");
}

static void rows_of_one_user_are_kept_apart(void **state)
{
    struct fixture *self = *state;
    struct list list = {0};
    directory_put_workspace(self->directory, "beta", NULL, NULL);
    put_member(self->directory, "beta", "u1", NULL, NULL, NULL);
    say_as(self, "acme", "u1", 1);
    say_as(self, "beta", "u1", 1);
    struct status_range range = {.limit = 9};
    directory_each_status_since(self->directory, &range, add_user, &list);
    assert_string_equal(list.text, "acme/u1:2 beta/u1:2 ");
}

/* Four claims by a process, one after the other. */
static void claim_in_child(struct fixture *self, int process)
{
    struct directory *directory = directory_open(self->path, self->error, sizeof self->error);
    int good = 0;
    for (int i = 0; directory && i < 4; i++) {
        char name[] = {(char)('a' + process), (char)('0' + i), '\0'};
        struct status_edit edit = edit_at(1, false);
        struct layer layer = {.kind = LAYER_CLAIM, .name = name, .priority = 1, .until_ms = 9};
        enum directory_result result;
        do
            result = directory_set_claim(directory, &edit, &layer);
        while (result == DIRECTORY_BUSY && sqlite3_sleep(5) > 0); /* the other one was stopped while it wrote */
        good += result == DIRECTORY_CREATED;
    }
    directory_close(directory);
    _exit(good == 4 ? 0 : 1);
}

static void writers_do_not_lose_each_others_words(void **state)
{
    struct fixture *self = *state;
    directory_close(self->directory); /* a connection must not be carried into a child */
    self->directory = NULL;
    for (int process = 0; process < 2; process++)
        if (fork() == 0)
            claim_in_child(self, process);
    for (int process = 0; process < 2; process++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    fixture_open(self);
    assert_int_equal(number_of(self, "SELECT count(*) FROM layer"), 8);
    assert_int_equal(row_now(self).rev, 8 * 32);
}

static void a_database_that_another_writes_to_is_busy_and_nothing_changes(void **state)
{
    struct fixture *self = *state;
    struct status_edit edit = edit_at(1, true);
    edit.keep = true;
    sqlite3 *other = NULL;
    sqlite3_open(self->path, &other);
    sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    self->directory->db.impatient = true;
    assert_int_equal(directory_set_own_layer(self->directory, &edit, SAY(.text = "x")), DIRECTORY_BUSY);
    assert_null(edit.copy);
    sqlite3_close(other);
    assert_string_equal(layers_of(self), "never");
    assert_int_equal(say(self, 1, SAY(.text = "x")), DIRECTORY_OK);
}

static void a_write_during_an_import_fails_and_leaves_the_import_alone(void **state)
{
    struct fixture *self = *state;
    size_t added, changed;
    directory_import_begin(self->directory, "acme");
    import_add(self->directory, "u7", NULL, NULL, NULL);
    assert_int_equal(say(self, 1, SAY(.text = "x")), DIRECTORY_BROKEN);
    assert_int_equal(directory_import_end(self->directory, true, &added, &changed), DIRECTORY_OK);
    assert_int_equal(directory_has_member(self->directory, "acme", "u7"), DIRECTORY_OK);
    assert_string_equal(layers_of(self), "never");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_never_said_anything_has_no_row),
        TEST(only_members_say_something),
        TEST(what_is_said_without_an_end_is_merged_into_base),
        TEST(temporary_leaves_base_and_replaces_the_one_before),
        TEST(base_ends_temporary),
        TEST(nothing_said_makes_no_base),
        TEST(temporary_must_end_later),
        TEST(clearing_ends_temporary_first_and_then_base),
        TEST(a_temporary_that_has_ended_is_not_there_to_be_cleared),
        TEST(each_write_removes_what_has_ended),
        TEST(each_layer_has_the_time_of_its_last_change),
        TEST(the_revision_grows_by_32_and_is_not_below_the_time),
        TEST(the_revision_of_who_was_removed_and_added_again_is_larger),
        TEST(last_seen_is_the_users_own_setting),
        TEST(each_setting_changes_alone),
        TEST(the_row_has_the_policy_of_its_workspace),
        TEST(rows_are_listed_by_user_with_those_that_say_nothing_any_more),
        TEST(rows_are_listed_by_revision_across_workspaces),
        TEST(what_a_shell_wrote_against_the_rules_is_not_listed),
        TEST(half_a_row_is_not_listed),
        TEST(rows_of_one_user_are_kept_apart),
        TEST(writers_do_not_lose_each_others_words),
        TEST(a_database_that_another_writes_to_is_busy_and_nothing_changes),
        TEST(a_write_during_an_import_fails_and_leaves_the_import_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
