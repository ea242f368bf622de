/* SPDX-License-Identifier: ISC */
/* What readers of a view are told: full answers, what changed, pages, filters, marks, and cursors that cannot go on. */
#include "view_fixture.h"

#include "base/blob.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

static struct cursor at(int64_t seq, int64_t head)
{
    struct cursor cursor = {.epoch = EPOCH, .seq = seq, .head = head};
    return cursor;
}

static struct view_query everyone(size_t limit)
{
    struct view_query query = {.limit = limit};
    return query;
}

static struct view_query of_caller(const char *caller)
{
    struct view_query query = {.caller = caller, .caller_len = strlen(caller), .limit = 100};
    return query;
}

/* The page is BODY, and its next cursor the one in it. */
static void expect_page(struct view *view, enum view_start start, struct cursor cursor, struct view_query query,
                        const char *body)
{
    struct cursor next;
    char text[CURSOR_TEXT_MAX];
    char begin[CURSOR_TEXT_MAX + 16];
    struct blob *blob = view_page(view, start, &cursor, &query, &next);
    assert_string_equal(blob->data, body);
    assert_int_equal(blob->len, strlen(body));
    cursor_format(&next, text);
    (void)snprintf(begin, sizeof begin, "{\"cursor\":\"%s\"", text);
    assert_memory_equal(body, begin, strlen(begin));
    blob_unref(blob);
}

#define ACTIVE(user, since)  "{\"user\":\"" user "\",\"status\":\"active\",\"since\":" since ",\"why\":\"beat\"}"
#define OFFLINE(user, since) "{\"user\":\"" user "\",\"status\":\"offline\",\"since\":" since ",\"why\":\"leave\"}"
#define PAGE(cursor, more, resync, changes)                                                                            \
    "{\"cursor\":\"" EPOCH "-" cursor "\",\"more\":" more ",\"resync\":" resync ",\"changes\":[" changes "]}"
#define PAGE_REFETCH(cursor, more, resync, changes, refetch)                                                           \
    "{\"cursor\":\"" EPOCH "-" cursor "\",\"more\":" more ",\"resync\":" resync ",\"changes\":[" changes               \
    "],\"refetch\":[" refetch "]}"

/* ---- how to start ---- */

static void no_cursor_starts_from_everything(void **state)
{
    assert_int_equal(view_start(*state, NULL), VIEW_EVERYTHING);
}

static void a_cursor_between_floor_and_head_continues(void **state)
{
    struct view *view = *state;
    struct cursor cursor;
    view_set_head(view, 10);
    view_begin(view, EPOCH, 4);
    for (int seq = 4; seq <= 10; seq++) {
        cursor = at(seq, 0);
        assert_int_equal(view_start(view, &cursor), VIEW_CONTINUE);
    }
    cursor = at(3, 0);
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
    cursor = at(11, 0);
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
}

static void a_cursor_of_another_epoch_resyncs(void **state)
{
    struct view *view = *state;
    struct cursor cursor = {.epoch = OTHER_EPOCH, .seq = 0};
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
}

static void a_view_without_epoch_continues_nothing(void **state)
{
    struct view *view = view_new("quiet");
    struct cursor cursor = {.seq = 0};
    (void)state;
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
    view_free(view);
}

static void a_full_answer_begun_above_the_floor_continues_below_it(void **state)
{
    struct view *view = *state;
    struct cursor cursor = at(2, 6);
    view_set_head(view, 10);
    view_begin(view, EPOCH, 5);
    assert_int_equal(view_start(view, &cursor), VIEW_CONTINUE);
    cursor = at(2, 4);
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
    cursor = at(2, 11);
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
}

/* ---- full answers ---- */

static void everything_of_an_empty_view_is_nothing(void **state)
{
    expect_page(*state, VIEW_EVERYTHING, at(0, 0), everyone(9), PAGE("0", "false", "false", ""));
}

static void everything_holds_those_not_offline_by_their_latest_change(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_status(view, "cyd", STATUS_OFFLINE);
    set_mark(view, ROSTER);
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(9),
                PAGE("5", "false", "false", ACTIVE("bob", "1002") "," ACTIVE("ann", "1005")));
}

static void a_resync_says_so_and_to_refetch(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_RESYNC, at(0, 0), everyone(9),
                PAGE_REFETCH("1", "false", "true", ACTIVE("ann", "1001"), "\"members\",\"dms\""));
}

static void a_full_answer_goes_on_in_pages_and_tells_what_changed_meanwhile(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_status(view, "cyd", STATUS_ACTIVE);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(2),
                PAGE("2-3", "true", "false", ACTIVE("ann", "1001") "," ACTIVE("bob", "1002")));
    set_status(view, "ann", STATUS_OFFLINE);
    set_status(view, "dan", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(2, 3), everyone(2),
                PAGE("4-3", "true", "false", ACTIVE("cyd", "1003") "," OFFLINE("ann", "1004")));
    expect_page(view, VIEW_CONTINUE, at(4, 3), everyone(2), PAGE("5", "false", "false", ACTIVE("dan", "1005")));
}

