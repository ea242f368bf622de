/* SPDX-License-Identifier: ISC */
/* See policy.h. */
#include "directory/policy.h"

#include "base/name_table.h"

static const char *const invisible_names[] = {
    [INVISIBLE_ALLOWED] = "allowed",
    [INVISIBLE_FORBIDDEN] = "forbidden",
    [INVISIBLE_DEFAULT] = "default",
};

static const char *const last_seen_names[] = {
    [SEEN_EXACT] = "exact",
    [SEEN_HOUR] = "hour",
    [SEEN_DAY] = "day",
    [SEEN_HIDDEN] = "hidden",
};

const char *invisible_policy_name(enum invisible_policy policy)
{
    return invisible_names[policy];
}

const char *last_seen_name(enum last_seen setting)
{
    return last_seen_names[setting];
}

NAME_TABLE_PARSER(invisible_policy_parse, enum invisible_policy, invisible_names)
NAME_TABLE_PARSER(last_seen_parse, enum last_seen, last_seen_names)
