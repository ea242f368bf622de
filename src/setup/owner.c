/* SPDX-License-Identifier: ISC */
/* See owner.h. */
#include "setup/owner.h"

#include "base/conf.h"
#include "base/mem.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void owner_name(uid_t uid, char *text, size_t size)
{
    const struct passwd *user = getpwuid(uid);
    if (user)
        snprintf(text, size, "%s", user->pw_name);
    else
        snprintf(text, size, "#%u", (unsigned)uid);
}

/* Takes all groups of that user: access to Redis may depend on one of them. */
static bool become(uid_t uid, gid_t gid)
{
    const struct passwd *user = getpwuid(uid);
    if (user)
        gid = user->pw_gid;
    return (user ? initgroups(user->pw_name, gid) : setgroups(0, NULL)) == 0 && setgid(gid) == 0 && setuid(uid) == 0;
}

bool owner_become(const struct conf *conf, char *error, size_t size)
{
    char *copy = mem_text(conf->database);
    struct stat about;
    bool found = geteuid() == 0 && stat(dirname(copy), &about) == 0 && about.st_uid != 0;
    free(copy);
    if (!found || become(about.st_uid, about.st_gid))
        return true;
    int why = errno;
    char name[64];
    owner_name(about.st_uid, name, sizeof name);
    snprintf(error, size,
             "the database belongs to %s, and this process cannot become that user: %s; run it as that user: "
             "runuser -u %s -- rollcalld ...",
             name, strerror(why), name);
    return false;
}
