/* SPDX-License-Identifier: ISC */
/* Which polls the set of a place wakes, and when: those that ask for it, in windows, and nobody else. */
#include "parked_fixture.h"
#include "places_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    if (why != WAKE_NEWS)
        return;
    assert_true(!woken->reading || reading_has_news(woken->reading, NOW_MS));
    say(ctx, woken, "");
}

static struct tell_result on_tell(void *ctx, const struct woken *stream, enum tell what)
{
    struct blob *body = view_nothing(stream->view, -1, 0);
    bool news = reading_has_news(stream->reading, NOW_MS);
    blob_unref(reading_answer(stream->reading, body, NOW_MS));
    if (what == TELL_NEWS && news)
        say(ctx, stream, "");
    return (struct tell_result){.seq = stream->seq, .said = news};
}

static int set_up(void **state)
{
    static const struct parked_calls calls = {.wake = on_wake, .tell = on_tell};
    return set_up_with(state, &calls);
}

/* A poll of USER for the place NAME; NULL: for none. */
static struct parked_poll *park(struct fixture *self, const char *user, const char *name,
                                const struct stream_spec *stream)
{
    const struct poll_spec spec = {
        .user = user,
        .user_len = strlen(user),
        .now_ms = T0,
        .deadline_ms = T0 + HOUR_MS,
        .limit = 100,
        .stream = stream,
        .reading = name ? read_places(view_places(self->view), user, &name, 1) : NULL,
    };
    return parked_add(self->set, self->view, &spec);
}

/* The set of the place NAME changes at NOW_MS: USER does DOING there. */
static void change(struct fixture *self, const char *name, const char *user, const char *doing, int64_t now_ms)
{
    put_at(view_places(self->view), name, user, doing);
    parked_place_changed(self->set, self->view, hold(view_places(self->view), name), now_ms * 1000);
}

static void expect_woken(struct fixture *self, int64_t now_ms, const char *woken)
{
    run_at(self, now_ms);
    assert_string_equal(self->line, woken);
}

static void who_asks_for_it_is_woken_at_once_and_nobody_else(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", "p", NULL);
    park(self, "bob", "q", NULL);
    park(self, "eve", NULL, NULL);
    park(self, "joe", READING_DMS, NULL);
    change(self, "p", "zoe", "viewing", T0);
    assert_int_equal(parked_next_ms(self->set), T0);
    expect_woken(self, T0, "ann ");
    assert_int_equal(parked_place_counts(self->set)->wakeups, 1);
    assert_int_equal(parked_place_counts(self->set)->unconcerned, 0);
}

static void a_conversation_wakes_its_participants(void **state)
{
    struct fixture *self = *state;
    pair(view_places(self->view), "dm:7", "ann", "bob");
    park(self, "ann", READING_DMS, NULL);
    park(self, "ann", NULL, NULL);
    park(self, "bob", "dm:7", NULL);
    park(self, "eve", READING_DMS, NULL);
    assert_true(parked_reads_dms(self->set, self->view, "ann", 3));
    assert_false(parked_reads_dms(self->set, self->view, "bob", 3));
    assert_false(parked_reads_dms(self->set, self->view, "zoe", 3));
    change(self, "dm:7", "ann", "typing", T0);
    expect_woken(self, T0, "bob ann ");
    assert_int_equal(parked_place_counts(self->set)->wakeups, 2);
}

static void what_is_no_news_to_a_reader_wakes_them_not(void **state)
{
    struct fixture *self = *state;
    park(self, "ann", "p", NULL);
    change(self, "p", NULL, NULL, T0);
    expect_woken(self, T0 + 500, "");
    assert_int_equal(parked_place_counts(self->set)->wakeups, 0);
}

static void a_second_change_waits_for_the_window(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 60; i++)
        park(self, "u", "p", NULL);
    change(self, "p", "zoe", "viewing", T0);
    park(self, "ann", "q", NULL);
    run_at(self, T0);
    change(self, "q", "zoe", "viewing", T0 + 1);
    assert_true(parked_next_ms(self->set) > T0 + 1);
    expect_woken(self, T0 + 1, "");
    expect_woken(self, T0 + 400, "ann ");
}

static void a_stream_is_told_and_stays(void **state)
{
    struct fixture *self = *state;
    const struct stream_spec spec = {.start = VIEW_CONTINUE, .now_ms = T0, .lasts_ms = HOUR_MS, .ping_ms = HOUR_MS};
    park(self, "ann", "p", &spec);
    expect_woken(self, T0, "");
    change(self, "p", "zoe", "viewing", T0 + 1000);
    expect_woken(self, T0 + 1000, "ann ");
    change(self, "p", NULL, NULL, T0 + 2000);
    expect_woken(self, T0 + 2000, "ann ");
    assert_int_equal(parked_stream_count(self->set), 1);
}

static void a_poll_that_is_gone_reads_no_more(void **state)
{
    struct fixture *self = *state;
    struct parked_poll *poll = park(self, "ann", "p", NULL);
    parked_remove(self->set, poll, NULL);
    change(self, "p", "zoe", "viewing", T0);
    expect_woken(self, T0, "");
    assert_true(list_empty(&hold(view_places(self->view), "p")->readers));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_asks_for_it_is_woken_at_once_and_nobody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_conversation_wakes_its_participants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_news_to_a_reader_wakes_them_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_change_waits_for_the_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_is_told_and_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_poll_that_is_gone_reads_no_more, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