static void exactly_a_page_has_no_more(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(2),
                PAGE("2", "false", "false", ACTIVE("ann", "1001") "," ACTIVE("bob", "1002")));
}

static void the_pages_of_a_full_answer_tell_only_marks_from_after_it_began(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_mark(view, ROSTER);
    set_mark(view, ROSTER "me");
    set_status(view, "bob", STATUS_ACTIVE);
    struct view_query me = of_caller("me");
    expect_page(view, VIEW_CONTINUE, at(1, 4), me, PAGE("4", "false", "false", ACTIVE("bob", "1004")));
    set_mark(view, ROSTER);
    set_mark(view, ROSTER "me");
    expect_page(view, VIEW_CONTINUE, at(1, 4), me,
                PAGE_REFETCH("6", "false", "false", ACTIVE("bob", "1004"), "\"members\",\"dms\""));
}

static void a_join_gets_the_first_page_of_everyone(void **state)
{
    struct view *view = *state;
    struct buf out;
    buf_init(&out);
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    const struct view_query one = {.limit = 1, .now_ms = 5};
    view_append_everyone(view, &out, &one);
    assert_string_equal(out.data,
                        "\"cursor\":\"" EPOCH "-1-2\",\"more\":true,\"changes\":[" ACTIVE("ann", "1001") "],\"now\":5");
    buf_fini(&out);
}

/* ---- what changed ---- */

static void a_reader_is_told_what_changed_after_its_cursor(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_status(view, "ann", STATUS_OFFLINE);
    expect_page(view, VIEW_CONTINUE, at(2, 0), everyone(9), PAGE("3", "false", "false", OFFLINE("ann", "1003")));
    expect_page(view, VIEW_CONTINUE, at(1, 0), everyone(9),
                PAGE("3", "false", "false", ACTIVE("bob", "1002") "," OFFLINE("ann", "1003")));
    expect_page(view, VIEW_CONTINUE, at(3, 0), everyone(9), PAGE("3", "false", "false", ""));
}

static void what_changed_goes_on_in_pages(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(1), PAGE("1", "true", "false", ACTIVE("ann", "1001")));
    expect_page(view, VIEW_CONTINUE, at(1, 0), everyone(1), PAGE("2", "false", "false", ACTIVE("bob", "1002")));
}

static void a_removed_member_is_offline_because_removed(void **state)
{
    struct view *view = *state;
    struct change change = change_at(1, "ann", STATUS_OFFLINE);
    change.why = WHY_REMOVED;
    assert_true(view_apply(view, &change));
    expect_page(
        view, VIEW_CONTINUE, at(0, 0), everyone(9),
        PAGE("1", "false", "false", "{\"user\":\"ann\",\"status\":\"offline\",\"since\":1001,\"why\":\"removed\"}"));
}

static void ids_are_escaped(void **state)
{
    struct view *view = *state;
    set_status(view, "a\"b\\c", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(9), PAGE("1", "false", "false", ACTIVE("a\\\"b\\\\c", "1001")));
}

static void a_limit_of_nought_counts_as_one(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(0), PAGE("1", "false", "false", ACTIVE("ann", "1001")));
}

static void nothing_is_a_page_at_the_head_or_where_one_was(void **state)
{
    struct view *view = *state;
    view_set_head(view, 8);
    struct blob *blob = view_nothing(view, -1, 0);
    assert_string_equal(blob->data, PAGE("8", "false", "false", ""));
    blob_unref(blob);
    blob = view_nothing(view, 5, 0);
    assert_string_equal(blob->data, PAGE("5", "false", "false", ""));
    blob_unref(blob);
}

static void a_lost_reader_gets_a_cursor_with_which_everything_is_read_again(void **state)
{
    struct view *view = *state;
    struct cursor cursor;
    view_set_head(view, 8);
    struct blob *blob = view_lost(view, OTHER_EPOCH, 7, 0);
    assert_string_equal(blob->data,
                        "{\"cursor\":\"" OTHER_EPOCH "-7\",\"more\":false,\"resync\":false,\"changes\":[]}");
    blob_unref(blob);
    assert_true(cursor_parse(OTHER_EPOCH "-7", EPOCH_LEN + 2, &cursor));
    assert_int_equal(view_start(view, &cursor), VIEW_RESYNC);
}

/* ---- shared pages ---- */

