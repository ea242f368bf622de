/* SPDX-License-Identifier: ISC */
/* See doctor_nginx.h. Read from nginx.conf, which everyone may read on Debian. */
#include "doctor/doctor_nginx.h"

#include "doctor/doctor_answer.h"
#include "doctor/doctor_report.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS_DEFAULT = 512, PROCESSES_DEFAULT = 1, PLENTY = 2000 };

static const char subject[] = "web server";
static const char file_name[] = "/etc/nginx/nginx.conf";

struct nginx {
    unsigned connections; /* of each process */
    unsigned processes;
};

/* The value of the directive NAME, which may follow a brace, in LINE; NULL if it is not there. */
static const char *value_of(const char *line, const char *name)
{
    const char *found = strstr(line, name);
    size_t len = strlen(name);

    if (!found || (found > line && !strchr(" \t{;", found[-1])) || !isspace((unsigned char)found[len]))
        return NULL;
    return found + len + strspn(found + len, " \t");
}

static void read_line(struct nginx *self, const char *line)
{
    const char *value;

    if ((value = value_of(line, "worker_connections")))
        self->connections = (unsigned)strtoul(value, NULL, 10);
    if ((value = value_of(line, "worker_processes")))
        self->processes = isdigit((unsigned char)*value) ? (unsigned)strtoul(value, NULL, 10)
                                                         : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

static bool read_configuration(struct nginx *self)
{
    FILE *file = fopen(file_name, "re");
    char *line = NULL;
    size_t capacity = 0;

    if (!file)
        return false;
    while (getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "#")] = '\0';
        read_line(self, line);
    }
    free(line);
    fclose(file);
    return true;
}

void doctor_nginx(struct doctor *doctor, const struct doctor_answer *answer)
{
    struct nginx nginx = {CONNECTIONS_DEFAULT, PROCESSES_DEFAULT};
    char server[256];

    if (!doctor_answer_header(answer, "Server", server, sizeof server) || strncmp(server, "nginx", 5) != 0 ||
        !answer->local || !read_configuration(&nginx))
        return;
    unsigned room = nginx.connections / 2 * nginx.processes;
    if (nginx.connections < PLENTY)
        doctor_report(
            doctor, FINDING_NOTE, subject,
            "nginx accepts %u connections in each of its %u processes, and each browser that waits for a "
            "change holds two: for more than %u browsers raise worker_connections and worker_rlimit_nofile in "
            "%s, as %s/examples/nginx.conf says",
            nginx.connections, nginx.processes, room, file_name, doctor->docs);
    else
        doctor_report(doctor, FINDING_GOOD, subject, "nginx has room for %u browsers that wait", room);
}
