/* SPDX-License-Identifier: ISC */
/*
 * See doctor_apache.h. Apache does not tell this over HTTP, so its configuration is read, which everyone may do on
 * Debian: as much of that language as is needed to find the MPM that is loaded and its MaxRequestWorkers.
 */
#include "doctor/doctor_apache.h"

#include "doctor/doctor_answer.h"
#include "doctor/doctor_report.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 8, WORD_MAX = 512, PREFORK_DEFAULT = 256, THREADS_DEFAULT = 400, PLENTY = 1000 };

static const char subject[] = "web server";

struct apache {
    char root[WORD_MAX]; /* what relative paths start from */
    char mpm[32];        /* "prefork", "worker", "event"; "" if not found */
    unsigned workers;    /* MaxRequestWorkers; 0: not set */
    bool php;            /* by mod_php */
    unsigned depth;      /* of files that include each other */
};

static void read_file(struct apache *self, const char *path);

/* ---- the configuration ---- */

/* What follows the directive NAME and white space in LINE; NULL if LINE begins with something else. */
static const char *after(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || !strchr(" \t", line[len]) || line[len] == '\0')
        return NULL;
    return line + len + strspn(line + len, " \t");
}

/* The first word of TEXT, without quotes, into OUT. */
static void take_word(const char *text, char out[WORD_MAX])
{
    bool quoted = *text == '"';
    size_t len = strcspn(text + quoted, quoted ? "\"" : " \t\r\n>");

    snprintf(out, WORD_MAX, "%.*s", (int)len, text + quoted);
}

static void include(struct apache *self, const char *pattern)
{
    char path[2 * WORD_MAX];
    glob_t found;

    snprintf(path, sizeof path, "%s%s%s", *pattern == '/' ? "" : self->root, *pattern == '/' ? "" : "/", pattern);
    if (self->depth >= DEPTH_MAX || glob(path, 0, NULL, &found) != 0)
        return;
    self->depth++;
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_file(self, found.gl_pathv[i]);
    self->depth--;
    globfree(&found);
}

static void load_module(struct apache *self, const char *name)
{
    char mpm[sizeof self->mpm];

    if (sscanf(name, "mpm_%31[a-z]_module", mpm) == 1)
        snprintf(self->mpm, sizeof self->mpm, "%s", mpm);
    if (strncmp(name, "php", 3) == 0)
        self->php = true;
}

/* Whether <IfModule NAME> is about another MPM than the one that is loaded. */
static bool is_for_another_mpm(const struct apache *self, const char *name)
{
    char own[sizeof self->mpm + sizeof "mpm__module"];
    bool negated = *name == '!';

    name += negated;
    snprintf(own, sizeof own, "mpm_%s_module", self->mpm);
    return strncmp(name, "mpm_", 4) == 0 && (strcmp(name, own) == 0) == negated;
}

static void read_line(struct apache *self, const char *line)
{
    char word[WORD_MAX];
    const char *rest;

    if ((rest = after(line, "LoadModule"))) {
        take_word(rest, word);
        load_module(self, word);
    } else if ((rest = after(line, "MaxRequestWorkers")) || (rest = after(line, "MaxClients"))) {
        self->workers = (unsigned)strtoul(rest, NULL, 10);
    } else if ((rest = after(line, "ServerRoot"))) {
        take_word(rest, self->root);
    } else if ((rest = after(line, "Include")) || (rest = after(line, "IncludeOptional"))) {
        take_word(rest, word);
        include(self, word);
    }
}

static void read_file(struct apache *self, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    unsigned skipped = 0; /* depth inside an <IfModule> that does not apply */
    char word[WORD_MAX];

    while (file && getline(&line, &capacity, file) >= 0) {
        const char *text = line + strspn(line, " \t");
        const char *name = after(text, "<IfModule");
        if (name)
            take_word(name, word);
        if (name && (skipped > 0 || is_for_another_mpm(self, word)))
            skipped++;
        else if (skipped > 0 && strncasecmp(text, "</IfModule", 10) == 0)
            skipped--;
        else if (skipped == 0)
            read_line(self, text);
    }
    free(line);
    if (file)
        fclose(file);
}

static void read_configuration(struct apache *self)
{
    static const char *const mains[] = {"apache2.conf", "conf/httpd.conf"};
    const char *named = getenv("APACHE_CONFDIR"); /* as for apache2ctl(8) */
    const char *roots[] = {named ? named : "/etc/apache2", "/etc/httpd"};

    for (size_t i = 0; i < sizeof mains / sizeof *mains && !*self->mpm; i++) {
        char path[2 * WORD_MAX];
        snprintf(self->root, sizeof self->root, "%s", roots[i]);
        snprintf(path, sizeof path, "%s/%s", roots[i], mains[i]);
        read_file(self, path);
    }
}

/* ---- what follows from it ---- */

static void judge(struct doctor *doctor, const struct apache *apache)
{
    bool prefork = strcmp(apache->mpm, "prefork") == 0;
    unsigned workers = apache->workers ? apache->workers : prefork ? PREFORK_DEFAULT : THREADS_DEFAULT;

    if (!*apache->mpm)
        doctor_report(doctor, FINDING_NOTE, subject,
                      "Apache's configuration was not found; make sure that it uses the event MPM, with "
                      "MaxRequestWorkers a third above the number of browsers that wait at once");
    else if (prefork)
        doctor_report(
            doctor, FINDING_BAD, subject,
            "Apache runs the prefork MPM with at most %u processes, and each browser that waits for a change "
            "holds one: with %u of them the whole site stands still. Change to the event MPM%s: see Apache in "
            "%s/SERVERS.md",
            workers, workers, apache->php ? ", and from mod_php to PHP-FPM" : "", doctor->docs);
    else if (workers < PLENTY)
        doctor_report(doctor, FINDING_NOTE, subject,
                      "Apache (%s MPM) serves at most %u requests at once, and each browser that waits for a change "
                      "holds one: for more than %u browsers raise MaxRequestWorkers, see Apache in %s/SERVERS.md",
                      apache->mpm, workers, workers / 3 * 2, doctor->docs);
    else
        doctor_report(doctor, FINDING_GOOD, subject, "Apache (%s MPM) has room for %u browsers that wait", apache->mpm,
                      workers / 3 * 2);
}

void doctor_apache(struct doctor *doctor, const struct doctor_answer *answer)
{
    struct apache apache = {.mpm = ""};
    char server[256];

    if (!doctor_answer_header(answer, "Server", server, sizeof server) || strncmp(server, "Apache", 6) != 0)
        return;
    if (answer->local)
        read_configuration(&apache);
    judge(doctor, &apache);
}
