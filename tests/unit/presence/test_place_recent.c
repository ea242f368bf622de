/* SPDX-License-Identifier: ISC */
/* What a session goes on with at a place: when Redis need not be told at once, and when it is. */
#include "base/limits.h"
#include "presence/place_recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct place_deed typing = {
    .workspace = "acme",
    .user = "ann",
    .session = "session-1",
    .place = "dm:7",
    .doing = "typing",
    .for_ms = 8000,
    .n = -1,
};

static int setup(void **state)
{
    struct place_recent *self = malloc(sizeof *self);

    *state = self;
    place_recent_init(self);
    return 0;
}

static int teardown(void **state)
{
    place_recent_fini(*state);
    free(*state);
    return 0;
}

/* Redis is told of DEED at NOW_MS, and does it. */
static void tell(struct place_recent *self, const struct place_deed *deed, int64_t now_ms)
{
    place_recent_take(self, place_said_new(deed, now_ms));
}

static struct place_deed counted(int64_t n)
{
    struct place_deed deed = typing;

    deed.n = n;
    return deed;
}

/* Whether something is due at NOW_MS, which is to last for FOR_MS more. */
static bool is_due(struct place_recent *self, int64_t now_ms, int64_t for_ms)
{
    struct place_said *due = place_recent_due(self, now_ms);
    bool is_it = due && due->deed.for_ms == for_ms && strcmp(due->deed.place, typing.place) == 0;

    free(due);
    return is_it;
}

static void what_is_said_again_is_told_before_the_first_end(void **state)
{
    struct place_recent *self = *state;
    assert_false(place_recent_owe(self, &typing, 1000));
    tell(self, &typing, 1000);
    assert_null(place_recent_due(self, 8000));
    assert_true(place_recent_owe(self, &typing, 4000));
    assert_true(place_recent_owe(self, &typing, 6000));
    assert_null(place_recent_due(self, 9000 - PLACE_TELL_MS - 1));
    assert_true(is_due(self, 9000 - PLACE_TELL_MS, 7000));
    assert_null(place_recent_due(self, 13000));
    assert_true(place_recent_owe(self, &typing, 11000));
    assert_true(is_due(self, 14000 - PLACE_TELL_MS, 7000));
}

static void what_lasts_long_is_told_after_a_while(void **state)
{
    struct place_recent *self = *state;
    struct place_deed viewing = typing;
    viewing.for_ms = 150000;
    tell(self, &viewing, 1000);
    assert_true(place_recent_owe(self, &viewing, 4000));
    assert_null(place_recent_due(self, 1000 + PLACE_OWE_MS - 1));
    assert_true(is_due(self, 1000 + PLACE_OWE_MS, 143000));
}

static void a_renewal_that_comes_late_or_ends_earlier_is_told_at_once(void **state)
{
    struct place_recent *self = *state;
    struct place_deed longer = typing;
    longer.for_ms = 60000;
    tell(self, &typing, 1000);
    assert_false(place_recent_owe(self, &typing, 9001 - PLACE_SPARE_MS));
    assert_true(place_recent_owe(self, &longer, 2000));
    assert_false(place_recent_owe(self, &typing, 3000));
    tell(self, &typing, 3000);
    assert_null(place_recent_due(self, 3001)); /* and what was owed is not any more */
    assert_true(place_recent_owe(self, &typing, 3001));
}

static void what_is_owed_while_an_earlier_call_is_under_way_stays_owed(void **state)
{
    struct place_recent *self = *state;
    struct place_said *under_way = place_said_new(&typing, 2000);
    tell(self, &typing, 1000);
    assert_true(place_recent_owe(self, &typing, 3000));
    place_recent_take(self, under_way);
    assert_true(is_due(self, 7000, 4000));
}

static void only_the_same_is_owed(void **state)
{
    struct place_recent *self = *state;
    tell(self, &typing, 1000);
    for (int i = 0; i < 5; i++) {
        struct place_deed other = typing;
        const char **const texts[] = {&other.workspace, &other.user, &other.session, &other.place, &other.doing};
        *texts[i] = "other";
        assert_false(place_recent_owe(self, &other, 1001));
    }
}

static void what_else_happens_to_it_ends_that(void **state)
{
    struct place_recent *self = *state;
    tell(self, &typing, 1000);
    assert_null(place_recent_forget(self, &typing, 1001));
    assert_false(place_recent_owe(self, &typing, 1002));
    assert_null(place_recent_forget(self, &typing, 1003));
    tell(self, &typing, 2000);
    assert_true(place_recent_owe(self, &typing, 3000));
    struct place_said *owed = place_recent_forget(self, &typing, 4000);
    assert_non_null(owed);
    assert_int_equal(owed->deed.for_ms, 7000);
    free(owed);
    assert_null(place_recent_due(self, 100000));
}

