/* SPDX-License-Identifier: ISC */
/*
 * Views against a Redis and a directory that are played here: what is asked of them, and what becomes of waiters, polls
 * and views when they answer. What is decided is tested in test_sync_step.c.
 */
#include "presence/presence_private.h"
#include "presence/sync_step.h"

#include "base/conf.h"
#include "directory/directory.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define META       "0123456789abcdef"
#define OTHER_META "aaaaaaaaaaaaaaaa"

enum { CALLS_MAX = 1200, VIEWS = 620 };

struct script_asked {
    size_t script;
    char first_arg[40]; /* of changes: the fresh epoch */
    int64_t since;
    redis_reply_fn *done; /* NULL: answered */
    void *ctx;
};

struct subscribed {
    void (*done)(void *ctx, enum redis_result result);
    void *ctx;
};

/* All that is played; one test at a time. */
static struct played {
    struct script_asked calls[CALLS_MAX];
    size_t call_count;
    struct subscribed subscriptions[CALLS_MAX];
    size_t subscription_count;
    size_t unsubscribed;
    bool workspace_exists;
    struct redis_arena arena;
    struct redisReader *reader;
    struct presence presence;
    struct conf conf;
    /* what waiters and polls were told */
    struct view *given;
    size_t given_count;
    size_t failed_count;
    size_t ask_again; /* how often who is told of a failure asks again at once */
    enum wake woken_why;
    size_t woken_count;
    char woken_epoch[EPOCH_LEN + 1];
} it;

/* ---- the Redis and the directory that are played ---- */

void redis_call(struct redis *self, size_t index, const struct redis_arg *keys, size_t key_count,
                const struct redis_arg *args, size_t arg_count, redis_reply_fn *done, void *ctx)
{
    struct script_asked *call = &it.calls[it.call_count++];

    (void)self;
    (void)keys;
    (void)key_count;
    assert_true(it.call_count <= CALLS_MAX && arg_count >= 3 && args[0].len < sizeof call->first_arg);
    call->script = index;
    memcpy(call->first_arg, args[0].bytes, args[0].len);
    call->first_arg[args[0].len] = '\0';
    call->since = 0;
    for (size_t i = 0; i < args[1].len; i++)
        call->since = call->since * 10 + (args[1].bytes[i] - '0');
    call->done = done;
    call->ctx = ctx;
}

void redis_subscribe(struct redis *self, const char *channel, void (*done)(void *ctx, enum redis_result result),
                     void *ctx)
{
    (void)self;
    (void)channel;
    assert_true(it.subscription_count < CALLS_MAX);
    it.subscriptions[it.subscription_count++] = (struct subscribed){done, ctx};
}

void redis_unsubscribe(struct redis *self, const char *channel)
{
    (void)self;
    (void)channel;
    it.unsubscribed++;
}

bool redis_up(const struct redis *self)
{
    (void)self;
    return true;
}

enum directory_result directory_has_workspace(struct directory *self, const char *id)
{
    (void)self;
    (void)id;
    return it.workspace_exists ? DIRECTORY_OK : DIRECTORY_NOT_FOUND;
}

enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               void (*fn)(void *ctx, const struct workspace_row *row), void *ctx)
{
    (void)self;
    (void)after;
    (void)limit;
    (void)fn;
    (void)ctx;
    return DIRECTORY_OK;
}

/* The last subscription stands, or fails. */
static void answer_subscription(enum redis_result result)
{
    struct subscribed *last = &it.subscriptions[it.subscription_count - 1];

    last->done(last->ctx, result);
}

static void answer_last(enum redis_result result, const char *bytes)
{
    struct script_asked *call = &it.calls[it.call_count - 1];
    redis_reply_fn *done = call->done;
    void *value = NULL;

    assert_non_null(done);
    call->done = NULL;
    redis_arena_reset(&it.arena);
    if (bytes) {
        assert_int_equal(redisReaderFeed(it.reader, bytes, strlen(bytes)), REDIS_OK);
        assert_int_equal(redisReaderGetReply(it.reader, &value), REDIS_OK);
    }
    done(call->ctx, result, value);
}

