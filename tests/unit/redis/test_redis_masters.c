/* SPDX-License-Identifier: ISC */
/* What sentinels say, if they do not agree. */
#include "redis/redis_masters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { COUNT = 4 };

/* The answers of sentinels, by the last digit of a port; 0: none. */
static const struct redis_master *answers(const char *digits)
{
    static struct redis_master list[COUNT];

    memset(list, 0, sizeof list);
    for (size_t i = 0; i < COUNT; i++)
        if (digits[i] != '0')
            assert_true(redis_master_set(&list[i], "10.0.0.1", (const char[]){'7', digits[i], '\0'}));
    return list;
}

static int chosen(const char *digits, size_t first, size_t turn)
{
    const struct redis_master *list = answers(digits);
    size_t which = redis_masters_choose(list, COUNT, first, turn);

    return which == COUNT ? 0 : list[which].port - 70;
}

static bool contradict(const char *digits, const char *now)
{
    struct redis_master master;

    assert_true(redis_master_set(&master, "10.0.0.1", now));
    return redis_masters_contradict(answers(digits), COUNT, &master);
}

static void an_address_is_a_host_and_a_port(void **state)
{
    static const char *const bad[][2] = {{"", "1"}, {"h", ""}, {"h", "0"}, {"h", "65536"}, {"h", "-1"}, {"h", "1x"}};
    struct redis_master master;
    char host[REDIS_MASTER_HOST_MAX + 1] = "";

    (void)state;
    assert_true(redis_master_set(&master, "fd00::7", "65535"));
    assert_string_equal(master.host, "fd00::7");
    assert_int_equal(master.port, 65535);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(redis_master_set(&master, bad[i][0], bad[i][1]));
    memset(host, 'h', REDIS_MASTER_HOST_MAX);
    assert_false(redis_master_set(&master, host, "1"));
    assert_int_equal(master.host[0], '\0');
}

static void a_message_of_a_switch_has_the_new_address_last(void **state)
{
    struct redis_master master = {"before", 1};

    (void)state;
    assert_true(redis_master_switched(&master, "my master", "my master 10.0.0.1 1 fd00::7 6380"));
    assert_string_equal(master.host, "fd00::7");
    assert_int_equal(master.port, 6380);
    assert_false(redis_master_switched(&master, "my", "my-other 10.0.0.1 1 10.0.0.2 2"));
    assert_false(redis_master_switched(&master, "my", "other 10.0.0.1 1 10.0.0.2 2"));
    assert_string_equal(master.host, "fd00::7");
    assert_true(redis_master_switched(&master, "my", "my master 10.0.0.1 1 10.0.0.2 2"));
    assert_int_equal(master.host[0], '\0');
    assert_true(redis_master_switched(&master, "my", "my 10.0.0.1 1 10.0.0.2"));
    assert_int_equal(master.host[0], '\0');
}

static void nobody_who_answers_names_nobody(void **state)
{
    (void)state;
    assert_int_equal(chosen("0000", COUNT, 0), 0);
    assert_int_equal(chosen("0000", 2, 5), 0);
    assert_false(contradict("0000", "71"));
}

static void what_most_of_them_name_is_tried_first_and_then_the_others(void **state)
{
    (void)state;
    assert_int_equal(chosen("1220", COUNT, 0), 2);
    assert_int_equal(chosen("1220", COUNT, 1), 1);
    assert_int_equal(chosen("1220", COUNT, 2), 2);
    assert_int_equal(chosen("3012", COUNT, 0), 3);
    assert_int_equal(chosen("3012", COUNT, 1), 1);
    assert_int_equal(chosen("3012", COUNT, 2), 2);
    assert_int_equal(chosen("1111", COUNT, 3), 1);
}

static void who_tells_of_a_switch_is_believed_before_the_others(void **state)
{
    (void)state;
    assert_int_equal(chosen("1112", 3, 0), 2);
    assert_int_equal(chosen("1112", 3, 1), 1);
    assert_int_equal(chosen("1110", 3, 0), 1);
}

static void only_more_than_half_of_those_who_answer_contradict_and_only_if_they_agree(void **state)
{
    (void)state;
    assert_false(contradict("1111", "71"));
    assert_false(contradict("1122", "71"));
    assert_true(contradict("1222", "71"));
    assert_true(contradict("1220", "71"));
    assert_false(contradict("1023", "71"));
    assert_false(contradict("2233", "71"));
    assert_false(contradict("1200", "71"));
    assert_true(contradict("2000", "71"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_a_host_and_a_port),
        cmocka_unit_test(a_message_of_a_switch_has_the_new_address_last),
        cmocka_unit_test(nobody_who_answers_names_nobody),
        cmocka_unit_test(what_most_of_them_name_is_tried_first_and_then_the_others),
        cmocka_unit_test(who_tells_of_a_switch_is_believed_before_the_others),
        cmocka_unit_test(only_more_than_half_of_those_who_answer_contradict_and_only_if_they_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
