/* SPDX-License-Identifier: ISC */
/* See command_line.h. */
#include "command_line.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: rollcalld [-t] [-c FILE] [--syslog]\n"
    "       rollcalld [-c FILE] --init\n"
    "       rollcalld [-c FILE] --new-admin-token LABEL\n"
    "       rollcalld [-c FILE] --backup OUT\n"
    "       rollcalld [-c FILE] --move-to URL | --move-from URL\n"
    "       rollcalld [-c FILE] --doctor [URL]\n"
    "       rollcalld -h | -V\n"
    "\n"
    "Tells the people in a workspace who is online, over FastCGI.\n"
    "\n"
    "  -c, --config FILE        read the configuration from FILE (%s)\n"
    "  -t, --test               check the configuration and exit\n"
    "      --init               create a configuration, a key and a first token, print the next steps, and exit\n"
    "      --new-admin-token L  create an administrator's token with the label L, print it, and exit\n"
    "      --backup OUT         copy the database to the file OUT, also while it is in use, and exit\n"
    "      --move-to URL        move the database to PostgreSQL at URL, an empty record, and exit\n"
    "      --move-from URL      make the database hold what the record at URL does, and exit\n"
    "      --doctor [URL]       print what is wrong with a deployment, and with the web server at URL\n"
    "      --syslog             log to syslog instead of stderr\n"
    "  -V, --version            print the version and exit\n"
    "  -h, --help               print this help and exit\n"
    "\n"
    "See rollcalld(8) and rollcall.conf(5).\n";

/* What the options said, each by itself. */
struct given {
    struct command_line *into;
    const char *file; /* the default */
    bool init, test, doctor, from;
};

enum { OPTION_TOKEN = 256, OPTION_BACKUP, OPTION_SYSLOG, OPTION_DOCTOR, OPTION_INIT, OPTION_MOVE_TO, OPTION_MOVE_FROM };

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"test", no_argument, NULL, 't'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {"init", no_argument, NULL, OPTION_INIT},
    {"new-admin-token", required_argument, NULL, OPTION_TOKEN},
    {"backup", required_argument, NULL, OPTION_BACKUP},
    {"move-to", required_argument, NULL, OPTION_MOVE_TO},
    {"move-from", required_argument, NULL, OPTION_MOVE_FROM},
    {"syslog", no_argument, NULL, OPTION_SYSLOG},
    {"doctor", no_argument, NULL, OPTION_DOCTOR},
    {NULL, 0, NULL, 0},
};

int command_line_fail(const char *sentence, int status)
{
    fprintf(stderr, "rollcalld: %s\n", sentence);
    return status;
}

/* Takes OPTION as getopt_long(3) returned it. As command_line_parse(). */
static int take(struct given *given, int option)
{
    switch (option) {
    case 'c': given->into->file = optarg; break;
    case 't': given->test = true; break;
    case OPTION_TOKEN: given->into->label = optarg; break;
    case OPTION_BACKUP: given->into->out = optarg; break;
    case OPTION_MOVE_TO:
    case OPTION_MOVE_FROM:
        given->into->record = optarg;
        given->from = option == OPTION_MOVE_FROM;
        break;
    case OPTION_SYSLOG: given->into->syslog = true; break;
    case OPTION_INIT: given->init = true; break;
    case OPTION_DOCTOR: given->doctor = true; break;
    case 'V': puts("rollcalld " PACKAGE_VERSION); return EXIT_SUCCESS;
    case 'h': printf(help, given->file); return EXIT_SUCCESS;
    default: return command_line_fail("see rollcalld --help", EXIT_USAGE);
    }
    return -1;
}

static enum task task_of(const struct given *given)
{
    if (given->init)
        return TASK_INIT;
    if (given->into->out)
        return TASK_BACKUP;
    if (given->into->record)
        return given->from ? TASK_MOVE_FROM : TASK_MOVE_TO;
    if (given->test)
        return TASK_TEST;
    if (given->into->label)
        return TASK_NEW_ADMIN_TOKEN;
    return given->doctor ? TASK_DOCTOR : TASK_SERVE;
}

int command_line_parse(struct command_line *self, const char *file, int argc, char **argv)
{
    *self = (struct command_line){.file = file};
    struct given given = {.into = self, .file = file};
    int option;
    while ((option = getopt_long(argc, argv, "c:tVh", options, NULL)) != -1) {
        int status = take(&given, option);
        if (status >= 0)
            return status;
    }
    if (given.doctor && optind < argc)
        self->url = argv[optind++];
    if (optind < argc) {
        fprintf(stderr, "rollcalld: unexpected argument '%s'; see rollcalld --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    self->task = task_of(&given);
    return -1;
}
