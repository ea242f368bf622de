/* SPDX-License-Identifier: ISC */
/* The path that was requested, from what each web server passes on. */
#include "http/path.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a web server that decodes, resolves and merges (lighttpd, nginx) passes on. */
static struct path_source resolving(const char *uri, const char *script, const char *info)
{
    return (struct path_source){.request_uri = uri, .script_name = script, .path_info = info};
}

/* What Apache's mod_proxy_fcgi does. */
static struct path_source proxied(const char *uri, const char *script, const char *filename)
{
    return (struct path_source){.request_uri = uri, .script_name = script, .script_filename = filename};
}

static void is_below(struct path_source source, const char *const *wanted)
{
    struct path path;
    size_t count = 0;

    assert_int_equal(path_init(&path, &source), PATH_OK);
    for (; wanted[count]; count++) {
        assert_true(count < path.count);
        assert_string_equal(path.segment[count], wanted[count]);
    }
    assert_int_equal(path.count, count);
    path_fini(&path);
}

#define IS_BELOW(source, ...) is_below(source, (const char *const[]){__VA_ARGS__, NULL})

static void comes_to(struct path_source source, enum path_result wanted)
{
    struct path path;

    assert_int_equal(path_init(&path, &source), wanted);
    path_fini(&path);
}

static void the_path_is_split_below_the_mount(void **state)
{
    (void)state;
    IS_BELOW(resolving("/rollcall/v1/me?x=/1", "/rollcall", "/v1/me"), "v1", "me");
    IS_BELOW(resolving("/v1/me", "", "/v1/me"), "v1", "me");
    IS_BELOW(resolving("/v1/me", NULL, "/v1/me"), "v1", "me");
    IS_BELOW(resolving("/%72ollcall/%761/me", "/rollcall", "/v1/me"), "v1", "me");
    IS_BELOW(resolving("/rollcall/v1/me/", "/rollcall", "/v1/me/"), "v1", "me", "");
}

static void the_mount_may_look_like_what_is_below(void **state)
{
    (void)state;
    IS_BELOW(resolving("/v1/v1/me", "/v1", "/v1/me"), "v1", "me");
    IS_BELOW(resolving("/metrics/x/metrics", "/metrics/x", "/metrics"), "metrics");
    IS_BELOW(proxied("/api/v1/p/v1/me", "/api/v1/p/v1/me", "proxy:fcgi://rollcall/v1/me"), "v1", "me");
    IS_BELOW(proxied("/healthz/healthz", "/healthz/healthz", "proxy:fcgi://[::1]:90/healthz"), "healthz");
    IS_BELOW(proxied("/v1/me", "/v1/me", "proxy:fcgi://rollcall/v1/me"), "v1", "me");
}

static void the_end_of_mod_proxys_file_name_tells_the_mount(void **state)
{
    (void)state;
    IS_BELOW(proxied("/p/a%20b/c%2Fd?x", "/p/a b/c%2Fd", "proxy:fcgi://rollcall/a%20b/c%252Fd"), "a b", "c/d");
    IS_BELOW(proxied("/p/a%20b/c%2Fd", "/p/a b/c%2Fd", "/a%20b/c%252Fd"), "a b", "c/d");
    IS_BELOW(proxied("/p/c%252Fd", "/p/c%2Fd", "proxy:fcgi://rollcall/c%252Fd"), "c%2Fd");
    IS_BELOW(proxied("/p/v1/me", "/p/v1/me", "proxy:fcgi://rollcall//v1/me"), "v1", "me");
    IS_BELOW(proxied("/p/v1/me", "/p/v1/me", "proxy:fcgi://rollcall/v1/me?x=/1"), "v1", "me");
    IS_BELOW(proxied("http://h/p/v1/me", "/p/v1/me", "proxy:fcgi://rollcall/v1/me"), "v1", "me");
    /* A file name that says something else tells nothing, and then all of SCRIPT_NAME is the mount. */
    is_below(proxied("/p/v1/me", "/p/v1/me", "/var/www/p/v1/me"), (const char *const[]){NULL});
    is_below(proxied("/p/v1/me", "/p/v1/me", "proxy:fcgi://rollcall/v1/you"), (const char *const[]){NULL});
    is_below(proxied("/p", "/p", NULL), (const char *const[]){NULL});
}

