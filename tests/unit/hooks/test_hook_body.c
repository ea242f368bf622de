/* SPDX-License-Identifier: ISC */
/* What a delivery says: which changes, by what its receiver knows, and how far it brings them. */
#include "hooks/hook_body.h"

#include "base/buf.h"
#include "directory/webhooks.h"
#include "hooks/hook_known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EPOCH "0123456789abcdef"

struct stage {
    struct view *view;
    struct hook_known known;
    struct cursor cursor;
    int64_t now_ms, delay_ms;
    unsigned events;
    bool begun;
    struct hook_page page;
};

static void before(void *ctx, struct view *view, const struct view_entry *entry)
{
    struct stage *self = ctx;
    (void)view;
    if (view_entry_kind(entry) == VIEW_PERSON)
        hook_known_note(&self->known, entry, self->now_ms);
}

static int begin(void **state)
{
    struct stage *self = calloc(1, sizeof *self);
    self->view = view_new("acme");
    self->events = WEBHOOK_ALL;
    self->now_ms = 1000;
    view_begin(self->view, EPOCH, 0);
    view_set_ready(self->view, true);
    view_before_change(self->view, before, self);
    hook_known_forget(&self->known);
    *state = self;
    return 0;
}

static int end(void **state)
{
    struct stage *self = *state;
    hook_known_forget(&self->known);
    view_free(self->view);
    free(self);
    return 0;
}

static void change(struct stage *self, const char *user, enum status status, const char *note)
{
    const struct change it = {.key = user,
                              .key_len = strlen(user),
                              .seq = view_head(self->view) + 1,
                              .since_ms = 5,
                              .status = status,
                              .why = WHY_JOIN,
                              .note = note,
                              .note_len = note ? strlen(note) : 0};
    assert_true(view_apply(self->view, &it));
}

/* Picks a page, and has it told if it says anything. Returns how many changes there are. */
static size_t tell(struct stage *self)
{
    const struct hook_reader_spec spec = {self->begun ? &self->cursor : NULL, &self->known, self->events,
                                          self->delay_ms, self->now_ms};
    hook_page_pick(self->view, &spec, &self->page);
    if (self->known.blind && !self->page.more && self->page.due_ms == 0)
        hook_known_begin(&self->known);
    else
        hook_page_sending(&self->page, &self->known);
    return self->page.count;
}

/* It arrived. */
static void arrive(struct stage *self)
{
    self->cursor = self->page.next;
    self->begun = true;
    hook_known_told(&self->known, self->view, self->cursor.seq);
}

/* A receiver that knows all. */
static void know_all(struct stage *self)
{
    tell(self);
    arrive(self);
}

static void a_new_receiver_is_told_who_is_here(void **state)
{
    struct stage *self = *state;
    change(self, "ann", STATUS_ACTIVE, NULL);
    change(self, "bob", STATUS_ACTIVE, NULL);
    change(self, "bob", STATUS_OFFLINE, NULL);
    assert_int_equal(tell(self), 1);
    assert_true(self->page.resync && self->page.members && self->page.dms && !self->page.more);
    assert_int_equal(self->page.next.seq, 3);
}

/* More people than a page holds. */
static void fill_two_pages(struct stage *self)
{
    char user[16];
    for (int i = 0; i < HOOK_CHANGES_MAX + 1; i++) {
        snprintf(user, sizeof user, "user%d", i);
        change(self, user, STATUS_ACTIVE, NULL);
    }
}

static void everybody_comes_in_pages(void **state)
{
    struct stage *self = *state;
    fill_two_pages(self);
    assert_int_equal(tell(self), HOOK_CHANGES_MAX);
    assert_true(self->page.more && self->page.resync);
    arrive(self);
    assert_int_equal(tell(self), 1);
    assert_false(self->page.more || self->page.resync);
    assert_int_equal(self->page.next.head, 0);
    assert_int_equal(self->page.next.seq, view_head(self->view));
}

static void members_that_change_between_pages_are_read_again(void **state)
{
    struct stage *self = *state;
    change(self, "\1ann", STATUS_OFFLINE, NULL);
    fill_two_pages(self);
    tell(self);
    arrive(self);
    change(self, "\1", STATUS_OFFLINE, NULL);
    assert_int_equal(tell(self), 1);
    assert_true(self->page.members && !self->page.dms);
}

static void a_full_answer_has_only_the_events_that_are_asked_for(void **state)
{
    struct stage *self = *state;
    self->events = WEBHOOK_DM;
    fill_two_pages(self);
    assert_int_equal(tell(self), 0);
    assert_true(self->page.resync && self->page.dms && !self->page.members && !self->page.more);
    assert_int_equal(self->page.next.seq, view_head(self->view));
}

static void what_cancelled_itself_is_not_told(void **state)
{
    struct stage *self = *state;
    know_all(self);
    self->delay_ms = 3000;
    change(self, "ann", STATUS_ACTIVE, NULL);
    assert_int_equal(tell(self), 0);
    assert_int_equal(self->page.due_ms, 4000);
    self->now_ms = 3900;
    change(self, "ann", STATUS_OFFLINE, NULL);
    self->now_ms = 4000;
    assert_int_equal(tell(self), 0);
    self->now_ms = 6900;
    assert_int_equal(tell(self), 0);
    assert_int_equal(self->page.due_ms, 0);
    assert_false(hook_page_says(&self->page));
    assert_int_equal(self->page.next.seq, view_head(self->view));
}

