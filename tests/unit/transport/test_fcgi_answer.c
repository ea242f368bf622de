/* SPDX-License-Identifier: ISC */
/* Answers as bytes on the wire, whatever part of them has been sent. */
#include "records.h"

#include "base/blob.h"
#include "base/mem.h"
#include "transport/fcgi_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECORD_CONTENT = 65528, CONTENT_AT_ONCE = FCGI_ANSWER_RECORDS * RECORD_CONTENT };

static const char head[] = "Status: 200 OK\r\n\r\n";

/* A body of LEN bytes that do not repeat soon. */
static struct blob *body_of(size_t len)
{
    char *bytes = mem_resize(NULL, len + 1, 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 251);
    struct blob *body = blob_new(bytes, len);
    free(bytes);
    return body;
}

/* What the answer has to look like, by the book. */
static void add_expected(struct buf *wire, const struct fcgi_answer *answer)
{
    static const char end[8] = {0};
    struct buf content;

    buf_init(&content);
    buf_add(&content, answer->head, answer->head_len);
    if (answer->body)
        buf_add(&content, answer->body->data, answer->body->len);
    add_stream(wire, FCGI_STDOUT, answer->id, content.data, content.len, RECORD_CONTENT);
    add_record(wire, FCGI_END_REQUEST, answer->id, end, sizeof end, 0);
    buf_fini(&content);
}

static void add_gathered(struct buf *bytes, const struct fcgi_answer *answer)
{
    struct fcgi_gather gather;

    fcgi_answer_gather(answer, &gather);
    for (int i = 0; i < gather.count; i++)
        buf_add(bytes, gather.parts[i].iov_base, gather.parts[i].iov_len);
}

/* After SENT bytes of WIRE, a call sends what follows them, and never nothing. */
static void assert_goes_on(struct fcgi_answer *answer, const struct buf *wire, size_t sent)
{
    struct buf rest;

    buf_init(&rest);
    answer->sent = sent;
    add_gathered(&rest, answer);
    assert_true(rest.len > 0 && rest.len <= wire->len - sent);
    assert_memory_equal(rest.data, wire->data + sent, rest.len);
    buf_fini(&rest);
}

static void an_answer_goes_on_from_every_byte(void **state)
{
    const size_t sizes[] = {0, 1, 100, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct blob *body = sizes[i] ? body_of(sizes[i]) : NULL;
        struct fcgi_answer answer = {.head = head, .head_len = strlen(head), .body = body, .id = 258};
        struct buf wire;

        buf_init(&wire);
        add_expected(&wire, &answer);
        assert_int_equal(fcgi_answer_bytes(&answer), wire.len);
        for (size_t sent = 0; sent < wire.len; sent++)
            assert_goes_on(&answer, &wire, sent);
        buf_fini(&wire);
        blob_unref(body);
    }
}

static void records_end_where_their_content_does(void **state)
{
    const size_t content[] = {RECORD_CONTENT - 1, RECORD_CONTENT, RECORD_CONTENT + 1, 3 * RECORD_CONTENT};

    (void)state;
    for (size_t i = 0; i < sizeof content / sizeof *content; i++) {
        struct blob *body = body_of(content[i] - strlen(head));
        struct fcgi_answer answer = {.head = head, .head_len = strlen(head), .body = body, .id = 1};
        struct buf wire;

        buf_init(&wire);
        add_expected(&wire, &answer);
        assert_int_equal(fcgi_answer_bytes(&answer), wire.len);
        for (size_t sent = 0; sent < wire.len; sent += 97)
            assert_goes_on(&answer, &wire, sent);
        for (size_t left = 1; left < 100; left++)
            assert_goes_on(&answer, &wire, wire.len - left);
        buf_fini(&wire);
        blob_unref(body);
    }
}

static void a_long_answer_takes_several_calls(void **state)
{
    struct blob *body = body_of(2 * CONTENT_AT_ONCE);
    struct fcgi_answer answer = {.head = head, .head_len = strlen(head), .body = body, .id = 1};
    struct buf wire, got;
    int calls = 0;

    (void)state;
    buf_init(&wire);
    buf_init(&got);
    add_expected(&wire, &answer);
    for (; answer.sent < fcgi_answer_bytes(&answer); calls++) {
        add_gathered(&got, &answer);
        answer.sent = got.len;
    }
    assert_int_equal(calls, 3);
    assert_int_equal(got.len, wire.len);
    assert_memory_equal(got.data, wire.data, wire.len);
    buf_fini(&wire);
    buf_fini(&got);
    blob_unref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_goes_on_from_every_byte),
        cmocka_unit_test(records_end_where_their_content_does),
        cmocka_unit_test(a_long_answer_takes_several_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
