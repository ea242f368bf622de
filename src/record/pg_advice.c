/* SPDX-License-Identifier: ISC */
/* See pg_advice.h. */
#include "record/pg_advice.h"

#include <stddef.h>
#include <string.h>

struct advice {
    const char *part; /* of the message */
    const char *what;
};

/* The first that fits counts. Messages of PostgreSQL 13 to 17. */
static const struct advice advices[] = {
    {"password authentication failed", "correct the user or the password in record"},
    {"no password supplied", "write the password into record, percent-encoded, or into the .pgpass of this user"},
    {"Peer authentication failed",
     "PostgreSQL takes only the system user of that name here: change pg_hba.conf, or the "
     "user in record"},
    {"authentication failed", "correct the user in record, or pg_hba.conf"},
    {"no pg_hba.conf entry", "add this machine, the user and the database to PostgreSQL's pg_hba.conf"},
    {"pg_hba.conf rejects", "allow this machine, the user and the database in PostgreSQL's pg_hba.conf"},
    {"root certificate file", "set sslrootcert= in record to the certificate of PostgreSQL's issuer"},
    {"certificate verify failed", "set sslrootcert= in record to the certificate of PostgreSQL's issuer, or renew the "
                                  "server's certificate"},
    {"server certificate for", "write the host in record as the certificate names it"},
    {"does not support SSL", "turn on ssl in postgresql.conf, or change sslmode= in record"},
    {"requires a valid client certificate", "set sslcert= and sslkey= in record"},
    {"read-only", "it is a standby: name the primary in record as well, or promote it"},
    {"is in hot standby mode", "it is a standby: name the primary in record as well, or promote it"},
    {"is not in hot standby mode", "set target_session_attrs=read-write in record"},
    {"starting up", "wait until PostgreSQL has started"},
    {"shutting down", "start PostgreSQL"},
    {"too many clients", "raise max_connections in postgresql.conf: each worker has one connection"},
    {"connection slots are reserved", "raise max_connections in postgresql.conf: each worker has one connection"},
    {"too many connections for", "raise the connection limit of the user or the database: each worker has one"},
    {"permission denied", "make the user in record the owner of the database, or grant it all rights on the tables"},
    {"must be owner", "let the owner of the tables connect once, so that they get the new schema"},
    {"Connection refused",
     "start PostgreSQL (systemctl start postgresql), or look where it listens (listen_addresses)"},
    {"No such file", "start PostgreSQL (systemctl start postgresql), or correct the host in record"},
    {"could not translate host name", "check that the name is right and known on this machine (getent hosts NAME)"},
    {"no answer within", "check whether a firewall is in between, or PostgreSQL hangs"},
    {"invalid", "correct record in the configuration"},
};

/* "database "x" does not exist", where x may be anything. */
static const char *missing(const char *message)
{
    const char *end = strstr(message, "does not exist");

    if (!end)
        return NULL;
    if (strstr(message, "database \""))
        return "create it (createdb -E UTF8 -T template0 NAME), or correct the database in record";
    if (strstr(message, "role \""))
        return "create it (createuser NAME), or correct the user in record";
    return "restore the record from a backup: a part of its schema is missing";
}

const char *pg_advice(const char *message, const char *otherwise)
{
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (strstr(message, advices[i].part))
            return advices[i].what;
    const char *what = missing(message);
    return what ? what : otherwise;
}