/* The last call is answered with a page of META_EPOCH: HEAD, and, unless it is the head before, one change with it. */
static void answer_page(const char *meta_epoch, int64_t head, const char *user)
{
    char bytes[400];
    int len = snprintf(bytes, sizeof bytes, "*%d\r\n$16\r\n%s\r\n:%lld\r\n:0\r\n:1700000000000\r\n", user ? 9 : 4,
                       meta_epoch, (long long)head);

    if (user)
        snprintf(bytes + len, sizeof bytes - (size_t)len,
                 "$%zu\r\n%s\r\n:%lld\r\n$6\r\nactive\r\n:1700000000000\r\n$4\r\njoin\r\n", strlen(user), user,
                 (long long)head);
    answer_last(REDIS_OK, bytes);
}

/* ---- who waits, and what is parked ---- */

static void on_view(void *ctx, struct view *view)
{
    (void)ctx;
    it.given = view;
    it.given_count += view != NULL;
    it.failed_count += view == NULL;
    if (!view && it.ask_again > 0) {
        it.ask_again--;
        presence_view(&it.presence, "acme", 0, on_view, NULL);
    }
}

static void on_wake(void *ctx, const struct woken *woken, enum wake why)
{
    (void)ctx;
    it.woken_why = why;
    it.woken_count++;
    strcpy(it.woken_epoch, view_epoch(woken->view));
}

static void on_due(void *ctx)
{
    (void)ctx;
}

static void park(struct view *view)
{
    const struct poll_spec spec = {.user = "bob", .user_len = 3, .seq = view_head(view), .deadline_ms = INT64_MAX};

    parked_add(it.presence.parked, view, &spec);
}

static int begin(void **state)
{
    (void)state;
    memset(&it, 0, sizeof it);
    it.workspace_exists = true;
    it.reader = redis_value_reader_new(&it.arena);
    it.conf.retention_s = 3600;
    it.presence.conf = &it.conf;
    it.presence.parked = parked_new(on_wake, NULL);
    it.presence.events.on_due = on_due;
    it.presence.scripts = scripts_new();
    strcpy(it.presence.epoch_base, "cccccccc");
    return 0;
}

static int end(void **state)
{
    (void)state;
    parked_end_all(it.presence.parked, WAKE_DRAIN);
    view_sync_free_all(&it.presence);
    parked_free(it.presence.parked);
    free(it.presence.scripts);
    redisReaderFree(it.reader);
    redis_arena_fini(&it.arena);
    return 0;
}

/* The view of "acme", whole with HEAD, in which "ann" is active. */
static struct view *whole(int64_t head)
{
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(META, head, "ann");
    assert_non_null(it.given);
    return it.given;
}

static bool is_active(const struct view *view, const char *user)
{
    const struct view_entry *entry = view_find(view, user, strlen(user));

    return entry && view_entry_status(entry) == STATUS_ACTIVE;
}

static void change_comes(const char *meta_epoch, int64_t seq, const char *user)
{
    const struct change change = {user, strlen(user), seq, 1, STATUS_ACTIVE, WHY_JOIN};

    view_sync_change(&it.presence, "acme", meta_epoch, &change);
}

/* ---- tests ---- */

static void a_view_is_subscribed_then_read_then_given(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    assert_int_equal(it.subscription_count, 1);
    assert_int_equal(it.call_count, 0);
    answer_subscription(REDIS_OK);
    assert_int_equal(it.calls[0].script, SCRIPT_CHANGES);
    assert_int_equal(it.calls[0].since, 0);
    assert_null(presence_view_now(&it.presence, "acme"));
    answer_page(META, 7, "ann");
    assert_int_equal(it.given_count, 1);
    assert_true(is_active(it.given, "ann"));
    assert_int_equal(view_head(it.given), 7);
    assert_ptr_equal(presence_view_now(&it.presence, "acme"), it.given);
}

static void all_who_wait_get_the_view_in_turn(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(META, 7, "ann");
    assert_int_equal(it.given_count, 3);
    assert_int_equal(it.subscription_count, 1);
}

