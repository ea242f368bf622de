/* SPDX-License-Identifier: ISC */
/* Parked polls: whom a change wakes, when, in what portions; deadlines; newer polls of a session; ends by a rule. */
#include "parked_fixture.h"

#include "base/blob.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LATER = T0 + 25000, WINDOW_200_MS = 55 /* after 200 answers */ };

static const char letters[] = {
    [WAKE_NEWS] = 'n',  [WAKE_TIMEOUT] = 't', [WAKE_CREDENTIAL] = 'c', [WAKE_REMOVED] = 'r', [WAKE_SUPERSEDED] = 's',
    [WAKE_DRAIN] = 'd', [WAKE_LOST] = 'l',    [WAKE_AWAY] = 'a',       [WAKE_CROWDED] = 'x',
};

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    const char what[] = {':', letters[why], '\0'};
    say(ctx, woken, what);
    /* As a worker does: the entries must be good for a page. */
    struct cursor cursor = {.epoch = EPOCH, .seq = woken->seq};
    struct view_query query = {.only = woken->only, .only_count = woken->only_count, .limit = woken->limit};
    blob_unref(view_page(woken->view, VIEW_CONTINUE, &cursor, &query, NULL));
}

static int set_up(void **state)
{
    static const struct parked_calls calls = {.wake = on_wake};
    return set_up_with(state, &calls);
}

static struct poll_spec spec_of(const struct fixture *self, const char *user, const char *session)
{
    return (struct poll_spec){
        .user = user,
        .user_len = strlen(user),
        .session = session,
        .seq = view_head(self->view),
        .deadline_ms = LATER,
        .limit = 100,
    };
}

static struct parked_poll *park(struct fixture *self, const char *user, const char *session)
{
    struct poll_spec spec = spec_of(self, user, session);
    return parked_add(self->set, self->view, &spec);
}

static struct parked_poll *park_for(struct fixture *self, const char *user, const char *watched)
{
    struct poll_spec spec = spec_of(self, user, NULL);
    size_t len = strlen(watched);
    spec.only = &watched;
    spec.only_len = &len;
    spec.only_count = 1;
    return parked_add(self->set, self->view, &spec);
}

/* COUNT polls of users "u0" and so on. */
static void park_many(struct fixture *self, int count)
{
    char user[16];
    for (int i = 0; i < count; i++) {
        (void)snprintf(user, sizeof user, "u%d", i);
        (void)park(self, user, NULL);
    }
}

/* Runs at NOW_MS until nothing is due; what was answered is LINE. */
static void expect_run(struct fixture *self, int64_t now_ms, const char *line)
{
    run_at(self, now_ms);
    assert_string_equal(self->line, line);
}

static void expect_line(struct fixture *self, const char *line)
{
    assert_string_equal(self->line, line);
    self->line[0] = '\0';
}

/* ---- whom a change concerns ---- */

static void nothing_wakes_without_a_change(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    assert_int_equal(parked_count(self->set), 1);
    assert_int_equal(parked_count_view(self->set, self->view), 1);
    expect_run(self, T0, "");
    assert_int_equal(parked_next_ms(self->set), LATER);
}

static void an_empty_set_has_nothing_to_do(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(parked_next_ms(self->set), -1);
    assert_false(parked_run(self->set, T0, 10));
    assert_int_equal(parked_count_view(self->set, self->view), 0);
}

static void a_change_wakes_all_without_a_filter_oldest_first(void **state)
{
    struct fixture *self = *state;
    park(self, "cyd", NULL);
    park(self, "ann", NULL);
    park(self, "bob", NULL);
    set_status(self->view, "dan", STATUS_ACTIVE);
    assert_int_equal(parked_next_ms(self->set), T0);
    expect_run(self, T0, "cyd:n ann:n bob:n ");
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(parked_next_ms(self->set), -1);
}

static void a_change_of_somebody_else_does_not_wake_a_filtered_poll(void **state)
{
    struct fixture *self = *state;
    park_for(self, "ann", "bob");
    set_status(self->view, "cyd", STATUS_ACTIVE);
    expect_run(self, T0, "");
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + 100, "ann:n ");
}

static void a_change_wakes_all_who_watch_its_user(void **state)
{
    struct fixture *self = *state;
    park_for(self, "ann", "bob");
    park_for(self, "cyd", "eve");
    park_for(self, "dan", "bob");
    set_status(self->view, "bob", STATUS_AWAY);
    expect_run(self, T0, "ann:n dan:n ");
}

