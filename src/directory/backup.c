/* SPDX-License-Identifier: ISC */
/*
 * See backup.h. SQLite's backup interface reads one snapshot, while others write. The copy is written beside its
 * destination and gets its name only after a check, so that there is never half a backup under that name.
 */
#include "directory/backup.h"

#include "base/mem.h"
#include "directory/db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, URI_BYTES = 3 * PATH_BYTES + 32 };

struct backup {
    const char *path;      /* borrowed: of the database */
    const char *out;       /* borrowed */
    char part[PATH_BYTES]; /* where it is written first */
    bool made;             /* and that file is ours now */
    sqlite3 *from, *to;    /* owned */
    char *error;           /* borrowed */
    size_t size;
};

static bool fail(const struct backup *self, const char *path, const char *reason)
{
    snprintf(self->error, self->size, "%s: %s", path, reason);
    return false;
}

static bool is_there(const char *path, struct stat *is)
{
    return stat(path, is) == 0;
}

/* PATH by the real name of its directory, whatever PATH itself is. Heap memory; NULL if there is no such directory. */
static char *resolve_directory(const char *path)
{
    char *real = NULL;
    char *for_dirname = mem_text(path);
    char *for_basename = mem_text(path);
    char *directory = realpath(dirname(for_dirname), NULL);
    if (directory) {
        size_t size = strlen(directory) + strlen(path) + 2;
        real = mem_new(size);
        snprintf(real, size, "%s/%s", directory, basename(for_basename));
    }
    free(directory);
    free(for_basename);
    free(for_dirname);
    return real;
}

/* Where PATH leads to, whether there is a file or not. Heap memory; NULL if there is no such directory. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : resolve_directory(path);
}

/* Whether both lead to one file, by whatever name, or to one path without a file yet. */
static bool is_same(const char *a, const char *b)
{
    struct stat left, right;
    if (is_there(a, &left) && is_there(b, &right))
        return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
    char *left_path = resolve(a);
    char *right_path = resolve(b);
    bool same = left_path && right_path && strcmp(left_path, right_path) == 0;
    free(left_path);
    free(right_path);
    return same;
}

/* PATH must be neither the database nor a file that SQLite keeps beside it, or would. */
static bool may_be_written(struct backup *self, const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char own[PATH_BYTES + 10];
    struct stat to;
    char *database = resolve(self->path);
    bool ok = database;
    for (size_t i = 0; ok && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(own, sizeof own, "%s%s", database, suffixes[i]);
        ok = !is_same(path, own);
    }
    free(database);
    if (!ok)
        return fail(self, path, "is the database itself or a part of it: name another file");
    return !is_there(path, &to) || S_ISREG(to.st_mode) || fail(self, path, "is not a regular file");
}

/* PATH as a URI for a database that nobody changes, into URI. */
static void write_uri(char uri[URI_BYTES], const char *path)
{
    int len = snprintf(uri, URI_BYTES, "file:");
    for (; *path; path++)
        len += snprintf(uri + len, URI_BYTES - (size_t)len, strchr("?#%", *path) ? "%%%02X" : "%c", *path);
    snprintf(uri + len, URI_BYTES - (size_t)len, "?immutable=1");
}

/* Whether the database in PATH can be read and has no table of ours. */
static bool is_a_strangers(const char *path)
{
    char uri[URI_BYTES];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    write_uri(uri, path);
    bool stranger = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
                    sqlite3_prepare_v2(db, "SELECT count(*) = 0 FROM sqlite_schema WHERE name = 'workspace'", -1, &stmt,
                                       NULL) == SQLITE_OK &&
                    sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0) != 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return stranger;
}

/* Only another backup, even a damaged one, or an empty file is replaced. */
static bool may_be_replaced(struct backup *self)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    int fd = open(self->out, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP)
        return fail(self, self->out, "is a symbolic link: name the file itself");
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || fail(self, self->out, strerror(errno));
    ssize_t len = read(fd, head, sizeof head);
    close(fd);
    if (len == 0)
        return true;
    if (len == sizeof head && memcmp(head, magic, sizeof magic) == 0 && !is_a_strangers(self->out))
        return true;
    return fail(self, self->out, "exists and is not a backup of Rollcall: remove it, or name another file");
}

