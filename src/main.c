/* SPDX-License-Identifier: ISC */
/*
 * rollcalld(8): decides which way to run. A web server that started it as a CGI program gets one request answered.
 * Otherwise the command line says whether to serve, as a master with its workers, or to perform one of the tasks.
 */
#include "base/conf.h"
#include "base/listener.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/signals.h"
#include "command_line.h"
#include "master.h"
#include "sender.h"
#include "setup/check.h"
#include "setup/init.h"
#include "tasks.h"
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ERROR_BYTES = 1024 };

/*
 * If one of them were closed, the next file opened would take its number, and messages would be written into that file.
 */
static void keep_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* ---- CGI ---- */

/* The answer if the configuration cannot be used. */
static int fail_cgi(const char *error)
{
    log_error("%s", error);
    fputs("Status: 500 Internal Server Error\r\n"
          "Content-Type: application/problem+json\r\n"
          "Cache-Control: no-store\r\n"
          "\r\n"
          "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
          "\"detail\":\"The configuration cannot be used; the server's log says why.\",\"code\":\"internal\"}\n",
          stdout);
    return EXIT_FAILURE;
}

/* Ignores the command line: web servers fill it from the query (RFC 3875, 4.4), so strangers could write it. */
static int serve_cgi(void)
{
    const char *file = getenv("ROLLCALL_CONF");
    char error[ERROR_BYTES];
    struct conf *conf = conf_load(file && *file ? file : ROLLCALL_CONF_DEFAULT, error, sizeof error);
    if (!conf)
        return fail_cgi(error);
    /* What is worth a line for a daemon is not worth a line in the web server's log for each request. */
    log_set_level(conf->log_level == LOG_LEVEL_INFO ? LOG_LEVEL_WARN : conf->log_level);
    signal(SIGPIPE, SIG_IGN);
    int status = worker_run_cgi(conf, environ);
    conf_free(conf);
    return status;
}

static int run_cgi(void)
{
    log_start();
    int status = serve_cgi();
    log_stop();
    return status;
}

/* ---- the daemon ---- */

/* Each parked poll holds a descriptor. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("cannot raise the limit on open files to its maximum");
}

/* Takes over CONF and LISTENER, which holds a socket only if one was inherited. */
static int serve(struct conf *conf, struct listener *listener)
{
    signals_hold();
    log_start();
    char error[ERROR_BYTES];
    bool ready = check_files(conf, !listener->inherited, error, sizeof error) &&
                 check_database(conf, error, sizeof error) &&
                 (listener->inherited || listener_open(listener, conf, error, sizeof error));
    if (!ready) {
        log_error("%s", error);
        log_stop();
        listener_close(listener);
        conf_free(conf);
        return EXIT_FAILURE;
    }
    raise_descriptor_limit();
    int status = master_run(conf, listener, &(struct children_mains){.work = worker_run, .send = sender_run});
    log_stop();
    return status;
}

static int prepare_first_start(const char *file)
{
    struct init_places places = {file, strcmp(file, ROLLCALL_CONF_DEFAULT) == 0, ROLLCALL_WWW_DIR, ROLLCALL_DOC_DIR};
    return init_run(&places);
}

/* Takes over LISTENER. */
static int run(const struct command_line *line, struct listener *listener)
{
    if (line->task == TASK_INIT)
        return prepare_first_start(line->file);
    char error[ERROR_BYTES];
    struct conf *conf = conf_load(line->file, error, sizeof error);
    if (!conf) {
        fprintf(stderr, line->task == TASK_TEST ? "%s\n" : "rollcalld: %s\n", error);
        return EXIT_FAILURE;
    }
    log_set_level(conf->log_level);
    if (line->syslog)
        log_use_syslog();
    if (line->task == TASK_SERVE)
        return serve(conf, listener);
    int status = tasks_run(line, conf, !listener->inherited, ROLLCALL_DOC_DIR);
    conf_free(conf);
    return status;
}

int main(int argc, char **argv)
{
    mem_set_up();
    keep_standard_descriptors();
    struct listener listener;
    char error[ERROR_BYTES];
    int inherited = listener_inherit(&listener, error, sizeof error);
    if (inherited < 0)
        return command_line_fail(error, EXIT_FAILURE);
    /* A socket to serve on means FastCGI, even if a web server's variables are set. */
    if (inherited == 0 && getenv("GATEWAY_INTERFACE"))
        return run_cgi();
    listener.inherited = inherited > 0;
    struct command_line line;
    int status = command_line_parse(&line, ROLLCALL_CONF_DEFAULT, argc, argv);
    return status >= 0 ? status : run(&line, &listener);
}
