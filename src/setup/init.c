/* SPDX-License-Identifier: ISC */
/* See init.h: what is created, who can read it, and what is left alone. */
#include "setup/init.h"

#include "auth/token.h"
#include "base/conf.h"
#include "base/jwt_algorithm.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "directory/directory.h"
#include "directory/tokens.h"
#include "setup/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, ERROR_BYTES = 1024, TEXT_BYTES = 4096 };

static const char usual_database_directory[] = "/var/lib/rollcall";

struct init {
    const struct init_places *places; /* borrowed */
    uid_t uid;                        /* the daemon's */
    gid_t gid;
    char error[ERROR_BYTES];
};

static bool fail(struct init *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct init *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(self->error, sizeof self->error, format, args);
    va_end(args);
    return false;
}

static void report(const char *verb, const char *what)
{
    printf("%s  %s\n", verb, what);
}

/* ---- the daemon's user ---- */

/* For a file that was named with -c: the owner of its directory. */
static bool find_owner_of_directory(struct init *self)
{
    char *copy = mem_text(self->places->file);
    const char *directory = dirname(copy);
    struct stat about;
    bool found = stat(directory, &about) == 0;
    if (found) {
        self->uid = about.st_uid;
        self->gid = about.st_gid;
    } else
        fail(self, "%s: %s; create this directory first", directory, strerror(errno));
    free(copy);
    return found;
}

static bool find_owner(struct init *self)
{
    self->uid = geteuid();
    self->gid = getegid();
    if (self->uid != 0)
        return true;
    if (!self->places->usual)
        return find_owner_of_directory(self);
    /* If the database's directory exists, its owner is the daemon's user: owner_become() goes by that, too. */
    struct stat about;
    if (stat(usual_database_directory, &about) == 0 && about.st_uid != 0) {
        self->uid = about.st_uid;
        self->gid = about.st_gid;
        return true;
    }
    const struct passwd *user = getpwnam("rollcall");
    if (!user)
        return fail(self, "the user \"rollcall\" does not exist; create it, then run this again:\n"
                          "    adduser --system --group --home /var/lib/rollcall --no-create-home rollcall");
    self->uid = user->pw_uid;
    self->gid = user->pw_gid;
    return true;
}

/* ---- directories and files ---- */

/* Creates DIRECTORY for UID unless it exists. */
static bool make_directory(struct init *self, const char *directory, uid_t uid, mode_t mode)
{
    if (mkdir(directory, mode) != 0)
        return errno == EEXIST || fail(self, "cannot create the directory %s: %s", directory, strerror(errno));
    if (chown(directory, uid, uid == 0 ? 0 : self->gid) != 0 || chmod(directory, mode) != 0)
        return fail(self, "cannot give the directory %s to the daemon's user: %s", directory, strerror(errno));
    report("made", directory);
    return true;
}

/* Creates the directories that otherwise a package and systemd create. */
static bool make_directories(struct init *self)
{
    if (!self->places->usual || geteuid() != 0)
        return true;
    char *copy = mem_text(self->places->file);
    bool made = make_directory(self, dirname(copy), 0, 0755) &&
                make_directory(self, usual_database_directory, self->uid, 0700) &&
                make_directory(self, "/run/rollcall", self->uid, 0750);
    free(copy);
    return made;
}

/*
 * Writes TEXT to PATH unless it exists. Only root and the daemon's group can read it, to which the web server's user
 * has to belong anyway.
 */
static bool make_file(struct init *self, const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        report("kept", path);
        return true;
    }
    if (fd < 0)
        return fail(self, "cannot create %s: %s%s", path, strerror(errno),
                    errno == EACCES ? "; run this as root, or name a file of your own with -c" : "");
    size_t len = strlen(text);
    bool written = write(fd, text, len) == (ssize_t)len && fchmod(fd, 0640) == 0 &&
                   (geteuid() != 0 || fchown(fd, 0, self->gid) == 0) && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (!written) {
        unlink(path);
        return fail(self, "cannot write %s: %s", path, strerror(error));
    }
    report("made", path);
    return true;
}

/* ---- the configuration, the key ---- */

