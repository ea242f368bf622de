/* SPDX-License-Identifier: ISC */
/* See pg_options.h. */
#include "record/pg_options.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

void pg_options_add(struct pg_options *self, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    assert(self->count < PG_OPTIONS_MAX);
    self->names[self->count] = name;
    self->values[self->count++] = value;
}

static bool is_where(const char *name)
{
    return strcmp(name, "host") == 0 || strcmp(name, "hostaddr") == 0 || strcmp(name, "port") == 0;
}

void pg_options_add_url(struct pg_options *self, const PQconninfoOption *url)
{
    for (; url->keyword; url++)
        if (!is_where(url->keyword))
            pg_options_add(self, url->keyword, url->val);
}

PGconn *pg_options_start(const struct pg_options *self)
{
    return PQconnectStartParams(self->names, self->values, 0);
}