static void the_roster_mark_wakes_everyone(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    park_for(self, "bob", "eve");
    set_mark(self->view, ROSTER);
    expect_run(self, T0, "ann:n bob:n ");
}

static void a_dm_mark_wakes_the_polls_of_its_user_alone(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    park(self, "bob", "session-1");
    park(self, "bob", NULL);
    park_for(self, "bob", "eve");
    set_mark(self->view, ROSTER "bob");
    self->line[0] = '\0';
    expect_run(self, T0, "bob:n bob:n bob:n ");
    assert_int_equal(parked_count(self->set), 1);
}

static void a_dm_mark_of_someone_absent_wakes_nobody(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    set_mark(self->view, ROSTER "bob");
    expect_run(self, T0, "");
    assert_int_equal(parked_next_ms(self->set), LATER);
}

static void a_change_in_one_view_does_not_wake_another(void **state)
{
    struct fixture *self = *state;
    struct view *other = new_view();
    struct poll_spec spec = spec_of(self, "ann", NULL);
    parked_add(self->set, other, &spec);
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "");
    assert_int_equal(parked_count_view(self->set, other), 1);
    parked_end_view(self->set, other, WAKE_LOST);
    expect_run(self, T0, "ann:l ");
    parked_forget_view(self->set, other);
    view_free(other);
}

static void one_who_watches_the_same_twice_wakes_once(void **state)
{
    struct fixture *self = *state;
    const char *const only[] = {"bob", "bob"};
    const size_t len[] = {3, 3};
    struct poll_spec spec = spec_of(self, "ann", NULL);
    spec.only = only;
    spec.only_len = len;
    spec.only_count = 2;
    parked_add(self->set, self->view, &spec);
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "ann:n ");
}

static void a_filter_of_nobody_wakes_for_the_roster_alone(void **state)
{
    struct fixture *self = *state;
    const char *none = NULL;
    struct poll_spec spec = spec_of(self, "ann", NULL);
    spec.only = &none;
    parked_add(self->set, self->view, &spec);
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "");
    set_mark(self->view, ROSTER);
    expect_run(self, T0, "ann:n ");
}

static void placeholders_go_with_the_polls_that_watched_them(void **state)
{
    struct fixture *self = *state;
    park_for(self, "ann", "eve");
    struct parked_poll *second = park_for(self, "bob", "eve");
    assert_int_equal(view_size(self->view), 1);
    parked_remove(self->set, second, NULL);
    assert_int_equal(view_size(self->view), 1);
    parked_end_view(self->set, self->view, WAKE_LOST);
    expect_run(self, T0, "ann:l ");
    assert_int_equal(view_size(self->view), 0);
}

static void watchers_who_leave_in_any_order_leave_the_others_watching(void **state)
{
    struct fixture *self = *state;
    struct parked_poll *polls[9];
    char user[4] = "u0";
    for (int i = 0; i < 9; i++) {
        user[1] = (char)('0' + i);
        polls[i] = park_for(self, user, "eve");
    }
    const int order[] = {0, 8, 4, 1, 7, 5};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        parked_remove(self->set, polls[order[i]], NULL);
    set_status(self->view, "eve", STATUS_ACTIVE);
    self->line[0] = '\0';
    while (parked_run(self->set, T0, 9)) {
    }
    assert_int_equal(self->woken, 3);
    assert_non_null(strstr(self->line, "u2:n "));
    assert_non_null(strstr(self->line, "u3:n "));
    assert_non_null(strstr(self->line, "u6:n "));
}

static void watchers_outlive_another_epoch(void **state)
{
    struct fixture *self = *state;
    view_set_head(self->view, 5000);
    park_for(self, "ann", "bob");
    view_begin(self->view, OTHER_EPOCH, 0);
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0, "ann:n ");
}

/* ---- windows and portions ---- */

static void a_run_answers_at_most_its_budget(void **state)
{
    struct fixture *self = *state;
    park_many(self, 5);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_true(parked_run(self->set, T0, 2));
    expect_line(self, "u0:n u1:n ");
    assert_int_equal(parked_next_ms(self->set), 0);
    assert_true(parked_run(self->set, T0, 2));
    expect_line(self, "u2:n u3:n ");
    assert_false(parked_run(self->set, T0, 2));
    expect_line(self, "u4:n ");
}

static void a_run_without_budget_says_that_more_is_due(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    assert_false(parked_run(self->set, T0, 0));
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_true(parked_run(self->set, T0, 0));
    assert_int_equal(self->woken, 0);
}

