/* SPDX-License-Identifier: ISC */
/*
 * The command line of rollcalld(8): its options, what --help prints, and how errors are shown to the person who typed
 * it. It decides nothing beyond which task is meant.
 */
#ifndef ROLLCALL_COMMAND_LINE_H
#define ROLLCALL_COMMAND_LINE_H

#include <stdbool.h>

enum { EXIT_USAGE = 2 }; /* the exit status for a command line that cannot be understood */

/* What rollcalld is asked to do. */
enum task {
    TASK_SERVE,
    TASK_TEST,
    TASK_INIT,
    TASK_NEW_ADMIN_TOKEN,
    TASK_BACKUP,
    TASK_MOVE_TO,
    TASK_MOVE_FROM,
    TASK_DOCTOR,
};

struct command_line {
    enum task task;
    const char
        *file; /* the configuration; all texts are borrowed: this one is the default or, as the others, an argument */
    const char *label;  /* of the token to create, for TASK_NEW_ADMIN_TOKEN */
    const char *out;    /* the file to write, for TASK_BACKUP */
    const char *url;    /* of the web server to check, for TASK_DOCTOR; may be NULL */
    const char *record; /* the URL of the record, for TASK_MOVE_TO and TASK_MOVE_FROM */
    bool syslog;        /* log to syslog instead of stderr */
};

/*
 * Fills SELF from the arguments of main(), with FILE as the configuration unless they name one. Returns -1 if SELF
 * tells what to do next, or else the status to exit with: the help or the version, or what is wrong, has been printed.
 * If several tasks are named, one is chosen.
 */
int command_line_parse(struct command_line *self, const char *file, int argc, char **argv);

/* Prints SENTENCE on stderr, without the prefixes of the log. Returns STATUS. */
int command_line_fail(const char *sentence, int status);

#endif
