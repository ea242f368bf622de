/* SPDX-License-Identifier: ISC */
/* The table of requests: what a path and a method lead to, and that metrics name each resource by its own path. */
#include "api/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

/* Finds METHOD on PATH, which begins without a slash; "*" in it is a segment like any other. */
static const struct route_row *find(const char *path, enum method method, unsigned *allowed, enum route *route)
{
    char target[128];
    struct path parsed;

    snprintf(target, sizeof target, "/%s", path);
    assert_int_equal(path_init(&parsed, &(struct path_source){.request_uri = target, .mount = ""}), PATH_OK);
    const struct route_row *row = routes_find(&parsed, method, allowed, route);
    path_fini(&parsed);
    return row;
}

static void each_resource_is_found_by_the_path_that_metrics_show(void **state)
{
    (void)state;
    for (enum route route = ROUTE_UNKNOWN + 1; route < ROUTE_KINDS; route++) {
        unsigned allowed;
        enum route found;

        find(routes_pattern(route), METHOD_GET, &allowed, &found);
        assert_int_equal(found, route);
        assert_true(allowed != 0);
    }
}

static void a_method_that_a_resource_lacks_is_told_from_a_resource_that_is_not(void **state)
{
    unsigned allowed;
    enum route route;

    (void)state;
    assert_null(find("v1/workspaces/acme/join", METHOD_GET, &allowed, &route));
    assert_int_equal(allowed, METHOD_POST);
    assert_int_equal(route, ROUTE_JOIN);
    assert_null(find("v1/workspaces/acme/jion", METHOD_GET, &allowed, &route));
    assert_int_equal(allowed, 0);
    assert_int_equal(route, ROUTE_UNKNOWN);
}

static void a_path_that_is_longer_or_shorter_is_another(void **state)
{
    unsigned allowed;
    enum route route;

    (void)state;
    assert_null(find("v1/workspaces/acme", METHOD_GET, &allowed, &route));
    assert_int_equal(allowed, 0);
    assert_null(find("v1/workspaces/acme/status/bob", METHOD_GET, &allowed, &route));
    assert_int_equal(allowed, 0);
}

static void an_id_that_a_path_cannot_hold_goes_into_the_query(void **state)
{
    unsigned allowed;
    enum route route;
    const struct route_row *row;

    (void)state;
    row = find("v1/admin/workspaces/acme/member", METHOD_PUT, &allowed, &route);
    assert_non_null(row);
    assert_int_equal(route, ROUTE_ADMIN_MEMBER);
    assert_string_equal(row->query, "user");
    row = find("v1/admin/workspaces/acme/members/bob", METHOD_PUT, &allowed, &route);
    assert_non_null(row);
    assert_string_equal(row->query, "");
}

static void only_an_administrator_reaches_what_is_below_admin(void **state)
{
    (void)state;
    for (enum route route = ROUTE_UNKNOWN + 1; route < ROUTE_KINDS; route++)
        for (unsigned method = METHOD_GET; method <= METHOD_DELETE; method *= 2) {
            unsigned allowed;
            enum route found;
            const struct route_row *row = find(routes_pattern(route), (enum method)method, &allowed, &found);

            if (row)
                assert_int_equal(access_is_admin(row->access), strncmp(routes_pattern(route), "v1/admin/", 9) == 0);
        }
}

static void a_scope_is_named_below_admin_and_nowhere_else(void **state)
{
    (void)state;
    for (enum route route = ROUTE_UNKNOWN + 1; route < ROUTE_KINDS; route++)
        for (unsigned method = METHOD_GET; method <= METHOD_DELETE; method *= 2) {
            unsigned allowed;
            enum route found;
            const struct route_row *row = find(routes_pattern(route), (enum method)method, &allowed, &found);

            if (row)
                assert_int_equal(row->scopes != 0, access_is_admin(row->access));
        }
}

static void tokens_are_made_by_administrators_alone(void **state)
{
    unsigned allowed;
    enum route route;
    const struct route_row *row = find("v1/admin/tokens", METHOD_POST, &allowed, &route);

    (void)state;
    assert_int_equal(row->scopes, SCOPE_ADMIN);
    assert_int_equal(find("v1/admin/tokens/7", METHOD_DELETE, &allowed, &route)->scopes, SCOPE_ADMIN);
}

static void a_request_that_costs_nothing_is_an_administrators_or_anyones(void **state)
{
    (void)state;
    for (enum route route = ROUTE_UNKNOWN + 1; route < ROUTE_KINDS; route++)
        for (unsigned method = METHOD_GET; method <= METHOD_DELETE; method *= 2) {
            unsigned allowed;
            enum route found;
            const struct route_row *row = find(routes_pattern(route), (enum method)method, &allowed, &found);

            if (row && row->cost == COST_NONE)
                assert_true(access_is_admin(row->access) || row->access == ACCESS_ANYONE);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_resource_is_found_by_the_path_that_metrics_show),
        cmocka_unit_test(a_method_that_a_resource_lacks_is_told_from_a_resource_that_is_not),
        cmocka_unit_test(a_path_that_is_longer_or_shorter_is_another),
        cmocka_unit_test(an_id_that_a_path_cannot_hold_goes_into_the_query),
        cmocka_unit_test(only_an_administrator_reaches_what_is_below_admin),
        cmocka_unit_test(a_scope_is_named_below_admin_and_nowhere_else),
        cmocka_unit_test(tokens_are_made_by_administrators_alone),
        cmocka_unit_test(a_request_that_costs_nothing_is_an_administrators_or_anyones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