static void who_knows_of_a_later_seq_waits_for_it_and_the_others_do_not(void **state)
{
    (void)state;
    whole(7);
    presence_view(&it.presence, "acme", 9, on_view, NULL);
    presence_view(&it.presence, "acme", 8, on_view, NULL);
    assert_int_equal(it.given_count, 1);
    answer_page(META, 8, "bob");
    assert_int_equal(it.given_count, 2);
    answer_page(META, 9, "cy");
    assert_int_equal(it.given_count, 3);
}

static void a_change_that_follows_is_in_the_view_at_once(void **state)
{
    (void)state;
    struct view *view = whole(7);

    change_comes(META, 8, "bob");
    assert_true(is_active(view, "bob"));
    assert_int_equal(it.call_count, 1);
}

static void a_gap_is_read_from_the_head_on(void **state)
{
    (void)state;
    struct view *view = whole(7);

    change_comes(META, 10, "bob");
    assert_false(is_active(view, "bob"));
    assert_int_equal(it.call_count, 2);
    assert_int_equal(it.calls[1].since, 7);
    answer_page(META, 10, "bob");
    assert_true(is_active(view, "bob"));
    assert_int_equal(view_head(view), 10);
}

static void another_epoch_ends_polls_with_the_cursor_they_had_and_is_read_whole(void **state)
{
    char epoch[EPOCH_LEN + 1];

    (void)state;
    struct view *view = whole(7);
    strcpy(epoch, view_epoch(view));
    park(view);
    change_comes(OTHER_META, 3, "bob");
    assert_int_equal(it.calls[1].since, 7);
    answer_page(OTHER_META, 3, NULL);
    assert_int_equal(it.woken_count, 1);
    assert_int_equal(it.woken_why, WAKE_LOST);
    assert_string_equal(it.woken_epoch, epoch);
    assert_int_equal(it.calls[2].since, 0);
    answer_page(OTHER_META, 3, "bob");
    assert_true(is_active(view, "bob"));
    assert_false(is_active(view, "ann"));
    assert_int_equal(view_head(view), 3);
    assert_string_not_equal(view_epoch(view), epoch);
}

static void a_failed_subscription_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    presence_view(&it.presence, "acme", 5, on_view, NULL);
    answer_subscription(REDIS_UNAVAILABLE);
    assert_int_equal(it.failed_count, 2);
    assert_int_equal(it.unsubscribed, 1);
    assert_int_equal(it.presence.stats.views, 0);
}

static void who_asks_again_when_told_of_a_failed_subscription_is_answered_too(void **state)
{
    (void)state;
    it.ask_again = 1;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_UNAVAILABLE);
    assert_int_equal(it.failed_count, 1);
    assert_int_equal(it.subscription_count, 2);
    assert_int_equal(it.presence.stats.views, 1);
    answer_subscription(REDIS_OK);
    answer_page(META, 7, "ann");
    assert_int_equal(it.given_count, 1);
}

static void who_asks_again_when_told_of_a_failed_page_is_answered_too(void **state)
{
    (void)state;
    it.ask_again = 1;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_last(REDIS_UNAVAILABLE, NULL);
    assert_int_equal(it.failed_count, 1);
    assert_int_equal(it.call_count, 2);
    answer_page(META, 7, "ann");
    assert_int_equal(it.given_count, 1);
}

static void an_answer_of_the_wrong_shape_counts_as_a_redis_that_is_out_of_reach(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_last(REDIS_OK, "*1\r\n$5\r\nhello\r\n");
    assert_int_equal(it.failed_count, 1);
    assert_int_equal(it.presence.stats.views, 0);
}

static void a_view_that_is_whole_survives_an_answer_of_the_wrong_shape(void **state)
{
    (void)state;
    struct view *view = whole(7);

    change_comes(META, 10, "bob");
    answer_last(REDIS_OK, ":1\r\n");
    assert_ptr_equal(presence_view_now(&it.presence, "acme"), view);
    assert_int_equal(view_head(view), 7);
    change_comes(META, 8, "bob");
    assert_true(is_active(view, "bob"));
}

