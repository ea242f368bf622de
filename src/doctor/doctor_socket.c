/* SPDX-License-Identifier: ISC */
/* See doctor_socket.h. */
#include "doctor/doctor_socket.h"

#include "base/conf.h"
#include "doctor/doctor_report.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char subject[] = "socket";

/* The group that may connect, with its members, into TEXT. */
static void describe_group(const struct group *group, char *text, size_t size)
{
    char **members = group ? group->gr_mem : NULL;
    size_t len = (size_t)snprintf(text, size, "group %s (", group ? group->gr_name : "without a name");
    size_t count = 0;

    for (; members && members[count] && len < size; count++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", count == 0 ? "" : ", ", members[count]);
    if (len < size)
        snprintf(text + len, size - len, "%s)", count > 0 ? "" : "which lists no members");
}

static void check_rights(struct doctor *self, const struct stat *about)
{
    const struct group *group = getgrgid(about->st_gid);
    char text[512];

    describe_group(group, text, sizeof text);
    if (about->st_mode & S_IWOTH)
        doctor_report(self, FINDING_NOTE, subject,
                      "every user of this machine can connect, and so can send requests as any user; "
                      "listen_mode = 0660 is safer");
    else if (!(about->st_mode & S_IWGRP))
        doctor_report(self, FINDING_NOTE, subject, "only its owner can connect: the web server must run as that user");
    else if (!group || !*group->gr_mem)
        doctor_report(
            self, FINDING_NOTE, subject,
            "its owner and %s can connect; if the web server runs as another user, add it: adduser www-data %s", text,
            group ? group->gr_name : "rollcall");
    else
        doctor_report(self, FINDING_GOOD, subject, "its owner and %s can connect", text);
}

static void check_connect(struct doctor *self, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        doctor_report(self, FINDING_BAD, subject, "cannot connect to %s: %s%s", path, strerror(errno),
                      errno == ECONNREFUSED ? "; start rollcalld" : "");
    else
        doctor_report(self, FINDING_GOOD, subject, "%s is served", path);
    if (fd >= 0)
        close(fd);
}

void doctor_socket(struct doctor *self)
{
    const char *path = self->conf->listen;
    struct stat about;

    if (*path != '/') {
        doctor_report(self, FINDING_NOTE, subject,
                      "anyone who can reach %s can send requests as any user; let only the web server reach it", path);
        return;
    }
    if (stat(path, &about) != 0) {
        doctor_report(self, FINDING_BAD, subject, "%s: %s; is rollcalld running?", path, strerror(errno));
        return;
    }
    check_connect(self, path);
    check_rights(self, &about);
}
