/* SPDX-License-Identifier: ISC */
/*
 * Where Redis is, as the option redis says it: a URL, taken apart and checked. Pure functions on text; nothing is
 * opened or resolved. Sentences never repeat any part of a URL: it may hold a password.
 */
#ifndef ROLLCALL_BASE_CONF_REDIS_H
#define ROLLCALL_BASE_CONF_REDIS_H

#include <stdbool.h>
#include <stddef.h>

enum conf_redis_kind {
    CONF_REDIS_ONE,      /* one server: by unix_path, or at host and port */
    CONF_REDIS_SENTINEL, /* hosts are sentinels, which know where the master is */
    CONF_REDIS_CLUSTER,  /* hosts are nodes of a Redis Cluster, which know the others */
};

struct conf_redis_host {
    char *name; /* owned: a name, or an address without brackets */
    int port;
};

struct conf_redis {
    enum conf_redis_kind kind;
    char *unix_path; /* owned; NULL for TCP */
    char *host;      /* owned; NULL for a Unix socket, and if there are several hosts */
    int port;
    struct conf_redis_host *hosts; /* owned; NULL if there is only one server */
    size_t host_count;
    char *user;     /* owned; NULL: the default user */
    char *password; /* owned; NULL: no AUTH */
    int database;
    bool tls;                /* to the servers that hold data */
    char *ca;                /* owned: a file of certificates; NULL: the system's */
    char *cert, *key;        /* owned: files of our own certificate and its key; NULL: none */
    char *sni;               /* owned: the name that a server has to prove, and is told; NULL: its host */
    char *master;            /* owned: the name by which sentinels know the master */
    char *sentinel_user;     /* owned; NULL: the default user */
    char *sentinel_password; /* owned; NULL: no AUTH */
    bool sentinel_tls;       /* to the sentinels, with the same files */
};

/*
 * Reads URL, of a form that rollcall.conf(5) describes. Fills REDIS, which the caller gives to conf_redis_fini() in any
 * case. False with a static sentence in WHY if something is wrong with it.
 */
bool conf_redis_parse(const char *url, struct conf_redis *redis, const char **why);

/* Frees what REDIS consists of. */
void conf_redis_fini(struct conf_redis *redis);

#endif
