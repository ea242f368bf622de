/* SPDX-License-Identifier: ISC */
/*
 * The configuration file, read with libconfuse, checked and turned into a struct. Every option has a default; an unknown
 * one is an error. See rollcall.conf(5).
 */
#ifndef ROLLCALL_BASE_CONF_H
#define ROLLCALL_BASE_CONF_H

#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

enum conf_auth { CONF_AUTH_TOKEN, CONF_AUTH_JWT, CONF_AUTH_REMOTE_USER, CONF_AUTH_KINDS };

struct conf_redis {
    char *unix_path; /* owned; NULL for TCP */
    char *host;      /* owned; NULL for a Unix socket */
    int port;
    char *user;     /* owned; NULL: the default user */
    char *password; /* owned; NULL: no AUTH */
    int database;
};

struct conf {
    char *path;           /* owned: the file it was read from */
    char *listen;         /* owned: a path, or HOST:PORT with [] around IPv6 */
    unsigned listen_mode; /* permission bits of a Unix socket */
    unsigned workers;     /* never 0: 0 in the file becomes the number of cores we may run on */
    char *database;       /* owned: path of the SQLite file */
    struct conf_redis redis;
    unsigned ttl_s, heartbeat_s, wait_s, gap_s, leave_grace_s, closed_grace_s, retention_s;
    enum conf_auth auth[CONF_AUTH_KINDS]; /* in the order asked */
    size_t auth_count;
    struct {
        char *algorithm; /* owned */
        char *key_file;  /* owned */
        char *audience;  /* owned; "" for none */
        bool provision;  /* a valid token admits its user to the workspaces it names */
    } jwt;
    char **cors_origins; /* owned, each too; as browsers write them */
    size_t cors_origin_count;
    unsigned rate_limit; /* requests a second a user, and failed ones an address; 0: none */
    unsigned backlog;
    unsigned probe_s; /* how often a parked poll's client is probed; 0: never */
    enum log_level log_level;
    /* Lines of the file on which these stand, for messages of those who open them; 0: not there, the default holds. */
    struct {
        unsigned listen, database, key_file;
    } line;
};

/*
 * Reads and checks FILE. Returns the configuration, or NULL with a sentence in ERROR (of SIZE bytes) that names file and
 * line and says what to do. The caller frees it with conf_free().
 */
struct conf *conf_load(const char *file, char *error, size_t size);
void conf_free(struct conf *self);

/*
 * Puts a sentence on what OPTION ("listen", "database", "key_file") says into ERROR (of SIZE bytes), with file and line in
 * front, as conf_load() does. Returns false.
 */
bool conf_fault(const struct conf *self, const char *option, char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* For how long a poll leases, ms: max(wait, heartbeat) + gap. */
long conf_poll_lease_ms(const struct conf *self);

#endif