static void many_who_ask_the_same_share_one_page(void **state)
{
    struct view *view = *state;
    struct cursor cursor = at(0, 0);
    struct view_query ann = of_caller("ann");
    struct view_query bob = of_caller("bob");
    set_status(view, "cyd", STATUS_ACTIVE);
    struct blob *first = view_page(view, VIEW_CONTINUE, &cursor, &ann, NULL);
    struct blob *second = view_page(view, VIEW_CONTINUE, &cursor, &bob, NULL);
    assert_ptr_equal(first, second);
    blob_unref(first);
    blob_unref(second);
}

static void a_page_outlives_the_change_that_drops_it(void **state)
{
    struct view *view = *state;
    struct cursor cursor = at(0, 0);
    struct view_query query = everyone(9);
    set_status(view, "ann", STATUS_ACTIVE);
    struct blob *old = view_page(view, VIEW_CONTINUE, &cursor, &query, NULL);
    set_status(view, "bob", STATUS_ACTIVE);
    assert_string_equal(old->data, PAGE("1", "false", "false", ACTIVE("ann", "1001")));
    blob_unref(old);
    expect_page(view, VIEW_CONTINUE, cursor, query,
                PAGE("2", "false", "false", ACTIVE("ann", "1001") "," ACTIVE("bob", "1002")));
}

static void more_kinds_of_page_than_are_kept_stay_right(void **state)
{
    struct view *view = *state;
    char body[256];
    for (int i = 0; i < 20; i++)
        set_status(view, "ann", STATUS_ACTIVE);
    for (int round = 0; round < 2; round++) {
        for (int seq = 0; seq < 20; seq++) {
            (void)snprintf(body, sizeof body, "%s", PAGE("20", "false", "false", ACTIVE("ann", "1020")));
            expect_page(view, VIEW_CONTINUE, at(seq, 0), everyone((size_t)seq + 1), body);
        }
    }
}

static void readers_of_other_limits_or_beginnings_do_not_share(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(1), PAGE("1", "true", "false", ACTIVE("ann", "1001")));
    expect_page(view, VIEW_CONTINUE, at(0, 2), everyone(1), PAGE("1-2", "true", "false", ACTIVE("ann", "1001")));
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(2),
                PAGE("2", "false", "false", ACTIVE("ann", "1001") "," ACTIVE("bob", "1002")));
}

static void the_head_moving_alone_moves_the_cursor_of_pages(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(9), PAGE("1", "false", "false", ACTIVE("ann", "1001")));
    view_set_head(view, 6);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(9), PAGE("6", "false", "false", ACTIVE("ann", "1001")));
}

/* ---- marks ---- */

static void the_roster_mark_has_everyone_refetch_members(void **state)
{
    struct view *view = *state;
    set_mark(view, ROSTER);
    expect_page(view, VIEW_CONTINUE, at(0, 0), of_caller("ann"),
                PAGE_REFETCH("1", "false", "false", "", "\"members\""));
    expect_page(view, VIEW_CONTINUE, at(1, 0), of_caller("ann"), PAGE("1", "false", "false", ""));
}

static void a_dm_mark_has_only_its_user_refetch_dms(void **state)
{
    struct view *view = *state;
    set_mark(view, ROSTER "ann");
    expect_page(view, VIEW_CONTINUE, at(0, 0), of_caller("bob"), PAGE("1", "false", "false", ""));
    expect_page(view, VIEW_CONTINUE, at(0, 0), of_caller("ann"), PAGE_REFETCH("1", "false", "false", "", "\"dms\""));
    expect_page(view, VIEW_CONTINUE, at(0, 0), of_caller("an"), PAGE("1", "false", "false", ""));
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(9), PAGE("1", "false", "false", ""));
}

static void both_marks_are_told_together(void **state)
{
    struct view *view = *state;
    set_mark(view, ROSTER "ann");
    set_mark(view, ROSTER);
    expect_page(view, VIEW_CONTINUE, at(0, 0), of_caller("ann"),
                PAGE_REFETCH("2", "false", "false", "", "\"members\",\"dms\""));
}

static void a_mark_is_told_with_the_page_that_passes_it(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_mark(view, ROSTER);
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(1), PAGE("1", "true", "false", ACTIVE("ann", "1001")));
    expect_page(view, VIEW_CONTINUE, at(1, 0), everyone(1),
                PAGE_REFETCH("3", "false", "false", ACTIVE("bob", "1002"), "\"members\""));
}

/* ---- filters ---- */

struct filter {
    struct view_entry *only[4];
    size_t count;
};

static struct filter watch(struct view *view, const char *a, const char *b, const char *c)
{
    struct filter filter = {.count = 0};
    const char *const keys[] = {a, b, c};
    for (size_t i = 0; i < 3 && keys[i] != NULL; i++)
        filter.only[filter.count++] = view_watch(view, keys[i], strlen(keys[i]));
    return filter;
}

static void unwatch(struct view *view, const struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++)
        view_unwatch(view, filter->only[i]);
}

