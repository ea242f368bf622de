/* SPDX-License-Identifier: ISC */
/*
 * A directory for fuzz targets, which can be put back as it was: the workspace acme with u1, u2 and u3, a conversation
 * of u1 and u2, and the credentials of credentials.h. Another connection notices whether it was changed.
 */
#ifndef ROLLCALL_TESTS_FUZZ_DATABASE_H
#define ROLLCALL_TESTS_FUZZ_DATABASE_H

#include "auth/auth.h"
#include "base/clock.h"
#include "base/conf.h"
#include "credentials.h"
#include "directory/dms.h"
#include "directory/members.h"
#include "directory/workspaces.h"
#include "place.h"

#include <sqlite3.h>

static struct database {
    struct conf *conf; /* of those who open it */
    char path[PLACE_PATH_MAX];
    char *pristine; /* its bytes as they were at first */
    size_t pristine_len;
    sqlite3 *witness; /* another connection, which notices commits */
    sqlite3_stmt *version;
    int64_t version_seen;
    struct directory *directory;
    struct auth *auth; /* of the same */
} database;

static inline void database_open(void)
{
    char error[512];

    database.directory = directory_open(database.path, error, sizeof error);
    insist(database.directory, "the directory opens");
    database.auth = auth_new(database.conf, database.directory, error, sizeof error);
    insist(database.auth, "callers can be identified");
    insist(sqlite3_open_v2(database.path, &database.witness, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
               sqlite3_prepare_v2(database.witness, "PRAGMA data_version", -1, &database.version, NULL) == SQLITE_OK,
           "there is a witness");
}

static inline void database_close(void)
{
    sqlite3_finalize(database.version);
    sqlite3_close(database.witness);
    auth_free(database.auth);
    directory_close(database.directory);
    database.version = NULL;
    database.witness = NULL;
    database.auth = NULL;
    database.directory = NULL;
}

/* Whether the directory was changed since this was asked last. */
static inline bool database_changed(void)
{
    sqlite3_step(database.version);
    int64_t version = sqlite3_column_int64(database.version, 0);
    bool changed = version != database.version_seen;

    sqlite3_reset(database.version);
    database.version_seen = version;
    return changed;
}

static inline void database_keep_pristine(void)
{
    FILE *file = fopen(database.path, "rb");
    struct stat about;

    insist(file && fstat(fileno(file), &about) == 0, "the database is a file");
    database.pristine_len = (size_t)about.st_size;
    database.pristine = malloc(database.pristine_len);
    insist(database.pristine && fread(database.pristine, 1, database.pristine_len, file) == database.pristine_len,
           "it is read");
    fclose(file);
}

/* Puts it back as it was at first. */
static inline void database_restore(void)
{
    char aside[PLACE_PATH_MAX + 8];
    FILE *file;

    database_close();
    snprintf(aside, sizeof aside, "%s-wal", database.path);
    unlink(aside);
    snprintf(aside, sizeof aside, "%s-shm", database.path);
    unlink(aside);
    unlink(database.path);
    file = fopen(database.path, "wb");
    insist(file && fwrite(database.pristine, 1, database.pristine_len, file) == database.pristine_len, "it is written");
    fclose(file);
    database_open();
}

static inline void database_populate(void)
{
    static const char *const users[] = {"u1", "u2", "u3"};
    struct directory *directory = database.directory;
    const struct dm_opening opening = {.users = {users, 2}};
    size_t invalid_user;
    int64_t id;

    insist(directory_put_workspace(directory, "acme", "Acme", NULL) == DIRECTORY_CREATED, "a workspace");
    for (size_t i = 0; i < 3; i++)
        insist(directory_put_member(directory, "acme", &(struct member_edit){users[i], NULL, NULL}, NULL) ==
                   DIRECTORY_CREATED,
               "a member");
    insist(directory_open_dm(directory, "acme", &opening, &id, &invalid_user) == DIRECTORY_CREATED, "a conversation");
    credentials_grant_all(directory);
}

/* Each token is used, so that this need not be noted later. */
static inline void database_use_tokens(void)
{
    static const char *const headers[] = {"Bearer " ADMIN_TOKEN, "Bearer " USER_TOKEN, "Bearer " STRANGER_TOKEN,
                                          "Bearer " EXPIRED_TOKEN};

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct caller caller;

        auth_identify(database.auth, &(struct auth_input){.authorization = headers[i]}, clock_wall_ms(), &caller, NULL);
    }
}

/* Makes it, with CONF for those who open it; its path is CONF's. */
static inline void database_make(struct conf *conf)
{
    database.conf = conf;
    snprintf(database.path, sizeof database.path, "%s", conf->database);
    database_open();
    database_populate();
    database_use_tokens();
    database_close();
    database_keep_pristine();
    database_restore();
    database_changed();
}

#endif
