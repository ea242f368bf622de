/* SPDX-License-Identifier: ISC */
/* transport/frame.h and fcgi_params.h: bytes in, verdicts out. */
#include "transport/frame.h"

#include "base/limits.h"
#include "records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct input {
    struct buf bytes, pairs;
    struct frame frame;
};

static int setup(void **state)
{
    struct input *self = calloc(1, sizeof *self);

    buf_init(&self->bytes);
    buf_init(&self->pairs);
    frame_init(&self->frame);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    struct input *self = *state;

    buf_fini(&self->bytes);
    buf_fini(&self->pairs);
    free(self);
    return 0;
}

static size_t feed(struct input *self)
{
    return frame_feed(&self->frame, (const unsigned char *)self->bytes.data, self->bytes.len);
}

static void assert_state(struct input *self, enum frame_state state)
{
    feed(self);
    assert_int_equal(self->frame.state, state);
}

/* A request whose PARAMS hold what is in self->pairs. */
static void add_with_pairs(struct input *self)
{
    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_stream(&self->bytes, FCGI_PARAMS, 1, self->pairs.data, self->pairs.len, RECORD_MAX);
    add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 0);
}

static void nothing_is_partial(void **state)
{
    assert_state(*state, FRAME_PARTIAL);
}

static void a_request_is_whole_at_its_empty_stdin(void **state)
{
    struct input *self = *state;

    add_request_of(&self->bytes, 258, FCGI_KEEP_CONN, "POST", "body", "4");
    assert_int_equal(feed(self), self->bytes.len);
    assert_int_equal(self->frame.state, FRAME_WHOLE);
    assert_int_equal(self->frame.request_id, 258);
    assert_int_equal(self->frame.role, FCGI_RESPONDER);
    assert_true(self->frame.keep_conn);
    assert_int_equal(self->frame.body_bytes, 4);
    assert_int_equal(self->frame.own_bytes, self->bytes.len);
    assert_int_equal(self->frame.head_bytes, self->bytes.len - 8 - 4 - 8);
}

static void every_prefix_of_a_request_is_partial(void **state)
{
    struct input *self = *state;

    add_request_of(&self->bytes, 1, 0, "POST", "body", "4");
    for (size_t len = 0; len < self->bytes.len; len++) {
        frame_init(&self->frame);
        assert_int_equal(frame_feed(&self->frame, (unsigned char *)self->bytes.data, len), len);
        assert_int_equal(self->frame.state, FRAME_PARTIAL);
    }
}

static void portions_make_no_difference(void **state)
{
    struct input *self = *state;

    add_record(&self->bytes, FCGI_GET_VALUES, 0, "abc", 3, 5);
    add_request_of(&self->bytes, 1, 0, "POST", "body", "4");
    for (size_t size = 1; size < self->bytes.len; size++) {
        size_t at = 0;

        frame_init(&self->frame);
        while (at < self->bytes.len) {
            size_t len = self->bytes.len - at < size ? self->bytes.len - at : size;
            size_t took = frame_feed(&self->frame, (unsigned char *)self->bytes.data + at, len);

            assert_true(took == len || self->frame.state == FRAME_ASIDE);
            at += took;
        }
        assert_int_equal(self->frame.state, FRAME_WHOLE);
        assert_int_equal(self->frame.own_bytes, self->bytes.len - 16);
        assert_int_equal(self->frame.body_bytes, 4);
    }
}

static void what_is_behind_the_request_is_left(void **state)
{
    struct input *self = *state;
    size_t len;

    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    len = self->bytes.len;
    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    assert_int_equal(feed(self), len);
    assert_int_equal(self->frame.state, FRAME_WHOLE);
}

static void padding_belongs_to_the_request(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_record(&self->bytes, FCGI_PARAMS, 1, NULL, 0, 255);
    add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 7);
    assert_int_equal(feed(self), self->bytes.len);
    assert_int_equal(self->frame.state, FRAME_WHOLE);
}

static void an_abort_is_told(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_record(&self->bytes, FCGI_ABORT_REQUEST, 1, "content", 7, 1);
    assert_state(self, FRAME_ABORTED);
}

static void an_abort_of_an_earlier_request_is_aside(void **state)
{
    struct input *self = *state;

    add_record(&self->bytes, FCGI_ABORT_REQUEST, 7, NULL, 0, 0);
    assert_state(self, FRAME_ASIDE);
    assert_int_equal(self->frame.record_id, 7);
    assert_int_equal(frame_record_type(&self->frame), FCGI_ABORT_REQUEST);
    assert_int_equal(self->frame.record_bytes, 8);
}

static void a_management_record_is_aside_and_the_request_goes_on(void **state)
{
    struct input *self = *state;
    size_t took;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_record(&self->bytes, FCGI_GET_VALUES, 0, "ab", 2, 6);
    add_record(&self->bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 0);
    took = feed(self);
    assert_int_equal(took, 16 + 16);
    assert_int_equal(self->frame.state, FRAME_ASIDE);
    assert_int_equal(self->frame.record_id, 0);
    assert_int_equal(self->frame.record_bytes, 16);
    assert_int_equal(self->frame.content_len, 2);
    frame_feed(&self->frame, (unsigned char *)self->bytes.data + took, self->bytes.len - took);
    assert_int_equal(self->frame.state, FRAME_WHOLE);
    assert_int_equal(self->frame.own_bytes, self->bytes.len - 16);
}

static void another_request_in_between_is_aside(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_begin(&self->bytes, 2, FCGI_RESPONDER, 0);
    assert_state(self, FRAME_ASIDE);
    assert_int_equal(self->frame.record_id, 2);
    assert_int_equal(self->frame.request_id, 1);
}

