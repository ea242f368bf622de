/* SPDX-License-Identifier: ISC */
/* See scopes.h. */
#include "directory/scopes.h"

#include <stddef.h>
#include <string.h>

static const struct {
    enum scope scope;
    const char *name;
} names[] = {{SCOPE_READ, "read"}, {SCOPE_CLAIMS, "claims"}, {SCOPE_NOTIFY, "notify"}, {SCOPE_MEMBERS, "members"}};

enum { NAMES = sizeof names / sizeof *names };

/* The scope called LEN bytes of NAME; 0 if that is not one. */
static unsigned find(const char *name, size_t len)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
            return names[i].scope;
    return 0;
}

bool scopes_add(const char *name, unsigned *scopes)
{
    unsigned scope = find(name, strlen(name));
    *scopes |= scope;
    return scope != 0;
}

bool scopes_parse(const char *text, unsigned *scopes)
{
    unsigned all = 0;
    *scopes = 0;
    for (;;) {
        size_t len = strcspn(text, " ");
        unsigned scope = find(text, len);
        if (scope == 0)
            return false;
        all |= scope;
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    *scopes = all;
    return true;
}

void scopes_format(unsigned scopes, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < NAMES; i++) {
        if (!(scopes & names[i].scope))
            continue;
        if (*text)
            strcat(text, " ");
        strcat(text, names[i].name);
    }
}
