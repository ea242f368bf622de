/* SPDX-License-Identifier: ISC */
/*
 * The table of options: each row is complete, and conf/rollcall.conf and rollcall.conf(5) say what it says. A failure
 * says what to write, and where.
 */
#include "base/conf_options.h"

#include "../scratch.h"

/* Whole source files, with two line feeds around, so that text can be looked for line by line. */
static char *example;
static char *manual;

static char *read_source(const char *name)
{
    const char *source = getenv("srcdir");
    char path[512];
    snprintf(path, sizeof path, "%s/%s", source ? source : ".", name);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s cannot be opened", path);
    enum { SIZE = 1 << 18 };
    char *text = calloc(1, SIZE);
    text[0] = '\n';
    size_t len = fread(text + 1, 1, SIZE - 3, file);
    text[1 + len] = '\n';
    fclose(file);
    return text;
}

static int read_files(void **state)
{
    (void)state;
    example = read_source("conf/rollcall.conf");
    manual = read_source("man/rollcall.conf.5");
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    free(example);
    free(manual);
    return 0;
}

static bool is_number(const struct conf_option *option)
{
    return option->type == CONF_NUMBER || option->type == CONF_OCTAL;
}

/* ---- the example file ---- */

/* OPTION as the example shows it, without the "#" in front. */
static void write_setting(const struct conf_option *option, char *out, size_t size)
{
    const char *quote = option->type == CONF_TEXT ? "\"" : "";
    snprintf(out, size, "%s = %s%s%s\n", option->name, quote, option->initial, quote);
}

/* The line of the example that is SETTING, commented out; NULL if there is none. */
static const char *find_setting(const char *setting)
{
    const char *at = example;
    while ((at = strstr(at, "\n#"))) {
        at += 2;
        if (strncmp(at + strspn(at, " "), setting, strlen(setting)) == 0)
            return at;
    }
    return NULL;
}

static void the_example_shows_each_option_with_its_default(void **state)
{
    (void)state;
    for (const struct conf_option *option = conf_options; option->name; option++) {
        char setting[256];
        write_setting(option, setting, sizeof setting);
        if (!find_setting(setting))
            fail_msg("conf/rollcall.conf lacks the line: #%s", setting);
    }
}

/* The comment above AT, its lines joined by spaces, in OUT. */
static void join_comment(const char *at, char *out, size_t size)
{
    const char *start = at;
    while (start > example + 2 && !(start[-1] == '\n' && start[-2] == '\n'))
        start--;
    size_t len = 0;
    for (bool at_start = true; start < at && len + 1 < size; start++) {
        if (at_start)
            start += strspn(start, "# ");
        at_start = *start == '\n';
        out[len++] = at_start ? ' ' : *start;
    }
    out[len] = '\0';
}

static void the_example_explains_each_option_by_its_sentence(void **state)
{
    (void)state;
    for (const struct conf_option *option = conf_options; option->name; option++) {
        char setting[256];
        char comment[4096];
        write_setting(option, setting, sizeof setting);
        join_comment(find_setting(setting), comment, sizeof comment);
        if (!strstr(comment, option->sentence))
            fail_msg("the comment above %s in conf/rollcall.conf does not say: %s", option->name, option->sentence);
    }
}

static void the_example_sets_nothing(void **state)
{
    (void)state;
    for (const char *at = example; (at = strchr(at, '\n')) && at[1]; at++)
        if (at[1] != '#' && at[1] != '\n')
            fail_msg("this line of conf/rollcall.conf is not a comment: %.40s", at + 1);
}

/* ---- the manual page ---- */

/* The entry of OPTION in the manual, up to the next one, in OUT. */
static void copy_entry(const struct conf_option *option, char *out, size_t size)
{
    static const char *const arguments[] = {
        [CONF_NUMBER] = "number", [CONF_OCTAL] = "number", [CONF_SWITCH] = "boolean",
        [CONF_TEXT] = "text",     [CONF_LIST] = "list",
    };
    char tag[128];
    snprintf(tag, sizeof tag, "\n.It Ic %s = Ar %s\n", option->name, arguments[option->type]);
    const char *start = strstr(manual, tag);
    if (!start)
        fail_msg("rollcall.conf(5) lacks the entry: %s", tag + 1);
    start += strlen(tag);
    const char *end = strstr(start, "\n.It Ic ");
    size_t len = end ? (size_t)(end - start) : strlen(start);
    assert_true(len + 1 < size);
    memcpy(out, start, len);
    out[len] = '\0';
}

