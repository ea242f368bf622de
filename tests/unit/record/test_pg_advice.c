/* SPDX-License-Identifier: ISC */
/* What to do about what PostgreSQL says. */
#include "record/pg_advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void assert_advises(const char *message, const char *part)
{
    const char *what = pg_advice(message, "nothing");

    if (!strstr(what, part))
        fail_msg("'%s' for '%s'", what, message);
}

static void each_message_has_its_advice(void **state)
{
    (void)state;
    assert_advises("FATAL:  password authentication failed for user \"x\"", "correct the user or the password");
    assert_advises("fe_sendauth: no password supplied", "write the password into record");
    assert_advises("FATAL:  database \"rollcall\" does not exist", "createdb");
    assert_advises("FATAL:  role \"rollcall\" does not exist", "createuser");
    assert_advises("relation \"member\" does not exist", "restore the record");
    assert_advises("permission denied for table member", "owner");
    assert_advises("session is read-only", "standby");
    assert_advises("cannot execute UPDATE in a read-only transaction", "standby");
    assert_advises("SSL error: certificate verify failed", "sslrootcert=");
    assert_advises("server certificate for \"a\" does not match host name \"b\"", "as the certificate names it");
    assert_advises("server does not support SSL, but SSL was required", "turn on ssl");
    assert_advises("connection to server at \"h\", port 1 failed: Connection refused", "start PostgreSQL");
    assert_advises("no answer within 3 s from \"db1\", port 5432", "firewall");
    assert_advises("FATAL:  sorry, too many clients already", "max_connections");
}

static void what_is_not_known_is_left_to_the_caller(void **state)
{
    (void)state;
    assert_string_equal(pg_advice("something else", "look"), "look");
    assert_string_equal(pg_advice("", "look"), "look");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_has_its_advice),
        cmocka_unit_test(what_is_not_known_is_left_to_the_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