static void a_deleted_workspace_stays_deleted_and_its_polls_end(void **state)
{
    char fresh[EPOCH_LEN + 1];

    (void)state;
    park(whole(7));
    it.workspace_exists = false;
    change_comes(META, 10, "bob");
    strcpy(fresh, it.calls[1].first_arg);
    answer_page(fresh, 0, NULL); /* the read began the keys again, with its own epoch */
    assert_int_equal(it.calls[2].script, SCRIPT_CHANGES);
    assert_int_equal(it.calls[3].script, SCRIPT_DROP);
    assert_int_equal(it.woken_count, 1);
    answer_last(REDIS_OK, ":0\r\n");
    assert_null(presence_view_now(&it.presence, "acme"));
}

static void a_deleted_workspace_without_a_page_under_way_has_no_view_any_more(void **state)
{
    (void)state;
    it.workspace_exists = false;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(it.calls[0].first_arg, 0, NULL);
    assert_int_equal(it.given_count, 1);
    assert_int_equal(it.calls[1].script, SCRIPT_DROP);
    assert_int_equal(it.presence.stats.views, 0);
    answer_last(REDIS_OK, ":0\r\n");
}

static void a_page_that_began_the_keys_of_a_workspace_that_exists_drops_nothing(void **state)
{
    (void)state;
    presence_view(&it.presence, "acme", 0, on_view, NULL);
    answer_subscription(REDIS_OK);
    answer_page(it.calls[0].first_arg, 0, NULL);
    assert_int_equal(it.call_count, 1);
    assert_int_equal(it.presence.stats.views, 1);
}

static void when_redis_is_back_500_views_are_read_at_once_and_the_others_tick_by_tick(void **state)
{
    char workspace[16];
    size_t read;

    (void)state;
    for (int i = 0; i < VIEWS; i++) {
        snprintf(workspace, sizeof workspace, "w%d", i);
        presence_view(&it.presence, workspace, 0, on_view, NULL);
        answer_subscription(REDIS_OK);
        answer_page(META, 7, "ann");
    }
    read = it.call_count;
    view_sync_recheck_all(&it.presence);
    assert_int_equal(it.call_count, read + SYNC_RECHECKS_AT_ONCE);
}

static void a_view_with_a_poll_is_kept_and_an_unused_one_goes(void **state)
{
    (void)state;
    struct view *view = whole(7);

    park(view);
    view_sync_tick_all(&it.presence, INT64_MAX / 2);
    assert_int_equal(it.presence.stats.views, 1);
    answer_page(META, 7, NULL);
    parked_end_all(it.presence.parked, WAKE_DRAIN);
    view_sync_tick_all(&it.presence, INT64_MAX / 2 + SYNC_IDLE_MS + 1);
    assert_int_equal(it.presence.stats.views, 0);
    assert_int_equal(it.unsubscribed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_view_is_subscribed_then_read_then_given, begin, end),
        cmocka_unit_test_setup_teardown(all_who_wait_get_the_view_in_turn, begin, end),
        cmocka_unit_test_setup_teardown(who_knows_of_a_later_seq_waits_for_it_and_the_others_do_not, begin, end),
        cmocka_unit_test_setup_teardown(a_change_that_follows_is_in_the_view_at_once, begin, end),
        cmocka_unit_test_setup_teardown(a_gap_is_read_from_the_head_on, begin, end),
        cmocka_unit_test_setup_teardown(another_epoch_ends_polls_with_the_cursor_they_had_and_is_read_whole, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_failed_subscription_is_told_and_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_again_when_told_of_a_failed_subscription_is_answered_too, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_again_when_told_of_a_failed_page_is_answered_too, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_of_the_wrong_shape_counts_as_a_redis_that_is_out_of_reach, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_view_that_is_whole_survives_an_answer_of_the_wrong_shape, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_stays_deleted_and_its_polls_end, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_workspace_without_a_page_under_way_has_no_view_any_more, begin, end),
        cmocka_unit_test_setup_teardown(a_page_that_began_the_keys_of_a_workspace_that_exists_drops_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(when_redis_is_back_500_views_are_read_at_once_and_the_others_tick_by_tick,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_view_with_a_poll_is_kept_and_an_unused_one_goes, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
