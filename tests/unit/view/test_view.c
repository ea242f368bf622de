/* SPDX-License-Identifier: ISC */
/* A view's content: changes and gaps, epochs, placeholders, pruning, those not offline by id. */
#include "view_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = new_view();
    return 0;
}

static int tear_down(void **state)
{
    view_free(*state);
    return 0;
}

static const struct view_entry *find(const struct view *view, const char *key)
{
    return view_find(view, key, strlen(key));
}

static void a_new_view_knows_nothing(void **state)
{
    struct view *view = view_new("quiet");
    (void)state;
    assert_string_equal(view_workspace(view), "quiet");
    assert_string_equal(view_epoch(view), "");
    assert_false(view_ready(view));
    view_set_ready(view, true);
    assert_false(view_ready(view));
    assert_int_equal(view_head(view), 0);
    view_free(view);
    view_free(NULL);
}

static void a_change_is_read_back(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_AWAY);
    const struct view_entry *entry = find(view, "ann");
    assert_non_null(entry);
    assert_int_equal(view_entry_status(entry), STATUS_AWAY);
    assert_int_equal(view_entry_why(entry), WHY_BEAT);
    assert_int_equal(view_entry_since_ms(entry), 1001);
    assert_int_equal(view_entry_seq(entry), 1);
    size_t len;
    assert_string_equal(view_entry_key(entry, &len), "ann");
    assert_int_equal(len, 3);
    assert_int_equal(view_head(view), 1);
}

static void the_next_seq_applies_and_a_later_one_does_not(void **state)
{
    struct view *view = *state;
    struct change next = change_at(1, "ann", STATUS_ACTIVE);
    struct change later = change_at(3, "bob", STATUS_ACTIVE);
    assert_true(view_apply(view, &next));
    assert_false(view_apply(view, &later));
    assert_null(find(view, "bob"));
    assert_int_equal(view_head(view), 1);
}

static void an_old_seq_is_no_news(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "ann", STATUS_AWAY);
    struct change old = change_at(1, "ann", STATUS_OFFLINE);
    struct change same = change_at(2, "ann", STATUS_OFFLINE);
    assert_true(view_apply(view, &old));
    assert_true(view_apply(view, &same));
    assert_int_equal(view_entry_status(find(view, "ann")), STATUS_AWAY);
}

static void a_loaded_page_may_leap(void **state)
{
    struct view *view = *state;
    struct change change = change_at(40, "ann", STATUS_ACTIVE);
    view_load(view, &change);
    assert_int_equal(view_head(view), 40);
    change = change_at(12, "ann", STATUS_OFFLINE);
    view_load(view, &change);
    assert_int_equal(view_entry_status(find(view, "ann")), STATUS_ACTIVE);
}

static void the_head_moves_only_forward(void **state)
{
    struct view *view = *state;
    view_set_head(view, 9);
    view_set_head(view, 4);
    assert_int_equal(view_head(view), 9);
}

static void a_bad_key_is_skipped_and_its_seq_is_not(void **state)
{
    struct view *view = *state;
    set_status(view, "\xc3(", STATUS_ACTIVE);
    set_status(view, "a\nb", STATUS_ACTIVE);
    set_status(view, "", STATUS_ACTIVE);
    set_status(view, "\1\1", STATUS_ACTIVE);
    assert_int_equal(view_head(view), 4);
    assert_int_equal(view_size(view), 0);
    set_status(view, "ann", STATUS_ACTIVE);
    assert_non_null(find(view, "ann"));
}

static void times_beyond_reason_are_clamped(void **state)
{
    struct view *view = *state;
    struct change change = change_at(1, "ann", STATUS_ACTIVE);
    change.since_ms = -5;
    assert_true(view_apply(view, &change));
    assert_int_equal(view_entry_since_ms(find(view, "ann")), 0);
    change = change_at(2, "ann", STATUS_ACTIVE);
    change.since_ms = INT64_MAX;
    assert_true(view_apply(view, &change));
    assert_true(view_entry_since_ms(find(view, "ann")) > INT64_C(4102444800000));
}

static void marks_are_told_from_people(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_mark(view, ROSTER);
    set_mark(view, ROSTER "ann");
    assert_int_equal(view_entry_kind(find(view, "ann")), VIEW_PERSON);
    assert_int_equal(view_entry_kind(find(view, ROSTER)), VIEW_ROSTER);
    assert_int_equal(view_entry_kind(find(view, ROSTER "ann")), VIEW_DMS);
}

