/* SPDX-License-Identifier: ISC */
/*
 * See pg_connect.h. libpq waits in PQconnectdb(), and with PQconnectPoll() it knows no time limit and so never leaves
 * an address that does not answer. So each address is a connection of its own here, with all that the URL says but its
 * lists of hosts, addresses and ports. A name is looked up here too, and stays what a certificate has to name.
 */
#include "record/pg_connect.h"

#include "record/pg_options.h"

#include "base/clock.h"
#include "base/mem.h"

#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 3000, LEAST_MS = 2000, ENDLESS_MS = 600000, ADDRESS_MAX = 64 };

/* What is tried next, and what became of those before. */
struct attempt {
    const PQconninfoOption *url; /* borrowed */
    int stop_fd;
    int limit_ms; /* for each address */
    char *error;  /* of SIZE bytes: what each of them answered */
    size_t size;
    bool stopped;
    PGconn *conn; /* the one that succeeded */
};

/* What the URL says of where PostgreSQL is: lists, separated by commas; NULL: nothing. Owned. */
struct where {
    char *hosts, *addresses, *ports;
};

/* ---- one address ---- */

/* Adds MESSAGE, of which the first line counts, and not twice in a row. */
static void note(struct attempt *self, const char *message)
{
    size_t used = strlen(self->error);
    int len = (int)strcspn(message, "\n");
    if (used >= (size_t)len && strncmp(self->error + used - (size_t)len, message, (size_t)len) == 0)
        return;
    snprintf(self->error + used, self->size - used, "%s%.*s", used > 0 ? "; " : "", len, message);
}

/* Waits until the socket of CONN is ready for what STATUS says. False: not by UNTIL_MS, or stopped. */
static bool wait_for(struct attempt *self, const PGconn *conn, PostgresPollingStatusType status, int64_t until_ms)
{
    short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    struct pollfd fds[2] = {{.fd = PQsocket(conn), .events = events}, {.fd = self->stop_fd, .events = POLLIN}};
    int64_t left_ms = until_ms - clock_mono_ms();
    while (left_ms > 0 && poll(fds, 2, (int)left_ms) < 0)
        left_ms = until_ms - clock_mono_ms();
    self->stopped = fds[1].revents;
    return fds[0].revents && !self->stopped;
}

static void note_silence(struct attempt *self, const PGconn *conn)
{
    const char *host = PQhost(conn);
    char message[300];
    snprintf(message, sizeof message, "no answer within %g s from \"%.200s\", port %.8s", self->limit_ms / 1e3,
             host ? host : "", PQport(conn));
    note(self, self->stopped ? "it was stopped" : message);
}

/* Begins to connect to HOST (NULL or empty: what the environment says) at ADDRESS (its own) and PORT (the default). */
static PGconn *start(const struct attempt *self, const char *host, const char *address, const char *port)
{
    struct pg_options options = {.count = 0};

    /* The URL may change these. A dead connection is left soon, and a standby at once. */
    pg_options_add(&options, "target_session_attrs", "read-write");
    pg_options_add(&options, "keepalives_idle", "5");
    pg_options_add(&options, "keepalives_interval", "2");
    pg_options_add(&options, "keepalives_count", "2");
    pg_options_add(&options, "tcp_user_timeout", "8000");
    pg_options_add_url(&options, self->url);
    pg_options_add(&options, "host", host);
    pg_options_add(&options, "hostaddr", address);
    pg_options_add(&options, "port", port);
    pg_options_add(&options, "fallback_application_name", "rollcalld");
    pg_options_add(&options, "client_encoding", "UTF8");
    return pg_options_start(&options);
}

/* Tries the host that start() would connect to. */
static void try_address(struct attempt *self, const char *host, const char *address, const char *port)
{
    PGconn *conn = start(self, host, address, port);
    int64_t until_ms = clock_mono_ms() + self->limit_ms;
    PostgresPollingStatusType status = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        if (!wait_for(self, conn, status, until_ms)) {
            note_silence(self, conn);
            PQfinish(conn);
            return;
        }
        status = PQconnectPoll(conn);
    }
    if (status == PGRES_POLLING_OK) {
        self->conn = conn;
        return;
    }
    note(self, PQerrorMessage(conn));
    PQfinish(conn);
}

/* ---- all of them ---- */

static bool is_over(const struct attempt *self)
{
    return self->conn || self->stopped;
}

/* Tries all addresses of the name HOST. */
static void try_name(struct attempt *self, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char address[ADDRESS_MAX];
    if (getaddrinfo(host, NULL, &hints, &list) != 0) {
        try_address(self, host, NULL, port); /* libpq says what is wrong */
        return;
    }
    for (const struct addrinfo *at = list; at && !is_over(self); at = at->ai_next)
        if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) == 0)
            try_address(self, host, address, port);
    freeaddrinfo(list);
}

static void try_host(struct attempt *self, const char *host, const char *address, const char *port)
{
    bool is_name = host && *host && *host != '/' && *host != '@' && !(address && *address);
    if (is_name)
        try_name(self, host, port);
    else
        try_address(self, host, address, port);
}

/* Cuts the next one off the list *REST; at its end, it is BEFORE: one port is that of all hosts. */
static const char *next_of(char **rest, const char *before)
{
    return *rest ? strsep(rest, ",") : before;
}

static void try_all(struct attempt *self, const struct where *where)
{
    char *hosts = where->hosts, *addresses = where->addresses, *ports = where->ports;
    const char *port = NULL;
    do {
        const char *host = next_of(&hosts, NULL);
        const char *address = next_of(&addresses, NULL);
        port = next_of(&ports, port);
        try_host(self, host, address, port);
    } while (!is_over(self) && (hosts || addresses));
}

static char *value_of(const PQconninfoOption *options, const char *name)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, name) == 0 && options->val && *options->val)
            return mem_text(options->val);
    return NULL;
}

/* As libpq reads connect_timeout: less than 2 s are 2 s, and 0 or less is no limit. */
static int limit_of(const PQconninfoOption *options)
{
    char *text = value_of(options, "connect_timeout");
    int seconds = text ? atoi(text) : LIMIT_MS / 1000;
    free(text);
    if (seconds <= 0 || seconds > ENDLESS_MS / 1000)
        return ENDLESS_MS;
    return seconds * 1000 < LEAST_MS ? LEAST_MS : seconds * 1000;
}

PGconn *pg_connect(const char *url, int stop_fd, char *error, size_t size)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    if (!options) {
        snprintf(error, size, "the URL cannot be read");
        return NULL;
    }
    struct where where = {value_of(options, "host"), value_of(options, "hostaddr"), value_of(options, "port")};
    struct attempt self = {
        .url = options, .stop_fd = stop_fd, .limit_ms = limit_of(options), .error = error, .size = size};
    *error = '\0';
    try_all(&self, &where);
    PQconninfoFree(options);
    free(where.hosts);
    free(where.addresses);
    free(where.ports);
    return self.conn;
}
