/* SPDX-License-Identifier: ISC */
/* base/histogram.h. */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_time_at_a_bound_is_in_its_bucket_and_the_next_microsecond_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        struct histogram histogram = {0};
        histogram_add(&histogram, histogram_bound_us(i));
        assert_int_equal(histogram.bucket[i], 1);
        histogram_add(&histogram, (int64_t)histogram_bound_us(i) + 1);
        assert_int_equal(histogram.bucket[i + 1], 1);
    }
}

static void bounds_rise_from_a_quarter_of_a_millisecond_to_a_second(void **state)
{
    (void)state;
    assert_int_equal(histogram_bound_us(0), 250);
    assert_int_equal(histogram_bound_us(HISTOGRAM_BUCKETS - 2), 1000000);
    for (size_t i = 1; i < HISTOGRAM_BUCKETS - 1; i++)
        assert_true(histogram_bound_us(i) > histogram_bound_us(i - 1));
}

static void count_and_sum_cover_all_buckets(void **state)
{
    struct histogram histogram = {0};
    (void)state;
    histogram_add(&histogram, 100);
    histogram_add(&histogram, 3000);
    histogram_add(&histogram, 5000000);
    assert_int_equal(histogram.count, 3);
    assert_int_equal(histogram.sum_us, 5003100);
    assert_int_equal(histogram.bucket[HISTOGRAM_BUCKETS - 1], 1);
}

static void a_negative_time_counts_as_none(void **state)
{
    struct histogram histogram = {0};
    (void)state;
    histogram_add(&histogram, -5);
    assert_int_equal(histogram.bucket[0], 1);
    assert_int_equal(histogram.count, 1);
    assert_int_equal(histogram.sum_us, 0);
}

static void merging_adds_bucket_by_bucket(void **state)
{
    struct histogram sum = {0};
    struct histogram more = {0};
    (void)state;
    histogram_add(&sum, 100);
    histogram_add(&more, 200);
    histogram_add(&more, 2000);
    histogram_merge(&sum, &more);
    assert_int_equal(sum.bucket[0], 2);
    assert_int_equal(sum.bucket[3], 1);
    assert_int_equal(sum.count, 3);
    assert_int_equal(sum.sum_us, 2300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_at_a_bound_is_in_its_bucket_and_the_next_microsecond_is_not),
        cmocka_unit_test(bounds_rise_from_a_quarter_of_a_millisecond_to_a_second),
        cmocka_unit_test(count_and_sum_cover_all_buckets),
        cmocka_unit_test(a_negative_time_counts_as_none),
        cmocka_unit_test(merging_adds_bucket_by_bucket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