static void a_mark_is_never_online(void **state)
{
    struct view *view = *state;
    set_status(view, ROSTER, STATUS_ACTIVE);
    assert_int_equal(view_shown(view), 0);
}

static void those_not_offline_are_counted(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_AWAY);
    set_status(view, "ann", STATUS_AWAY);
    assert_int_equal(view_shown(view), 2);
    set_status(view, "ann", STATUS_OFFLINE);
    set_status(view, "ann", STATUS_OFFLINE);
    assert_int_equal(view_shown(view), 1);
    assert_int_equal(view_size(view), 2);
}

static void another_epoch_forgets_everything(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    view_begin(view, OTHER_EPOCH, 3);
    assert_string_equal(view_epoch(view), OTHER_EPOCH);
    assert_int_equal(view_head(view), 0);
    assert_int_equal(view_floor(view), 3);
    assert_int_equal(view_shown(view), 0);
    assert_int_equal(view_size(view), 0);
    assert_null(find(view, "ann"));
    assert_false(view_ready(view));
}

static void the_same_epoch_keeps_everything_and_raises_the_floor(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    view_begin(view, EPOCH, 1);
    assert_int_equal(view_floor(view), 1);
    view_begin(view, EPOCH, 0);
    assert_int_equal(view_floor(view), 1);
    assert_int_equal(view_head(view), 1);
    assert_non_null(find(view, "ann"));
}

static void who_is_watched_before_any_change_is_an_offline_placeholder(void **state)
{
    struct view *view = *state;
    struct view_entry *entry = view_watch(view, "ann", 3);
    assert_int_equal(view_entry_status(entry), STATUS_OFFLINE);
    assert_int_equal(view_entry_seq(entry), 0);
    assert_null(find(view, "ann"));
    set_status(view, "ann", STATUS_ACTIVE);
    assert_ptr_equal(find(view, "ann"), entry);
    view_unwatch(view, entry);
    assert_non_null(find(view, "ann"));
}

static void a_placeholder_goes_with_its_last_watcher(void **state)
{
    struct view *view = *state;
    struct view_entry *entry = view_watch(view, "ann", 3);
    assert_ptr_equal(view_watch(view, "ann", 3), entry);
    view_unwatch(view, entry);
    assert_int_equal(view_size(view), 1);
    view_unwatch(view, entry);
    assert_int_equal(view_size(view), 0);
}

static void a_watched_entry_outlives_its_epoch(void **state)
{
    struct view *view = *state;
    int hook;
    set_status(view, "ann", STATUS_ACTIVE);
    struct view_entry *entry = view_watch(view, "ann", 3);
    *view_entry_watchers(entry) = &hook;
    view_begin(view, OTHER_EPOCH, 0);
    assert_int_equal(view_entry_seq(entry), 0);
    assert_int_equal(view_entry_status(entry), STATUS_OFFLINE);
    assert_ptr_equal(view_entry_watched_by(entry), &hook);
    set_status(view, "ann", STATUS_AWAY);
    assert_ptr_equal(find(view, "ann"), entry);
    view_unwatch(view, entry);
}

/* As often as it takes for all that has changed until now. */
static void prune(struct view *view, int64_t cutoff_ms)
{
    view_prune(view, 0);
    view_prune(view, cutoff_ms);
}

static void pruning_forgets_the_long_offline_and_raises_the_floor(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_OFFLINE); /* at 1001 */
    set_status(view, "bob", STATUS_ACTIVE);
    set_mark(view, ROSTER "bob");
    set_status(view, "cyd", STATUS_OFFLINE); /* at 1004 */
    set_status(view, "dan", STATUS_OFFLINE); /* at 1005 */
    prune(view, 1005);
    assert_null(find(view, "ann"));
    assert_non_null(find(view, "bob"));
    assert_null(find(view, ROSTER "bob"));
    assert_null(find(view, "cyd"));
    assert_non_null(find(view, "dan"));
    assert_int_equal(view_floor(view), 4);
    assert_int_equal(view_head(view), 5);
}

static void pruning_spares_the_watched(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_OFFLINE);
    struct view_entry *entry = view_watch(view, "ann", 3);
    prune(view, 9000);
    assert_ptr_equal(find(view, "ann"), entry);
    assert_int_equal(view_floor(view), 0);
    view_unwatch(view, entry);
}

