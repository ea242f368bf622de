/* SPDX-License-Identifier: ISC */
/*
 * What a workspace allows its members to hide and to say. The types, and their names in SQL and JSON. Pure functions.
 */
#ifndef ROLLCALL_DIRECTORY_POLICY_H
#define ROLLCALL_DIRECTORY_POLICY_H

#include <stdbool.h>
#include <stddef.h>

enum invisible_policy {
    INVISIBLE_ALLOWED,
    INVISIBLE_FORBIDDEN, /* who says so is shown as if they had said auto */
    INVISIBLE_DEFAULT,   /* allowed, and new members are, until they choose */
};

/* How exactly others are told when somebody offline was last seen. A stricter one is larger. */
enum last_seen { SEEN_EXACT, SEEN_HOUR, SEEN_DAY, SEEN_HIDDEN };

struct status_policy {
    enum invisible_policy invisible;
    bool messages; /* whether messages (text and emoji) are shown */
    enum last_seen last_seen;
};

/* The name of a policy or setting: "allowed", "hour". Static text. */
const char *invisible_policy_name(enum invisible_policy policy);
const char *last_seen_name(enum last_seen setting);

/* Sets OUT to what is called NAME; false if there is nothing of that name. */
bool invisible_policy_parse(const char *name, enum invisible_policy *out);
bool last_seen_parse(const char *name, enum last_seen *out);

#endif
