/* SPDX-License-Identifier: ISC */
/* Requests: the order of their lists, and the pool from which they come. */
#include "redis/redis_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_list_gives_back_in_order(void **state)
{
    struct redis_request requests[3] = {{0}};
    struct redis_request_list list;

    (void)state;
    redis_request_list_init(&list);
    assert_null(redis_request_list_shift(&list));
    redis_request_list_push(&list, &requests[0]);
    redis_request_list_push(&list, &requests[1]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[0]);
    redis_request_list_push(&list, &requests[2]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[1]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[2]);
    assert_null(redis_request_list_shift(&list));
    redis_request_list_push(&list, &requests[1]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[1]);
}

static void a_list_is_moved_behind_another(void **state)
{
    struct redis_request requests[4] = {{0}};
    struct redis_request_list list, other;

    (void)state;
    redis_request_list_init(&list);
    redis_request_list_init(&other);
    redis_request_list_move(&list, &other);
    assert_null(list.head);
    redis_request_list_push(&list, &requests[0]);
    redis_request_list_push(&other, &requests[1]);
    redis_request_list_move(&list, &other);
    assert_null(redis_request_list_shift(&other));
    redis_request_list_push(&list, &requests[2]);
    redis_request_list_push(&other, &requests[3]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[0]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[1]);
    assert_ptr_equal(redis_request_list_shift(&list), &requests[2]);
    assert_ptr_equal(redis_request_list_shift(&other), &requests[3]);
}

static void a_request_is_used_again_with_an_empty_tail(void **state)
{
    struct redis_request_pool pool = {0};
    struct redis_request *request = redis_request_new(&pool);

    (void)state;
    buf_add_text(&request->tail, "keys and arguments");
    request->whole = true;
    redis_request_free(&pool, request);
    assert_int_equal(pool.count, 1);
    assert_ptr_equal(redis_request_new(&pool), request);
    assert_int_equal(request->tail.len, 0);
    assert_false(request->whole);
    assert_int_equal(pool.count, 0);
    redis_request_free(&pool, request);
    redis_request_pool_fini(&pool);
}

static void a_large_tail_is_not_kept(void **state)
{
    struct redis_request_pool pool = {0};
    struct redis_request *request = redis_request_new(&pool);

    (void)state;
    buf_reserve(&request->tail, 1 << 20);
    buf_commit(&request->tail, 0);
    redis_request_free(&pool, request);
    assert_int_equal(pool.count, 0);
    redis_request_pool_fini(&pool);
}

static void the_pool_keeps_only_so_many(void **state)
{
    enum { MANY = 3000 };
    struct redis_request_pool pool = {0};
    struct redis_request_list list;
    struct redis_request *request;

    (void)state;
    redis_request_list_init(&list);
    for (int i = 0; i < MANY; i++)
        redis_request_list_push(&list, redis_request_new(&pool));
    while ((request = redis_request_list_shift(&list)))
        redis_request_free(&pool, request);
    assert_true(pool.count > 0 && pool.count < MANY);
    redis_request_pool_fini(&pool);
    assert_null(pool.head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_gives_back_in_order),
        cmocka_unit_test(a_list_is_moved_behind_another),
        cmocka_unit_test(a_request_is_used_again_with_an_empty_tail),
        cmocka_unit_test(a_large_tail_is_not_kept),
        cmocka_unit_test(the_pool_keeps_only_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
