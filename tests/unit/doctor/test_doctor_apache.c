/* SPDX-License-Identifier: ISC */
/* What the doctor reads in Apache's configuration: the MPM that is loaded, and how much room it has. */
#include "doctor/doctor_apache.h"

#include "doctor/doctor_answer.h"
#include "doctor/doctor_report.h"

#include "../scratch.h"

static char said[2048];

/* The answer of a server that calls itself SERVER (NULL: it does not say). The caller ends it. */
static struct doctor_answer answer_of(const char *server)
{
    struct doctor_answer answer;
    struct buf bytes;
    buf_init(&bytes);
    buf_add_text(&bytes, "HTTP/1.1 200 OK\r\n");
    if (server) {
        buf_add_text(&bytes, "Server: ");
        buf_add_text(&bytes, server);
        buf_add_text(&bytes, "\r\n");
    }
    buf_add_text(&bytes, "\r\n");
    doctor_answer_init(&answer);
    doctor_answer_parse(&answer, &bytes);
    buf_fini(&bytes);
    answer.local = true;
    return answer;
}

/* What is said of ANSWER, in SAID; whether nothing is bad. Ends ANSWER. */
static bool look(struct scratch *scratch, struct doctor_answer *answer)
{
    struct doctor doctor = {.conf = NULL, .docs = "/there"};
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    int fd = open(scratch_path(scratch, "said"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    doctor_apache(&doctor, answer);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    ssize_t len = pread(fd, said, sizeof said - 1, 0);
    close(fd);
    said[len > 0 ? len : 0] = '\0';
    doctor_answer_fini(answer);
    return doctor.bad == 0;
}

/* The same of an Apache on this machine, whose configuration is TEXT. */
static bool examine(struct scratch *scratch, const char *text)
{
    struct doctor_answer answer = answer_of("Apache/2.4.57 (Debian)");
    scratch_write(scratch, "apache2.conf", text, strlen(text));
    setenv("APACHE_CONFDIR", scratch->dir, 1);
    bool well = look(scratch, &answer);
    unsetenv("APACHE_CONFDIR");
    return well;
}

static void assert_said(const char *what)
{
    if (!strstr(said, what))
        fail_msg("\"%s\" is not in:\n%s", what, said);
}

static void other_servers_are_left_alone(void **state)
{
    static const char *const others[] = {NULL, "nginx/1.22.1", "lighttpd/1.4.69", "Apach"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct doctor_answer answer = answer_of(others[i]);
        assert_true(look(*state, &answer));
        assert_string_equal(said, "");
    }
}

static void of_an_apache_elsewhere_nothing_is_read(void **state)
{
    struct scratch *scratch = *state;
    struct doctor_answer answer = answer_of("Apache");
    scratch_write(scratch, "apache2.conf", "LoadModule mpm_prefork_module m.so\n", 35);
    setenv("APACHE_CONFDIR", scratch->dir, 1);
    answer.local = false;
    assert_true(look(scratch, &answer));
    unsetenv("APACHE_CONFDIR");
    assert_said("note web server    Apache's configuration was not found; make sure that it uses the event MPM");
}

static void prefork_holds_a_process_for_each_browser(void **state)
{
    assert_false(examine(*state, "LoadModule mpm_prefork_module modules/mod_mpm_prefork.so\n"));
    assert_said("BAD  web server    Apache runs the prefork MPM with at most 256 processes");
    assert_said("Change to the event MPM: see Apache");
    assert_false(
        examine(*state, "LoadModule mpm_prefork_module m.so\nLoadModule php_module libphp.so\nMaxClients 40\n"));
    assert_said("with at most 40 processes");
    assert_said("Change to the event MPM, and from mod_php to PHP-FPM: see Apache in /there/SERVERS.md");
}

static void threads_have_as_much_room_as_is_configured(void **state)
{
    assert_true(examine(*state, "LoadModule mpm_event_module m.so\n"));
    assert_said("note web server    Apache (event MPM) serves at most 400 requests at once");
    assert_said("see Apache in /there/SERVERS.md");
    assert_true(examine(*state, "LoadModule mpm_worker_module m.so\n  MaxRequestWorkers\t3000\n"));
    assert_said("ok   web server    Apache (worker MPM) has room for 2000 browsers that wait");
}

static void what_is_for_another_mpm_does_not_count(void **state)
{
    assert_true(examine(*state, "LoadModule mpm_event_module m.so\n"
                                "<IfModule mpm_prefork_module>\n"
                                "  <IfModule ssl_module>\n  </IfModule>\n"
                                "  MaxRequestWorkers 150\n"
                                "</IfModule>\n"
                                "<IfModule !mpm_event_module>\n  MaxRequestWorkers 160\n</IfModule>\n"
                                "<IfModule ssl_module>\n  MaxRequestWorkers 1200\n</IfModule>\n"
                                "# MaxRequestWorkers 170\n"
                                "MaxRequestWorkersAndMore 180\n"));
    assert_said("has room for 800 browsers");
    assert_true(examine(*state, "LoadModule mpm_event_module m.so\n"
                                "<IfModule mpm_event_module>\n  MaxRequestWorkers 1500\n</IfModule>\n"
                                "<IfModule !mpm_prefork_module>\n  MaxRequestWorkers 1800\n</IfModule>\n"));
    assert_said("has room for 1200 browsers");
}

static void what_is_included_counts_from_wherever_it_is(void **state)
{
    struct scratch *scratch = *state;
    char text[1024];
    assert_int_equal(mkdir(scratch_path(scratch, "mods"), 0700), 0);
    scratch_write(scratch, "mods/event.load", "LoadModule mpm_event_module m.so\n", 33);
    scratch_write(scratch, "mods/event.conf", "MaxRequestWorkers 1500", 22);
    assert_true(examine(scratch, "Include mods/*.load\nIncludeOptional none/*.conf\nIncludeOptional mods/*.conf\n"));
    assert_said("(event MPM) has room for 1000 browsers");
    snprintf(text, sizeof text, "ServerRoot \"%s/mods\"\nInclude event.load\nInclude \"%s/mods/event.conf\"\n",
             scratch->dir, scratch->dir);
    assert_true(examine(scratch, text));
    assert_said("(event MPM) has room for 1000 browsers");
}

static void files_that_include_each_other_come_to_an_end(void **state)
{
    assert_true(examine(*state, "LoadModule mpm_event_module m.so\nInclude apache2.conf\nMaxRequestWorkers 1500\n"));
    assert_said("has room for 1000 browsers");
}

#define APACHE_TEST(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        APACHE_TEST(other_servers_are_left_alone),
        APACHE_TEST(of_an_apache_elsewhere_nothing_is_read),
        APACHE_TEST(prefork_holds_a_process_for_each_browser),
        APACHE_TEST(threads_have_as_much_room_as_is_configured),
        APACHE_TEST(what_is_for_another_mpm_does_not_count),
        APACHE_TEST(what_is_included_counts_from_wherever_it_is),
        APACHE_TEST(files_that_include_each_other_come_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
