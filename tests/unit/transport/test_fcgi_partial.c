/* SPDX-License-Identifier: ISC */
/* Requests that are partly here: what is stored of them, and what goes when that is too much. */
#include "records.h"

#include "base/limits.h"
#include "base/mem.h"
#include "transport/fcgi_partial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct fcgi_partials set;
    struct buf bytes;
};

static int setup(void **state)
{
    struct fixture *self = mem_new(sizeof *self);

    fcgi_partials_init(&self->set);
    buf_init(&self->bytes);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial;

    while ((partial = TAILQ_FIRST(&self->set.all)))
        fcgi_partial_free(partial);
    assert_int_equal(self->set.stored_bytes, 0);
    buf_fini(&self->bytes);
    free(self);
    return 0;
}

/* Feeds BYTES, SIZE of them at a time, as long as nothing but more is wanted; they are cleared. Returns how many it took. */
static size_t feed(struct fcgi_partial *partial, struct buf *bytes, size_t size)
{
    size_t took = 0;

    while (took < bytes->len && partial->frame.state == FRAME_PARTIAL) {
        size_t len = bytes->len - took < size ? bytes->len - took : size;

        took += fcgi_partial_feed(partial, (const unsigned char *)bytes->data + took, len);
        fcgi_partial_settle(partial);
    }
    buf_clear(bytes);
    return took;
}

