/* SPDX-License-Identifier: ISC */
/* See db_file.h. */
#include "directory/db_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

struct complaint {
    char *error;
    size_t size;
};

static bool complain(const struct complaint *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool complain(const struct complaint *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(to->error, to->size, format, args);
    va_end(args);
    return false;
}

/* By the rights of the effective user, not of the one who started us. */
static bool may(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

static bool directory_usable(const char *directory, const char *path, const struct complaint *to)
{
    struct stat is;
    if (stat(directory, &is) != 0)
        return complain(to,
                        "the directory %s of the database %s cannot be used (%s): create it, or set database in the "
                        "configuration",
                        directory, path, strerror(errno));
    if (!S_ISDIR(is.st_mode))
        return complain(to, "%s is a file, not the directory of the database %s: set database in the configuration",
                        directory, path);
    if (!may(directory, R_OK | W_OK | X_OK))
        return complain(to,
                        "the directory %s of the database %s cannot be written by uid %ld (%s): SQLite keeps files "
                        "beside the database, so let that user own it",
                        directory, path, (long)geteuid(), strerror(errno));
    return true;
}

static bool file_usable(const char *file, const struct complaint *to)
{
    struct stat is;
    if (stat(file, &is) != 0)
        return errno == ENOENT || complain(to, "the database %s cannot be examined (%s)", file, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return complain(to, "the database %s is not a regular file: set database in the configuration", file);
    if (!may(file, R_OK | W_OK))
        return complain(to,
                        "the database file %s belongs to uid %ld and cannot be read and written by uid %ld (%s): "
                        "change its owner or its permissions",
                        file, (long)is.st_uid, (long)geteuid(), strerror(errno));
    return true;
}

/*
 * An empty file is an empty database. We create it, not SQLite, so that others cannot read it. If root does (rollcalld
 * --new-admin-token), it gets the owner of the directory, or the daemon could not use it.
 */
static bool create(const char *path, const char *directory, const struct complaint *to)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0 && errno == EEXIST)
        return true;
    if (fd < 0)
        return complain(to, "the database %s cannot be created (%s): let uid %ld write the directory %s", path,
                        strerror(errno), (long)geteuid(), directory);
    struct stat is;
    bool given = geteuid() != 0 || stat(directory, &is) != 0 || fchown(fd, is.st_uid, is.st_gid) == 0;
    close(fd);
    return given || complain(to, "the new database %s cannot be given to the owner of %s (%s)", path, directory,
                             strerror(errno));
}

static bool files_usable(const char *path, const struct complaint *to)
{
    char beside[PATH_BYTES + 8];
    bool good = file_usable(path, to);
    for (size_t i = 0; good && i < 2; i++) {
        snprintf(beside, sizeof beside, "%s%s", path, i == 0 ? "-wal" : "-shm");
        good = file_usable(beside, to);
    }
    return good;
}

bool db_file_usable(const char *path, char *error, size_t size)
{
    struct complaint to = {error, size};
    char *real = realpath(path, NULL);
    bool good = files_usable(real ? real : path, &to);
    free(real);
    return good;
}

static bool prepare(const char *path, const struct complaint *to)
{
    char *copy = mem_text(path);
    const char *directory = dirname(copy);
    bool good = directory_usable(directory, path, to) && files_usable(path, to) && create(path, directory, to);
    free(copy);
    return good;
}

bool db_file_prepare(const char *path, char *error, size_t size)
{
    struct complaint to = {error, size};
    if (strlen(path) >= PATH_BYTES)
        return complain(&to, "the path of the database is too long");
    /* SQLite keeps its further files beside what a symbolic link leads to. */
    char *real = realpath(path, NULL);
    bool good = prepare(real ? real : path, &to);
    free(real);
    return good;
}

bool db_file_find(const char *path, struct db_file *file)
{
    struct stat is;
    if (stat(path, &is) != 0)
        return false;
    *file = (struct db_file){is.st_dev, is.st_ino};
    return true;
}

bool db_file_is_at(const char *path, const struct db_file *file)
{
    struct db_file now;
    return db_file_find(path, &now) && now.device == file->device && now.inode == file->inode;
}

bool db_file_disk_full(const char *path)
{
    struct statvfs disk;
    if (statvfs(path, &disk) != 0)
        return false;
    return (geteuid() == 0 ? disk.f_bfree : disk.f_bavail) == 0;
}