static void one_who_changes_all_the_time_is_told_in_the_end(void **state)
{
    struct stage *self = *state;
    size_t told = 0;
    know_all(self);
    self->delay_ms = 3000;
    for (int i = 0; i < 8 && told == 0; i++) {
        change(self, "ann", i % 2 ? STATUS_AWAY : STATUS_ACTIVE, NULL);
        self->now_ms += 2000;
        told = tell(self);
    }
    assert_int_equal(told, 1);
}

static void what_came_during_a_delivery_is_told_by_what_that_said(void **state)
{
    struct stage *self = *state;
    know_all(self);
    change(self, "ann", STATUS_ACTIVE, NULL);
    assert_int_equal(tell(self), 1);
    change(self, "ann", STATUS_OFFLINE, NULL);
    arrive(self);
    assert_int_equal(tell(self), 1);
    change(self, "ann", STATUS_ACTIVE, NULL);
    change(self, "ann", STATUS_OFFLINE, NULL);
    arrive(self);
    assert_int_equal(tell(self), 0);
}

static void after_a_delivery_that_may_have_come_all_is_told(void **state)
{
    struct stage *self = *state;
    know_all(self);
    change(self, "ann", STATUS_ACTIVE, NULL);
    assert_int_equal(tell(self), 1);
    assert_false(hook_known_doubts(&self->known));
    hook_known_doubt(&self->known);
    assert_true(hook_known_doubts(&self->known));
    change(self, "ann", STATUS_OFFLINE, NULL);
    assert_int_equal(tell(self), 1);
    arrive(self);
    assert_false(hook_known_doubts(&self->known));
}

static void only_the_events_that_are_asked_for_are_told(void **state)
{
    struct stage *self = *state;
    know_all(self);
    self->events = WEBHOOK_DND | WEBHOOK_DM;
    change(self, "ann", STATUS_ACTIVE, NULL);
    change(self, "bob", STATUS_OFFLINE, ",\"text\":\"x\"");
    change(self, "\1", STATUS_OFFLINE, NULL);
    assert_int_equal(tell(self), 0);
    assert_false(hook_page_says(&self->page));
    arrive(self);
    change(self, "bob", STATUS_OFFLINE, ",\"dnd\":true,\"text\":\"x\"");
    change(self, "\1ann", STATUS_OFFLINE, NULL);
    assert_int_equal(tell(self), 1);
    assert_true(self->page.dms && !self->page.members);
}

static void too_many_to_know_are_all_told(void **state)
{
    struct stage *self = *state;
    char user[16];
    know_all(self);
    for (int i = 0; i < 10001; i++) {
        snprintf(user, sizeof user, "user%d", i);
        change(self, user, STATUS_ACTIVE, NULL);
        change(self, user, STATUS_OFFLINE, NULL);
    }
    assert_true(self->known.blind);
    assert_int_equal(tell(self), HOOK_CHANGES_MAX);
    assert_true(self->page.more && !self->page.resync);
}

static void the_body_is_that_of_a_stream(void **state)
{
    struct stage *self = *state;
    struct buf out, more;
    buf_init(&more);
    know_all(self);
    change(self, "ann", STATUS_ACTIVE, ",\"dnd\":true");
    tell(self);
    buf_init(&out);
    hook_page_append(&self->page, self->view, &(struct hook_told){EPOCH "-0", 77, &more}, &out);
    assert_string_equal(buf_text(&out), "{\"workspace\":\"acme\",\"cursor\":\"" EPOCH "-1\",\"since\":\"" EPOCH
                                        "-0\",\"more\":false,\"resync\":false,\"changes\":[{\"user\":\"ann\","
                                        "\"status\":\"active\",\"since\":5,\"why\":\"join\",\"dnd\":true}]");
    buf_fini(&out);
}

static void another_epoch_or_a_pruned_cursor_begins_again(void **state)
{
    struct stage *self = *state;
    know_all(self);
    strcpy(self->cursor.epoch, "fedcba9876543210");
    tell(self);
    assert_true(self->page.resync);
    arrive(self);
    view_begin(self->view, EPOCH, 9);
    self->cursor.seq = 0;
    tell(self);
    assert_true(self->page.resync);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_receiver_is_told_who_is_here),
        TEST(everybody_comes_in_pages),
        TEST(members_that_change_between_pages_are_read_again),
        TEST(a_full_answer_has_only_the_events_that_are_asked_for),
        TEST(what_cancelled_itself_is_not_told),
        TEST(one_who_changes_all_the_time_is_told_in_the_end),
        TEST(what_came_during_a_delivery_is_told_by_what_that_said),
        TEST(after_a_delivery_that_may_have_come_all_is_told),
        TEST(only_the_events_that_are_asked_for_are_told),
        TEST(too_many_to_know_are_all_told),
        TEST(the_body_is_that_of_a_stream),
        TEST(another_epoch_or_a_pruned_cursor_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