static void the_first_change_goes_out_at_once_and_the_next_after_the_window(void **state)
{
    struct fixture *self = *state;
    park_many(self, 200);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_false(parked_run(self->set, T0, 1000));
    assert_int_equal(self->woken, 200);
    park_many(self, 3);
    self->now_ms = T0 + 1;
    set_status(self->view, "eve", STATUS_AWAY);
    assert_int_equal(parked_next_ms(self->set), T0 + WINDOW_200_MS);
    expect_run(self, T0 + WINDOW_200_MS - 1, "");
    expect_run(self, T0 + WINDOW_200_MS, "u0:n u1:n u2:n ");
}

static void after_a_quiet_window_a_change_goes_out_at_once_again(void **state)
{
    struct fixture *self = *state;
    park_many(self, 200);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_false(parked_run(self->set, T0, 1000));
    park(self, "ann", NULL);
    self->now_ms = T0 + WINDOW_200_MS + 1;
    set_status(self->view, "eve", STATUS_AWAY);
    assert_int_equal(parked_next_ms(self->set), T0 + WINDOW_200_MS + 1);
    expect_run(self, T0 + WINDOW_200_MS + 1, "ann:n ");
}

static void changes_within_a_window_cost_one_answer(void **state)
{
    struct fixture *self = *state;
    park_many(self, 200);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_false(parked_run(self->set, T0, 1000));
    self->woken = 0;
    park(self, "ann", NULL);
    for (int64_t now = T0 + 1; now < T0 + WINDOW_200_MS; now++) {
        self->now_ms = now;
        set_status(self->view, "eve", now % 2 == 0 ? STATUS_ACTIVE : STATUS_AWAY);
        assert_false(parked_run(self->set, now, 1000));
    }
    assert_int_equal(self->woken, 0);
    expect_run(self, T0 + WINDOW_200_MS, "ann:n ");
}

static void a_window_is_two_seconds_at_most(void **state)
{
    struct fixture *self = *state;
    park_many(self, 45000);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_false(parked_run(self->set, T0, 100000));
    park(self, "ann", NULL);
    set_status(self->view, "eve", STATUS_AWAY);
    assert_int_equal(parked_next_ms(self->set), T0 + 2000);
}

static void who_parks_during_a_fan_out_waits_for_the_next_change(void **state)
{
    struct fixture *self = *state;
    park_many(self, 3);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_true(parked_run(self->set, T0, 1));
    park(self, "ann", NULL);
    self->line[0] = '\0';
    expect_run(self, T0, "u1:n u2:n ");
    assert_int_equal(parked_count(self->set), 1);
}

static void one_view_s_window_does_not_hold_up_another(void **state)
{
    struct fixture *self = *state;
    struct view *other = new_view();
    struct poll_spec spec = spec_of(self, "zoe", NULL);
    park_many(self, 200);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_false(parked_run(self->set, T0, 1000));
    park(self, "ann", NULL);
    parked_add(self->set, other, &spec);
    set_status(self->view, "eve", STATUS_AWAY);
    set_status(other, "eve", STATUS_AWAY);
    parked_changed(self->set, other, view_find(other, "eve", 3), (T0 + 1) * 1000);
    expect_run(self, T0 + 1, "zoe:n ");
    expect_run(self, T0 + WINDOW_200_MS, "ann:n ");
    parked_forget_view(self->set, other);
    view_free(other);
}

/* ---- deadlines ---- */

static struct parked_poll *park_until(struct fixture *self, const char *user, int64_t deadline_ms,
                                      int64_t credential_deadline_ms)
{
    struct poll_spec spec = spec_of(self, user, NULL);
    spec.deadline_ms = deadline_ms;
    spec.credential_deadline_ms = credential_deadline_ms;
    return parked_add(self->set, self->view, &spec);
}

static void a_poll_ends_when_it_has_waited_long_enough(void **state)
{
    struct fixture *self = *state;
    park_until(self, "ann", T0 + 200, 0);
    park_until(self, "bob", T0 + 100, 0);
    assert_int_equal(parked_next_ms(self->set), T0 + 100);
    expect_run(self, T0 + 99, "");
    expect_run(self, T0 + 100, "bob:t ");
    assert_int_equal(parked_next_ms(self->set), T0 + 200);
    expect_run(self, T0 + 500, "ann:t ");
}

static void a_poll_ends_with_its_credential(void **state)
{
    struct fixture *self = *state;
    park_until(self, "ann", T0 + 200, T0 + 100);
    park_until(self, "bob", T0 + 100, T0 + 200);
    expect_run(self, T0 + 100, "ann:c bob:t ");
}

