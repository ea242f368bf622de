/* SPDX-License-Identifier: ISC */
/* What is said of a record: whether it can be followed, and how far its copy is behind. */
#include "directory/writer_state.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct writer_state it;
static char sentence[WRITER_ERROR_BYTES];

static const char *said(int64_t now_ms)
{
    writer_state_sentence(&it, sentence, now_ms);
    return sentence;
}

static struct writer_figures figures(int64_t now_ms)
{
    struct writer_figures out;

    writer_state_figures(&it, &out, now_ms);
    return out;
}

static int begin(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    it = (struct writer_state){.wrong_since_ms = 0};
    writer_state_init(&it);
    return 0;
}

static int end(void **state)
{
    (void)state;
    writer_state_fini(&it);
    return 0;
}

static void nothing_is_said_of_a_copy_that_follows(void **state)
{
    (void)state;
    assert_int_equal(figures(1000).up, 0);
    assert_int_equal(figures(1000).older, 1);
    writer_state_note(&it, DIRECTORY_OK, "", 1000);
    assert_string_equal(said(1000), "");
    assert_int_equal(figures(900000).up, 1);
    assert_int_equal(figures(900000).older, 0);
    assert_int_equal(figures(900000).lag_s, 0);
    writer_state_note(&it, DIRECTORY_BUSY, "held", 2000);
    assert_string_equal(said(2000), "");
}

static void it_is_said_since_when_it_is_away_and_the_copy_gets_older(void **state)
{
    (void)state;
    writer_state_note(&it, DIRECTORY_OK, "", 1000);
    writer_state_note(&it, DIRECTORY_AWAY, "the record is gone", 5000);
    writer_state_note(&it, DIRECTORY_AWAY, "the record is still gone", 9000);
    assert_string_equal(said(9000), "since 1970-01-01T00:00:05Z: the record is still gone");
    assert_int_equal(figures(61000).up, 0);
    assert_int_equal(figures(61000).older, 1);
    assert_int_equal(figures(61000).away_since_s, 5);
    assert_int_equal(figures(61000).lag_s, 60);
    writer_state_note(&it, DIRECTORY_OK, "", 62000);
    assert_string_equal(said(62000), "");
    assert_int_equal(figures(62000).lag_s, 0);
    assert_int_equal(figures(62000).away_since_s, 0);
    assert_int_equal(figures(62000).older, 0);
}

static void it_is_said_since_when_others_hold_the_record_until_a_write_comes_about_or_long_after(void **state)
{
    (void)state;
    writer_state_note(&it, DIRECTORY_OK, "", 1000);
    writer_state_note_write(&it, DIRECTORY_BUSY, "it is held", 5000);
    writer_state_note_write(&it, DIRECTORY_BUSY, "it is still held", 9000);
    assert_string_equal(said(9000), "since 1970-01-01T00:00:05Z: it is still held");
    assert_int_equal(figures(9000).up, 1);
    assert_int_equal(figures(9000).older, 0); /* its copy can still be read, and is up to date */
    writer_state_note_write(&it, DIRECTORY_NOT_FOUND, "", 10000);
    assert_string_equal(said(10000), "");
    writer_state_note_write(&it, DIRECTORY_BUSY, "it is held", 11000);
    assert_string_equal(said(25999), "since 1970-01-01T00:00:11Z: it is held");
    assert_string_equal(said(26000), "");
    writer_state_note_write(&it, DIRECTORY_BUSY, "it is held again", 27000);
    assert_string_equal(said(27000), "since 1970-01-01T00:00:27Z: it is held again");
}

static void it_is_said_how_far_a_copy_is_while_it_is_made_or_behind(void **state)
{
    (void)state;
    writer_state_note(&it, DIRECTORY_OK, "", 500);
    atomic_store(&it.watch.making_rows, 12001);
    assert_string_equal(said(1000), "the copy is being made: 12000 rows so far");
    assert_int_equal(figures(1000).older, 1);
    atomic_store(&it.watch.making_rows, 0);
    atomic_store(&it.watch.made_ms, 7000);
    writer_state_note(&it, DIRECTORY_OK, "", 7000);
    atomic_store(&it.watch.behind_rows, 300);
    atomic_store(&it.watch.behind_since_ms, 8000);
    assert_string_equal(said(9000), "");
    assert_int_equal(figures(9000).older, 0);
    assert_int_equal(figures(12500).older, 1);
    assert_string_equal(said(12500), "the copy is behind by 300 rows and 4 s");
    assert_int_equal(figures(12500).lag_rows, 300);
    assert_int_equal(figures(12500).lag_s, 4);
    assert_int_equal(figures(12500).copied_s, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_said_of_a_copy_that_follows, begin, end),
        cmocka_unit_test_setup_teardown(it_is_said_since_when_it_is_away_and_the_copy_gets_older, begin, end),
        cmocka_unit_test_setup_teardown(
            it_is_said_since_when_others_hold_the_record_until_a_write_comes_about_or_long_after, begin, end),
        cmocka_unit_test_setup_teardown(it_is_said_how_far_a_copy_is_while_it_is_made_or_behind, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
