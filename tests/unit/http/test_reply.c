/* SPDX-License-Identifier: ISC */
/* The body of a problem, whatever its detail quotes. */
#include "base/blob.h"
#include "http/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check_detail(const char *detail, const char *json)
{
    struct blob *body = reply_problem_body(PROBLEM_BAD_JSON, detail, NULL);

    if (!strstr(body->data, json))
        fail_msg("%s", body->data);
    blob_unref(body);
}

static void a_detail_is_sent_as_it_is(void **state)
{
    (void)state;
    check_detail("Say \"please\".", "\"detail\":\"Say \\\"please\\\".\"");
    check_detail("Gr\xc3\xbc\xc3\x9f"
                 "e.",
                 "\"detail\":\"Gr\xc3\xbc\xc3\x9f"
                 "e.\"");
    check_detail("", "\"detail\":\"\"");
}

/* jansson quotes what it stumbled over up to the byte, and a text that is too long is cut at one. */
static void what_a_detail_quotes_may_be_cut_within_a_character(void **state)
{
    (void)state;
    check_detail("Not a number: 'a\xc3'.", "\"detail\":\"Not a number: 'a?'.\"");
    check_detail("\xff\xfe cut \xf0\x9f\x98", "\"detail\":\"?? cut ???\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_detail_is_sent_as_it_is),
        cmocka_unit_test(what_a_detail_quotes_may_be_cut_within_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
