/* SPDX-License-Identifier: ISC */
/* What ps(1) shows of a process, and what the process keeps. In a child, as the title is there for good. */
#include "base/title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 if all is well, otherwise the number of what is not. */
static int look(const char *title)
{
    char path[4096], shown[64] = "";
    const char *before = getenv("PATH");
    snprintf(path, sizeof path, "%s", before ? before : "");
    title_set(title);
    FILE *file = fopen("/proc/self/cmdline", "re");
    if (!file || !fgets(shown, sizeof shown, file) || strcmp(shown, title) != 0)
        return 1;
    fclose(file);
    const char *after = getenv("PATH");
    return !before || !after || strcmp(after, path) != 0 ? 2 : 0;
}

static void a_title_is_shown_and_the_environment_stays(void **state)
{
    int status = -1;
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(look("rollcalld: a title"));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_is_shown_and_the_environment_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
