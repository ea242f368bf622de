/* SPDX-License-Identifier: ISC */
/* Answers of web servers, whole and broken, as --doctor reads them. */
#include "doctor/doctor_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* TEXT as an answer, which the caller ends. */
static struct doctor_answer answer_of(const char *text)
{
    struct doctor_answer answer;
    struct buf bytes;

    buf_init(&bytes);
    buf_add_text(&bytes, text);
    doctor_answer_init(&answer);
    doctor_answer_parse(&answer, &bytes);
    buf_fini(&bytes);
    return answer;
}

static void an_answer_is_taken_apart(void **state)
{
    struct doctor_answer answer = answer_of("HTTP/1.1 201 Created\r\nServer: nginx/1.22\r\nX:\t y\r\n\r\n"
                                            "{\"id\":12,\"token\":\"rct_abc\",\"code\":\"ok\"}");
    char text[64];

    (void)state;
    assert_int_equal(answer.status, 201);
    assert_true(doctor_answer_header(&answer, "server", text, sizeof text));
    assert_string_equal(text, "nginx/1.22");
    assert_true(doctor_answer_header(&answer, "X", text, sizeof text));
    assert_string_equal(text, "y");
    assert_true(doctor_answer_text(&answer, "token", text, sizeof text));
    assert_string_equal(text, "rct_abc");
    assert_true(doctor_answer_has(&answer, "code", "ok"));
    assert_int_equal(doctor_answer_int(&answer, "id"), 12);
    doctor_answer_fini(&answer);
}

static void what_is_missing_or_does_not_fit_is_not_read(void **state)
{
    struct doctor_answer answer = answer_of("HTTP/1.1 200 OK\r\nServer: Apache/2.4\r\n\r\n{\"id\":12}");
    char text[8];

    (void)state;
    assert_false(doctor_answer_header(&answer, "Location", text, sizeof text));
    assert_false(doctor_answer_header(&answer, "Server", text, sizeof text));
    assert_false(doctor_answer_text(&answer, "token", text, sizeof text));
    assert_false(doctor_answer_text(&answer, "id", text, sizeof text)); /* a number, not a text */
    assert_int_equal(doctor_answer_int(&answer, "other"), 0);
    doctor_answer_fini(&answer);
}

static void chunks_are_put_together(void **state)
{
    struct doctor_answer answer = answer_of(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=1\r\n, world!!!\r\n0\r\n\r\n");

    (void)state;
    assert_int_equal(answer.body.len, 15);
    assert_memory_equal(answer.body.data, "hello, world!!!", 15);
    doctor_answer_fini(&answer);
}

static void chunks_that_are_cut_short_are_left_out(void **state)
{
    static const char *const all[] = {
        "", "5", "5\r\n", "5\r\nhell", "ffffffffffffffff\r\nhello", "x\r\nhello\r\n", "-1\r\nh"};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[128] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        strcat(text, all[i]);
        struct doctor_answer answer = answer_of(text);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body.len, 0);
        doctor_answer_fini(&answer);
    }
}

static void what_is_not_http_is_an_error(void **state)
{
    static const char *const all[] = {"", "H", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                                      "HTTP/2 200\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct doctor_answer answer = answer_of(all[i]);
        assert_int_equal(answer.status, 0);
        assert_string_equal(answer.error, "the answer is not HTTP");
        doctor_answer_fini(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_taken_apart),     cmocka_unit_test(what_is_missing_or_does_not_fit_is_not_read),
        cmocka_unit_test(chunks_are_put_together),      cmocka_unit_test(chunks_that_are_cut_short_are_left_out),
        cmocka_unit_test(what_is_not_http_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
