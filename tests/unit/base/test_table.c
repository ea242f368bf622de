/* SPDX-License-Identifier: ISC */
/* The table: what is put in is found until it is taken out, and spreads over its buckets. */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 5000 };

struct item {
    struct table_node node;
    char key[24];
};

static struct item items[MANY];

static const char *key_of(const struct table_node *node, size_t *len)
{
    const struct item *item = (const struct item *)(const void *)node;
    *len = strlen(item->key);
    return item->key;
}

/* Items "user-0" and so on, up to COUNT of them, in TABLE. */
static void fill(struct table *table, int count)
{
    table_init(table, key_of);
    for (int i = 0; i < count; i++) {
        (void)snprintf(items[i].key, sizeof items[i].key, "user-%d", i);
        table_add(table, &items[i].node);
    }
}

static bool holds(const struct table *table, int i)
{
    return table_find(table, items[i].key, strlen(items[i].key)) == &items[i].node;
}

static void an_empty_table_finds_nothing(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, key_of);
    assert_null(table_find(&table, "", 0));
    assert_null(table_take_all(&table));
    table_fini(&table);
}

static void all_that_was_put_in_is_found(void **state)
{
    struct table table;
    (void)state;
    fill(&table, MANY);
    assert_int_equal(table.count, MANY);
    for (int i = 0; i < MANY; i++)
        assert_true(holds(&table, i));
    assert_null(table_find(&table, "user-", 5));
    assert_null(table_find(&table, "user-12345678901", 16));
    table_fini(&table);
}

static void what_was_taken_out_is_not_found_and_the_rest_is(void **state)
{
    struct table table;
    (void)state;
    fill(&table, MANY);
    for (int i = 0; i < MANY; i += 2)
        table_remove(&table, &items[i].node);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(holds(&table, i), i % 2 == 1);
    assert_int_equal(table.count, MANY / 2);
    table_fini(&table);
}

static void all_can_be_taken_out_at_once(void **state)
{
    struct table table;
    size_t count = 0;
    (void)state;
    fill(&table, MANY);
    for (struct table_node *at = table_take_all(&table); at != NULL; at = at->next)
        count++;
    assert_int_equal(count, MANY);
    assert_int_equal(table.count, 0);
    assert_null(table_find(&table, "user-1", 6));
    table_fini(&table);
}

static void it_can_be_used_again_once_it_and_its_nodes_were_freed(void **state)
{
    struct table table;
    struct item *item = malloc(sizeof *item);
    (void)state;
    assert_non_null(item);
    table_init(&table, key_of);
    *item = items[0];
    table_add(&table, &item->node);
    table_fini_with_nodes(&table); /* or the sanitizers find a leak */
    assert_false(holds(&table, 0));
    table_add(&table, &items[0].node);
    assert_true(holds(&table, 0));
    table_fini(&table);
}

static void chains_stay_short_as_the_table_grows(void **state)
{
    struct table table;
    size_t longest = 0;
    (void)state;
    fill(&table, MANY);
    for (size_t i = 0; i < table.bucket_count; i++) {
        size_t len = 0;
        for (const struct table_node *at = table.buckets[i]; at != NULL; at = at->next)
            len++;
        longest = len > longest ? len : longest;
    }
    assert_true(longest < 20); /* of two a bucket, 20 in one is a chance of one in a million millions */
    table_fini(&table);
}

static void two_tables_hash_the_same_keys_differently(void **state)
{
    struct table a;
    struct table b;
    (void)state;
    table_init(&a, key_of);
    table_init(&b, key_of);
    assert_memory_not_equal(a.seed, b.seed, sizeof a.seed);
    table_fini(&a);
    table_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(all_that_was_put_in_is_found),
        cmocka_unit_test(what_was_taken_out_is_not_found_and_the_rest_is),
        cmocka_unit_test(all_can_be_taken_out_at_once),
        cmocka_unit_test(it_can_be_used_again_once_it_and_its_nodes_were_freed),
        cmocka_unit_test(chains_stay_short_as_the_table_grows),
        cmocka_unit_test(two_tables_hash_the_same_keys_differently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