static void an_expired_credential_gets_no_news(void **state)
{
    struct fixture *self = *state;
    park_until(self, "ann", LATER, T0 + 100);
    self->now_ms = T0 + 100;
    set_status(self->view, "bob", STATUS_ACTIVE);
    expect_run(self, T0 + 100, "ann:c ");
}

static void news_at_the_deadline_is_news(void **state)
{
    struct fixture *self = *state;
    park_many(self, 200);
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_false(parked_run(self->set, T0, 1000));
    park_until(self, "ann", T0 + 5, 0);
    set_status(self->view, "eve", STATUS_AWAY);
    expect_run(self, T0 + 5, "ann:n ");
}

static void deadlines_in_any_order_end_in_theirs(void **state)
{
    struct fixture *self = *state;
    struct parked_poll *polls[200];
    size_t ends_at[100] = {0};
    unsigned seed = 3;
    for (unsigned i = 0; i < 200; i++) {
        seed = seed * 1664525U + 1013904223U;
        unsigned offset = (seed >> 16) % 100;
        char user[16];
        (void)snprintf(user, sizeof user, "u%u", i);
        polls[i] = park_until(self, user, T0 + offset, 0);
        ends_at[offset] += i % 3 != 0;
    }
    for (int i = 0; i < 200; i += 3)
        parked_remove(self->set, polls[i], NULL);
    for (int offset = 0; offset < 100; offset++) {
        self->woken = 0;
        assert_false(parked_run(self->set, T0 + offset, 1000));
        assert_int_equal(self->woken, ends_at[offset]);
    }
    assert_int_equal(parked_count(self->set), 0);
}

/* ---- sessions ---- */

static void a_newer_poll_of_a_session_ends_the_older(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", "session-1");
    park(self, "ann", "session-2");
    park(self, "bob", "session-1");
    expect_line(self, "");
    park(self, "ann", "session-1");
    expect_line(self, "ann:s ");
    assert_int_equal(parked_count(self->set), 3);
}

static void polls_without_a_session_do_not_end_each_other(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    park(self, "ann", NULL);
    expect_line(self, "");
    assert_int_equal(parked_count(self->set), 2);
}

static void a_session_is_found_among_polls_without_one(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    park(self, "ann", "session-1");
    park(self, "ann", NULL);
    park(self, "ann", "session-2");
    park(self, "ann", "session-1");
    park(self, "ann", "session-2");
    expect_line(self, "ann:s ann:s ");
    assert_int_equal(parked_count(self->set), 4);
}

static void a_session_ends_only_below_the_beat(void **state)
{
    struct fixture *self = *state;
    struct poll_spec spec = spec_of(self, "ann", "session-1");
    spec.beat = 5;
    parked_add(self->set, self->view, &spec);
    parked_end_session(self->set, self->view, "ann", "session-1", 5);
    parked_end_session(self->set, self->view, "ann", "session-2", 9);
    parked_end_session(self->set, self->view, "bob", "session-1", 9);
    expect_line(self, "");
    parked_end_session(self->set, self->view, "ann", "session-1", 6);
    expect_line(self, "ann:s ");
}

static void the_oldest_of_too_many_ends(void **state)
{
    struct fixture *self = *state;
    int conns[3];
    struct poll_spec spec = spec_of(self, "ann", "session-1");
    parked_add(self->set, self->view, &spec);
    for (int i = 0; i < LIMIT_POLLS_PER_USER - 1; i++) {
        spec = spec_of(self, "ann", NULL);
        spec.conn = i < 3 ? (struct conn *)(void *)&conns[i] : NULL;
        parked_add(self->set, self->view, &spec);
    }
    park(self, "bob", NULL);
    expect_line(self, "");
    assert_null(parked_crowded(self->set, self->view, "bob", 3));
    assert_ptr_equal(parked_crowded(self->set, self->view, "ann", 3), &conns[0]);
    park(self, "ann", NULL);
    expect_line(self, "ann:x ");
    assert_ptr_equal(self->last.conn, &conns[0]);
    park(self, "ann", "session-2");
    expect_line(self, "ann:x ");
    assert_ptr_equal(self->last.conn, &conns[1]);
    park(self, "ann", "session-1");
    expect_line(self, "ann:s ");
    assert_int_equal(parked_count(self->set), LIMIT_POLLS_PER_USER + 1);
}

/* ---- strangers ---- */

