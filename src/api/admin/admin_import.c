/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/admin/workspaces/{ws}/members: imports members as NDJSON, a JSON object on each line. Either all are
 * imported or, if a line is wrong, none; the reply names that line.
 */
#include "api/shared/handlers.h"

#include "api/shared/audit.h"
#include "api/shared/params.h"
#include "api/shared/problems.h"
#include "api/shared/render.h"
#include "api/shared/service.h"
#include "api/shared/write.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "directory/import.h"
#include "http/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    struct exchange *exchange;
    char *body; /* owned */
    size_t body_len;
    struct directory *directory; /* borrowed, for the write */
    size_t added, changed;
    size_t lines; /* that held a member */
    size_t line;  /* the current one, from 1 */
    char error[320];
    bool refused; /* a line was: ERROR says why, or RESULT */
    enum directory_result result;
    char **renamed; /* owned, as is each element: members whose name has changed */
    size_t renamed_count;
};

static void import_free(struct import *import)
{
    for (size_t i = 0; i < import->renamed_count; i++)
        free(import->renamed[i]);
    free(import->renamed);
    free(import->body);
    free(import);
}

static void note_renamed(struct import *import, const char *user)
{
    import->renamed = mem_resize(import->renamed, import->renamed_count + 1, sizeof *import->renamed);
    import->renamed[import->renamed_count++] = mem_text(user);
}

