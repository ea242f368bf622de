/* SPDX-License-Identifier: ISC */
/* Names of statuses and reasons. See status.h. */
#include "view/status.h"

#include "base/name_table.h"

static const char *const status_names[] = {
    [STATUS_OFFLINE] = "offline",
    [STATUS_AWAY] = "away",
    [STATUS_ACTIVE] = "active",
};

static const char *const why_names[] = {
    [WHY_JOIN] = "join",     [WHY_BEAT] = "beat",     [WHY_LEAVE] = "leave",
    [WHY_CLOSED] = "closed", [WHY_LAPSED] = "lapsed", [WHY_REMOVED] = "removed",
};

enum {
    STATUS_COUNT = sizeof status_names / sizeof *status_names,
    WHY_COUNT = sizeof why_names / sizeof *why_names,
};

const char *status_name(enum status status)
{
    return status_names[status];
}

const char *why_name(enum why why)
{
    return why_names[why];
}

bool status_parse(const char *name, size_t len, enum status *out)
{
    size_t found = name_table_find(status_names, STATUS_COUNT, name, len);
    if (found == STATUS_COUNT)
        return false;
    *out = (enum status)found;
    return true;
}

bool why_parse(const char *name, size_t len, enum why *out)
{
    size_t found = name_table_find(why_names, WHY_COUNT, name, len);
    if (found == WHY_COUNT)
        return false;
    *out = (enum why)found;
    return true;
}