static struct view_query filtered(const struct filter *filter, size_t limit)
{
    struct view_query query = {.only = filter->only, .only_count = filter->count, .limit = limit};
    return query;
}

static void a_filter_narrows_what_changed_to_those_watched(void **state)
{
    struct view *view = *state;
    struct filter filter = watch(view, "cyd", "ann", "nobody");
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_status(view, "cyd", STATUS_OFFLINE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), filtered(&filter, 9),
                PAGE("3", "false", "false", ACTIVE("ann", "1001") "," OFFLINE("cyd", "1003")));
    expect_page(view, VIEW_CONTINUE, at(1, 0), filtered(&filter, 9),
                PAGE("3", "false", "false", OFFLINE("cyd", "1003")));
    unwatch(view, &filter);
}

static void a_filter_narrows_a_full_answer_to_those_watched_and_not_offline(void **state)
{
    struct view *view = *state;
    struct filter filter = watch(view, "ann", "cyd", "nobody");
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    set_status(view, "cyd", STATUS_OFFLINE);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), filtered(&filter, 9),
                PAGE("3", "false", "false", ACTIVE("ann", "1001")));
    unwatch(view, &filter);
}

static void a_filtered_full_answer_goes_on_in_pages(void **state)
{
    struct view *view = *state;
    struct filter filter = watch(view, "ann", "bob", NULL);
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), filtered(&filter, 1),
                PAGE("1-2", "true", "false", ACTIVE("ann", "1001")));
    expect_page(view, VIEW_CONTINUE, at(1, 2), filtered(&filter, 1),
                PAGE("2", "false", "false", ACTIVE("bob", "1002")));
    unwatch(view, &filter);
}

static void who_is_asked_for_twice_is_told_once(void **state)
{
    struct view *view = *state;
    struct filter filter = watch(view, "ann", "bob", "ann");
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), filtered(&filter, 1),
                PAGE("1", "false", "false", ACTIVE("ann", "1001")));
    unwatch(view, &filter);
}

static void a_filter_of_nobody_holds_nobody(void **state)
{
    struct view *view = *state;
    struct filter filter = {.count = 0};
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(0, 0), filtered(&filter, 9), PAGE("1", "false", "false", ""));
}

static void a_filter_lets_marks_through(void **state)
{
    struct view *view = *state;
    struct filter filter = watch(view, "bob", NULL, NULL);
    struct view_query query = filtered(&filter, 9);
    query.caller = "ann";
    query.caller_len = 3;
    set_mark(view, ROSTER);
    set_mark(view, ROSTER "ann");
    expect_page(view, VIEW_CONTINUE, at(0, 0), query, PAGE_REFETCH("2", "false", "false", "", "\"members\",\"dms\""));
    unwatch(view, &filter);
}

/* ---- news ---- */

static void news_is_any_change_for_a_reader_without_filter(void **state)
{
    struct view *view = *state;
    struct view_query query = of_caller("ann");
    assert_false(view_has_news(view, 0, &query));
    set_status(view, "bob", STATUS_ACTIVE);
    assert_true(view_has_news(view, 0, &query));
    assert_false(view_has_news(view, 1, &query));
}

static void news_of_dms_is_news_to_their_user_alone(void **state)
{
    struct view *view = *state;
    struct view_query ann = of_caller("ann");
    struct view_query bob = of_caller("bob");
    struct view_query nobody = everyone(1);
    set_mark(view, ROSTER "ann");
    assert_true(view_has_news(view, 0, &ann));
    assert_false(view_has_news(view, 0, &bob));
    assert_false(view_has_news(view, 0, &nobody));
    set_mark(view, ROSTER);
    assert_true(view_has_news(view, 1, &bob));
}

static void news_through_a_filter_is_of_those_watched_and_of_the_roster(void **state)
{
    struct view *view = *state;
    struct filter filter = watch(view, "ann", NULL, NULL);
    struct view_query query = filtered(&filter, 9);
    set_status(view, "bob", STATUS_ACTIVE);
    assert_false(view_has_news(view, 0, &query));
    set_status(view, "ann", STATUS_ACTIVE);
    assert_true(view_has_news(view, 1, &query));
    assert_false(view_has_news(view, 2, &query));
    set_mark(view, ROSTER);
    assert_true(view_has_news(view, 2, &query));
    unwatch(view, &filter);
}

/* ---- readers who follow at random must end up with the truth ---- */

enum { PEOPLE = 40, READERS = 12, STEPS = 4000 };

struct reader {
    struct cursor cursor;
    bool begun;
    enum status known[PEOPLE];
    size_t limit;
};

static unsigned next_random(unsigned *seed, unsigned bound)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 16) % bound;
}

