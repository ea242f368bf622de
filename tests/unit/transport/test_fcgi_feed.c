/* SPDX-License-Identifier: ISC */
/* libfcgi's OS_Read() is ours, and what a libfcgi that keeps to its own would read is the same. */
#include "transport/fcgi_feed.h"

#include <fcgios.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct fcgi_feed *self = malloc(sizeof *self);

    if (!self)
        return -1;
    fcgi_feed_init(self);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    fcgi_feed_fini(*state);
    free(*state);
    return 0;
}

static void bytes_are_read_from_memory_until_none_is_left(void **state)
{
    struct fcgi_feed *self = *state;
    char bytes[8];

    assert_true(fcgi_feed_start(self, "a request", 9));
    assert_int_equal(OS_Read(self->fd, bytes, sizeof bytes), 8);
    assert_memory_equal(bytes, "a reques", 8);
    assert_int_equal(OS_Read(self->fd, bytes, sizeof bytes), 1);
    assert_int_equal(bytes[0], 't');
    assert_int_equal(OS_Read(self->fd, bytes, sizeof bytes), 0);
    fcgi_feed_end(self);
}

static void who_reads_the_descriptor_reads_the_same(void **state)
{
    struct fcgi_feed *self = *state;
    static const char *const requests[] = {"the first request", "a second", "and a third request"};
    char bytes[32];

    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        size_t len = strlen(requests[i]);

        assert_true(fcgi_feed_start(self, requests[i], len));
        assert_true(read(self->fd, bytes, sizeof bytes) >= (ssize_t)len);
        assert_memory_equal(bytes, requests[i], len);
        fcgi_feed_end(self);
    }
}

static off_t file_size(const struct fcgi_feed *self)
{
    struct stat file;

    assert_int_equal(fstat(self->fd, &file), 0);
    return file.st_size;
}

static void no_file_is_written_once_memory_was_read(void **state)
{
    struct fcgi_feed *self = *state;
    char byte;

    assert_true(fcgi_feed_start(self, "one", 3));
    assert_int_equal(file_size(self), 3);
    assert_int_equal(OS_Read(self->fd, &byte, 1), 1);
    fcgi_feed_end(self);
    assert_true(fcgi_feed_start(self, "longer", 6));
    assert_int_equal(file_size(self), 3);
    fcgi_feed_end(self);
}

static void a_long_file_is_given_back(void **state)
{
    struct fcgi_feed *self = *state;
    size_t len = 1 << 20;
    char *bytes = calloc(1, len);

    assert_true(fcgi_feed_start(self, bytes, len));
    assert_int_equal(file_size(self), len);
    fcgi_feed_end(self);
    assert_int_equal(file_size(self), 0);
    free(bytes);
}

static void a_closed_file_is_replaced(void **state)
{
    struct fcgi_feed *self = *state;
    char byte;

    assert_true(fcgi_feed_start(self, "one", 3));
    close(self->fd);
    self->fd = -1;
    fcgi_feed_end(self);
    assert_true(fcgi_feed_start(self, "two", 3));
    assert_int_equal(OS_Read(self->fd, &byte, 1), 1);
    assert_int_equal(byte, 't');
    fcgi_feed_end(self);
}

static void other_descriptors_are_read_as_ever(void **state)
{
    struct fcgi_feed *self = *state;
    char bytes[4];
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[0], "abc", 3), 3);
    assert_true(fcgi_feed_start(self, "x", 1));
    assert_int_equal(OS_Read(fds[1], bytes, sizeof bytes), 3);
    fcgi_feed_end(self);
    assert_int_equal(write(fds[0], "abcd", 4), 4);
    assert_int_equal(OS_Read(fds[1], bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "abcd", 4);
    close(fds[0]);
    close(fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_are_read_from_memory_until_none_is_left),
        TEST(who_reads_the_descriptor_reads_the_same),
        TEST(no_file_is_written_once_memory_was_read),
        TEST(a_long_file_is_given_back),
        TEST(a_closed_file_is_replaced),
        TEST(other_descriptors_are_read_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