static bool refuse_line(struct import *import, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse_line(struct import *import, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(import->error, sizeof import->error, format, args);
    va_end(args);
    return false;
}

static bool name_ok(const char *name, size_t len)
{
    return ids_name_ok(name, len, LIMIT_NAME_BYTES);
}

/* A text that a line may have. */
struct text_rule {
    const char *name;
    bool (*ok)(const char *text, size_t len);
    const char *rule; /* what the text must be */
};

static const struct text_rule user_rule = {"user", ids_user_ok, "must be a user's id: 1 to 128 bytes of UTF-8"};
static const struct text_rule name_rule = {"name", name_ok, "must be 1 to 256 bytes of visible text"};
static const struct text_rule role_rule = {"role", ids_role_ok, "must be 1 to 32 of a-z, 0-9, _ and -"};

/* Reads the text of RULE from JSON into OUT, which stays as it is if there is none. False if the rule is broken. */
static bool take_text(struct import *import, const struct json *json, const struct text_rule *rule, const char **out)
{
    size_t len = 0;
    enum json_got got = json_text(json, rule->name, out, &len);

    if (got == JSON_ABSENT || (got == JSON_GOT && rule->ok(*out, len)))
        return true;
    return refuse_line(import, "\"%s\" %s.", rule->name, rule->rule);
}

static bool add_member(struct import *import, const struct json *json)
{
    const char *names = import->exchange->body_names;
    const char *user = NULL, *name = NULL, *role = NULL;
    const char *unknown = json_unknown(json, names);
    enum member_change changed = MEMBER_SAME;

    if (unknown) {
        names_refuse(&(struct names_unknown){names, "line", unknown, strlen(unknown)}, import->error,
                     sizeof import->error);
        return false;
    }
    if (!take_text(import, json, &user_rule, &user) || !take_text(import, json, &name_rule, &name) ||
        !take_text(import, json, &role_rule, &role))
        return false;
    if (!user)
        return refuse_line(import, "\"user\" is missing.");
    const struct member_edit edit = {user, name, role};
    import->result = directory_import_add(import->directory, &edit, &changed);
    if (changed == MEMBER_RENAMED)
        note_renamed(import, user);
    return import->result == DIRECTORY_OK || import->result == DIRECTORY_CREATED;
}

static bool add_line(struct import *import, const char *text, size_t len)
{
    char error[200];
    struct json *json;
    bool ok;

    if (json_blank(text, len))
        return true;
    if (json_goes_on(text, len))
        return refuse_line(import,
                           "More than one object on a line. curl -d removes line ends: use --data-binary @FILE.");
    if (++import->lines > LIMIT_IMPORT_LINES)
        return refuse_line(import, "An import may have at most %d members.", LIMIT_IMPORT_LINES);
    json = json_parse(text, len, error, sizeof error);
    if (!json)
        return refuse_line(import, "%s Each line must be an object of its own.", error);
    ok = add_member(import, json);
    json_free(json);
    return ok;
}

static bool add_lines(struct import *import, const char *body, size_t len)
{
    for (const char *end = body + len; body < end;) {
        const char *next = memchr(body, '\n', (size_t)(end - body));

        if (!next)
            next = end;
        import->line++;
        if (!add_line(import, body, (size_t)(next - body)))
            return false;
        body = next + 1;
    }
    return true;
}

static void refuse(struct import *import)
{
    char members[40];
    char detail[400];

    if (!import->error[0]) {
        problems_workspace_ok(import->exchange, import->exchange->workspace, import->result);
        return;
    }
    snprintf(members, sizeof members, ",\"line\":%zu", import->line);
    snprintf(detail, sizeof detail, "Line %zu: %s Nothing was imported.", import->line, import->error);
    exchange_problem_with(import->exchange, PROBLEM_BAD_REQUEST, &(struct problem_extra){.members = members}, detail);
}

/* The reply, while those who watch the workspace are told. */
struct report {
    struct exchange *exchange;
    struct blob *body; /* owned until the reply */
};

static struct report *report_new(struct exchange *exchange, size_t total, size_t added, size_t changed)
{
    struct report *self = mem_new(sizeof *self);
    struct buf body;

    buf_init(&body);
    buf_add_char(&body, '{');
    render_int(&body, "added", (int64_t)added);
    render_int(&body, ",changed", (int64_t)changed);
    render_int(&body, ",total", (int64_t)total);
    buf_add_text(&body, "}\n");
    self->exchange = exchange;
    self->body = blob_from_buf(&body);
    buf_fini(&body);
    return self;
}

static void on_told(void *ctx)
{
    struct report *self = ctx;

    exchange_reply(self->exchange, 200, self->body);
    free(self);
}

/* All lines were imported: tells those who watch the workspace, then replies. */
static void finish(const struct import *import)
{
    struct exchange *exchange = import->exchange;
    struct report *report = report_new(exchange, import->lines, import->added, import->changed);
    struct notice *notice = notice_new(service_of(exchange), exchange->workspace);

    audit(exchange, "members.import", exchange->workspace, NULL);
    if (import->added + import->changed > 0)
        notice_add_roster(notice);
    notice_add_partners(notice, (const char *const *)import->renamed, import->renamed_count);
    notice_send(notice, on_told, report);
}

static enum directory_result write_members(struct directory *directory, void *state)
{
    struct import *import = state;
    enum directory_result begun = directory_import_begin(directory, import->exchange->workspace);

    if (begun != DIRECTORY_OK)
        return begun;
    import->directory = directory;
    import->refused = !add_lines(import, import->body, import->body_len);
    return directory_import_end(directory, !import->refused, &import->added, &import->changed);
}

static void on_members(void *state, enum directory_result result)
{
    struct import *import = state;

    if (import->refused)
        refuse(import);
    else if (problems_workspace_ok(import->exchange, import->exchange->workspace, result) && import->lines == 0)
        exchange_problem(import->exchange, PROBLEM_BAD_REQUEST,
                         "The body is empty: send an object on each line, as curl does with --data-binary @FILE.");
    else if (result == DIRECTORY_OK)
        finish(import);
    import_free(import);
}

void admin_members_post(struct exchange *exchange)
{
    if (!params_path_workspace(exchange, 3, &exchange->workspace))
        return;
    struct import *import = mem_new(sizeof *import);
    import->exchange = exchange;
    import->body = mem_copy(exchange->request->body, exchange->request->body_len);
    import->body_len = exchange->request->body_len;
    write_start(service_of(exchange), write_members, on_members, import);
}
