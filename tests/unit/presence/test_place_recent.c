/* SPDX-License-Identifier: ISC */
/* What a session says again of a place so soon that Redis need not be told: only if nothing can have happened. */
#include "presence/place_recent.h"
#include "presence/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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
    *state = calloc(1, sizeof(struct place_recent));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* Redis is told of DEED at NOW_MS, and does it. */
static void tell(struct place_recent *self, const struct place_deed *deed, int64_t now_ms)
{
    const struct place_said said = place_recent_tell(deed, now_ms);
    place_recent_told(self, &said);
}

static void what_was_told_is_covered_for_two_seconds(void **state)
{
    struct place_recent *self = *state;
    assert_false(place_recent_covers(self, &typing, 1000));
    tell(self, &typing, 1000);
    assert_true(place_recent_covers(self, &typing, 1000));
    assert_true(place_recent_covers(self, &typing, 2999));
    assert_false(place_recent_covers(self, &typing, 3000));
}

static void only_the_same_is_covered(void **state)
{
    struct place_recent *self = *state;
    tell(self, &typing, 1000);
    for (int i = 0; i < 5; i++) {
        struct place_deed other = typing;
        const char **const texts[] = {&other.workspace, &other.user, &other.session, &other.place, &other.doing};
        *texts[i] = "other";
        assert_false(place_recent_covers(self, &other, 1001));
    }
    struct place_deed shifted = typing;
    shifted.session = "session-1typing";
    shifted.doing = "";
    assert_false(place_recent_covers(self, &shifted, 1001));
}

static void what_happens_at_the_place_ends_it(void **state)
{
    struct place_recent *self = *state;
    tell(self, &typing, 1000);
    place_recent_happened(self, "acme", "dm:8", 1001);
    place_recent_happened(self, "beta", "dm:7", 1001);
    assert_true(place_recent_covers(self, &typing, 1002));
    place_recent_happened(self, "acme", "dm:7", 1003);
    assert_false(place_recent_covers(self, &typing, 1004));
    tell(self, &typing, 1003);
    assert_false(place_recent_covers(self, &typing, 1004)); /* which of the two was first? */
    tell(self, &typing, 1005);
    assert_true(place_recent_covers(self, &typing, 1006));
    place_recent_forget(self);
    assert_false(place_recent_covers(self, &typing, 1006));
}

/* Its end would come too early: nobody must notice. */
static void a_longer_time_is_not_covered_nor_is_a_short_one(void **state)
{
    struct place_recent *self = *state;
    struct place_deed deed = typing;
    tell(self, &typing, 1000);
    deed.for_ms = 8001;
    assert_false(place_recent_covers(self, &deed, 1001));
    deed.for_ms = 7999;
    assert_false(place_recent_covers(self, &deed, 1001));
}

static void a_count_must_be_the_next_one(void **state)
{
    struct place_recent *self = *state;
    struct place_deed deed = typing;
    deed.n = 5;
    tell(self, &deed, 1000);
    assert_false(place_recent_covers(self, &deed, 1001));
    assert_false(place_recent_covers(self, &typing, 1001));
    deed.n = 7;
    assert_false(place_recent_covers(self, &deed, 1001));
    deed.n = 6;
    assert_true(place_recent_covers(self, &deed, 1001));
    deed.n = 7;
    assert_true(place_recent_covers(self, &deed, 1002));
    tell(self, &typing, 1003);
    deed.n = 0;
    assert_false(place_recent_covers(self, &deed, 1004));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_told_is_covered_for_two_seconds),
        TEST(only_the_same_is_covered),
        TEST(what_happens_at_the_place_ends_it),
        TEST(a_longer_time_is_not_covered_nor_is_a_short_one),
        TEST(a_count_must_be_the_next_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