/* A database that a program has open must not be replaced: its WAL would be taken for the copy's. */
static bool is_unused(struct backup *self)
{
    char beside[PATH_BYTES + 8];
    struct stat to;
    for (size_t i = 0; i < 2; i++) {
        snprintf(beside, sizeof beside, "%s%s", self->out, i == 0 ? "-wal" : "-journal");
        if (is_there(beside, &to))
            return fail(self, beside, "exists, so the file is in use as a database: name another one");
    }
    return true;
}

/* By the real name of the directory, since open_both() follows no symbolic link in any part of it. */
static bool name_part(struct backup *self)
{
    char *real = resolve_directory(self->out);
    if (!real)
        return fail(self, self->out, strerror(errno));
    int len = snprintf(self->part, sizeof self->part, "%s.part", real);
    free(real);
    return len < PATH_BYTES || fail(self, self->out, "the path is too long");
}

static bool may_write(struct backup *self)
{
    struct stat from;
    if (strlen(self->out) + 8 > PATH_BYTES)
        return fail(self, self->out, "the path is too long");
    if (!is_there(self->path, &from))
        return fail(self, self->path, strerror(errno));
    return name_part(self) && may_be_written(self, self->out) && may_be_written(self, self->part) && is_unused(self) &&
           may_be_replaced(self);
}

/* Created here, so that nobody else may read it: it holds names and hashes of tokens. */
static bool make_part(struct backup *self)
{
    unlink(self->part);
    self->made = true;
    int fd = open(self->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(self, self->part, strerror(errno));
    close(fd);
    return true;
}

/* We may be root, in a directory of the daemon's user, who may have put a link under the part's name by now. */
static bool open_both(struct backup *self)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(self->path, &self->from, flags, NULL) != SQLITE_OK)
        return fail(self, self->path, sqlite3_errmsg(self->from));
    sqlite3_busy_timeout(self->from, DB_BUSY_OPENING_MS);
    if (sqlite3_open_v2(self->part, &self->to, flags | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
        return fail(self, self->part, sqlite3_errmsg(self->to));
    return true;
}

static bool copy(struct backup *self)
{
    sqlite3_backup *backup = sqlite3_backup_init(self->to, "main", self->from, "main");
    if (!backup)
        return fail(self, self->part, sqlite3_errmsg(self->to));
    int rc = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    return rc == SQLITE_DONE || fail(self, rc == SQLITE_FULL ? self->part : self->path, sqlite3_errstr(rc));
}

/* Whether PRAGMA, asked of the copy, answers EXPECTED. */
static bool answers(struct backup *self, const char *pragma, const char *expected)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(self->to, pragma, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW &&
              strcmp((const char *)sqlite3_column_text(stmt, 0), expected) == 0;
    sqlite3_finalize(stmt);
    return ok || fail(self, self->path, "its copy is incomplete: the database is damaged, restore an older backup");
}

/* The backup is one file: in WAL mode, a program that opens it would leave others beside it. */
static bool settle(struct backup *self)
{
    return answers(self, "PRAGMA journal_mode = DELETE", "delete") && answers(self, "PRAGMA integrity_check", "ok");
}

static bool sync_path(struct backup *self, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        fail(self, path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool give_name(struct backup *self)
{
    if (!sync_path(self, self->part))
        return false;
    if (rename(self->part, self->out) != 0)
        return fail(self, self->out, strerror(errno));
    char *copy_of_out = mem_text(self->out);
    bool ok = sync_path(self, dirname(copy_of_out));
    free(copy_of_out);
    return ok;
}

bool directory_backup(const char *path, const char *out, char *error, size_t size)
{
    struct backup self = {.path = path, .out = out, .error = error, .size = size};
    bool ok = may_write(&self) && make_part(&self) && open_both(&self) && copy(&self) && settle(&self);
    sqlite3_close(self.to);
    sqlite3_close(self.from);
    ok = ok && give_name(&self);
    if (!ok && self.made)
        unlink(self.part);
    return ok;
}