/* Takes over what BODY says of people called "u0" and so on. */
static void read_body(struct reader *reader, const char *body)
{
    const char *p = body;
    while ((p = strstr(p, "{\"user\":\"u")) != NULL) {
        char *end;
        unsigned long who = strtoul(p + 10, &end, 10);
        assert_true(who < PEOPLE);
        const char *status = end + strlen("\",\"status\":\"");
        reader->known[who] = status[0] == 'o' ? STATUS_OFFLINE : status[2] == 'a' ? STATUS_AWAY : STATUS_ACTIVE;
        p = status;
    }
}

/* One page for READER; true when there are more. */
static bool follow(struct view *view, struct reader *reader)
{
    struct view_query query = everyone(reader->limit);
    enum view_start start = view_start(view, reader->begun ? &reader->cursor : NULL);
    if (start != VIEW_CONTINUE)
        memset(reader->known, 0, sizeof reader->known);
    struct blob *blob = view_page(view, start, &reader->cursor, &query, &reader->cursor);
    read_body(reader, blob->data);
    bool more = strstr(blob->data, "\"more\":true") != NULL;
    blob_unref(blob);
    reader->begun = true;
    return more;
}

static void change_one(struct view *view, enum status *truth, unsigned *seed)
{
    char key[8];
    unsigned who = next_random(seed, PEOPLE);
    enum status status = (enum status)next_random(seed, 3);
    (void)snprintf(key, sizeof key, "u%u", who);
    truth[who] = status;
    set_status(view, key, status);
}

static void readers_who_follow_at_random_know_the_truth(void **state)
{
    struct view *view = *state;
    enum status truth[PEOPLE] = {STATUS_OFFLINE};
    struct reader readers[READERS];
    unsigned seed = 7;
    memset(readers, 0, sizeof readers);
    for (size_t i = 0; i < READERS; i++)
        readers[i].limit = 1 + next_random(&seed, 12);
    for (int step = 0; step < STEPS; step++) {
        change_one(view, truth, &seed);
        if (next_random(&seed, 10) == 0)
            set_mark(view, next_random(&seed, 2) == 0 ? ROSTER : ROSTER "u1");
        if (next_random(&seed, 50) == 0)
            view_prune(view, 1000 + view_head(view) - next_random(&seed, 60));
        (void)follow(view, &readers[next_random(&seed, READERS)]);
    }
    for (size_t i = 0; i < READERS; i++) {
        while (follow(view, &readers[i])) {
        }
        assert_memory_equal(readers[i].known, truth, sizeof truth);
        assert_int_equal(readers[i].cursor.seq, view_head(view));
        assert_int_equal(readers[i].cursor.head, 0);
    }
}

#define VIEW_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* The next change, of KEY, with NOTE. */
static void set_note(struct view *view, const char *key, enum status status, const char *note)
{
    struct change change = change_at(view_head(view) + 1, key, status);
    change.note = note;
    change.note_len = strlen(note);
    assert_true(view_apply(view, &change));
}

static void a_note_is_told_until_a_change_comes_without_it(void **state)
{
    struct view *view = *state;
    set_note(view, "ann", STATUS_ACTIVE, ",\"seen\":\"day\",\"dnd\":true,\"text\":\"WFH\"");
    expect_page(view, VIEW_CONTINUE, at(0, 0), everyone(9),
                "{\"cursor\":\"" EPOCH "-1\",\"more\":false,\"resync\":false,\"changes\":[{\"user\":\"ann\","
                "\"status\":\"active\",\"since\":1001,\"why\":\"beat\",\"dnd\":true,\"text\":\"WFH\"}]}");
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_CONTINUE, at(1, 0), everyone(9),
                "{\"cursor\":\"" EPOCH "-2\",\"more\":false,\"resync\":false,\"changes\":[{\"user\":\"ann\","
                "\"status\":\"active\",\"since\":1002,\"why\":\"beat\"}]}");
}

static void who_is_offline_with_a_note_is_in_full_answers(void **state)
{
    struct view *view = *state;
    set_note(view, "ann", STATUS_OFFLINE, ",\"text\":\"on leave\"");
    set_note(view, "bob", STATUS_OFFLINE, ",\"seen\":\"day\"");
    assert_int_equal(view_shown(view), 1);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(9),
                "{\"cursor\":\"" EPOCH "-2\",\"more\":false,\"resync\":false,\"changes\":[{\"user\":\"ann\","
                "\"status\":\"offline\",\"since\":1001,\"why\":\"leave\",\"text\":\"on leave\"}]}");
    set_status(view, "ann", STATUS_OFFLINE);
    assert_int_equal(view_shown(view), 0);
}

static void who_was_never_seen_has_a_note_without_a_time(void **state)
{
    struct view *view = *state;
    struct change change = change_at(1, "ann", STATUS_OFFLINE);
    change.since_ms = 0;
    change.note = ",\"dnd\":true";
    change.note_len = strlen(change.note);
    assert_true(view_apply(view, &change));
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(9),
                "{\"cursor\":\"" EPOCH "-1\",\"more\":false,\"resync\":false,\"changes\":[{\"user\":\"ann\","
                "\"status\":\"offline\",\"why\":\"leave\",\"dnd\":true}]}");
}