static void what_has_just_changed_is_not_pruned_before_it_is_told(void **state)
{
    struct view *view = *state;
    struct change change = change_at(1, "ann", STATUS_OFFLINE);
    change.note = ",\"text\":\"on leave\"";
    change.note_len = strlen(change.note);
    assert_true(view_apply(view, &change));
    change = change_at(2, "ann", STATUS_OFFLINE); /* the message ends; they are offline as long as before */
    change.since_ms = 1001;
    assert_true(view_apply(view, &change));
    view_prune(view, 9000);
    assert_non_null(view_find(view, "ann", 3));
    assert_int_equal(view_floor(view), 0);
    view_prune(view, 9000);
    assert_null(view_find(view, "ann", 3));
    assert_int_equal(view_floor(view), 2);
}

static void pruning_everything_leaves_a_view_that_goes_on(void **state)
{
    struct view *view = *state;
    char key[16];
    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "u%d", i);
        set_status(view, key, STATUS_OFFLINE);
    }
    prune(view, INT64_MAX);
    assert_int_equal(view_size(view), 0);
    assert_int_equal(view_floor(view), 100);
    set_status(view, "ann", STATUS_ACTIVE);
    assert_int_equal(view_entry_seq(find(view, "ann")), 101);
}

static void on_change(void *ctx, const struct view_entry *entry)
{
    *(int64_t *)ctx = *(int64_t *)ctx * 100 + view_entry_seq(entry);
}

static void each_change_is_told_once_it_is_in(void **state)
{
    struct view *view = *state;
    int64_t seqs = 0;
    view_on_change(view, on_change, &seqs);
    set_status(view, "ann", STATUS_ACTIVE);
    struct change change = change_at(7, "bob", STATUS_ACTIVE);
    view_load(view, &change);
    assert_true(view_apply(view, &change));
    change.seq = 9;
    assert_false(view_apply(view, &change));
    assert_int_equal(seqs, 107);
}

/* ---- by id ---- */

struct names {
    char text[256];
};

/* At most LIMIT ids above AFTER in NAMES; true if there are more. */
static bool names_after(struct view *view, const char *after, size_t limit, struct names *names)
{
    size_t count;
    const struct view_entry *const *entries = view_shown_after(view, after, after ? strlen(after) : 0, &count);
    names->text[0] = '\0';
    for (size_t i = 0; i < count && i < limit; i++) {
        size_t len;
        strcat(names->text, view_entry_key(entries[i], &len));
        strcat(names->text, " ");
    }
    return count > limit;
}

static void those_not_offline_come_by_id_in_pages(void **state)
{
    struct view *view = *state;
    struct names names;
    set_status(view, "cyd", STATUS_ACTIVE);
    set_status(view, "ann", STATUS_AWAY);
    set_status(view, "bob", STATUS_OFFLINE);
    set_status(view, "an", STATUS_ACTIVE);
    set_status(view, "\xc3\xa9va", STATUS_ACTIVE);
    assert_true(names_after(view, NULL, 2, &names));
    assert_string_equal(names.text, "an ann ");
    assert_false(names_after(view, "ann", 2, &names));
    assert_string_equal(names.text, "cyd \xc3\xa9va ");
    assert_false(names_after(view, "\xc3\xa9va", 2, &names));
    assert_string_equal(names.text, "");
}

static void a_page_by_id_goes_on_after_one_who_has_gone(void **state)
{
    struct view *view = *state;
    struct names names;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_status(view, "cyd", STATUS_ACTIVE);
    assert_true(names_after(view, NULL, 1, &names));
    set_status(view, "ann", STATUS_OFFLINE);
    assert_false(names_after(view, "ann", 9, &names));
    assert_string_equal(names.text, "bob cyd ");
}

static void the_order_by_id_is_kept_through_changes(void **state)
{
    struct view *view = *state;
    struct names names;
    set_status(view, "m", STATUS_ACTIVE);
    assert_false(names_after(view, NULL, 9, &names));
    set_status(view, "z", STATUS_ACTIVE);
    set_status(view, "a", STATUS_AWAY);
    set_status(view, "m", STATUS_AWAY);
    assert_false(names_after(view, NULL, 9, &names));
    assert_string_equal(names.text, "a m z ");
    set_status(view, "m", STATUS_OFFLINE);
    assert_false(names_after(view, NULL, 9, &names));
    assert_string_equal(names.text, "a z ");
    view_begin(view, OTHER_EPOCH, 0);
    assert_false(names_after(view, NULL, 9, &names));
    assert_string_equal(names.text, "");
    set_status(view, "q", STATUS_ACTIVE);
    assert_false(names_after(view, NULL, 9, &names));
    assert_string_equal(names.text, "q ");
}