static void a_slash_escaped_in_an_id_stays_in_its_segment(void **state)
{
    (void)state;
    IS_BELOW(resolving("/p/members/a%2Fb", "/p", "/members/a/b"), "members", "a/b");
    IS_BELOW(resolving("/p/members/a%2Fb", "/p", "/members/a%2Fb"), "members", "a/b");
    IS_BELOW(resolving("/p/members/https:%2F%2Fe.org%2Fann", "/p", "/members/https:/e.org/ann"), "members",
             "https://e.org/ann");
    IS_BELOW(resolving("/p/members/https:%2F%2Fe.org%2Fann", "/p", "/members/https://e.org/ann"), "members",
             "https://e.org/ann");
    IS_BELOW(resolving("/p/members/x%2F..%2Fu1", "/p", "/members/u1"), "members", "x/../u1");
    IS_BELOW(resolving("/p/members/.%2Fu1", "/p", "/members/u1"), "members", "./u1");
    IS_BELOW(resolving("/p/members/%2F", "/p", "/members/"), "members", "/");
    IS_BELOW(resolving("/p/members/x%2F..", "/p", "/members/"), "members", "x/..");
}

static void a_percent_sign_is_decoded_once(void **state)
{
    (void)state;
    IS_BELOW(resolving("/p/members/100%2525", "/p", "/members/100%25"), "members", "100%25");
    IS_BELOW(resolving("/p/members/a%252Fb%2Fc", "/p", "/members/a%2Fb/c"), "members", "a%2Fb/c");
    IS_BELOW(resolving("/p/members/a%252Fb%2Fc", "/p", "/members/a%2Fb%2Fc"), "members", "a%2Fb/c");
}

static void path_info_that_the_server_left_encoded_is_as_good(void **state)
{
    (void)state;
    IS_BELOW(resolving("/p/members/a%20b", "/p", "/members/a%20b"), "members", "a b");
}

static void what_leads_out_of_its_place_is_refused(void **state)
{
    static const char *const targets[] = {
        "/p/members/..%2F..%2Fbeta",   "/p/members/..",    "/p/members/%2e%2E", "/p/members/.",
        "/p/members/x%2F..%2F..%2Fu1", "/p/members/..%2F", "/p/members/../u1",  "/p/./members",
    };

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        comes_to(resolving(targets[i], "/p", "/beta"), PATH_UNSAFE);
        comes_to(resolving(targets[i], "/p", targets[i] + 2), PATH_UNSAFE);
    }
    /* Dots that are more than dots are letters. */
    IS_BELOW(resolving("/p/.../..x/x..", "/p", "/.../..x/x.."), "...", "..x", "x..");
}