static bool make_conf(struct init *self)
{
    const struct init_places *places = self->places;
    char text[TEXT_BYTES];
    char *copy = mem_text(places->file);
    char *directory = realpath(dirname(copy), NULL); /* paths in the configuration are absolute */
    free(copy);
    if (!directory)
        return fail(self, "the directory of %s: %s; create it first", places->file, strerror(errno));
    int len = snprintf(text, sizeof text,
                       "# Rollcall's configuration. rollcall.conf(5) lists all options.\n"
                       "# After a change, run rollcalld -t, then systemctl reload rollcalld.\n"
                       "\n"
                       "listen   = \"%s/rollcall.sock\"\n"
                       "database = \"%s/rollcall.db\"\n"
                       "redis    = \"redis://127.0.0.1:6379\"\n"
                       "\n"
                       "# Accept tokens, and JSON Web Tokens that your application signs with the key.\n"
                       "auth = {\"token\", \"jwt\"}\n"
                       "jwt {\n"
                       "    algorithm = \"HS256\"\n"
                       "    key_file  = \"%s/jwt.key\"\n"
                       "    # A valid JWT makes its user a member of the workspaces that it names.\n"
                       "    provision = true\n"
                       "}\n",
                       places->usual ? "/run/rollcall" : directory,
                       places->usual ? usual_database_directory : directory, directory);
    free(directory);
    if (len < 0 || (size_t)len >= sizeof text)
        return fail(self, "the path is too long: %s", places->file);
    return make_file(self, places->file, text);
}

/* Creates a random secret. An algorithm with a pair of keys needs keys of your own. */
static bool make_key(struct init *self, const struct conf *conf)
{
    const struct jwt_algorithm *algorithm = jwt_algorithm_find(conf->jwt.algorithm);
    if (!algorithm || algorithm->family != JWT_SECRET)
        return true;
    unsigned char bytes[KEY_BYTES];
    char text[2 * KEY_BYTES + 2];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    memcpy(text + sizeof text - 2, "\n", 2);
    return make_file(self, conf->jwt.key_file, text);
}

/* ---- the first token ---- */

static void on_token(void *ctx, const struct token_row *row)
{
    bool *found = ctx;
    *found = *found || (row->scopes & SCOPE_ADMIN);
}

static bool make_token(struct init *self, struct directory *directory)
{
    bool found = false;
    enum directory_result result = directory_each_token(directory, 0, SIZE_MAX / 2, on_token, &found);
    if (result == DIRECTORY_OK && found) {
        report("kept", "the administrators' tokens; for another one: rollcalld --new-admin-token LABEL");
        return true;
    }
    char text[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t id;
    token_new(text, hash);
    const struct token_grant grant = {.hash = hash, .label = "rollcalld --init"};
    if (result == DIRECTORY_OK)
        result = directory_add_token(directory, &grant, &id);
    if (result > DIRECTORY_CREATED)
        return fail(self, "%s", directory_error(directory));
    report("made", "the first administrator's token; it is shown only once:\n");
    printf("token=%s\n", text);
    return true;
}

/* From here on this process is the daemon's user. */
static bool make_database(struct init *self, const struct conf *conf)
{
    if (!owner_become(conf, self->error, sizeof self->error))
        return false;
    bool there = access(conf->database, F_OK) == 0;
    struct directory *directory = directory_open_beside(conf->database, conf->record, self->error, sizeof self->error);
    if (!directory)
        return false;
    report(there ? "kept" : "made", conf->database);
    bool made = make_token(self, directory);
    directory_close(directory);
    return made;
}

/* ---- all of it ---- */

static bool make_all(struct init *self)
{
    if (!find_owner(self) || !make_directories(self) || !make_conf(self))
        return false;
    struct conf *conf = conf_load(self->places->file, self->error, sizeof self->error);
    if (!conf)
        return false;
    bool made = make_key(self, conf) && make_database(self, conf);
    if (made) {
        char user[64];
        owner_name(self->uid, user, sizeof user);
        init_steps_print(self->places, conf, user);
    }
    conf_free(conf);
    return made;
}

/* Not even a token that was made may have been seen: it is in no other place. */
static bool is_printed(struct init *self)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    return fail(self, "cannot print the result: %s; for another token run rollcalld --new-admin-token LABEL",
                strerror(errno));
}

int init_run(const struct init_places *places)
{
    struct init self = {.places = places};
    log_set_level(LOG_LEVEL_ERROR); /* this file prints what is done */
    if (make_all(&self) && is_printed(&self))
        return EXIT_SUCCESS;
    fflush(stdout);
    fprintf(stderr, "rollcalld: %s\n", self.error);
    return EXIT_FAILURE;
}
