/* SPDX-License-Identifier: ISC */
/*
 * rollcalld(8): which of its ways to run is meant, and what the command line says. CGI (one request, then the end) where
 * the gateway's variables are there; else the master with its workers, or one of the small tasks of the options.
 */
#include "auth/auth.h"
#include "base/conf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/listener.h"
#include "base/log.h"
#include "base/signals.h"
#include "setup/check.h"
#include "directory/directory.h"
#include "doctor/doctor.h"
#include "setup/init.h"
#include "master.h"
#include "setup/owner.h"
#include "worker.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, ERROR_BYTES = 1024 };

struct options {
    const char *file;   /* -c */
    const char *label;  /* --new-admin-token, or NULL */
    const char *backup; /* --backup, or NULL */
    const char *url;    /* --doctor's, or NULL */
    bool doctor;
    bool init;
    bool test; /* -t */
    bool syslog;
};

static const char help[] =
    "usage: rollcalld [-t] [-c FILE] [--syslog]\n"
    "       rollcalld [-c FILE] --init\n"
    "       rollcalld [-c FILE] --new-admin-token LABEL\n"
    "       rollcalld [-c FILE] --backup OUT\n"
    "       rollcalld [-c FILE] --doctor [URL]\n"
    "       rollcalld -h | -V\n"
    "\n"
    "Tells the people in a workspace who is here, over FastCGI.\n"
    "\n"
    "  -c, --config FILE        the configuration (" ROLLCALL_CONF_DEFAULT ")\n"
    "  -t, --test               check the configuration and end\n"
    "      --init               make a configuration, a key and a first token, say how to go on, and end\n"
    "      --new-admin-token L  make an administrator's token labelled L, print it, and end\n"
    "      --backup OUT         copy the database to the file OUT, while it is in use, and end\n"
    "      --doctor [URL]       say what is wrong with a deployment, and with the web server at URL\n"
    "      --syslog             log to syslog instead of stderr\n"
    "  -V, --version            print the version and end\n"
    "  -h, --help               print this and end\n"
    "\n"
    "See rollcalld(8) and rollcall.conf(5).\n";

/* Says what is wrong where whoever typed the command sees it, without the log's prefixes. Returns STATUS. */
static int complain(const char *sentence, int status)
{
    fprintf(stderr, "rollcalld: %s\n", sentence);
    return status;
}

/* Were one of them closed, the next file opened would take its place, and messages would be written into it. */
static void keep_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* Each parked poll holds a descriptor. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("the limit on open files cannot be raised to its maximum");
}

/* ---- CGI ---- */

/* A plain answer for when there is no configuration to answer with. */
static int cgi_failure(const char *error)
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