static void another_version_is_malformed(void **state)
{
    struct input *self = *state;

    add_request(&self->bytes, 1, 0);
    self->bytes.data[0] = 2;
    assert_state(self, FRAME_MALFORMED);
}

static void http_is_malformed(void **state)
{
    struct input *self = *state;

    buf_add_text(&self->bytes, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_state(self, FRAME_MALFORMED);
}

static void a_beginning_of_another_size_is_malformed(void **state)
{
    struct input *self = *state;

    add_record(&self->bytes, FCGI_BEGIN_REQUEST, 1, "1234567", 7, 0);
    assert_state(self, FRAME_MALFORMED);
}

static void a_second_beginning_is_malformed(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    assert_state(self, FRAME_MALFORMED);
}

static void stdin_before_the_end_of_params_is_malformed(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 0);
    assert_state(self, FRAME_MALFORMED);
}

static void data_for_a_responder_is_malformed(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_record(&self->bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    add_record(&self->bytes, FCGI_DATA, 1, "x", 1, 0);
    assert_state(self, FRAME_MALFORMED);
}

static void another_role_is_whole_without_stdin(void **state)
{
    struct input *self = *state;

    add_begin(&self->bytes, 1, FCGI_AUTHORIZER, 0);
    add_record(&self->bytes, FCGI_PARAMS, 1, NULL, 0, 0);
    assert_state(self, FRAME_WHOLE);
    assert_int_equal(self->frame.role, FCGI_AUTHORIZER);
}

static void pairs_may_be_split_over_records_anywhere(void **state)
{
    struct input *self = *state;
    char value[300];

    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    add_pair(&self->pairs, "SHORT", "");
    add_pair(&self->pairs, "", "");
    add_pair(&self->pairs, "LONG", value);
    for (size_t size = 1; size <= self->pairs.len; size++) {
        buf_clear(&self->bytes);
        frame_init(&self->frame);
        add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
        add_stream(&self->bytes, FCGI_PARAMS, 1, self->pairs.data, self->pairs.len, size);
        add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 0);
        assert_state(self, FRAME_WHOLE);
        assert_int_equal(self->frame.params_bytes, self->pairs.len);
    }
}

static void sixty_kilobytes_of_params_are_fine(void **state)
{
    struct input *self = *state;
    static char value[60001];

    memset(value, 'v', sizeof value - 1);
    add_pair(&self->pairs, "HTTP_COOKIE", value);
    add_begin(&self->bytes, 1, FCGI_RESPONDER, 0);
    add_stream(&self->bytes, FCGI_PARAMS, 1, self->pairs.data, self->pairs.len, 8192);
    add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 0);
    assert_state(self, FRAME_WHOLE);
}

static void params_over_the_limit_are_too_large(void **state)
{
    struct input *self = *state;

    for (int i = 0; i <= LIMIT_PARAMS_BYTES / 2; i++)
        add_pair(&self->pairs, "", "");
    add_with_pairs(self);
    assert_state(self, FRAME_TOO_LARGE);
}

static void a_length_beyond_all_params_is_malformed(void **state)
{
    struct input *self = *state;

    buf_add(&self->pairs, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    add_with_pairs(self);
    assert_state(self, FRAME_MALFORMED);
}

static void a_length_beyond_the_end_of_params_is_malformed(void **state)
{
    struct input *self = *state;

    buf_add(&self->pairs, "\4\4NAMEval", 9);
    add_with_pairs(self);
    assert_state(self, FRAME_MALFORMED);
}

static void params_that_end_within_a_length_are_malformed(void **state)
{
    struct input *self = *state;

    buf_add(&self->pairs, "\4", 1);
    add_with_pairs(self);
    assert_state(self, FRAME_MALFORMED);
    frame_init(&self->frame);
    buf_clear(&self->bytes);
    buf_clear(&self->pairs);
    buf_add(&self->pairs, "\x80\0", 2);
    add_with_pairs(self);
    assert_state(self, FRAME_MALFORMED);
}

/* libfcgi would cut it short there: REMOTE_USER "admin\0x" would be admin. */
static void a_nul_in_params_is_malformed(void **state)
{
    struct input *self = *state;

    buf_add(&self->pairs, "\1\3Na\0b", 6);
    add_with_pairs(self);
    assert_state(self, FRAME_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_partial),
        TEST(a_request_is_whole_at_its_empty_stdin),
        TEST(every_prefix_of_a_request_is_partial),
        TEST(portions_make_no_difference),
        TEST(what_is_behind_the_request_is_left),
        TEST(padding_belongs_to_the_request),
        TEST(an_abort_is_told),
        TEST(an_abort_of_an_earlier_request_is_aside),
        TEST(a_management_record_is_aside_and_the_request_goes_on),
        TEST(another_request_in_between_is_aside),
        TEST(another_version_is_malformed),
        TEST(http_is_malformed),
        TEST(a_beginning_of_another_size_is_malformed),
        TEST(a_second_beginning_is_malformed),
        TEST(stdin_before_the_end_of_params_is_malformed),
        TEST(data_for_a_responder_is_malformed),
        TEST(another_role_is_whole_without_stdin),
        TEST(pairs_may_be_split_over_records_anywhere),
        TEST(sixty_kilobytes_of_params_are_fine),
        TEST(params_over_the_limit_are_too_large),
        TEST(a_length_beyond_all_params_is_malformed),
        TEST(a_length_beyond_the_end_of_params_is_malformed),
        TEST(params_that_end_within_a_length_are_malformed),
        TEST(a_nul_in_params_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