static struct view_query at_time(int64_t now_ms)
{
    return (struct view_query){.limit = 9, .now_ms = now_ms};
}

static void the_time_is_told_with_changes_and_is_a_second_old_at_most(void **state)
{
    struct view *view = *state;
    set_status(view, "ann", STATUS_ACTIVE);
#define PAGE_AT(now)                                                                                                   \
    "{\"cursor\":\"" EPOCH "-1\",\"more\":false,\"resync\":false,\"changes\":[" ACTIVE("ann", "1001") "],"             \
                                                                                                      "\"now\":" now   \
                                                                                                      "}"
    expect_page(view, VIEW_EVERYTHING, at(0, 0), at_time(5000), PAGE_AT("5000"));
    expect_page(view, VIEW_EVERYTHING, at(0, 0), at_time(5999), PAGE_AT("5000"));
    expect_page(view, VIEW_EVERYTHING, at(0, 0), at_time(6000), PAGE_AT("6000"));
    expect_page(view, VIEW_EVERYTHING, at(0, 0), at_time(4000), PAGE_AT("4000"));
    expect_page(view, VIEW_CONTINUE, at(1, 0), at_time(5000),
                "{\"cursor\":\"" EPOCH "-1\",\"more\":false,\"resync\":false,\"changes\":[]}");
#undef PAGE_AT
}

static void counts_are_told_with_everything_and_when_they_changed(void **state)
{
    struct view *view = *state;
    const struct view_query counting = {.limit = 9, .counts = true};
    view_set_members(view, 3);
    set_status(view, "ann", STATUS_ACTIVE);
#define COUNTS(here)    ",\"counts\":{\"members\":3,\"active\":" here ",\"away\":0,\"offline\":2,\"dnd\":0}"
#define PAGE_BEGIN(seq) "{\"cursor\":\"" EPOCH "-" seq "\",\"more\":false,\"resync\":false,\"changes\":["
    expect_page(view, VIEW_EVERYTHING, at(0, 0), counting, PAGE_BEGIN("1") ACTIVE("ann", "1001") "]" COUNTS("1") "}");
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(9), PAGE_BEGIN("1") ACTIVE("ann", "1001") "]}");
    assert_false(view_has_counts(view, 1, &counting));
    set_status(view, "ann", STATUS_ACTIVE);
    assert_false(view_has_counts(view, 1, &counting));
    assert_true(view_has_counts(view, 0, &counting));
    expect_page(view, VIEW_CONTINUE, at(1, 0), counting, PAGE_BEGIN("2") ACTIVE("ann", "1002") "]}");
    expect_page(view, VIEW_CONTINUE, at(0, 0), counting, PAGE_BEGIN("2") ACTIVE("ann", "1002") "]" COUNTS("1") "}");
    struct view_query of_nobody = {.only = (struct view_entry *[]){NULL}, .limit = 9, .counts = true};
    expect_page(view, VIEW_CONTINUE, at(0, 0), of_nobody, PAGE_BEGIN("2") "]" COUNTS("1") "}");
#undef PAGE_BEGIN
#undef COUNTS
}

static void counts_are_told_with_the_first_page_alone(void **state)
{
    struct view *view = *state;
    struct view_query counting = {.limit = 1, .counts = true};
    view_set_members(view, 2);
    set_status(view, "ann", STATUS_ACTIVE);
    set_status(view, "bob", STATUS_ACTIVE);
    struct cursor next;
    struct blob *first = view_page(view, VIEW_RESYNC, NULL, &counting, &next);
    struct blob *last = view_page(view, VIEW_CONTINUE, &next, &counting, &next);
    assert_non_null(strstr(first->data, "\"counts\""));
    assert_null(strstr(last->data, "\"counts\""));
    blob_unref(first);
    blob_unref(last);
}

enum { HOUR_MS = 3600000 };

/* Since when KEY is offline, as QUERY's caller is told; 0: not at all. */
static int64_t told_since(struct view *view, const char *key, struct view_query query)
{
    struct view_entry *only[] = {view_existing(view, key, strlen(key))};
    struct cursor start = at(0, 0);
    query.only = only;
    query.only_count = 1;
    struct blob *page = view_page(view, VIEW_CONTINUE, &start, &query, NULL);
    const char *since = strstr(page->data, "\"since\":");
    int64_t told = since ? strtoll(since + strlen("\"since\":"), NULL, 10) : 0;
    blob_unref(page);
    return told;
}

