/* SPDX-License-Identifier: ISC */
/* See record_check.h. */
#include "directory/record_check.h"

#include "directory/record_link.h"
#include "directory/record_sql.h"

#include <stdio.h>

/* A database that holds no record yet: rollcalld makes it. */
static bool look_at_empty(struct record_link *link, const char *server, char *text, size_t size)
{
    char may[8];
    if (record_link_read(link, record_may_create_sql, may, sizeof may) != DIRECTORY_OK) {
        snprintf(text, size, "%s", link->error);
        return false;
    }
    bool ok = *may == 't';
    if (ok)
        snprintf(text, size, "%s answers. The database is empty: rollcalld makes its tables when it starts", server);
    else
        snprintf(text, size,
                 "%s answers, but the user in record may not create tables: make it the owner of the database "
                 "(ALTER DATABASE ... OWNER TO ...), or grant it CREATE on the schema",
                 server);
    return ok;
}

static bool look_at_rights(struct record_link *link, const char *server, char *text, size_t size)
{
    char lacks[300];
    if (record_link_read(link, record_lacks_sql, lacks, sizeof lacks) != DIRECTORY_OK) {
        snprintf(text, size, "%s", link->error);
        return false;
    }
    if (!*lacks)
        snprintf(text, size, "%s answers, and its user has all rights that are needed%s", server,
                 link->is_older ? ". Its schema is older: rollcalld changes it when it starts" : "");
    else
        snprintf(text, size,
                 "%s answers, but the user in record lacks rights on the tables %s: make it their owner, or grant it "
                 "ALL on them",
                 server, lacks);
    return !*lacks;
}

bool record_check(const char *url, char *text, size_t size)
{
    struct record_link link;
    char server[32];
    bool ok = false;
    record_link_init(&link, url, "");
    link.only_looks = true;
    if (record_link_open(&link) != DIRECTORY_OK) {
        snprintf(text, size, "%s", link.error);
    } else {
        int version = pg_server_version(link.pg);
        snprintf(server, sizeof server, "PostgreSQL %d.%d", version / 10000, version % 10000);
        ok = link.is_empty ? look_at_empty(&link, server, text, size) : look_at_rights(&link, server, text, size);
    }
    record_link_fini(&link);
    return ok;
}
