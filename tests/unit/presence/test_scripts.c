/* SPDX-License-Identifier: ISC */
/* The scripts and channels, and what differs in a Redis Cluster. */
#include "presence/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

static void with_one_redis_news_is_published_as_ever(void **state)
{
    struct redis_script *scripts = scripts_new(false);

    (void)state;
    assert_non_null(strstr(scripts[SCRIPT_BEAT].text, "'PUBLISH', 'rollcall:worker:'"));
    assert_null(strstr(scripts[SCRIPT_BEAT].text, "SPUBLISH"));
    scripts_free(scripts);
}

static void in_a_cluster_all_news_stays_in_its_partition(void **state)
{
    struct redis_script *scripts = scripts_new(true);

    (void)state;
    for (size_t i = 0; i < SCRIPT_KINDS; i++) {
        assert_null(strstr(scripts[i].text, "'PUBLISH'"));
        assert_null(strstr(scripts[i].text, "'rollcall:worker:'"));
        assert_null(strstr(scripts[i].text, "'rollcall:own'"));
    }
    assert_non_null(
        strstr(scripts[SCRIPT_BEAT].text, "'SPUBLISH', string.match(KEYS[1], '^.-}:') .. 'worker:' .. last"));
    scripts_free(scripts);
}

static void in_a_cluster_a_script_first_reads_a_key_that_is_never_there(void **state)
{
    static const char guard[] = "redis.call('EXISTS', string.match(KEYS[1], '^.-}:') .. 'moving')\n";
    struct redis_script *scripts = scripts_new(true);

    (void)state;
    for (size_t i = 0; i < SCRIPT_KINDS; i++)
        assert_int_equal(strncmp(scripts[i].text, guard, sizeof guard - 1), 0);
    scripts_free(scripts);
}

static void a_channel_is_known_by_its_name_with_and_without_a_partition(void **state)
{
    char channel[CHANNEL_MAX];

    (void)state;
    script_worker_channel(channel, "abc", -1);
    assert_string_equal(channel, "rollcall:worker:abc");
    assert_true(script_is_worker_channel(channel, "abc"));
    assert_false(script_is_worker_channel(channel, "abcd"));
    assert_false(script_is_own_channel(channel));
    script_worker_channel(channel, "abc", 63);
    assert_string_equal(channel, "rollcall:{63}:worker:abc");
    assert_true(script_is_worker_channel(channel, "abc"));
    script_own_channel(channel, -1);
    assert_string_equal(channel, "rollcall:own");
    assert_true(script_is_own_channel(channel));
    script_own_channel(channel, 0);
    assert_string_equal(channel, "rollcall:{0}:own");
    assert_true(script_is_own_channel(channel));
    assert_false(script_is_own_channel("rollcall:{0}:own:changes"));
    assert_false(script_is_own_channel("own"));
    assert_false(script_is_worker_channel("rollcall:{0}:worker:changes", "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_one_redis_news_is_published_as_ever),
        cmocka_unit_test(in_a_cluster_all_news_stays_in_its_partition),
        cmocka_unit_test(in_a_cluster_a_script_first_reads_a_key_that_is_never_there),
        cmocka_unit_test(a_channel_is_known_by_its_name_with_and_without_a_partition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