/* The lines in which the manual gives the default of OPTION, and the range of a number. */
static void write_default(const struct conf_option *option, char *out, size_t size)
{
    bool octal = option->type == CONF_OCTAL;
    if (is_number(option))
        snprintf(out, size, octal ? "Default: %s; range: %lo to 0%lo%s%s.\n" : "Default: %s; range: %ld to %ld%s%s.\n",
                 option->initial, option->min, option->max, *option->unit ? " " : "", option->unit);
    else if (option->type == CONF_SWITCH)
        snprintf(out, size, "Default: %s.\n", option->initial);
    else if (option->initial[0] == '\0' || strcmp(option->initial, "{}") == 0)
        snprintf(out, size, "Default: empty.\n");
    else if (option->type == CONF_TEXT)
        snprintf(out, size, "Default:\n.Qq %s", option->initial);
    else
        snprintf(out, size, "Default:\n.Li {\\(dq%.*s\\(dq}", (int)strcspn(option->initial + 2, "\""),
                 option->initial + 2);
}

static void the_manual_gives_default_and_range_of_each_option(void **state)
{
    (void)state;
    for (const struct conf_option *option = conf_options; option->name; option++) {
        char entry[8192];
        char lines[512];
        copy_entry(option, entry, sizeof entry);
        write_default(option, lines, sizeof lines);
        strcat(entry, "\n");
        if (!strstr(entry, lines))
            fail_msg("the entry of %s in rollcall.conf(5) lacks: %s", option->name, lines);
    }
}

static void the_manual_explains_each_option_by_its_sentence(void **state)
{
    (void)state;
    for (const struct conf_option *option = conf_options; option->name; option++) {
        char entry[8192];
        copy_entry(option, entry, sizeof entry);
        size_t len = strlen(option->sentence);
        if (strncmp(entry, option->sentence, len) != 0 || entry[len] != '\n')
            fail_msg("the entry of %s in rollcall.conf(5) does not begin with: %s", option->name, option->sentence);
    }
}

static void the_manual_has_no_entry_without_an_option(void **state)
{
    (void)state;
    for (const char *at = manual; (at = strstr(at, "\n.It Ic ")); at++) {
        char name[64];
        if (sscanf(at, "\n.It Ic %63s = ", name) != 1 || strstr(at, " = ") > strchr(at + 1, '\n'))
            continue; /* a section */
        if (!conf_option_find(NULL, name) && !conf_option_find("jwt", name))
            fail_msg("rollcall.conf(5) describes %s, which is not an option", name);
    }
}

/* ---- the rows ---- */

static void each_row_is_complete(void **state)
{
    (void)state;
    for (const struct conf_option *option = conf_options; option->name; option++) {
        assert_ptr_equal(conf_option_find(option->section, option->name), option);
        assert_non_null(option->initial);
        assert_int_equal(option->sentence[strlen(option->sentence) - 1], '.');
        if (is_number(option)) {
            long initial = strtol(option->initial, NULL, 0);
            assert_non_null(option->unit);
            assert_in_range(initial, option->min, option->max);
            assert_in_range(option->max, option->min, UINT32_MAX);
        }
        if (option->type == CONF_LIST)
            assert_non_null(option->take);
        if (option->type == CONF_TEXT && option->check && option->check(option->initial))
            fail_msg("the default of %s is invalid: %s", option->name, option->check(option->initial));
    }
}

static void options_of_a_section_stand_together(void **state)
{
    (void)state;
    for (const struct conf_option *option = conf_options; option->name; option++)
        for (const struct conf_option *other = option + 1; other->name && option->section; other++)
            if (other->section && strcmp(other->section, option->section) == 0 && other[-1].section != other->section)
                assert_string_equal(other[-1].section ? other[-1].section : "", other->section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_complete),
        cmocka_unit_test(options_of_a_section_stand_together),
        cmocka_unit_test(the_example_shows_each_option_with_its_default),
        cmocka_unit_test(the_example_explains_each_option_by_its_sentence),
        cmocka_unit_test(the_example_sets_nothing),
        cmocka_unit_test(the_manual_gives_default_and_range_of_each_option),
        cmocka_unit_test(the_manual_explains_each_option_by_its_sentence),
        cmocka_unit_test(the_manual_has_no_entry_without_an_option),
    };
    return cmocka_run_group_tests(tests, read_files, free_files);
}
