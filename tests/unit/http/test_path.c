/* SPDX-License-Identifier: ISC */
/* Which resource a request means, whatever its web server fills in. */
#include "http/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct path path_of(const char *uri, const char *script, const char *info)
{
    struct path path;

    assert_true(path_init(&path, uri, script, info));
    return path;
}

static void segments_are(struct path *path, const char *const *wanted, size_t count)
{
    assert_int_equal(path->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(path->segment[i], wanted[i]);
    path_fini(path);
}

static void path_info_is_split_below_the_mount(void **state)
{
    struct path path = path_of("/rollcall/v1/me?x=1", "/rollcall", "/v1/me");
    const char *const wanted[] = {"v1", "me"};

    (void)state;
    segments_are(&path, wanted, 2);
}

static void a_slash_escaped_in_an_id_stays_in_its_segment(void **state)
{
    struct path path =
        path_of("/rollcall/v1/admin/workspaces/w/members/a%2Fb", "/rollcall", "/v1/admin/workspaces/w/members/a/b");
    const char *const wanted[] = {"v1", "admin", "workspaces", "w", "members", "a/b"};

    (void)state;
    segments_are(&path, wanted, 6);
}

static void a_percent_sign_is_decoded_once(void **state)
{
    struct path path = path_of("/v1/admin/workspaces/w/members/100%2525", "", "/v1/admin/workspaces/w/members/100%25");
    const char *const wanted[] = {"v1", "admin", "workspaces", "w", "members", "100%25"};

    (void)state;
    segments_are(&path, wanted, 6);
}

static void path_info_that_the_server_left_encoded_is_decoded_once(void **state)
{
    struct path path = path_of("/x/v1/admin/workspaces/w/members/a%20b", "/x", "/v1/admin/workspaces/w/members/a%20b");
    const char *const wanted[] = {"v1", "admin", "workspaces", "w", "members", "a b"};

    (void)state;
    segments_are(&path, wanted, 6);
}

static void script_name_alone_is_enough(void **state)
{
    struct path path = path_of("/presence/v1/workspaces/acme/status", "/presence/v1/workspaces/acme/status", NULL);
    const char *const wanted[] = {"v1", "workspaces", "acme", "status"};

    (void)state;
    segments_are(&path, wanted, 4);
}

static void without_request_uri_the_servers_decoding_stands(void **state)
{
    struct path path = path_of(NULL, "/rollcall", "/v1/admin/workspaces/w/members/100%");
    const char *const wanted[] = {"v1", "admin", "workspaces", "w", "members", "100%"};

    (void)state;
    segments_are(&path, wanted, 6);
}

static void a_rewritten_target_falls_back_to_path_info(void **state)
{
    struct path path = path_of("/pretty/name", "/rollcall", "/v1/me");
    const char *const wanted[] = {"v1", "me"};

    (void)state;
    segments_are(&path, wanted, 2);
}

static void an_absolute_target_is_understood(void **state)
{
    struct path path = path_of("http://host.example/rollcall/healthz", "/rollcall", "/healthz");
    const char *const wanted[] = {"healthz"};

    (void)state;
    segments_are(&path, wanted, 1);
}

static void a_nul_in_an_id_is_seen_by_its_length(void **state)
{
    struct path path = path_of("/v1/admin/workspaces/w/members/u0%00x", NULL, "/v1/admin/workspaces/w/members/u0%00x");

    (void)state;
    assert_int_equal(path.len[5], 4);
    path_fini(&path);
}

static void a_broken_escape_is_refused(void **state)
{
    struct path path;

    (void)state;
    assert_false(path_init(&path, "/v1/%zz", NULL, "/v1/%zz"));
    path_fini(&path);
}

static void too_many_segments_are_refused(void **state)
{
    struct path path;

    (void)state;
    assert_false(path_init(&path, "/v1/a/a/a/a/a/a/a/a/a/a", NULL, "/v1/a/a/a/a/a/a/a/a/a/a"));
    path_fini(&path);
}

static void nothing_at_all_is_no_segment(void **state)
{
    struct path path = path_of(NULL, NULL, NULL);

    (void)state;
    assert_int_equal(path.count, 0);
    path_fini(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_info_is_split_below_the_mount),
        cmocka_unit_test(a_slash_escaped_in_an_id_stays_in_its_segment),
        cmocka_unit_test(a_percent_sign_is_decoded_once),
        cmocka_unit_test(path_info_that_the_server_left_encoded_is_decoded_once),
        cmocka_unit_test(script_name_alone_is_enough),
        cmocka_unit_test(without_request_uri_the_servers_decoding_stands),
        cmocka_unit_test(a_rewritten_target_falls_back_to_path_info),
        cmocka_unit_test(an_absolute_target_is_understood),
        cmocka_unit_test(a_nul_in_an_id_is_seen_by_its_length),
        cmocka_unit_test(a_broken_escape_is_refused),
        cmocka_unit_test(too_many_segments_are_refused),
        cmocka_unit_test(nothing_at_all_is_no_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
