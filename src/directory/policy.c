/* SPDX-License-Identifier: ISC */
/* See policy.h. */
#include "directory/policy.h"

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

size_t policy_name_index(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    return count;
}

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
    size_t found = policy_name_index(invisible_names, INVISIBLE_COUNT, name);
    if (found < INVISIBLE_COUNT)
        *out = (enum invisible_policy)found;
    return found < INVISIBLE_COUNT;
}

bool last_seen_parse(const char *name, enum last_seen *out)
{
    size_t found = policy_name_index(last_seen_names, LAST_SEEN_COUNT, name);
    if (found < LAST_SEEN_COUNT)
        *out = (enum last_seen)found;
    return found < LAST_SEEN_COUNT;
}