static struct parked_poll *park_for_strangers(struct fixture *self, const char *user, const char *const *only,
                                              size_t count, size_t strangers)
{
    struct poll_spec spec = spec_of(self, user, NULL);
    size_t lens[8];
    for (size_t i = 0; i < count; i++)
        lens[i] = strlen(only[i]);
    spec.only = only;
    spec.only_len = lens;
    spec.only_count = count;
    spec.stranger_count = strangers;
    return parked_add(self->set, self->view, &spec);
}

static void strangers_make_no_entries(void **state)
{
    struct fixture *self = *state;
    const char *const only[] = {"mia", "nobody", "no one"};
    size_t before = view_size(self->view);
    park_for_strangers(self, "ann", only, 3, 2);
    assert_int_equal(view_size(self->view), before + 1);
    park_for_strangers(self, "bob", only + 1, 2, 2);
    assert_int_equal(view_size(self->view), before + 1);
    set_status(self->view, "joe", STATUS_ACTIVE);
    expect_run(self, T0, "");
    set_status(self->view, "mia", STATUS_ACTIVE);
    expect_run(self, T0, "ann:n ");
    assert_int_equal(self->last.only_count, 1);
    expect_run(self, LATER, "bob:t ");
    assert_int_equal(self->last.only_count, 0);
}

/* The roster's mark wakes narrowed polls. The answer then has what the stranger did, even before that mark. */
static void a_stranger_who_becomes_a_member_is_told(void **state)
{
    struct fixture *self = *state;
    const char *const only[] = {"mia", "new"};
    park_for_strangers(self, "ann", only, 2, 1);
    set_status(self->view, "new", STATUS_ACTIVE);
    expect_run(self, T0, "");
    set_mark(self->view, "\1");
    expect_run(self, T0, "ann:n ");
    assert_int_equal(self->last.only_count, 2);
}

/* ---- ends ---- */

static void a_removed_poll_tells_what_it_was_and_is_not_answered(void **state)
{
    struct fixture *self = *state;
    struct poll_spec spec = spec_of(self, "ann", "session-1");
    struct woken woken;
    int conn;
    spec.conn = (struct conn *)(void *)&conn;
    spec.beat = 77;
    spec.cors = 9;
    struct parked_poll *poll = parked_add(self->set, self->view, &spec);
    parked_remove(self->set, poll, &woken);
    assert_ptr_equal(woken.conn, &conn);
    assert_ptr_equal(woken.view, self->view);
    assert_string_equal(woken.user, "ann");
    assert_int_equal(woken.user_len, 3);
    assert_string_equal(woken.session, "session-1");
    assert_int_equal(woken.beat, 77);
    assert_int_equal(woken.limit, 100);
    assert_int_equal(woken.cors, 9);
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(parked_next_ms(self->set), -1);
    expect_line(self, "");
}

static void a_removed_poll_without_session_has_none(void **state)
{
    struct fixture *self = *state;
    struct woken woken;
    parked_remove(self->set, park_for(self, "ann", "bob"), &woken);
    assert_null(woken.session);
    assert_null(woken.only);
}

static void a_poll_can_go_while_its_answer_is_due(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    struct parked_poll *second = park(self, "bob", NULL);
    struct parked_poll *third = park(self, "cyd", NULL);
    set_status(self->view, "eve", STATUS_ACTIVE);
    parked_remove(self->set, third, NULL);
    assert_true(parked_run(self->set, T0, 1));
    parked_remove(self->set, second, NULL);
    assert_false(parked_run(self->set, T0, 9));
    expect_line(self, "ann:n ");
}

static void a_window_that_all_have_left_passes_quietly(void **state)
{
    struct fixture *self = *state;
    struct parked_poll *poll = park(self, "ann", NULL);
    set_status(self->view, "eve", STATUS_ACTIVE);
    parked_remove(self->set, poll, NULL);
    expect_run(self, T0, "");
    assert_int_equal(parked_next_ms(self->set), -1);
}

static void a_window_that_all_have_left_begins_no_other(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 200; i++)
        park_for(self, "ann", "eve");
    struct parked_poll *poll = park(self, "bob", NULL);
    set_status(self->view, "dan", STATUS_ACTIVE);
    parked_remove(self->set, poll, NULL);
    expect_run(self, T0, "");
    self->now_ms = T0 + 1;
    park(self, "cyd", NULL);
    set_status(self->view, "dan", STATUS_AWAY);
    expect_run(self, T0 + 1, "cyd:n ");
}

static void who_is_ready_stays_so_when_something_else_concerns_it(void **state)
{
    struct fixture *self = *state;
    park_many(self, 200);
    park_for(self, "ann", "eve");
    set_status(self->view, "eve", STATUS_ACTIVE);
    assert_true(parked_run(self->set, T0, 1));
    set_status(self->view, "eve", STATUS_AWAY);
    set_mark(self->view, ROSTER "u5");
    assert_false(parked_run(self->set, T0, 1000));
    assert_int_equal(self->woken, 201);
}

