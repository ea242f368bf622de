/* SPDX-License-Identifier: ISC */
/* Records made as small as they can be. */
#include "records.h"

#include "base/mem.h"
#include "transport/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void pack(struct buf *bytes)
{
    bytes->len = records_pack((unsigned char *)bytes->data, bytes->len);
}

static void same(const struct buf *left, const struct buf *right)
{
    assert_int_equal(left->len, right->len);
    assert_memory_equal(left->data, right->data, left->len);
}

/* ID's request with TEXT as its body, SIZE bytes in a record, each with PADDING. */
static void add_in_portions(struct buf *bytes, const char *text, size_t size, int padding)
{
    size_t len = strlen(text);

    add_begin(bytes, 1, FCGI_RESPONDER, 0);
    add_record(bytes, FCGI_PARAMS, 1, NULL, 0, padding);
    for (size_t at = 0; at < len; at += size)
        add_record(bytes, FCGI_STDIN, 1, text + at, size < len - at ? size : len - at, padding);
    add_record(bytes, FCGI_STDIN, 1, NULL, 0, padding);
}

static void neighbours_become_one_and_padding_goes(void **state)
{
    struct buf portions, whole;

    (void)state;
    buf_init(&portions);
    buf_init(&whole);
    add_in_portions(&portions, "a body of a byte in each record", 1, 255);
    add_in_portions(&whole, "a body of a byte in each record", 65535, 0);
    pack(&portions);
    same(&portions, &whole);
    pack(&portions);
    same(&portions, &whole);
    buf_fini(&portions);
    buf_fini(&whole);
}

static void a_record_holds_no_more_than_it_can(void **state)
{
    char *text = mem_resize(NULL, 100001, 1);
    struct buf bytes;

    (void)state;
    memset(text, 'x', 100000);
    text[100000] = '\0';
    buf_init(&bytes);
    add_in_portions(&bytes, text, 1000, 7);
    pack(&bytes);
    /* BEGIN_REQUEST, the ends of PARAMS and STDIN, and two records for the body. */
    assert_int_equal(bytes.len, 16 + 8 + 8 + 2 * 8 + 100000);
    buf_fini(&bytes);
    free(text);
}

static void nothing_stays_nothing(void **state)
{
    (void)state;
    assert_int_equal(records_pack(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_become_one_and_padding_goes),
        cmocka_unit_test(a_record_holds_no_more_than_it_can),
        cmocka_unit_test(nothing_stays_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
