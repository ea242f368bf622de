/* SPDX-License-Identifier: ISC */
/* See pg.h. pg_none.c is in its place if Rollcall is built without PostgreSQL. */
#include "record/pg.h"

#include "base/clock.h"
#include "base/mem.h"
#include "record/pg_connect.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pg {
    char *url;    /* owned */
    PGconn *conn; /* owned; NULL while not connected */
    int stop_fd;  /* borrowed; -1: nothing stops a wait */
    char error[512];
};

/* ---- what went wrong ---- */

/* libpq ends its messages with a line feed and may have several lines. */
static void note_error(struct pg *self, const char *message)
{
    size_t len = strcspn(message, "\n");
    if (len > 0)
        snprintf(self->error, sizeof self->error, "%.*s", (int)len, message);
    else
        snprintf(self->error, sizeof self->error, "PostgreSQL does not answer");
}

static enum pg_outcome lose(struct pg *self, const char *message)
{
    note_error(self, message);
    pg_close(self);
    return PG_AWAY;
}

/* By the SQLSTATE. A server that became a standby, or stops, is left: another host may do. */
static enum pg_outcome judge(struct pg *self, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    note_error(self, message ? message : PQresultErrorMessage(result));
    if (!state || strcmp(state, "25006") == 0 || strncmp(state, "57P", 3) == 0)
        return lose(self, message ? message : PQresultErrorMessage(result));
    bool is_held = strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0;
    return is_held ? PG_BUSY : PG_REFUSED;
}

/* ---- connecting ---- */

struct pg *pg_new(const char *url)
{
    struct pg *self = mem_new(sizeof *self);
    self->url = mem_text(url);
    self->stop_fd = -1;
    note_error(self, "it was not connected yet");
    return self;
}

void pg_free(struct pg *self)
{
    if (!self)
        return;
    pg_close(self);
    free(self->url);
    free(self);
}

void pg_stop_at(struct pg *self, int fd)
{
    self->stop_fd = fd;
}

static void ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

bool pg_open(struct pg *self)
{
    char error[sizeof self->error];
    pg_close(self);
    self->conn = pg_connect(self->url, self->stop_fd, error, sizeof error);
    if (!self->conn) {
        note_error(self, error);
        return false;
    }
    PQsetnonblocking(self->conn, 1);
    PQsetNoticeReceiver(self->conn, ignore_notice, NULL);
    return true;
}

void pg_close(struct pg *self)
{
    PQfinish(self->conn);
    self->conn = NULL;
}

bool pg_is_open(const struct pg *self)
{
    return self->conn;
}

int pg_fd(const struct pg *self)
{
    return self->conn ? PQsocket(self->conn) : -1;
}

const char *pg_error(const struct pg *self)
{
    return self->error;
}

int pg_server_version(const struct pg *self)
{
    return PQserverVersion(self->conn);
}

/* ---- waiting ---- */

/* Waits until the socket is ready for EVENTS. False: not by UNTIL_MS, or stopped. */
static bool wait_for(const struct pg *self, short events, int64_t until_ms)
{
    struct pollfd fds[2] = {{.fd = PQsocket(self->conn), .events = events}, {.fd = self->stop_fd, .events = POLLIN}};
    int64_t left_ms = until_ms - clock_mono_ms();
    while (left_ms > 0 && poll(fds, 2, (int)left_ms) < 0)
        left_ms = until_ms - clock_mono_ms();
    return fds[0].revents && !fds[1].revents;
}

static bool flush(struct pg *self, int64_t until_ms)
{
    int left;
    while ((left = PQflush(self->conn)) > 0)
        if (!wait_for(self, POLLIN | POLLOUT, until_ms) || !PQconsumeInput(self->conn))
            return false;
    return left == 0;
}

/* The next result; NULL with OK: there is no more. */
static bool next_result(struct pg *self, int64_t until_ms, PGresult **result)
{
    while (PQisBusy(self->conn))
        if (!wait_for(self, POLLIN, until_ms) || !PQconsumeInput(self->conn))
            return false;
    *result = PQgetResult(self->conn);
    return true;
}

/* ---- statements ---- */

static bool send_statement(struct pg *self, const struct pg_statement *statement)
{
    if (statement->count == 0)
        return PQsendQuery(self->conn, statement->sql);
    return PQsendQueryParams(self->conn, statement->sql, (int)statement->count, NULL, statement->params, NULL, NULL, 0);
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

/* Reads all results of what was sent: the last one goes to LAST. After a bad one, which is judged, comes no other. */
static enum pg_outcome read_results(struct pg *self, int64_t until_ms, PGresult **last)
{
    enum pg_outcome verdict = PG_OK;
    PGresult *result = NULL;
    while (next_result(self, until_ms, &result)) {
        if (!result)
            return verdict;
        PQclear(*last);
        *last = result;
        if (!is_good(result) && (verdict = judge(self, result)) == PG_AWAY)
            return PG_AWAY;
    }
    bool lost = PQstatus(self->conn) != CONNECTION_OK;
    return lose(self, lost ? PQerrorMessage(self->conn) : "PostgreSQL does not answer in time");
}

enum pg_outcome pg_run(struct pg *self, const struct pg_statement *statement, struct pg_rows **rows)
{
    if (!self->conn)
        return PG_AWAY;
    int64_t until_ms = clock_mono_ms() + (statement->ms > 0 ? statement->ms : PG_STATEMENT_MS);
    if (!send_statement(self, statement) || !flush(self, until_ms))
        return lose(self, PQerrorMessage(self->conn));
    PGresult *last = NULL;
    enum pg_outcome result = read_results(self, until_ms, &last);
    if (result == PG_OK && rows)
        *rows = (struct pg_rows *)last;
    else
        PQclear(last);
    return result;
}

enum pg_outcome pg_do(struct pg *self, const char *sql)
{
    return pg_run(self, &(struct pg_statement){.sql = sql}, NULL);
}

bool pg_take_news(struct pg *self)
{
    bool told = false;
    PGnotify *news;
    if (!self->conn)
        return false;
    if (!PQconsumeInput(self->conn)) {
        lose(self, PQerrorMessage(self->conn));
        return false;
    }
    while ((news = PQnotifies(self->conn))) {
        told = true;
        PQfreemem(news);
    }
    return told;
}

/* A pg_rows is a PGresult. */
static const PGresult *result_of(const struct pg_rows *rows)
{
    return (const PGresult *)rows;
}

size_t pg_rows_count(const struct pg_rows *rows)
{
    return (size_t)PQntuples(result_of(rows));
}

const char *pg_rows_text(const struct pg_rows *rows, size_t row, int column)
{
    return PQgetisnull(result_of(rows), (int)row, column) ? NULL : PQgetvalue(result_of(rows), (int)row, column);
}

void pg_rows_free(struct pg_rows *rows)
{
    PQclear((PGresult *)rows);
}
