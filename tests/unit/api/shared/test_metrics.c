/* SPDX-License-Identifier: ISC */
/* What processes count, and the sum of it as Prometheus reads it. */
#include "api/shared/metrics.h"

#include "base/buf.h"
#include "presence/presence.h"
#include "redis/redis.h"
#include "transport/transport.h"
#include "view/parked.h"

#include "scratch.h"

/* What is shown of SHARED; the caller frees it with buf_fini(). */
static struct buf shown(const struct metrics_shared *shared)
{
    struct buf out;
    buf_init(&out);
    metrics_render(shared, &out);
    return out;
}

static void assert_shows(const struct metrics_shared *shared, const char *line)
{
    struct buf out = shown(shared);
    char whole[256];
    snprintf(whole, sizeof whole, "\n%s\n", line);
    if (!strstr(out.data, whole))
        fail_msg("no line '%s' in\n%s", line, out.data);
    buf_fini(&out);
}

static void the_numbers_of_all_processes_are_added_up(void **state)
{
    (void)state;
    struct metrics_shared *shared = metrics_shared_new(2);
    metrics_slot(shared, 0)->log_dropped_total = 1;
    metrics_slot(shared, 1)->log_dropped_total = 20;
    metrics_master(shared)->log_dropped_total = 300;
    assert_shows(shared, "rollcall_log_dropped_total 321");
}

static void each_number_has_its_help_and_its_type(void **state)
{
    (void)state;
    struct metrics_shared *shared = metrics_shared_new(1);
    assert_shows(shared, "# HELP rollcall_workers Configured number of workers.\n# TYPE rollcall_workers gauge\n"
                         "rollcall_workers 0");
    assert_shows(shared, "# TYPE rollcall_accepted_total counter");
    assert_shows(shared, "# TYPE rollcall_redis_seconds histogram");
}

static void a_new_worker_begins_with_empty_gauges_and_goes_on_counting(void **state)
{
    (void)state;
    struct metrics_shared *shared = metrics_shared_new(1);
    struct metrics *before = metrics_slot(shared, 0);
    before->parked_polls = 5;
    before->rate_limited_total = 7;
    metrics_slot(shared, 0);
    assert_shows(shared, "rollcall_parked_polls 0");
    assert_shows(shared, "rollcall_rate_limited_total 7");
}

static void answers_are_counted_by_route_and_status(void **state)
{
    (void)state;
    struct metrics_shared *shared = metrics_shared_new(2);
    metrics_count(metrics_slot(shared, 0), ROUTE_HEARTBEAT, 200);
    metrics_count(metrics_slot(shared, 1), ROUTE_HEARTBEAT, 200);
    metrics_count(metrics_slot(shared, 1), ROUTE_HEARTBEAT, 410);
    metrics_count(metrics_slot(shared, 1), ROUTE_HEARTBEAT, 299);
    assert_shows(shared, "rollcall_requests_total{route=\"/v1/workspaces/*/heartbeat\",code=\"200\"} 2");
    assert_shows(shared, "rollcall_requests_total{route=\"/v1/workspaces/*/heartbeat\",code=\"410\"} 1");
    assert_shows(shared, "rollcall_requests_total{route=\"/v1/workspaces/*/heartbeat\",code=\"0\"} 1");
}

static void a_histogram_is_shown_with_buckets_that_include_those_below(void **state)
{
    (void)state;
    struct metrics_shared *shared = metrics_shared_new(2);
    histogram_add(&metrics_slot(shared, 0)->fanout_seconds, 200);
    histogram_add(&metrics_slot(shared, 1)->fanout_seconds, 2000);
    assert_shows(shared, "rollcall_fanout_seconds_bucket{le=\"0.00025\"} 1\n"
                         "rollcall_fanout_seconds_bucket{le=\"0.0005\"} 1\n"
                         "rollcall_fanout_seconds_bucket{le=\"0.001\"} 1\n"
                         "rollcall_fanout_seconds_bucket{le=\"0.0025\"} 2");
    assert_shows(shared, "rollcall_fanout_seconds_bucket{le=\"+Inf\"} 2\n"
                         "rollcall_fanout_seconds_sum 0.0022\n"
                         "rollcall_fanout_seconds_count 2");
}

