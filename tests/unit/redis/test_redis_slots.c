/* SPDX-License-Identifier: ISC */
/* Which server of a cluster has which partition, as CLUSTER SLOTS tells it. */
#include "fixture.h"
#include "redis/redis_slots.h"

#include <hiredis/hiredis.h>

static struct redis_slots slots;

/* Whether BYTES, the reply of the server at 192.0.2.9, could be read into SLOTS. */
static bool read_slots(const char *bytes)
{
    struct redis_arena arena = {0};
    redisReader *reader = redis_value_reader_new(&arena);
    void *value = NULL;

    assert_int_equal(redisReaderFeed(reader, bytes, strlen(bytes)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &value), REDIS_OK);
    bool read = redis_slots_read(value, "192.0.2.9", &slots);
    redisReaderFree(reader);
    redis_arena_fini(&arena);
    return read;
}

static uint64_t bit(unsigned partition)
{
    return UINT64_C(1) << partition;
}

#define NODE(host, port) "*3\r\n$9\r\n" host "\r\n:" port "\r\n$4\r\nsome\r\n"

/* Slots as redis-cli CLUSTER KEYSLOT gives them: {0} 13907, {1} 9842, {63} 10499. */
static void a_partition_is_with_the_master_of_its_slot(void **state)
{
    (void)state;
    assert_true(read_slots("*3\r\n"
                           "*4\r\n:0\r\n:9841\r\n" NODE("192.0.2.1", "7001")
                               NODE("192.0.2.4", "7004") "*3\r\n:9842\r\n:10499\r\n" NODE(
                                   "192.0.2.2", "7002") "*3\r\n:10500\r\n:16383\r\n" NODE("192.0.2.1", "7001")));
    assert_int_equal(slots.count, 2);
    assert_string_equal(slots.owners[0].host, "192.0.2.1");
    assert_int_equal(slots.owners[0].port, 7001);
    assert_true(slots.owners[0].partitions & bit(0));
    assert_string_equal(slots.owners[1].host, "192.0.2.2");
    assert_true(slots.owners[1].partitions & bit(1));
    assert_true(slots.owners[1].partitions & bit(63));
    assert_int_equal(slots.owners[0].partitions ^ slots.owners[1].partitions, UINT64_MAX);
}

static void slots_that_nobody_has_leave_their_partitions_out(void **state)
{
    (void)state;
    assert_true(read_slots("*1\r\n*3\r\n:9842\r\n:9842\r\n" NODE("192.0.2.2", "7002")));
    assert_int_equal(slots.count, 1);
    assert_int_equal(slots.owners[0].partitions, bit(1));
    assert_true(read_slots("*1\r\n*3\r\n:9843\r\n:9843\r\n" NODE("192.0.2.2", "7002")));
    assert_int_equal(slots.count, 0);
    assert_true(read_slots("*0\r\n"));
    assert_int_equal(slots.count, 0);
}

static void a_server_that_does_not_say_its_address_has_the_one_that_was_asked(void **state)
{
    (void)state;
    assert_true(read_slots("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:7002\r\n"));
    assert_string_equal(slots.owners[0].host, "192.0.2.9");
    assert_true(read_slots("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$-1\r\n:7002\r\n"));
    assert_string_equal(slots.owners[0].host, "192.0.2.9");
    assert_int_equal(slots.owners[0].partitions, UINT64_MAX);
}

static void what_is_not_such_a_reply_is_refused(void **state)
{
    (void)state;
    assert_false(read_slots("+OK\r\n"));
    assert_false(read_slots(":1\r\n"));
    assert_false(read_slots("*1\r\n+x\r\n"));
    assert_false(read_slots("*1\r\n*3\r\n:5\r\n:4\r\n" NODE("192.0.2.2", "7002")));
    assert_false(read_slots("*1\r\n*3\r\n:0\r\n:16384\r\n" NODE("192.0.2.2", "7002")));
    assert_false(read_slots("*1\r\n*3\r\n:0\r\n:1\r\n" NODE("192.0.2.2", "70020")));
    assert_false(read_slots("*1\r\n*2\r\n:0\r\n:1\r\n"));
}

static unsigned partition_of(const char *name)
{
    return redis_slots_partition(name, strlen(name));
}

static void the_partition_of_a_name_is_in_its_tag(void **state)
{
    (void)state;
    assert_int_equal(partition_of("rollcall:{0}:due"), 0);
    assert_int_equal(partition_of("rollcall:{7}:acme:state"), 7);
    assert_int_equal(partition_of("rollcall:{63}:own"), 63);
    assert_int_equal(partition_of("rollcall:own"), 0);
    assert_int_equal(partition_of("rollcall:{"), 0);
    assert_int_equal(partition_of("rollcall:{x}:due"), 0);
    assert_int_equal(partition_of(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_is_with_the_master_of_its_slot),
        cmocka_unit_test(slots_that_nobody_has_leave_their_partitions_out),
        cmocka_unit_test(a_server_that_does_not_say_its_address_has_the_one_that_was_asked),
        cmocka_unit_test(what_is_not_such_a_reply_is_refused),
        cmocka_unit_test(the_partition_of_a_name_is_in_its_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