/* The command line is not looked at: web servers fill it from the query (RFC 3875, 4.4), and so strangers would write it. */
static int serve_cgi(void)
{
    const char *file = getenv("ROLLCALL_CONF");
    char error[ERROR_BYTES];
    struct conf *conf = conf_load(file && *file ? file : ROLLCALL_CONF_DEFAULT, error, sizeof error);
    if (!conf)
        return cgi_failure(error);
    /* What is worth a line for a service is not worth one in the web server's log for each request. */
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

/* ---- the tasks of the options ---- */

static int run_test(const struct conf *conf, bool binds)
{
    char error[ERROR_BYTES];
    if (!check_files(conf, binds, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    if (binds && listener_exposed(conf, error, sizeof error))
        fprintf(stderr, "%s\n", error);
    printf("%s: ok\n", conf->path);
    return EXIT_SUCCESS;
}

static int run_new_admin_token(const struct conf *conf, const char *label)
{
    if (!ids_name_ok(label, strlen(label), LIMIT_NAME_BYTES))
        return complain("the label of --new-admin-token is a visible text of at most 256 bytes", EXIT_USAGE);
    char error[ERROR_BYTES];
    struct directory *directory = directory_open(conf->database, error, sizeof error);
    if (!directory)
        return complain(error, EXIT_FAILURE);
    char text[AUTH_TOKEN_TEXT];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    auth_new_token(text, hash);
    int64_t id;
    enum directory_result result = directory_add_token(directory, hash, NULL, label, 0, &id);
    if (result != DIRECTORY_OK && result != DIRECTORY_CREATED) {
        complain(directory_error(directory), EXIT_FAILURE);
        directory_close(directory);
        return EXIT_FAILURE;
    }
    directory_close(directory);
    fprintf(stderr,
            "Administrator's token %lld, \"%s\". It is shown only once; DELETE /v1/admin/tokens/%lld revokes it.\n",
            (long long)id, label, (long long)id);
    printf("%s\n", text);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : complain("the token could not be written", EXIT_FAILURE);
}

static int run_backup(const struct conf *conf, const char *out)
{
    char error[ERROR_BYTES];
    if (!directory_backup(conf->database, out, error, sizeof error))
        return complain(error, EXIT_FAILURE);
    printf("%s: a copy of %s\n", out, conf->database);
    return EXIT_SUCCESS;
}

static int run_doctor(const struct conf *conf, const char *url)
{
    return doctor_run(conf, url) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The master. Takes over CONF and LISTENER, which has a socket only where one was inherited. */
static int run_master(struct conf *conf, struct listener *listener)
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
    int status = master_run(conf, listener, worker_run);
    log_stop();
    return status;
}

/* ---- the command line ---- */

/* Fills OPTIONS; returns -1, or the status to end with. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { OPTION_TOKEN = 256, OPTION_BACKUP, OPTION_SYSLOG, OPTION_DOCTOR, OPTION_INIT };
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"test", no_argument, NULL, 't'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {"init", no_argument, NULL, OPTION_INIT},
        {"new-admin-token", required_argument, NULL, OPTION_TOKEN},
        {"backup", required_argument, NULL, OPTION_BACKUP},
        {"syslog", no_argument, NULL, OPTION_SYSLOG},
        {"doctor", no_argument, NULL, OPTION_DOCTOR},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:tVh", names, NULL)) != -1) {
        switch (option) {
        case 'c': options->file = optarg; break;
        case 't': options->test = true; break;
        case OPTION_TOKEN: options->label = optarg; break;
        case OPTION_BACKUP: options->backup = optarg; break;
        case OPTION_SYSLOG: options->syslog = true; break;
        case OPTION_INIT: options->init = true; break;
        case OPTION_DOCTOR: options->doctor = true; break;
        case 'V': puts("rollcalld " PACKAGE_VERSION); return EXIT_SUCCESS;
        case 'h': fputs(help, stdout); return EXIT_SUCCESS;
        default: return complain("see rollcalld --help", EXIT_USAGE);
        }
    }
    if (options->doctor && optind < argc)
        options->url = argv[optind++];
    if (optind < argc) {
        fprintf(stderr, "rollcalld: unexpected argument '%s'; see rollcalld --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

static int run_init(const char *file)
{
    struct init_places places = {file, strcmp(file, ROLLCALL_CONF_DEFAULT) == 0, ROLLCALL_WWW_DIR};
    return init_run(&places);
}

/* What an option asks for beside serving: as the daemon's user, but for a backup, which may go where root alone can write. */
static int run_task(const struct conf *conf, const struct options *options, bool binds)
{
    char error[ERROR_BYTES];
    if (options->backup)
        return run_backup(conf, options->backup);
    if (!owner_become(conf, error, sizeof error))
        return complain(error, EXIT_FAILURE);
    if (options->test)
        return run_test(conf, binds);
    if (options->label)
        return run_new_admin_token(conf, options->label);
    return run_doctor(conf, options->url);
}

static int run(const struct options *options, struct listener *listener)
{
    if (options->init)
        return run_init(options->file);
    char error[ERROR_BYTES];
    struct conf *conf = conf_load(options->file, error, sizeof error);
    if (!conf) {
        fprintf(stderr, options->test ? "%s\n" : "rollcalld: %s\n", error);
        return EXIT_FAILURE;
    }
    log_set_level(conf->log_level);
    if (options->syslog)
        log_use_syslog();
    if (!options->test && !options->label && !options->backup && !options->doctor)
        return run_master(conf, listener);
    int status = run_task(conf, options, !listener->inherited);
    conf_free(conf);
    return status;
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();
    struct listener listener;
    char error[ERROR_BYTES];
    int inherited = listener_inherit(&listener, error, sizeof error);
    if (inherited < 0)
        return complain(error, EXIT_FAILURE);
    /* A socket to serve on means FastCGI, even with a web server's variables around. */
    if (inherited == 0 && getenv("GATEWAY_INTERFACE"))
        return run_cgi();
    listener.inherited = inherited > 0;
    struct options options = {.file = ROLLCALL_CONF_DEFAULT};
    int status = parse_options(argc, argv, &options);
    return status >= 0 ? status : run(&options, &listener);
}
