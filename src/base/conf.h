/* SPDX-License-Identifier: ISC */
/*
 * The configuration file as a struct, checked. Every option has a default (conf_options.c); an unknown option is an
 * error. See rollcall.conf(5).
 */
#ifndef ROLLCALL_BASE_CONF_H
#define ROLLCALL_BASE_CONF_H

#include "base/conf_redis.h"
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONF_WORKERS_MAX = 512 };

enum conf_auth { CONF_AUTH_TOKEN, CONF_AUTH_JWT, CONF_AUTH_REMOTE_USER, CONF_AUTH_KINDS };

struct conf {
    char *path;           /* owned: the file it was read from */
    char *listen;         /* owned: a path, or HOST:PORT with [] around IPv6 */
    unsigned listen_mode; /* permission bits of a Unix socket */
    unsigned workers;     /* never 0: 0 in the file becomes the number of cores we may run on */
    char *database;       /* owned: path of the SQLite file */
    char *record;         /* owned: the URL of the PostgreSQL that DATABASE is a copy of; "" without one */
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
    char **cors_origins; /* owned, as is each element; as browsers write them */
    size_t cors_origin_count;
    unsigned rate_limit; /* requests a second for each user, and failed ones for each address; 0: no limit */
    unsigned backlog;
    bool hooks_allow_link_local; /* webhooks may be delivered to link-local addresses */
    unsigned probe_s;            /* how often a parked poll's client is probed; 0: never */
    enum log_level log_level;
    unsigned *lines; /* owned: on which line each option is set, by its index in conf_options; see conf_line() */
};

/*
 * Reads and checks the file at PATH. Returns the configuration, which the caller frees with conf_free(), or NULL with
 * a sentence in ERROR (of SIZE bytes) that names file and line and says what to do.
 */
struct conf *conf_load(const char *path, char *error, size_t size);

/* Frees SELF, which may be NULL, and all that it owns. */
void conf_free(struct conf *self);

/* On which line of the file the option NAME is set; 0 if it is not, so that the default applies. */
unsigned conf_line(const struct conf *self, const char *name);

/* What a sentence is about. */
struct conf_place {
    const struct conf *conf;
    const char *option;
};

/* The place of OPTION in SELF; both are borrowed. */
static inline struct conf_place conf_at(const struct conf *self, const char *option)
{
    return (struct conf_place){.conf = self, .option = option};
}

/*
 * Puts a sentence about the value at PLACE into ERROR (of SIZE bytes), with file, line and option in front, as
 * conf_load() does. Returns false.
 */
bool conf_fault(struct conf_place place, char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* How long a poll keeps its session alive, in ms: the longer of wait and heartbeat, plus gap. */
long conf_poll_lease_ms(const struct conf *self);

#endif
