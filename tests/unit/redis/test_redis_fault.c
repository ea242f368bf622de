/* SPDX-License-Identifier: ISC */
/* What Redis's errors mean, as Redis 6, 7 and 8 and Valkey 8 word them. */
#include "fixture.h"
#include "redis/redis_fault.h"

static void a_code_counts_where_redis_7_puts_it(void **state)
{
    (void)state;
    assert_int_equal(redis_fault_of("NOSCRIPT No matching script. Please use EVAL."), FAULT_NOSCRIPT);
    assert_int_equal(
        redis_fault_of("OOM command not allowed when used memory > 'maxmemory'. script: f_01, on @user_script:1."),
        FAULT_REFUSED);
    assert_int_equal(
        redis_fault_of("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
        FAULT_REFUSED);
    assert_int_equal(
        redis_fault_of("READONLY You can't write against a read only replica. script: f_01, on @user_script:1."),
        FAULT_LOST);
    assert_int_equal(redis_fault_of("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
                     FAULT_LOST);
    assert_int_equal(redis_fault_of("LOADING Redis is loading the dataset in memory"), FAULT_LOST);
    assert_int_equal(redis_fault_of("NOAUTH Authentication required."), FAULT_LOST);
    assert_int_equal(redis_fault_of("NOPERM No permissions to access a key"), FAULT_REFUSED);
    assert_int_equal(redis_fault_of("CLUSTERDOWN The cluster is down"), FAULT_DOWN);
    assert_int_equal(
        redis_fault_of("ERR The user executing the script can't run this command or subcommand script: f_01"),
        FAULT_REFUSED);
}

static void a_code_counts_where_redis_6_quotes_it(void **state)
{
    (void)state;
    assert_int_equal(
        redis_fault_of("ERR Error running script (call to f_01): @user_script:1: @user_script: 1: -OOM command not "
                       "allowed when used memory > 'maxmemory'."),
        FAULT_REFUSED);
    assert_int_equal(
        redis_fault_of("ERR Error running script (call to f_01): @user_script:1: @user_script: 1: -READONLY You "
                       "can't write against a read only replica."),
        FAULT_LOST);
}

#define IN_SCRIPT " script: 7cca6315115429fba361dc3b344bb88630b9ad21, on @user_script:1."

static void redis_8_and_valkey_8_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        enum redis_fault fault;
    } cases[] = {
        {"ERR ACL failure in script: User default has no permissions to run the 'incrby' command" IN_SCRIPT,
         FAULT_REFUSED},
        {"ERR ACL failure in script: User READONLY has no permissions to run the 'incrby' command", FAULT_REFUSED},
        {"ERR ACL failure in script: No permissions to access a key" IN_SCRIPT, FAULT_REFUSED},
        {"ERR ACL failure in script: No permissions to access a channel" IN_SCRIPT, FAULT_REFUSED},
        {"NOPERM User default has no permissions to run the 'evalsha' command", FAULT_REFUSED},
        {"NOSCRIPT No matching script.", FAULT_NOSCRIPT},
        {"OOM command not allowed when used memory > 'maxmemory'." IN_SCRIPT, FAULT_REFUSED},
        {"NOREPLICAS Not enough good replicas to write." IN_SCRIPT, FAULT_REFUSED},
        {"READONLY You can't write against a read only replica." IN_SCRIPT, FAULT_LOST},
        {"BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", FAULT_REFUSED},
        {"WRONGPASS invalid username-password pair or user is disabled.", FAULT_LOST},
        {"ERR user_script:1: Script attempted to access nonexistent global variable 'nothing'" IN_SCRIPT, FAULT_SCRIPT},
        {"WRONGTYPE Operation against a key holding the wrong kind of value" IN_SCRIPT, FAULT_SCRIPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (redis_fault_of(cases[i].error) != cases[i].fault)
            fail_msg("%s", cases[i].error);
}

static void what_is_elsewhere_in_a_cluster_is_told_from_what_is_refused(void **state)
{
    (void)state;
    assert_int_equal(redis_fault_of("MOVED 3999 127.0.0.1:6381"), FAULT_MOVED);
    assert_int_equal(redis_fault_of("ASK 3999 127.0.0.1:6381"), FAULT_MOVING);
    assert_int_equal(redis_fault_of("TRYAGAIN Multiple keys request during rehashing of slot"), FAULT_MOVING);
    assert_int_equal(redis_fault_of("ERR Script attempted to access a non local key in a cluster node" IN_SCRIPT),
                     FAULT_MOVING);
    assert_int_equal(redis_fault_of("ERR Script attempted to execute a command while the cluster is down" IN_SCRIPT),
                     FAULT_DOWN);
    assert_true(redis_fault_is_misplaced(FAULT_MOVED) && redis_fault_is_misplaced(FAULT_DOWN));
    assert_false(redis_fault_is_misplaced(FAULT_REFUSED));
}

static void what_only_looks_like_a_code_is_the_scripts_fault(void **state)
{
    (void)state;
    assert_int_equal(redis_fault_of("ERR Error running script: attempt to index a nil value"), FAULT_SCRIPT);
    assert_int_equal(redis_fault_of("WRONGTYPE Operation against a key holding the wrong kind of value"), FAULT_SCRIPT);
    assert_int_equal(redis_fault_of("BUSYKEY Target key name already exists."), FAULT_SCRIPT);
    assert_int_equal(redis_fault_of("ERR BEDROOM is not a number"), FAULT_SCRIPT);
    assert_int_equal(redis_fault_of(""), FAULT_SCRIPT);
}

static void a_missing_right_is_named(void **state)
{
    char name[64];

    (void)state;
    assert_true(redis_fault_denied("NOPERM this user has no permissions to run the 'script|load' command",
                                   "SCRIPT LOAD", name, sizeof name));
    assert_string_equal(name, "+script|load");
    assert_true(redis_fault_denied("NOPERM No permissions to access a key", "EVALSHA", name, sizeof name));
    assert_string_equal(name, "key rights ~rollcall:*");
    assert_true(redis_fault_denied("NOPERM User a has no permissions to access the 'x' channel", "SUBSCRIBE", name,
                                   sizeof name));
    assert_string_equal(name, "channel rights &rollcall:*");
    assert_true(
        redis_fault_denied("ERR The user executing the script can't publish to the channel mentioned in the command",
                           "PUBLISH", name, sizeof name));
    assert_string_equal(name, "channel rights &rollcall:*");
    assert_true(redis_fault_denied("ERR The user executing the script can't run this command or subcommand", "HSET",
                                   name, sizeof name));
    assert_string_equal(name, "+hset");
    assert_true(redis_fault_denied(
        "ERR ACL failure in script: User keys of channel has no permissions to run the 'hset' command", "HSET", name,
        sizeof name));
    assert_string_equal(name, "+hset");
    assert_true(redis_fault_denied("ERR ACL failure in script: No permissions to access a channel" IN_SCRIPT, "PUBLISH",
                                   name, sizeof name));
    assert_string_equal(name, "channel rights &rollcall:*");
    assert_true(redis_fault_denied("ERR ACL failure in script: No permissions to access a key" IN_SCRIPT, "HSET", name,
                                   sizeof name));
    assert_string_equal(name, "key rights ~rollcall:*");
    assert_true(redis_fault_denied_in_script("ERR The user executing the script can't run this command or subcommand"));
    assert_true(redis_fault_denied_in_script("ERR ACL failure in script: No permissions to access a key" IN_SCRIPT));
    assert_false(redis_fault_denied_in_script("NOPERM this user has no permissions to run the 'evalsha' command"));
    assert_false(redis_fault_denied("OOM command not allowed", "HSET", name, sizeof name));
}

static void a_command_that_redis_does_not_know_is_told_from_other_faults(void **state)
{
    (void)state;
    assert_true(redis_fault_is_unknown("ERR unknown command 'EVALSHA', with args beginning with: 'x'"));
    assert_true(redis_fault_is_unknown("ERR unknown command `EVALSHA`, with args beginning with: "));
    assert_true(redis_fault_is_unknown("@user_script: 4: Unknown Redis command called from Lua script"));
    assert_true(redis_fault_is_unknown("ERR Unknown Redis command called from script" IN_SCRIPT));
    assert_true(redis_fault_is_unknown("ERR Unknown Valkey command called from script" IN_SCRIPT));
    assert_false(redis_fault_is_unknown("OOM command not allowed when used memory > 'maxmemory'."));
    assert_false(redis_fault_is_unknown(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_counts_where_redis_7_puts_it),
        cmocka_unit_test(a_code_counts_where_redis_6_quotes_it),
        cmocka_unit_test(redis_8_and_valkey_8_are_understood),
        cmocka_unit_test(what_is_elsewhere_in_a_cluster_is_told_from_what_is_refused),
        cmocka_unit_test(a_command_that_redis_does_not_know_is_told_from_other_faults),
        cmocka_unit_test(what_only_looks_like_a_code_is_the_scripts_fault),
        cmocka_unit_test(a_missing_right_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
