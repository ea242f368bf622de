/* SPDX-License-Identifier: ISC */
/* See policy.h. */
#include "directory/policy.h"

#include "base/name_table.h"

#include <string.h>

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

enum {
    INVISIBLE_COUNT = sizeof invisible_names / sizeof *invisible_names,
    LAST_SEEN_COUNT = sizeof last_seen_names / sizeof *last_seen_names,
};

const char *invisible_policy_name(enum invisible_policy policy)
{
    return invisible_names[policy];
}

const char *last_seen_name(enum last_seen setting)
{
    return last_seen_names[setting];
}

bool invisible_policy_parse(const char *name, enum invisible_policy *out)
{
    size_t found = name_table_find(invisible_names, INVISIBLE_COUNT, name, strlen(name));
    if (found < INVISIBLE_COUNT)
        *out = (enum invisible_policy)found;
    return found < INVISIBLE_COUNT;
}

bool last_seen_parse(const char *name, enum last_seen *out)
{
    size_t found = name_table_find(last_seen_names, LAST_SEEN_COUNT, name, strlen(name));
    if (found < LAST_SEEN_COUNT)
        *out = (enum last_seen)found;
    return found < LAST_SEEN_COUNT;
}
