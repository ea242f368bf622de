/* SPDX-License-Identifier: ISC */
/* See check.h. */
#include "setup/check.h"

#include "auth/auth.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "directory/directory.h"
#include "directory/orphans.h"
#include "record/pg.h"
#include "redis/redis_trust.h"
#include "setup/owner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory of PATH, which is absolute. The caller frees it. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? mem_text("/") : mem_copy(path, (size_t)(slash - path));
}

/* Whether files can be created beside PATH. */
static bool check_parent(const struct conf *conf, const char *option, const char *path, char *error, size_t size)
{
    char *parent = directory_of(path);
    struct stat about;
    bool ok = true;
    if (stat(parent, &about) != 0)
        ok = conf_fault(conf_at(conf, option), error, size,
                        "%s: cannot access its directory: %s; create it for this user", path, strerror(errno));
    else if (!S_ISDIR(about.st_mode))
        ok = conf_fault(conf_at(conf, option), error, size, "%s: %s is not a directory", path, parent);
    else if (access(parent, W_OK | X_OK) != 0)
        ok = conf_fault(
            conf_at(conf, option), error, size,
            "%s: this user cannot write to its directory: %s; sockets, and the files that SQLite keeps beside a "
            "database, are created there",
            path, strerror(errno));
    free(parent);
    return ok;
}

static bool check_database_file(const struct conf *conf, char *error, size_t size)
{
    if (!check_parent(conf, "database", conf->database, error, size))
        return false;
    struct stat about;
    if (stat(conf->database, &about) != 0)
        return errno == ENOENT ||
               conf_fault(conf_at(conf, "database"), error, size, "%s: %s", conf->database, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return conf_fault(conf_at(conf, "database"), error, size, "%s is not a regular file", conf->database);
    if (access(conf->database, R_OK | W_OK) != 0)
        return conf_fault(conf_at(conf, "database"), error, size, "%s: this user cannot read and write it: %s",
                          conf->database, strerror(errno));
    return true;
}

static bool check_auth(const struct conf *conf, char *error, size_t size)
{
    char why[512];
    /* Only keys are checked: without a directory no token is ever found. */
    struct auth *auth = auth_new(conf, NULL, why, sizeof why);
    if (!auth)
        return conf_fault(conf_at(conf, "key_file"), error, size, "%s", why);
    auth_free(auth);
    return true;
}

static bool check_redis(const struct conf *conf, char *error, size_t size)
{
    char why[512];
    return redis_trust_check(&conf->redis, why, sizeof why) ||
           conf_fault(conf_at(conf, "redis"), error, size, "%s", why);
}

/* The configuration was read already, but maybe by root, who has become the daemon's user since. */
static bool check_itself(const struct conf *conf, char *error, size_t size)
{
    if (access(conf->path, R_OK) == 0)
        return true;
    char name[64];
    owner_name(geteuid(), name, sizeof name);
    snprintf(error, size, "%s: %s, the daemon's user, cannot read it; run chgrp %s %s && chmod 640 %s", conf->path,
             name, name, conf->path, conf->path);
    return false;
}

static bool check_record(const struct conf *conf, char *error, size_t size)
{
    char why[512];
    return !*conf->record || pg_url_ok(conf->record, why, sizeof why) ||
           conf_fault(conf_at(conf, "record"), error, size, "%s", why);
}

bool check_files(const struct conf *conf, bool binds, char *error, size_t size)
{
    bool makes_file = binds && *conf->listen == '/';
    return check_itself(conf, error, size) && check_database_file(conf, error, size) && check_auth(conf, error, size) &&
           check_record(conf, error, size) && check_redis(conf, error, size) &&
           (!makes_file || check_parent(conf, "listen", conf->listen, error, size));
}

bool check_database(const struct conf *conf, char *error, size_t size)
{
    char why[512];
    struct directory *directory = directory_open(conf->database, why, sizeof why);
    if (!directory)
        return conf_fault(conf_at(conf, "database"), error, size, "%s", why);
    bool ok = directory_suits(directory, *conf->record, why, sizeof why);
    if (!ok)
        conf_fault(conf_at(conf, *conf->record ? "record" : "database"), error, size, "%s", why);
    else if (!*conf->record && directory_tidy(directory) != DIRECTORY_OK)
        log_warn("%s", directory_error(directory));
    directory_close(directory);
    return ok;
}
