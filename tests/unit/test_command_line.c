/* SPDX-License-Identifier: ISC */
/* What a command line asks rollcalld to do. */
#include "command_line.h"

#include "scratch.h"

#include <getopt.h>

enum { WORDS = 8 };

/* Parses the words of TEXT, which come after the program's name, into LINE. */
static int parse(struct command_line *line, const char *text)
{
    static char words[256];
    static char name[] = "rollcalld";
    char *argv[WORDS] = {name};
    int argc = 1;
    snprintf(words, sizeof words, "%s", text);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    optind = 0; /* glibc: begin again */
    return command_line_parse(line, "default.conf", argc, argv);
}

static void nothing_means_to_serve_by_the_default_configuration(void **state)
{
    (void)state;
    struct command_line line;
    assert_int_equal(parse(&line, ""), -1);
    assert_int_equal(line.task, TASK_SERVE);
    assert_string_equal(line.file, "default.conf");
    assert_false(line.syslog);
}

static void each_task_is_found_with_what_it_works_on(void **state)
{
    (void)state;
    struct command_line line;
    assert_int_equal(parse(&line, "-c a.conf -t"), -1);
    assert_int_equal(line.task, TASK_TEST);
    assert_string_equal(line.file, "a.conf");
    assert_int_equal(parse(&line, "--init"), -1);
    assert_int_equal(line.task, TASK_INIT);
    assert_int_equal(parse(&line, "--new-admin-token ann"), -1);
    assert_int_equal(line.task, TASK_NEW_ADMIN_TOKEN);
    assert_string_equal(line.label, "ann");
    assert_int_equal(parse(&line, "--backup out.db"), -1);
    assert_int_equal(line.task, TASK_BACKUP);
    assert_string_equal(line.out, "out.db");
    assert_int_equal(parse(&line, "--syslog"), -1);
    assert_int_equal(line.task, TASK_SERVE);
    assert_true(line.syslog);
}

static void the_doctor_may_be_given_an_address(void **state)
{
    (void)state;
    struct command_line line;
    assert_int_equal(parse(&line, "--doctor"), -1);
    assert_int_equal(line.task, TASK_DOCTOR);
    assert_null(line.url);
    assert_int_equal(parse(&line, "--doctor http://localhost/presence"), -1);
    assert_string_equal(line.url, "http://localhost/presence");
}

static void an_argument_that_nobody_takes_is_an_error(void **state)
{
    (void)state;
    struct command_line line;
    assert_int_equal(parse(&line, "what"), EXIT_USAGE);
    assert_int_equal(parse(&line, "--doctor http://a http://b"), EXIT_USAGE);
    assert_int_equal(parse(&line, "--nonsense"), EXIT_USAGE);
    assert_int_equal(parse(&line, "--backup"), EXIT_USAGE);
}

static void of_several_tasks_one_is_chosen_whatever_their_order(void **state)
{
    (void)state;
    struct command_line line;
    assert_int_equal(parse(&line, "-t --backup out.db"), -1);
    assert_int_equal(line.task, TASK_BACKUP);
    assert_int_equal(parse(&line, "--backup out.db -t --init"), -1);
    assert_int_equal(line.task, TASK_INIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_means_to_serve_by_the_default_configuration),
        cmocka_unit_test(each_task_is_found_with_what_it_works_on),
        cmocka_unit_test(the_doctor_may_be_given_an_address),
        cmocka_unit_test(an_argument_that_nobody_takes_is_an_error),
        cmocka_unit_test(of_several_tasks_one_is_chosen_whatever_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