static void last_seen_is_graded_by_the_strictest_of_three(void **state)
{
    struct view *view = *state;
    struct view_query nobody = {.limit = 9, .now_ms = 50 * (int64_t)HOUR_MS};
    struct view_query ann = nobody;
    ann.caller = "ann";
    ann.caller_len = 3;
    set_note(view, "ann", STATUS_OFFLINE, ",\"seen\":\"hour\"");
    set_status(view, "bob", STATUS_OFFLINE);
    set_status(view, "eve", STATUS_ACTIVE);
    assert_int_equal(told_since(view, "ann", nobody), 0 * HOUR_MS); /* of the first hour: that is 0, and so nothing */
    assert_int_equal(told_since(view, "bob", nobody), 1002);
    assert_int_equal(told_since(view, "bob", ann), 0);
    assert_int_equal(told_since(view, "eve", ann), 1003);
    view_set_last_seen(view, SEEN_HIDDEN);
    assert_int_equal(told_since(view, "bob", nobody), 0);
    assert_int_equal(told_since(view, "eve", nobody), 1003);
}

static void what_is_graded_is_neither_kept_nor_shared(void **state)
{
    struct view *view = *state;
    struct change change = change_at(1, "ann", STATUS_OFFLINE);
    struct cursor start = at(0, 0);
    change.since_ms = 20 * (int64_t)HOUR_MS + 5;
    assert_true(view_apply(view, &change));
    set_note(view, "bob", STATUS_ACTIVE, ",\"seen\":\"hour\"");
    struct view_query anyone = at_time(22 * (int64_t)HOUR_MS);
    struct view_query bob = anyone;
    bob.caller = "bob";
    bob.caller_len = 3;
    for (int round = 0; round < 2; round++) {
        struct blob *exact = view_page(view, VIEW_CONTINUE, &start, &anyone, NULL);
        struct blob *graded = view_page(view, VIEW_CONTINUE, &start, &bob, NULL);
        assert_non_null(strstr(exact->data, "\"since\":72000005,"));
        assert_non_null(strstr(graded->data, "\"since\":72000000,"));
        blob_unref(exact);
        blob_unref(graded);
    }
    bob.now_ms = 20 * (int64_t)HOUR_MS + HOUR_MS / 2;
    assert_int_equal(told_since(view, "ann", bob), 19 * HOUR_MS);
}

static void before_the_policy_is_known_nobody_is_told_when(void **state)
{
    struct view *view = view_new("team");
    (void)state;
    view_begin(view, EPOCH, 0);
    view_set_ready(view, true);
    set_status(view, "ann", STATUS_OFFLINE);
    assert_true(view_wants_last_seen(view));
    assert_int_equal(told_since(view, "ann", everyone(9)), 0);
    view_set_last_seen(view, SEEN_EXACT);
    assert_int_equal(told_since(view, "ann", everyone(9)), 1001);
    assert_false(view_wants_last_seen(view));
    set_mark(view, ROSTER);
    assert_true(view_wants_last_seen(view));
    assert_int_equal(told_since(view, "ann", everyone(9)), 1001); /* as it was, until it is looked up again */
    view_free(view);
}

static void a_partner_is_told_despite_the_policy(void **state)
{
    struct view *view = *state;
    struct view_reader partner = {.partner = true, .now_ms = 50 * (int64_t)HOUR_MS};
    set_status(view, "ann", STATUS_OFFLINE);
    set_note(view, "bob", STATUS_OFFLINE, ",\"seen\":\"hidden\"");
    view_set_last_seen(view, SEEN_HIDDEN);
    assert_int_equal(view_told_since_ms(view, view_find(view, "ann", 3), &partner), 1001);
    assert_int_equal(view_told_since_ms(view, view_find(view, "bob", 3), &partner), 0);
    partner.own = SEEN_HIDDEN;
    assert_int_equal(view_told_since_ms(view, view_find(view, "ann", 3), &partner), 0);
}

static void who_says_something_by_hand_has_a_cursor_and_a_page_of_their_own(void **state)
{
    struct view *view = *state;
    struct view_query own = {.limit = 9, .own_rev = 7};
    set_status(view, "ann", STATUS_ACTIVE);
    expect_page(view, VIEW_EVERYTHING, at(0, 0), own,
                "{\"cursor\":\"" EPOCH
                "-1_m7\",\"more\":false,\"resync\":false,\"changes\":[" ACTIVE("ann", "1001") "]}");
    own.own_news = true;
    expect_page(view, VIEW_CONTINUE, at(1, 0), own,
                "{\"cursor\":\"" EPOCH "-1_m7\",\"more\":false,\"resync\":false,\"changes\":[],\"refetch\":[\"me\"]}");
    set_mark(view, ROSTER);
    expect_page(view, VIEW_RESYNC, at(0, 0), own,
                "{\"cursor\":\"" EPOCH "-2_m7\",\"more\":false,\"resync\":true,\"changes\":[" ACTIVE(
                    "ann", "1001") "],\"refetch\":[\"members\",\"dms\",\"me\"]}");
    expect_page(view, VIEW_EVERYTHING, at(0, 0), everyone(9),
                "{\"cursor\":\"" EPOCH "-2\",\"more\":false,\"resync\":false,\"changes\":[" ACTIVE("ann", "1001") "]}");
}

