/* SPDX-License-Identifier: ISC */
/* What is counted of each server of Redis. */
#include "redis/redis_nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void a_node_is_found_again_by_its_name(void **state)
{
    struct redis_nodes nodes = {0};
    char longer[2 * REDIS_NODE_NAME];

    (void)state;
    struct redis_node *first = redis_nodes_at(&nodes, "10.0.0.1:6379");
    assert_ptr_not_equal(redis_nodes_at(&nodes, "10.0.0.2:6379"), first);
    assert_ptr_equal(redis_nodes_at(&nodes, "10.0.0.1:6379"), first);
    memset(longer, 'h', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_ptr_equal(redis_nodes_at(&nodes, longer), redis_nodes_at(&nodes, longer));
    assert_int_equal(nodes.count, 3);
}

static void nodes_for_which_there_is_no_room_are_counted_together(void **state)
{
    struct redis_nodes nodes = {0};
    char name[16];

    (void)state;
    for (int i = 0; i < REDIS_NODES + 10; i++) {
        snprintf(name, sizeof name, "n%d:1", i);
        redis_nodes_at(&nodes, name)->calls++;
    }
    assert_int_equal(nodes.count, REDIS_NODES);
    assert_string_equal(nodes.list[REDIS_NODES - 1].name, "others");
    assert_int_equal(nodes.list[REDIS_NODES - 1].calls, 11);
}

static void lists_are_added_up_node_by_node(void **state)
{
    struct redis_nodes sum = {0}, more = {0};

    (void)state;
    redis_nodes_at(&sum, "a:1")->calls = 1;
    redis_nodes_at(&more, "b:1")->spent_us = 7;
    *redis_nodes_at(&more, "a:1") =
        (struct redis_node){.name = "a:1", .up = 1, .refusing = 1, .calls = 2, .failures = 3};
    redis_nodes_merge(&sum, &more);
    assert_int_equal(sum.count, 2);
    assert_int_equal(redis_nodes_at(&sum, "a:1")->calls, 3);
    assert_int_equal(redis_nodes_at(&sum, "a:1")->up, 1);
    assert_int_equal(redis_nodes_at(&sum, "a:1")->refusing, 1);
    assert_int_equal(redis_nodes_at(&sum, "a:1")->failures, 3);
    assert_int_equal(redis_nodes_at(&sum, "b:1")->spent_us, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_found_again_by_its_name),
        cmocka_unit_test(nodes_for_which_there_is_no_room_are_counted_together),
        cmocka_unit_test(lists_are_added_up_node_by_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
