/* SPDX-License-Identifier: ISC */
/* See doctor.h. The order of the checks, and those of the configuration and the database. */
#include "doctor/doctor.h"

#include "auth/token.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "directory/directory.h"
#include "directory/record_check.h"
#include "directory/tokens.h"
#include "doctor/doctor_redis.h"
#include "doctor/doctor_report.h"
#include "doctor/doctor_socket.h"
#include "doctor/doctor_web.h"
#include "setup/check.h"

#include <signal.h>
#include <unistd.h>

enum { TOKEN_SECONDS = 600 };

static bool examine_configuration(struct doctor *self)
{
    char error[1024];

    if (!check_files(self->conf, false, error, sizeof error)) {
        doctor_report(self, FINDING_BAD, "configuration", "%s", error);
        return false;
    }
    doctor_report(self, FINDING_GOOD, "configuration", "%s is valid, and this user can use the files that it names",
                  self->conf->path);
    return true;
}

/* Whether PostgreSQL can be the record, if there is to be one. */
static bool examine_postgresql(struct doctor *self)
{
    char text[1200];

    if (!*self->conf->record)
        return true;
    bool ok = record_check(self->conf->record, text, sizeof text);
    doctor_report(self, ok ? FINDING_GOOD : FINDING_BAD, "record", "%s", text);
    return ok;
}

/* Takes over the database, and returns it as one that writes to the record; NULL if that cannot be used. */
static struct directory *examine_record(struct doctor *self, struct directory *database)
{
    const char *path = self->conf->database;
    char error[1024];

    directory_close(database);
    struct directory *directory = directory_open_beside(path, self->conf->record, error, sizeof error);
    enum directory_result result =
        directory ? directory_await_workers(directory, error, sizeof error) : DIRECTORY_BROKEN;
    if (result == DIRECTORY_OK)
        doctor_report(self, FINDING_GOOD, "record", "%s is an up-to-date copy", path);
    else
        doctor_report(self, result == DIRECTORY_NOT_FOUND ? FINDING_NOTE : FINDING_BAD, "record", "%s", error);
    return directory;
}

/* The directory, opened; NULL if there is none yet or it cannot be used. */
static struct directory *examine_database(struct doctor *self)
{
    const char *path = self->conf->database;
    bool has_record = examine_postgresql(self) && *self->conf->record;
    char error[1024];

    if (access(path, F_OK) != 0) {
        doctor_report(self, FINDING_NOTE, "database", "%s does not exist yet; rollcalld creates it when it starts",
                      path);
        return NULL;
    }
    struct directory *directory = directory_open(path, error, sizeof error);
    if (directory && directory_check(directory, true, error, sizeof error) == DIRECTORY_OK) {
        doctor_report(self, FINDING_GOOD, "database", "%s can be read and written", path);
        if (has_record)
            return examine_record(self, directory);
        if (!*self->conf->record)
            return directory;
        directory_close(directory); /* nothing can be written to it */
        return NULL;
    }
    doctor_report(self, FINDING_BAD, "database", "%s", error);
    directory_close(directory);
    return NULL;
}

/* Asks through the web server, with an administrator's token that is deleted afterwards. */
static void examine_web(struct doctor *self, struct directory *directory, const char *url)
{
    char token[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    int64_t expires_ms = clock_wall_ms() + TOKEN_SECONDS * 1000;
    int64_t id;

    if (!directory) {
        doctor_report(self, FINDING_BAD, "web server", "%s was not checked: without a database no token can be created",
                      url);
        return;
    }
    token_new(token, hash);
    const struct token_grant grant = {.hash = hash, .label = "rollcalld --doctor", .expires_ms = expires_ms};
    if (directory_add_token(directory, &grant, &id) > DIRECTORY_CREATED) {
        doctor_report(self, FINDING_BAD, "database", "%s", directory_error(directory));
        return;
    }
    doctor_web(self, url, token);
    directory_delete_token(directory, id);
}

bool doctor_run(const struct conf *conf, const char *url, const char *docs)
{
    struct doctor self = {.conf = conf, .docs = docs};

    log_set_level(LOG_LEVEL_ERROR); /* the findings say the rest */
    signal(SIGPIPE, SIG_IGN);
    struct directory *directory = examine_configuration(&self) ? examine_database(&self) : NULL;
    doctor_socket(&self);
    doctor_redis(&self);
    if (url)
        examine_web(&self, directory, url);
    directory_close(directory);
    return self.bad == 0;
}