static void nothing_is_told_with_the_own_revision_too(void **state)
{
    struct view *view = *state;
    struct blob *nothing = view_nothing(view, 5, 7);
    struct blob *lost = view_lost(view, OTHER_EPOCH, 5, 7);
    assert_non_null(strstr(nothing->data, "\"" EPOCH "-5_m7\""));
    assert_non_null(strstr(lost->data, "\"" OTHER_EPOCH "-5_m7\""));
    blob_unref(nothing);
    blob_unref(lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VIEW_TEST(no_cursor_starts_from_everything),
        VIEW_TEST(a_cursor_between_floor_and_head_continues),
        VIEW_TEST(a_cursor_of_another_epoch_resyncs),
        cmocka_unit_test(a_view_without_epoch_continues_nothing),
        VIEW_TEST(a_full_answer_begun_above_the_floor_continues_below_it),
        VIEW_TEST(everything_of_an_empty_view_is_nothing),
        VIEW_TEST(everything_holds_those_not_offline_by_their_latest_change),
        VIEW_TEST(a_resync_says_so_and_to_refetch),
        VIEW_TEST(a_full_answer_goes_on_in_pages_and_tells_what_changed_meanwhile),
        VIEW_TEST(exactly_a_page_has_no_more),
        VIEW_TEST(the_pages_of_a_full_answer_tell_only_marks_from_after_it_began),
        VIEW_TEST(a_join_gets_the_first_page_of_everyone),
        VIEW_TEST(a_reader_is_told_what_changed_after_its_cursor),
        VIEW_TEST(what_changed_goes_on_in_pages),
        VIEW_TEST(a_removed_member_is_offline_because_removed),
        VIEW_TEST(ids_are_escaped),
        VIEW_TEST(a_limit_of_nought_counts_as_one),
        VIEW_TEST(nothing_is_a_page_at_the_head_or_where_one_was),
        VIEW_TEST(a_lost_reader_gets_a_cursor_with_which_everything_is_read_again),
        VIEW_TEST(many_who_ask_the_same_share_one_page),
        VIEW_TEST(a_page_outlives_the_change_that_drops_it),
        VIEW_TEST(more_kinds_of_page_than_are_kept_stay_right),
        VIEW_TEST(readers_of_other_limits_or_beginnings_do_not_share),
        VIEW_TEST(the_head_moving_alone_moves_the_cursor_of_pages),
        VIEW_TEST(the_roster_mark_has_everyone_refetch_members),
        VIEW_TEST(a_dm_mark_has_only_its_user_refetch_dms),
        VIEW_TEST(both_marks_are_told_together),
        VIEW_TEST(a_mark_is_told_with_the_page_that_passes_it),
        VIEW_TEST(a_filter_narrows_what_changed_to_those_watched),
        VIEW_TEST(a_filter_narrows_a_full_answer_to_those_watched_and_not_offline),
        VIEW_TEST(a_filtered_full_answer_goes_on_in_pages),
        VIEW_TEST(who_is_asked_for_twice_is_told_once),
        VIEW_TEST(a_filter_of_nobody_holds_nobody),
        VIEW_TEST(a_filter_lets_marks_through),
        VIEW_TEST(news_is_any_change_for_a_reader_without_filter),
        VIEW_TEST(news_of_dms_is_news_to_their_user_alone),
        VIEW_TEST(news_through_a_filter_is_of_those_watched_and_of_the_roster),
        VIEW_TEST(readers_who_follow_at_random_know_the_truth),
        VIEW_TEST(a_note_is_told_until_a_change_comes_without_it),
        VIEW_TEST(who_is_offline_with_a_note_is_in_full_answers),
        VIEW_TEST(who_was_never_seen_has_a_note_without_a_time),
        VIEW_TEST(counts_are_told_with_everything_and_when_they_changed),
        VIEW_TEST(counts_are_told_with_the_first_page_alone),
        VIEW_TEST(last_seen_is_graded_by_the_strictest_of_three),
        VIEW_TEST(what_is_graded_is_neither_kept_nor_shared),
        VIEW_TEST(before_the_policy_is_known_nobody_is_told_when),
        VIEW_TEST(a_partner_is_told_despite_the_policy),
        VIEW_TEST(who_says_something_by_hand_has_a_cursor_and_a_page_of_their_own),
        VIEW_TEST(nothing_is_told_with_the_own_revision_too),
        VIEW_TEST(the_time_is_told_with_changes_and_is_a_second_old_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