#define VIEW_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void who_has_a_note_is_not_pruned(void **state)
{
    struct view *view = *state;
    struct change change = change_at(1, "ann", STATUS_OFFLINE);
    change.note = ",\"text\":\"on leave\"";
    change.note_len = strlen(change.note);
    assert_true(view_apply(view, &change));
    set_status(view, "bob", STATUS_OFFLINE);
    prune(view, 9000);
    assert_non_null(view_find(view, "ann", 3));
    assert_null(view_find(view, "bob", 3));
    assert_int_equal(view_floor(view), 2);
}

static void expect_counts(const struct view *view, struct view_counts right)
{
    struct view_counts counts = view_counts(view);
    assert_int_equal(counts.members, right.members);
    assert_int_equal(counts.active, right.active);
    assert_int_equal(counts.away, right.away);
    assert_int_equal(counts.offline, right.offline);
    assert_int_equal(counts.dnd, right.dnd);
}

static void set_dnd(struct view *view, const char *key, enum status status)
{
    struct change change = change_at(view_head(view) + 1, key, status);
    change.note = ",\"seen\":\"day\",\"dnd\":true";
    change.note_len = strlen(change.note);
    assert_true(view_apply(view, &change));
}

static void expect_typing(struct view *view, const char *user, bool known, bool hides)
{
    bool told = !hides;
    assert_int_equal(view_own_typing(view, user, strlen(user), &told), known);
    assert_int_equal(told, hides);
}

static void who_hides_typing_is_known_until_their_revision_changes(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    expect_typing(view, "ann", false, false);
    view_set_own_rev(view, "ann", 3, 0);
    expect_typing(view, "ann", true, false);
    view_set_own_rev(view, "ann", 3, 32);
    expect_typing(view, "ann", false, false);
    view_set_own_typing(view, "ann", 3, true);
    view_set_own_rev(view, "ann", 3, 32);
    expect_typing(view, "ann", true, true);
    view_set_own_rev(view, "ann", 3, 64);
    expect_typing(view, "ann", false, false);
    view_set_own_typing(view, "bob", 3, true);
    expect_typing(view, "bob", false, false);
    view_set_own_rev(view, "bob", 3, 32); /* never seen */
    view_set_own_typing(view, "bob", 3, true);
    expect_typing(view, "bob", true, true);
    view_forget_own(view);
    expect_typing(view, "bob", false, false);
}

static void the_counts_follow_each_change(void **state)
{
    struct view *view = *state;
    assert_true(view_wants_members(view));
    view_set_members(view, 5);
    assert_false(view_wants_members(view));
    set_status(view, "ann", STATUS_ACTIVE);
    set_dnd(view, "bob", STATUS_AWAY);
    set_dnd(view, "eve", STATUS_OFFLINE);
    expect_counts(view, (struct view_counts){.members = 5, .active = 1, .away = 1, .offline = 3, .dnd = 2});
    set_status(view, "ann", STATUS_AWAY);
    set_status(view, "bob", STATUS_OFFLINE);
    expect_counts(view, (struct view_counts){.members = 5, .away = 1, .offline = 4, .dnd = 1});
    assert_int_equal(view_counts_seq(view), 5);
    set_status(view, "ann", STATUS_AWAY);
    set_mark(view, "\1ann");
    assert_int_equal(view_counts_seq(view), 5);
    view_begin(view, OTHER_EPOCH, 0);
    expect_counts(view, (struct view_counts){.members = 5, .offline = 5});
    assert_true(view_wants_members(view));
}

static void what_the_directory_said_is_looked_up_again_now_and_then(void **state)
{
    struct view *view = *state;
    view_set_members(view, 2);
    view_set_last_seen(view, SEEN_EXACT);
    view_prune(view, 0);
    assert_true(view_wants_members(view));
    assert_true(view_wants_last_seen(view));
}

static void the_roster_mark_has_members_counted_again(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    view_set_members(view, 2);
    set_mark(view, ROSTER);
    assert_true(view_wants_members(view));
    assert_int_equal(view_counts_seq(view), 3);
    view_set_members(view, 1); /* bob was removed, which was not told yet */
    expect_counts(view, (struct view_counts){.members = 1, .active = 2});
}