static void a_view_s_polls_end_whatever_they_wait_for(void **state)
{
    struct fixture *self = *state;
    park_for(self, "ann", "eve");
    park(self, "bob", NULL);
    park(self, "cyd", NULL);
    set_status(self->view, "dan", STATUS_ACTIVE);
    assert_true(parked_run(self->set, T0, 1)); /* bob; cyd is ready */
    park(self, "fay", NULL);
    parked_end_view(self->set, self->view, WAKE_LOST);
    expect_run(self, T0, "cyd:l fay:l ann:l ");
    assert_int_equal(parked_count(self->set), 0);
}

static void a_view_s_polls_end_in_portions_and_those_that_come_meanwhile_stay(void **state)
{
    struct fixture *self = *state;
    park_many(self, 5);
    parked_end_view(self->set, self->view, WAKE_REMOVED);
    assert_int_equal(self->woken, 0);
    assert_int_equal(parked_next_ms(self->set), 0);
    assert_true(parked_run(self->set, T0, 3));
    park(self, "ann", NULL);
    parked_end_view(self->set, NULL, WAKE_REMOVED); /* one that nobody polls */
    assert_false(parked_run(self->set, T0, 3));
    expect_line(self, "u0:r u1:r u2:r u3:r u4:r ");
    assert_int_equal(parked_count(self->set), 1);
    assert_int_equal(parked_next_ms(self->set), LATER);
}

static void what_happens_to_a_poll_that_is_lost_does_not_tell_it_a_later_seq(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    park(self, "bob", "session-1");
    park(self, "cyd", NULL);
    park_for(self, "dan", "eve");
    parked_end_view(self->set, self->view, WAKE_LOST);
    set_status(self->view, "eve", STATUS_ACTIVE);
    set_mark(self->view, ROSTER);
    parked_set_away(self->set, true);
    park(self, "bob", "session-1");
    expect_line(self, "bob:s ");
    assert_true(self->last.lost);
    parked_set_away(self->set, false);
    expect_run(self, T0, "ann:l cyd:l dan:l ");
    parked_end_view(self->set, self->view, WAKE_LOST);
    expect_run(self, LATER, "bob:l ");
    park(self, "ann", NULL);
    expect_run(self, LATER, "ann:t ");
    assert_false(self->last.lost);
}

static void all_of_a_user_s_polls_end(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", NULL);
    park(self, "bob", NULL);
    park(self, "ann", "session-1");
    park_for(self, "ann", "eve");
    parked_end_user(self->set, self->view, "ann", 3, WAKE_REMOVED);
    expect_line(self, "ann:r ann:r ann:r ");
    parked_end_user(self->set, self->view, "nobody", 6, WAKE_REMOVED);
    expect_line(self, "");
    assert_int_equal(parked_count(self->set), 1);
}

static void all_end_when_the_worker_stops(void **state)
{
    struct fixture *self = *state;
    struct view *other = new_view();
    struct poll_spec spec = spec_of(self, "zoe", NULL);
    parked_add(self->set, other, &spec);
    park_many(self, 20);
    park_for(self, "ann", "eve");
    end_all(self);
    assert_int_equal(self->woken, 22);
    assert_int_equal(parked_count(self->set), 0);
    parked_forget_view(self->set, other);
    view_free(other);
}

static enum poll_right right_of(void *ctx, struct view *view, const char *user, size_t len, int64_t credential)
{
    const struct fixture *self = ctx;
    assert_ptr_equal(view, self->view);
    if (credential == 13)
        return POLL_CREDENTIAL_ENDED;
    return len == 3 && memcmp(user, "bob", 3) == 0 ? POLL_MEMBER_REMOVED : POLL_ALLOWED;
}

static void a_review_ends_those_without_their_right(void **state)
{
    struct fixture *self = *state;
    struct poll_spec spec = spec_of(self, "ann", NULL);
    spec.credential = 13;
    parked_add(self->set, self->view, &spec);
    park(self, "bob", NULL);
    park(self, "cyd", NULL);
    park_for(self, "bob", "eve");
    assert_false(parked_review_some(self->set, right_of, self, 100));
    expect_line(self, "");
    parked_review(self->set);
    assert_int_equal(parked_next_ms(self->set), 0);
    assert_false(parked_review_some(self->set, right_of, self, 100));
    expect_line(self, "ann:c bob:r bob:r ");
    assert_int_equal(parked_count(self->set), 1);
    assert_true(parked_next_ms(self->set) > 0);
}

