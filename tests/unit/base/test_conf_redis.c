/* SPDX-License-Identifier: ISC */
/* The option redis: every form of it, and what is wrong with those that are refused. */
#include "base/conf_redis.h"
#include "base/limits.h"

#include "../scratch.h"

/* URL as Redis's address; the caller gives it to conf_redis_fini(). */
static struct conf_redis parse(const char *url)
{
    struct conf_redis redis;
    const char *why = "";
    if (!conf_redis_parse(url, &redis, &why))
        fail_msg("%s: %s", url, why);
    return redis;
}

static void a_redis_socket_has_a_path_and_options(void **state)
{
    (void)state;
    struct conf_redis redis = parse("unix:/run/redis.sock");
    assert_string_equal(redis.unix_path, "/run/redis.sock");
    assert_int_equal(redis.database, 0);
    assert_null(redis.user);
    assert_null(redis.password);
    conf_redis_fini(&redis);
    redis = parse("unix:///r?db=3&user=ann&password=a%26b%3D");
    assert_string_equal(redis.unix_path, "/r");
    assert_int_equal(redis.database, 3);
    assert_string_equal(redis.user, "ann");
    assert_string_equal(redis.password, "a&b=");
    conf_redis_fini(&redis);
}

static void a_redis_server_has_a_host_and_defaults(void **state)
{
    (void)state;
    struct conf_redis redis = parse("redis://localhost");
    assert_string_equal(redis.host, "localhost");
    assert_int_equal(redis.port, 6379);
    assert_int_equal(redis.database, 0);
    assert_null(redis.unix_path);
    conf_redis_fini(&redis);
    redis = parse("redis://ann:p%40s%2Fs%3A@[fd00::7]:7000/15");
    assert_string_equal(redis.host, "fd00::7");
    assert_int_equal(redis.port, 7000);
    assert_int_equal(redis.database, 15);
    assert_string_equal(redis.user, "ann");
    assert_string_equal(redis.password, "p@s/s:");
    conf_redis_fini(&redis);
    redis = parse("redis://:secret@h/");
    assert_null(redis.user);
    assert_string_equal(redis.password, "secret");
    conf_redis_fini(&redis);
    redis = parse("redis://u:p@ss@h:1");
    assert_string_equal(redis.password, "p@ss");
    conf_redis_fini(&redis);
}

static void tls_has_its_own_scheme_with_files_and_a_name(void **state)
{
    (void)state;
    struct conf_redis redis = parse("rediss://ann:p%40ss@cache:6380/2?ca=/etc/ssl/a%26b.pem&cert=/c&key=/k&sni=redis");
    assert_int_equal(redis.kind, CONF_REDIS_ONE);
    assert_true(redis.tls);
    assert_string_equal(redis.host, "cache");
    assert_int_equal(redis.port, 6380);
    assert_int_equal(redis.database, 2);
    assert_string_equal(redis.password, "p@ss");
    assert_string_equal(redis.ca, "/etc/ssl/a&b.pem");
    assert_string_equal(redis.cert, "/c");
    assert_string_equal(redis.key, "/k");
    assert_string_equal(redis.sni, "redis");
    conf_redis_fini(&redis);
    redis = parse("rediss://cache?ca=&cert=&key=&sni=");
    assert_int_equal(redis.port, 6379);
    assert_null(redis.ca);
    assert_null(redis.cert);
    assert_null(redis.key);
    assert_null(redis.sni);
    conf_redis_fini(&redis);
}

static void sentinels_are_several_hosts_with_secrets_of_their_own(void **state)
{
    (void)state;
    struct conf_redis redis = parse("redis-sentinel://u:p@h1:26380,[fd00::7],h3/1?master=my%20master&sentinel_user=s"
                                    "&sentinel_password=%3F%26&tls=yes&sentinel_tls=no&ca=/ca");
    assert_int_equal(redis.kind, CONF_REDIS_SENTINEL);
    assert_null(redis.host);
    assert_int_equal(redis.host_count, 3);
    assert_string_equal(redis.hosts[0].name, "h1");
    assert_int_equal(redis.hosts[0].port, 26380);
    assert_string_equal(redis.hosts[1].name, "fd00::7");
    assert_int_equal(redis.hosts[1].port, 26379);
    assert_string_equal(redis.hosts[2].name, "h3");
    assert_int_equal(redis.database, 1);
    assert_string_equal(redis.user, "u");
    assert_string_equal(redis.master, "my master");
    assert_string_equal(redis.sentinel_user, "s");
    assert_string_equal(redis.sentinel_password, "?&");
    assert_true(redis.tls);
    assert_false(redis.sentinel_tls);
    conf_redis_fini(&redis);
}

static void a_cluster_is_some_of_its_nodes(void **state)
{
    (void)state;
    struct conf_redis redis = parse("redis-cluster://:p@h1,h2:7001/0?tls=no");
    assert_int_equal(redis.kind, CONF_REDIS_CLUSTER);
    assert_int_equal(redis.host_count, 2);
    assert_int_equal(redis.hosts[0].port, 6379);
    assert_int_equal(redis.hosts[1].port, 7001);
    assert_null(redis.user);
    assert_string_equal(redis.password, "p");
    assert_false(redis.tls);
    conf_redis_fini(&redis);
}