static void expect_own(const struct view *view, const char *user, bool known, int64_t right)
{
    int64_t rev;
    assert_int_equal(view_own_rev(view, user, strlen(user), &rev), known);
    assert_int_equal(rev, right);
}

static void own_revisions_are_known_once_they_were_set(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    expect_own(view, "ann", false, 0);
    view_set_own_rev(view, "ann", 3, 0);
    expect_own(view, "ann", true, 0);
    set_status(view, "ann", STATUS_AWAY);
    expect_own(view, "ann", true, 0);
    view_set_own_rev(view, "ann", 3, 32);
    expect_own(view, "ann", true, 32);
    view_set_own_rev(view, "ann", 3, 64);
    expect_own(view, "ann", true, 64);
}

static void who_has_no_entry_may_have_an_own_revision(void **state)
{
    struct view *view = *state;
    view_set_own_rev(view, "bob", 3, 0);
    view_set_own_rev(view, "eve", 3, 5);
    expect_own(view, "bob", true, 0);
    expect_own(view, "eve", true, 5);
    set_status(view, "bob", STATUS_ACTIVE);
    expect_own(view, "bob", true, 0);
    assert_int_equal(view_size(view), 1);
}

static void own_revisions_are_forgotten_together(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    view_set_own_rev(view, "ann", 3, 0);
    view_set_own_rev(view, "bob", 3, 5);
    view_forget_own(view);
    expect_own(view, "ann", false, 0);
    expect_own(view, "bob", false, 0);
    view_set_own_rev(view, "ann", 3, 7);
    view_begin(view, OTHER_EPOCH, 0);
    expect_own(view, "ann", false, 0);
}

static void the_own_revision_of_a_removed_member_is_forgotten(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    view_set_own_rev(view, "ann", 3, 7);
    view_set_own_rev(view, "bob", 3, 5);
    struct change change = {.seq = view_head(view) + 1, .why = WHY_REMOVED, .key = "ann", .key_len = 3};
    assert_true(view_apply(view, &change));
    expect_own(view, "ann", false, 0);
    expect_own(view, "bob", true, 5);
    view_set_own_rev(view, "ann", 3, 2);
    expect_own(view, "ann", true, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_view_knows_nothing),
        VIEW_TEST(a_change_is_read_back),
        VIEW_TEST(the_next_seq_applies_and_a_later_one_does_not),
        VIEW_TEST(an_old_seq_is_no_news),
        VIEW_TEST(a_loaded_page_may_leap),
        VIEW_TEST(the_head_moves_only_forward),
        VIEW_TEST(a_bad_key_is_skipped_and_its_seq_is_not),
        VIEW_TEST(times_beyond_reason_are_clamped),
        VIEW_TEST(marks_are_told_from_people),
        VIEW_TEST(a_mark_is_never_online),
        VIEW_TEST(those_not_offline_are_counted),
        VIEW_TEST(another_epoch_forgets_everything),
        VIEW_TEST(the_same_epoch_keeps_everything_and_raises_the_floor),
        VIEW_TEST(who_is_watched_before_any_change_is_an_offline_placeholder),
        VIEW_TEST(a_placeholder_goes_with_its_last_watcher),
        VIEW_TEST(a_watched_entry_outlives_its_epoch),
        VIEW_TEST(pruning_forgets_the_long_offline_and_raises_the_floor),
        VIEW_TEST(pruning_spares_the_watched),
        VIEW_TEST(pruning_everything_leaves_a_view_that_goes_on),
        VIEW_TEST(what_has_just_changed_is_not_pruned_before_it_is_told),
        VIEW_TEST(who_has_a_note_is_not_pruned),
        VIEW_TEST(who_hides_typing_is_known_until_their_revision_changes),
        VIEW_TEST(the_counts_follow_each_change),
        VIEW_TEST(own_revisions_are_known_once_they_were_set),
        VIEW_TEST(who_has_no_entry_may_have_an_own_revision),
        VIEW_TEST(own_revisions_are_forgotten_together),
        VIEW_TEST(the_own_revision_of_a_removed_member_is_forgotten),
        VIEW_TEST(what_the_directory_said_is_looked_up_again_now_and_then),
        VIEW_TEST(the_roster_mark_has_members_counted_again),
        VIEW_TEST(each_change_is_told_once_it_is_in),
        VIEW_TEST(those_not_offline_come_by_id_in_pages),
        VIEW_TEST(a_page_by_id_goes_on_after_one_who_has_gone),
        VIEW_TEST(the_order_by_id_is_kept_through_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