static void a_count_must_not_go_back(void **state)
{
    struct place_recent *self = *state;
    const struct place_deed deeds[] = {counted(4), counted(5), counted(7), counted(6)};
    tell(self, &deeds[1], 1000);
    assert_false(place_recent_owe(self, &typing, 2000));
    assert_false(place_recent_owe(self, &deeds[0], 2000));
    assert_true(place_recent_owe(self, &deeds[2], 2000));
    assert_false(place_recent_owe(self, &deeds[3], 2001));
    struct place_said *due = place_recent_due(self, 7000);
    assert_int_equal(due->told_n, 5);
    assert_int_equal(due->deed.n, 7);
    free(due);
    tell(self, &typing, 8000);
    assert_false(place_recent_owe(self, &deeds[2], 8001));
}

static void what_redis_was_not_told_stays_owed_until_it_is_over(void **state)
{
    struct place_recent *self = *state;
    const struct place_deed deeds[] = {counted(1), counted(2)};
    tell(self, &deeds[0], 1000);
    assert_true(place_recent_owe(self, &deeds[1], 6000));
    for (int64_t now_ms = 7000; now_ms < 14000; now_ms += PLACE_RETRY_MS) {
        struct place_said *due = place_recent_due(self, now_ms);
        assert_non_null(due);
        assert_int_equal(due->deed.for_ms, 14000 - now_ms);
        assert_int_equal(due->told_n, 1);
        assert_int_equal(due->ends_ms, 9000);
        place_recent_untold(self, due, now_ms);
        assert_null(place_recent_due(self, now_ms + PLACE_RETRY_MS - 1));
    }
    assert_null(place_recent_due(self, 14000));
    assert_null(place_recent_forget(self, &typing, 14000));
}

static void what_redis_was_not_told_is_owed_again_even_if_it_was_forgotten(void **state)
{
    struct place_recent *self = *state;
    tell(self, &typing, 1000);
    assert_true(place_recent_owe(self, &typing, 6000));
    place_recent_untold(self, place_recent_forget(self, &typing, 7000), 7000);
    assert_true(is_due(self, 7000 + PLACE_RETRY_MS, 6000));
}

static void what_redis_was_told_since_is_as_it_was_told(void **state)
{
    struct place_recent *self = *state;
    tell(self, &typing, 1000);
    assert_true(place_recent_owe(self, &typing, 6000));
    struct place_said *due = place_recent_due(self, 7000);
    tell(self, &typing, 7500);
    place_recent_untold(self, due, 8000);
    assert_null(place_recent_due(self, 100000));
}

static void count_owed(void *ctx, struct place_said *said)
{
    size_t *count = ctx;

    *count += said->deed.for_ms == 7000;
    free(said);
}

static bool is_of_acme(void *ctx, const char *workspace)
{
    (void)ctx;
    return strcmp(workspace, "acme") == 0;
}

static bool is_any(void *ctx, const char *workspace)
{
    (void)ctx;
    (void)workspace;
    return true;
}

static void all_that_is_owed_in_a_workspace_can_be_told_at_once(void **state)
{
    struct place_recent *self = *state;
    struct place_deed deed = typing;
    char place[8];
    size_t count = 0;
    deed.place = place;
    for (int i = 0; i < 9; i++) {
        snprintf(place, sizeof place, "p%d", i);
        deed.workspace = i < 4 ? "acme" : "beta";
        tell(self, &deed, 1000 + i);
        assert_true(place_recent_owe(self, &deed, 2000));
    }
    tell(self, &typing, 1000);
    place_recent_end(self, &(struct place_ending){is_of_acme, count_owed, &count}, 3000);
    assert_int_equal(count, 4);
    assert_false(place_recent_owe(self, &typing, 3000));
    assert_true(place_recent_owe(self, &deed, 2000));
    place_recent_end(self, &(struct place_ending){is_any, count_owed, &count}, 3000);
    assert_int_equal(count, 9);
    assert_null(place_recent_due(self, 100000));
}

static void no_more_is_remembered_than_allowed(void **state)
{
    struct place_recent *self = *state;
    char place[16];
    struct place_deed deed = typing;
    deed.place = place;
    for (int i = 0; i < LIMIT_RECENT_DEEDS; i++) {
        snprintf(place, sizeof place, "p%d", i);
        tell(self, &deed, 1000);
    }
    tell(self, &typing, 1000);
    assert_false(place_recent_owe(self, &typing, 1001));
    assert_null(place_recent_due(self, 9000)); /* all are over */
    tell(self, &typing, 9000);
    assert_true(place_recent_owe(self, &typing, 9001));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_again_is_told_before_the_first_end),
        TEST(what_lasts_long_is_told_after_a_while),
        TEST(a_renewal_that_comes_late_or_ends_earlier_is_told_at_once),
        TEST(what_is_owed_while_an_earlier_call_is_under_way_stays_owed),
        TEST(only_the_same_is_owed),
        TEST(what_else_happens_to_it_ends_that),
        TEST(a_count_must_not_go_back),
        TEST(what_redis_was_not_told_stays_owed_until_it_is_over),
        TEST(what_redis_was_not_told_is_owed_again_even_if_it_was_forgotten),
        TEST(what_redis_was_told_since_is_as_it_was_told),
        TEST(all_that_is_owed_in_a_workspace_can_be_told_at_once),
        TEST(no_more_is_remembered_than_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