static void what_the_layers_below_count_is_copied(void **state)
{
    (void)state;
    struct redis_stats redis = {.calls = 3};
    struct presence_stats presence = {.views = 4};
    struct parked_place_counts places = {.wakeups = 7, .unconcerned = 0};
    struct fcgi_stats fcgi = {.connections = 5};
    histogram_add(&redis.latency, 1);
    struct metrics_shared *shared = metrics_shared_new(1);
    struct metrics_sources sources = {.redis = &redis,
                                      .presence = &presence,
                                      .fcgi = &fcgi,
                                      .places = &places,
                                      .polls = 6,
                                      .streams = 2,
                                      .redis_up = true};
    metrics_measure(metrics_slot(shared, 0), &sources);
    assert_shows(shared, "rollcall_redis_calls_total 3");
    assert_shows(shared, "rollcall_rooms 4");
    assert_shows(shared, "rollcall_connections 5");
    assert_shows(shared, "rollcall_parked_polls 6");
    assert_shows(shared, "rollcall_streams 2");
    assert_shows(shared, "rollcall_place_wakeups_total 7");
    assert_shows(shared, "rollcall_redis_up 1");
    assert_shows(shared, "rollcall_redis_seconds_count 1");
}

static void measure(struct metrics_shared *shared, unsigned slot, const struct redis_stats *redis, unsigned long lag_s)
{
    static const struct presence_stats presence;
    static const struct parked_place_counts places;
    static const struct fcgi_stats fcgi;
    const struct metrics_sources sources = {
        .redis = redis, .presence = &presence, .fcgi = &fcgi, .places = &places, .record = {.up = 1, .lag_s = lag_s}};
    metrics_measure(metrics_slot(shared, slot), &sources);
}

static void each_server_of_redis_has_its_lines(void **state)
{
    (void)state;
    struct redis_stats one = {0}, two = {0};
    struct metrics_shared *shared = metrics_shared_new(2);
    *redis_nodes_at(&one.nodes, "10.0.0.1:6379") = (struct redis_node){
        .name = "10.0.0.1:6379", .up = 1, .refusing = 1, .calls = 5, .failures = 1, .spent_us = 1500};
    redis_nodes_at(&one.nodes, "/a \"b\" \\")->calls = 7;
    redis_nodes_at(&two.nodes, "10.0.0.1:6379")->calls = 6;
    measure(shared, 0, &one, 0);
    measure(shared, 1, &two, 0);
    assert_shows(shared, "# TYPE rollcall_redis_node_up gauge\nrollcall_redis_node_up{node=\"10.0.0.1:6379\"} 1");
    assert_shows(shared, "rollcall_redis_node_refusing{node=\"10.0.0.1:6379\"} 1");
    assert_shows(shared, "rollcall_redis_node_calls_total{node=\"10.0.0.1:6379\"} 11");
    assert_shows(shared, "rollcall_redis_node_calls_total{node=\"/a \\\"b\\\" \\\\\"} 7");
    assert_shows(shared, "rollcall_redis_node_failures_total{node=\"10.0.0.1:6379\"} 1");
    assert_shows(shared, "rollcall_redis_node_seconds_total{node=\"10.0.0.1:6379\"} 0.0015");
    metrics_slot(shared, 0);
    assert_shows(shared, "rollcall_redis_node_up{node=\"10.0.0.1:6379\"} 0");
    assert_shows(shared, "rollcall_redis_node_refusing{node=\"10.0.0.1:6379\"} 0");
}

static void of_how_far_copies_are_behind_the_worst_is_shown(void **state)
{
    (void)state;
    const struct redis_stats redis = {0};
    struct metrics_shared *shared = metrics_shared_new(3);
    measure(shared, 0, &redis, 4);
    measure(shared, 1, &redis, 9);
    measure(shared, 2, &redis, 2);
    assert_shows(shared, "# TYPE rollcall_record_lag_seconds gauge\nrollcall_record_lag_seconds 9");
    assert_shows(shared, "rollcall_record_up 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_all_processes_are_added_up),
        cmocka_unit_test(each_number_has_its_help_and_its_type),
        cmocka_unit_test(a_new_worker_begins_with_empty_gauges_and_goes_on_counting),
        cmocka_unit_test(answers_are_counted_by_route_and_status),
        cmocka_unit_test(a_histogram_is_shown_with_buckets_that_include_those_below),
        cmocka_unit_test(what_the_layers_below_count_is_copied),
        cmocka_unit_test(each_server_of_redis_has_its_lines),
        cmocka_unit_test(of_how_far_copies_are_behind_the_worst_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