static void an_account_of_another_path_is_refused(void **state)
{
    (void)state;
    comes_to(resolving("/pretty/name", "/rollcall", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/rollcall/old/me", "/rollcall", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/rollcall/v1/me", "/roll", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/rollcallv1/me", "/rollcall", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("//rollcall/v1/me", "/rollcall", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/x/../rollcall/v1/me", "/rollcall", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/rollcall/v1/me#x", "/rollcall", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/roll%2Fcall/v1/me", "/roll/call", "/v1/me"), PATH_ELSEWHERE);
    comes_to(resolving("/rollcall", "/rollcall", "/v1/me"), PATH_OK); /* the mount itself: no resource */
}

static void the_configuration_may_say_the_mount(void **state)
{
    struct path_source source = resolving("/chat/v1/me", "/rollcall", "/v1/me");

    (void)state;
    source.mount = "/chat";
    IS_BELOW(source, "v1", "me");
    source.mount = "/chat/";
    IS_BELOW(source, "v1", "me");
    source.path_info = "/v1/you";
    comes_to(source, PATH_ELSEWHERE);
    source = proxied("/presence/v1/me", "/presence/v1/me", "proxy:fcgi://rollcall/presence/v1/me");
    source.mount = "/presence";
    IS_BELOW(source, "v1", "me");
    source = proxied("/v1/me", "/v1/me", NULL);
    source.mount = "";
    IS_BELOW(source, "v1", "me");
    source.mount = "v1";
    comes_to(source, PATH_ELSEWHERE);
}

static void without_a_target_the_servers_decoding_stands_and_is_marked(void **state)
{
    struct path_source source = resolving(NULL, "/rollcall", "/v1/members/100%/");
    struct path path;

    (void)state;
    IS_BELOW(source, "v1", "members", "100%", "");
    IS_BELOW(resolving("", "/healthz", NULL), "healthz");
    is_below(resolving(NULL, NULL, NULL), (const char *const[]){NULL});
    assert_int_equal(path_init(&path, &source), PATH_OK);
    assert_true(path.is_second_hand);
    path_fini(&path);
    comes_to(resolving(NULL, "/rollcall", "/v1/../me"), PATH_UNSAFE);
    comes_to(resolving(NULL, NULL, "v1/me"), PATH_BAD_ESCAPE);
}

static void an_absolute_target_is_understood(void **state)
{
    (void)state;
    IS_BELOW(resolving("http://host.example/rollcall/healthz", "/rollcall", "/healthz"), "healthz");
    IS_BELOW(resolving("/rollcall/x://healthz", "/rollcall", "/x:/healthz"), "x:", "", "healthz");
    comes_to(resolving("http://host.example?x", "", "/"), PATH_BAD_ESCAPE);
    comes_to(resolving("*", "", "*"), PATH_BAD_ESCAPE);
    comes_to(resolving("://h/v1/me", "", "/v1/me"), PATH_BAD_ESCAPE);
}

static void a_nul_in_an_id_is_seen_by_its_length(void **state)
{
    struct path_source source = {.request_uri = "/members/u0%00x"};
    struct path path;

    (void)state;
    assert_int_equal(path_init(&path, &source), PATH_OK);
    assert_int_equal(path.len[1], 4);
    path_fini(&path);
}

static void a_broken_escape_is_refused(void **state)
{
    (void)state;
    comes_to(resolving("/v1/%zz", NULL, "/v1/%zz"), PATH_BAD_ESCAPE);
    comes_to(resolving("/v1/x%2", NULL, "/v1/x%2"), PATH_BAD_ESCAPE);
    comes_to(resolving("/%zz/v1", "/%zz", "/v1"), PATH_ELSEWHERE);
}

static void more_segments_than_any_resource_has_are_none(void **state)
{
    (void)state;
    is_below(resolving("/v1/a/a/a/a/a/a/a/a/a/a", NULL, "/v1/a/a/a/a/a/a/a/a/a/a"), (const char *const[]){NULL});
}

static void a_path_has_a_longest_length(void **state)
{
    char *target = calloc(LIMIT_PATH_BYTES + 3, 1);

    (void)state;
    memset(target, '/', LIMIT_PATH_BYTES);
    comes_to(resolving(target, "", target), PATH_OK);
    target[LIMIT_PATH_BYTES] = '?';
    comes_to(resolving(target, "", target), PATH_OK);
    target[LIMIT_PATH_BYTES] = '/';
    comes_to(resolving(target, "", target), PATH_TOO_LONG);
    comes_to(resolving(NULL, NULL, target), PATH_TOO_LONG);
    free(target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_is_split_below_the_mount),
        cmocka_unit_test(the_mount_may_look_like_what_is_below),
        cmocka_unit_test(the_end_of_mod_proxys_file_name_tells_the_mount),
        cmocka_unit_test(a_slash_escaped_in_an_id_stays_in_its_segment),
        cmocka_unit_test(a_percent_sign_is_decoded_once),
        cmocka_unit_test(path_info_that_the_server_left_encoded_is_as_good),
        cmocka_unit_test(what_leads_out_of_its_place_is_refused),
        cmocka_unit_test(an_account_of_another_path_is_refused),
        cmocka_unit_test(the_configuration_may_say_the_mount),
        cmocka_unit_test(without_a_target_the_servers_decoding_stands_and_is_marked),
        cmocka_unit_test(an_absolute_target_is_understood),
        cmocka_unit_test(a_nul_in_an_id_is_seen_by_its_length),
        cmocka_unit_test(a_broken_escape_is_refused),
        cmocka_unit_test(more_segments_than_any_resource_has_are_none),
        cmocka_unit_test(a_path_has_a_longest_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
