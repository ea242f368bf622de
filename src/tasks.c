/* SPDX-License-Identifier: ISC */
/* See tasks.h. */
#include "tasks.h"

#include "auth/token.h"
#include "base/conf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/listener.h"
#include "directory/backup.h"
#include "directory/move.h"
#include "directory/tokens.h"
#include "doctor/doctor.h"
#include "setup/check.h"
#include "setup/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_BYTES = 1024 };

/* ---- -t ---- */

static int test_configuration(const struct conf *conf, bool binds)
{
    char error[ERROR_BYTES];
    if (!check_files(conf, binds, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    if (binds && listener_exposed(conf, error, sizeof error))
        fprintf(stderr, "%s\n", error);
    printf("%s: ok\n", conf->path);
    return EXIT_SUCCESS;
}

/* ---- --new-admin-token ---- */

static int print_token(int64_t id, const char *label, const char *token)
{
    fprintf(stderr,
            "Administrator's token %lld, \"%s\". It is shown only once; DELETE /v1/admin/tokens/%lld revokes it.\n",
            (long long)id, label, (long long)id);
    printf("%s\n", token);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : command_line_fail("cannot write the token to stdout", EXIT_FAILURE);
}

static int add_token(struct directory *directory, const char *label)
{
    char token[TOKEN_TEXT_BYTES];
    unsigned char hash[DIRECTORY_HASH_BYTES];
    token_new(token, hash);
    int64_t id;
    const struct token_grant grant = {.hash = hash, .label = label};
    enum directory_result result = directory_add_token(directory, &grant, &id);
    if (result != DIRECTORY_OK && result != DIRECTORY_CREATED)
        return command_line_fail(directory_error(directory), EXIT_FAILURE);
    return print_token(id, label, token);
}

static int new_admin_token(const struct conf *conf, const char *label)
{
    if (!ids_name_ok(label, strlen(label), LIMIT_NAME_BYTES))
        return command_line_fail("the label of --new-admin-token must be 1 to 256 bytes of visible text", EXIT_USAGE);
    char error[ERROR_BYTES];
    struct directory *directory = directory_open_beside(conf->database, conf->record, error, sizeof error);
    if (!directory)
        return command_line_fail(error, EXIT_FAILURE);
    int status = add_token(directory, label);
    directory_close(directory);
    return status;
}

/* ---- --backup ---- */

static int back_up(const struct conf *conf, const char *out)
{
    char error[ERROR_BYTES];
    if (!directory_backup(conf->database, out, error, sizeof error))
        return command_line_fail(error, EXIT_FAILURE);
    printf("%s: a copy of %s\n", out, conf->database);
    return EXIT_SUCCESS;
}

/* ---- --move-to, --move-from ---- */

static int move_there(const struct conf *conf, const char *url)
{
    char error[ERROR_BYTES];
    size_t rows = 0;
    if (!move_to(conf->database, url, &rows, error, sizeof error))
        return command_line_fail(error, EXIT_FAILURE);
    printf("%zu rows of %s are in the record now, and it is a copy of that. Set record in %s before you start "
           "rollcalld.\n",
           rows, conf->database, conf->path);
    return EXIT_SUCCESS;
}

static int move_back(const struct conf *conf, const char *url)
{
    char error[ERROR_BYTES];
    if (!move_from(conf->database, url, error, sizeof error))
        return command_line_fail(error, EXIT_FAILURE);
    printf("%s holds all that the record does, and is no copy any more. Remove record from %s before you start "
           "rollcalld.\n",
           conf->database, conf->path);
    return EXIT_SUCCESS;
}

/* ---- which ---- */

int tasks_run(const struct command_line *line, const struct conf *conf, bool binds, const char *docs)
{
    if (line->task == TASK_BACKUP)
        return back_up(conf, line->out);
    char error[ERROR_BYTES];
    if (!owner_become(conf, error, sizeof error))
        return command_line_fail(error, EXIT_FAILURE);
    if (line->task == TASK_TEST)
        return test_configuration(conf, binds);
    if (line->task == TASK_MOVE_TO)
        return move_there(conf, line->record);
    if (line->task == TASK_MOVE_FROM)
        return move_back(conf, line->record);
    if (line->task == TASK_NEW_ADMIN_TOKEN)
        return new_admin_token(conf, line->label);
    return doctor_run(conf, line->url, docs) ? EXIT_SUCCESS : EXIT_FAILURE;
}
