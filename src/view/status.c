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

const char *status_name(enum status status)
{
    return status_names[status];
}

const char *why_name(enum why why)
{
    return why_names[why];
}

NAME_TABLE_PARSER(status_parse, enum status, status_names)
NAME_TABLE_PARSER(why_parse, enum why, why_names)