static void add_head(struct buf *bytes)
{
    struct buf pairs;

    buf_init(&pairs);
    add_pair(&pairs, "REQUEST_METHOD", "POST");
    add_begin(bytes, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
    add_stream(bytes, FCGI_PARAMS, 1, pairs.data, pairs.len, RECORD_MAX);
    buf_fini(&pairs);
}

/* LEN bytes of a body, not its end. */
static void add_body(struct buf *bytes, size_t len)
{
    char *content = mem_new(RECORD_MAX);

    for (size_t at = 0; at < len; at += RECORD_MAX)
        add_record(bytes, FCGI_STDIN, 1, content, len - at < RECORD_MAX ? len - at : RECORD_MAX, 0);
    free(content);
}

/* A request that has all but its end, with LEN bytes of body. */
static struct fcgi_partial *half(struct fixture *self, size_t len)
{
    struct fcgi_partial *partial = fcgi_partial_new(&self->set, 0);

    add_head(&self->bytes);
    add_body(&self->bytes, len);
    feed(partial, &self->bytes, 65536);
    return partial;
}

static void what_comes_is_stored_as_it_came(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial = fcgi_partial_new(&self->set, 0);
    struct buf sent;

    buf_init(&sent);
    add_request_of(&sent, 1, 0, "POST", "a body", NULL);
    buf_add(&self->bytes, sent.data, sent.len);
    assert_true(fcgi_partial_is_empty(partial));
    feed(partial, &self->bytes, 1);
    assert_false(fcgi_partial_is_empty(partial));
    assert_int_equal(partial->frame.state, FRAME_WHOLE);
    fcgi_partial_finish(partial);
    assert_int_equal(fcgi_partial_fault(partial), REQUEST_WHOLE);
    assert_int_equal(partial->stored.len, sent.len);
    assert_memory_equal(partial->stored.data, sent.data, sent.len);
    assert_int_equal(self->set.stored_bytes, sent.len);
    buf_fini(&sent);
}

static void it_ends_where_the_request_ends(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial = fcgi_partial_new(&self->set, 0);
    size_t len;

    add_request(&self->bytes, 1, FCGI_KEEP_CONN);
    len = self->bytes.len;
    add_request(&self->bytes, 2, FCGI_KEEP_CONN);
    assert_int_equal(feed(partial, &self->bytes, 65536), len);
    assert_int_equal(partial->frame.state, FRAME_WHOLE);
    assert_int_equal(partial->stored.len, len);
}

static void a_record_aside_is_taken_out_again(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial = fcgi_partial_new(&self->set, 0);
    size_t before;

    add_head(&self->bytes);
    before = self->bytes.len;
    add_record(&self->bytes, FCGI_GET_VALUES, 0, "\3\0one", 5, 3);
    feed(partial, &self->bytes, 7);
    assert_int_equal(partial->frame.state, FRAME_ASIDE);
    assert_memory_equal(fcgi_partial_take_aside(partial) + FCGI_HEADER_LEN, "\3\0one", 5);
    fcgi_partial_settle(partial);
    assert_int_equal(partial->stored.len, before);
    assert_int_equal(self->set.stored_bytes, before);
}

static void records_aside_alone_leave_it_empty(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial = fcgi_partial_new(&self->set, 0);

    add_record(&self->bytes, FCGI_GET_VALUES, 0, NULL, 0, 0);
    feed(partial, &self->bytes, 65536);
    fcgi_partial_take_aside(partial);
    fcgi_partial_settle(partial);
    assert_true(fcgi_partial_is_empty(partial));
    assert_int_equal(self->set.stored_bytes, 0);
}

static void of_a_body_that_is_too_large_nothing_stays(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial = half(self, 0);
    size_t head = partial->stored.len;

    add_body(&self->bytes, LIMIT_BODY_BYTES + 1);
    feed(partial, &self->bytes, 65536);
    assert_int_equal(fcgi_partial_fault(partial), REQUEST_TOO_LARGE);
    assert_int_equal(partial->stored.len, head);
    add_record(&self->bytes, FCGI_STDIN, 1, NULL, 0, 0);
    feed(partial, &self->bytes, 65536);
    assert_int_equal(partial->frame.state, FRAME_WHOLE);
    assert_int_equal(partial->stored.len, head);
    fcgi_partial_finish(partial);
    /* With the end of an empty body, so that libfcgi finds one. */
    assert_int_equal(partial->stored.len, head + FCGI_HEADER_LEN);
}

static void up_to_the_limit_all_have_room(void **state)
{
    enum { SIZE = 900000 };
    struct fixture *self = *state;

    while (self->set.stored_bytes + SIZE < LIMIT_INPUTS_BYTES - 1000)
        half(self, SIZE);
    assert_false(fcgi_partials_make_room(&self->set));
    assert_int_equal(fcgi_partial_fault(TAILQ_FIRST(&self->set.all)), REQUEST_WHOLE);
}

static void beyond_it_the_oldest_large_ones_go(void **state)
{
    enum { SIZE = 900000 };
    struct fixture *self = *state;
    struct fcgi_partial *small = half(self, 100);
    struct fcgi_partial *oldest = half(self, SIZE);
    struct fcgi_partial *youngest = oldest;

    while (self->set.stored_bytes <= LIMIT_INPUTS_BYTES)
        youngest = half(self, SIZE);
    assert_true(fcgi_partials_make_room(&self->set));
    assert_true(self->set.stored_bytes <= LIMIT_INPUTS_BYTES / 2);
    assert_int_equal(fcgi_partial_fault(small), REQUEST_WHOLE);
    assert_int_equal(fcgi_partial_fault(oldest), REQUEST_CROWDED_OUT);
    assert_int_equal(fcgi_partial_fault(youngest), REQUEST_WHOLE);
    assert_true(oldest->stored.len < 100);
    assert_false(fcgi_partials_make_room(&self->set));
}

/* The request of one that was crowded out goes on, and what it still sends is not stored. */
static void a_body_that_was_crowded_out_stays_out(void **state)
{
    struct fixture *self = *state;
    struct fcgi_partial *partial = half(self, 1000);
    size_t head;

    partial->crowded_out = true;
    fcgi_partial_settle(partial);
    head = partial->stored.len;
    add_body(&self->bytes, 100000);
    feed(partial, &self->bytes, 1000);
    assert_int_equal(partial->stored.len, head);
    assert_int_equal(fcgi_partial_fault(partial), REQUEST_CROWDED_OUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_is_stored_as_it_came),           TEST(it_ends_where_the_request_ends),
        TEST(a_record_aside_is_taken_out_again),         TEST(records_aside_alone_leave_it_empty),
        TEST(of_a_body_that_is_too_large_nothing_stays), TEST(up_to_the_limit_all_have_room),
        TEST(beyond_it_the_oldest_large_ones_go),        TEST(a_body_that_was_crowded_out_stays_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