struct asked {
    size_t count;
    enum poll_right answer;
};

static enum poll_right count_asked(void *ctx, struct view *view, const char *user, size_t len, int64_t credential)
{
    struct asked *asked = ctx;

    (void)view;
    (void)user;
    (void)len;
    (void)credential;
    asked->count++;
    return asked->answer;
}

static void a_review_goes_in_slices_and_asks_about_each_once(void **state)
{
    enum { MANY = 1000, SLICE = 64 };
    struct fixture *self = *state;
    struct asked asked = {0, POLL_ALLOWED};
    size_t before = 0;

    park_many(self, MANY);
    parked_review(self->set);
    while (parked_review_some(self->set, count_asked, &asked, SLICE)) {
        assert_int_equal(asked.count - before, SLICE);
        before = asked.count;
        park(self, "late", NULL); /* was looked at when it came */
        assert_int_equal(parked_next_ms(self->set), 0);
    }
    assert_int_equal(asked.count, MANY);
    end_all(self);
}

static void a_review_that_begins_during_another_reviews_all(void **state)
{
    enum { MANY = 100 };
    struct fixture *self = *state;
    struct asked asked = {0, POLL_ALLOWED};

    park_many(self, MANY);
    parked_review(self->set);
    assert_true(parked_review_some(self->set, count_asked, &asked, MANY / 2));
    parked_review(self->set);
    assert_false(parked_review_some(self->set, count_asked, &asked, MANY));
    assert_int_equal(asked.count, MANY / 2 + MANY);
    end_all(self);
}

static void polls_that_go_during_a_review_are_not_asked_about(void **state)
{
    struct fixture *self = *state;
    struct asked asked = {0, POLL_MEMBER_REMOVED};

    park_many(self, 100);
    parked_review(self->set);
    assert_true(parked_review_some(self->set, count_asked, &asked, 10));
    end_all(self);
    assert_false(parked_review_some(self->set, count_asked, &asked, 10));
    assert_int_equal(asked.count, 10);
    assert_int_equal(parked_count(self->set), 0);
}

static void while_redis_is_away_all_end_in_portions(void **state)
{
    struct fixture *self = *state;

    park_many(self, 5);
    parked_set_away(self->set, true);
    assert_int_equal(parked_next_ms(self->set), 0);
    assert_true(parked_run(self->set, 0, 3));
    assert_int_equal(self->woken, 3);
    parked_set_away(self->set, false);
    assert_false(parked_run(self->set, 0, 3));
    assert_int_equal(self->woken, 3);
    parked_set_away(self->set, true);
    assert_false(parked_run(self->set, 0, 3));
    assert_int_equal(parked_count(self->set), 0);
    assert_int_equal(parked_next_ms(self->set), -1);
}