static void what_is_wrong_is_said_in_a_sentence(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "begins with"},
        {"localhost:6379", "begins with"},
        {"http://h", "begins with"},
        {"unix:relative", "absolute"},
        {"unix:/r?db=x", "database"},
        {"unix:/r?db=", "database"},
        {"unix:/r?timeout=1", "db=, user= or password="},
        {"unix:/r?tls=yes", "db=, user= or password="},
        {"unix:/r?db=1&", "db=, user= or password="},
        {"unix:/r?user=u", "password"},
        {"unix:/r?user=u&password=", "password"},
        {"redis://", "host"},
        {"redis://h:0", "port"},
        {"redis://h:65536", "port"},
        {"redis://h/x", "database"},
        {"redis://h/65536", "database"},
        {"redis://h/0?x=1", "no parameters"},
        {"redis://h?db=1", "no parameters"},
        {"redis://h?tls=yes", "rediss://"},
        {"redis://user@h", "password"},
        {"redis://u:%0@h", "percent-encoded"},
        {"redis://u:a%00b@h", "percent-encoded"},
        {"redis://u:%zz@h", "percent-encoded"},
        {"redis://u:p#1@h", "%23"},
        {"redis://u:p/1@h", "%2F"},
        {"redis://u:1/2?x@h", "%3F"},
        {"redis://h#1", "%23"},
        {"redis://h1,h2", "redis-sentinel://"},
        {"rediss://h1,h2", "redis-sentinel://"},
        {"rediss://h?ca=ca.pem", "absolute"},
        {"rediss://h?ca=%2", "percent-encoded"},
        {"rediss://h?cert=/c", "belong together"},
        {"rediss://h?key=/k", "belong together"},
        {"rediss://h?tls=no", "ca=, cert=, key= or sni="},
        {"rediss://h?verify=no", "ca=, cert=, key= or sni="},
        {"redis-sentinel://h", "master=mymaster"},
        {"redis-sentinel://h?master=", "master=mymaster"},
        {"redis-sentinel://h,?master=m", "host"},
        {"redis-sentinel://h:1,h:x?master=m", "port"},
        {"redis-sentinel://h?master=m&tls=on", "yes or no"},
        {"redis-sentinel://h?master=m&tls=", "yes or no"},
        {"redis-sentinel://h?master=m&name=x", "sentinel_tls="},
        {"redis-sentinel://h?master=m&sentinel_user=u", "sentinel_password"},
        {"redis-sentinel://h?master=m&ca=/ca", "sentinel_tls=yes"},
        {"redis-sentinel://h?master=m&sentinel_tls=yes&sni=x", "add tls=yes"},
        {"redis-cluster://h/1", "database 0"},
        {"redis-cluster://h?master=m", "tls=, ca="},
        {"redis-cluster://", "host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_redis redis;
        const char *why = "";
        if (conf_redis_parse(cases[i][0], &redis, &why))
            fail_msg("\"%s\" was taken", cases[i][0]);
        if (!strstr(why, cases[i][1]))
            fail_msg("\"%s\": %s", cases[i][0], why);
        conf_redis_fini(&redis);
    }
}

static void the_name_for_tls_is_no_longer_than_tls_allows(void **state)
{
    (void)state;
    char url[300];
    int start = snprintf(url, sizeof url, "rediss://h?sni=");
    struct conf_redis redis;
    const char *why = "";
    memset(url + start, 'a', 256);
    url[start + 255] = '\0';
    redis = parse(url);
    assert_int_equal(strlen(redis.sni), 255);
    conf_redis_fini(&redis);
    url[start + 255] = 'a';
    url[start + 256] = '\0';
    assert_false(conf_redis_parse(url, &redis, &why));
    assert_non_null(strstr(why, "255"));
    conf_redis_fini(&redis);
}

static void there_is_a_limit_to_hosts(void **state)
{
    (void)state;
    char url[64 + 2 * LIMIT_REDIS_HOSTS] = "redis-cluster://h";
    for (size_t i = 1; i < LIMIT_REDIS_HOSTS; i++)
        strcat(url, ",h");
    struct conf_redis redis = parse(url);
    const char *why = "";
    assert_int_equal(redis.host_count, LIMIT_REDIS_HOSTS);
    conf_redis_fini(&redis);
    strcat(url, ",h");
    assert_false(conf_redis_parse(url, &redis, &why));
    assert_non_null(strstr(why, "too many hosts"));
    conf_redis_fini(&redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redis_socket_has_a_path_and_options),
        cmocka_unit_test(a_redis_server_has_a_host_and_defaults),
        cmocka_unit_test(tls_has_its_own_scheme_with_files_and_a_name),
        cmocka_unit_test(sentinels_are_several_hosts_with_secrets_of_their_own),
        cmocka_unit_test(a_cluster_is_some_of_its_nodes),
        cmocka_unit_test(what_is_wrong_is_said_in_a_sentence),
        cmocka_unit_test(the_name_for_tls_is_no_longer_than_tls_allows),
        cmocka_unit_test(there_is_a_limit_to_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