static void while_redis_is_away_news_that_came_before_is_told(void **state)
{
    struct fixture *self = *state;

    park(self, "ann", NULL);
    park_for(self, "bob", "eve");
    set_status(self->view, "cyd", STATUS_ACTIVE);
    parked_set_away(self->set, true);
    assert_false(parked_run(self->set, T0, 10));
    expect_line(self, "ann:n bob:a ");
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void own_news_wakes_the_polls_of_its_user_without_a_window(void **state)
{
    struct fixture *self = *state;
    park_many(self, 500);
    set_status(self->view, "eve", STATUS_ACTIVE);
    while (parked_run(self->set, T0, 1000)) {
    }
    (void)park(self, "ann", NULL);
    (void)park_for(self, "ann", "bob");
    (void)park(self, "bob", NULL);
    set_status(self->view, "eve", STATUS_AWAY);
    expect_run(self, T0, "");
    assert_true(parked_own(self->set, self->view, "ann", 3));
    assert_false(parked_own(self->set, self->view, "kim", 3));
    assert_int_equal(parked_next_ms(self->set), 0);
    expect_run(self, T0, "ann:n ann:n ");
    expect_run(self, LATER - 1, "bob:n ");
}

static enum poll_right own_news_of_ann(void *ctx, struct view *view, const char *user, size_t len, int64_t credential)
{
    int *asked = ctx;
    (void)view;
    (void)credential;
    return len == 3 && memcmp(user, "ann", 3) == 0 && (*asked)++ == 0 ? POLL_OWN_NEWS : POLL_ALLOWED;
}

static void a_review_may_find_own_news_for_all_polls_of_a_user(void **state)
{
    struct fixture *self = *state;
    int asked = 0;
    (void)park(self, "ann", NULL);
    (void)park_for(self, "ann", "bob");
    (void)park(self, "bob", NULL);
    parked_review(self->set);
    assert_false(parked_review_some(self->set, own_news_of_ann, &asked, 10));
    expect_run(self, T0, "ann:n ann:n ");
    assert_int_equal(parked_count(self->set), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(nothing_wakes_without_a_change),
        ROOM_TEST(an_empty_set_has_nothing_to_do),
        ROOM_TEST(a_change_wakes_all_without_a_filter_oldest_first),
        ROOM_TEST(a_change_of_somebody_else_does_not_wake_a_filtered_poll),
        ROOM_TEST(a_change_wakes_all_who_watch_its_user),
        ROOM_TEST(the_roster_mark_wakes_everyone),
        ROOM_TEST(a_dm_mark_wakes_the_polls_of_its_user_alone),
        ROOM_TEST(a_dm_mark_of_someone_absent_wakes_nobody),
        ROOM_TEST(a_change_in_one_view_does_not_wake_another),
        ROOM_TEST(one_who_watches_the_same_twice_wakes_once),
        ROOM_TEST(a_filter_of_nobody_wakes_for_the_roster_alone),
        ROOM_TEST(placeholders_go_with_the_polls_that_watched_them),
        ROOM_TEST(watchers_who_leave_in_any_order_leave_the_others_watching),
        ROOM_TEST(watchers_outlive_another_epoch),
        ROOM_TEST(a_run_answers_at_most_its_budget),
        ROOM_TEST(a_run_without_budget_says_that_more_is_due),
        ROOM_TEST(the_first_change_goes_out_at_once_and_the_next_after_the_window),
        ROOM_TEST(after_a_quiet_window_a_change_goes_out_at_once_again),
        ROOM_TEST(changes_within_a_window_cost_one_answer),
        ROOM_TEST(a_window_is_two_seconds_at_most),
        ROOM_TEST(who_parks_during_a_fan_out_waits_for_the_next_change),
        ROOM_TEST(one_view_s_window_does_not_hold_up_another),
        ROOM_TEST(a_poll_ends_when_it_has_waited_long_enough),
        ROOM_TEST(a_poll_ends_with_its_credential),
        ROOM_TEST(an_expired_credential_gets_no_news),
        ROOM_TEST(news_at_the_deadline_is_news),
        ROOM_TEST(deadlines_in_any_order_end_in_theirs),
        ROOM_TEST(a_newer_poll_of_a_session_ends_the_older),
        ROOM_TEST(polls_without_a_session_do_not_end_each_other),
        ROOM_TEST(a_session_is_found_among_polls_without_one),
        ROOM_TEST(a_session_ends_only_below_the_beat),
        ROOM_TEST(the_oldest_of_too_many_ends),
        ROOM_TEST(strangers_make_no_entries),
        ROOM_TEST(a_stranger_who_becomes_a_member_is_told),
        ROOM_TEST(a_removed_poll_tells_what_it_was_and_is_not_answered),
        ROOM_TEST(a_removed_poll_without_session_has_none),
        ROOM_TEST(a_poll_can_go_while_its_answer_is_due),
        ROOM_TEST(a_window_that_all_have_left_passes_quietly),
        ROOM_TEST(a_window_that_all_have_left_begins_no_other),
        ROOM_TEST(who_is_ready_stays_so_when_something_else_concerns_it),
        ROOM_TEST(a_view_s_polls_end_whatever_they_wait_for),
        ROOM_TEST(a_view_s_polls_end_in_portions_and_those_that_come_meanwhile_stay),
        ROOM_TEST(what_happens_to_a_poll_that_is_lost_does_not_tell_it_a_later_seq),
        ROOM_TEST(all_of_a_user_s_polls_end),
        ROOM_TEST(all_end_when_the_worker_stops),
        ROOM_TEST(a_review_ends_those_without_their_right),
        ROOM_TEST(a_review_goes_in_slices_and_asks_about_each_once),
        ROOM_TEST(a_review_that_begins_during_another_reviews_all),
        ROOM_TEST(polls_that_go_during_a_review_are_not_asked_about),
        ROOM_TEST(while_redis_is_away_all_end_in_portions),
        ROOM_TEST(while_redis_is_away_news_that_came_before_is_told),
        ROOM_TEST(own_news_wakes_the_polls_of_its_user_without_a_window),
        ROOM_TEST(a_review_may_find_own_news_for_all_polls_of_a_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
