/* SPDX-License-Identifier: ISC */
/* See names.h. */
#include "http/names.h"

#include "base/ids.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32 };

/* The name of a list at AT, behind *NEXT of which the next one begins; its length, 0 at the end. */
static size_t name_at(const char *at, const char **next)
{
    size_t len = strcspn(at, " ");

    *next = at + len + (at[len] == ' ');
    return len;
}

bool names_has(const char *list, const char *name, size_t len)
{
    const char *next;
    size_t n;

    for (; (n = name_at(list, &next)) > 0; list = next)
        if (n == len && memcmp(list, name, n) == 0)
            return true;
    return false;
}

/* The name on LIST that NAME was probably meant to be, into OUT; false for none. */
static bool nearest(const char *list, const char *name, char out[NAME_MAX_BYTES + 1])
{
    size_t best = suggest_reach(name) + 1;
    bool found = false;
    const char *next;
    size_t n;

    for (; (n = name_at(list, &next)) > 0; list = next) {
        char known[NAME_MAX_BYTES + 1];
        size_t far;

        snprintf(known, sizeof known, "%.*s", (int)n, list);
        far = suggest_distance(name, known);
        if (far < best && far < n) {
            best = far;
            found = true;
            strcpy(out, known);
        }
    }
    return found;
}

/* "a, b, c" of a list. */
static void enumerate(const char *list, char *out, size_t size)
{
    const char *next;
    size_t at = 0;
    size_t n;

    for (*out = '\0'; (n = name_at(list, &next)) > 0 && at < size; list = next)
        at += (size_t)snprintf(out + at, size - at, "%s%.*s", at > 0 ? ", " : "", (int)n, list);
}

void names_refuse(const char *list, const char *where, const char *name, size_t len, char *out, size_t size)
{
    char shown[NAME_MAX_BYTES + 1] = "";
    char quoted[NAME_MAX_BYTES + 4] = "";
    char meant[NAME_MAX_BYTES + 1];
    char all[160];

    if (ids_name_ok(name, len, NAME_MAX_BYTES)) {
        memcpy(shown, name, len);
        snprintf(quoted, sizeof quoted, " \"%s\"", shown);
    }
    enumerate(list, all, sizeof all);
    if (!*all)
        snprintf(out, size, "Unknown name%s in the %s, which must be empty here.", quoted, where);
    else if (*shown && nearest(list, shown, meant))
        snprintf(out, size, "Unknown name%s in the %s. Did you mean \"%s\"?", quoted, where, meant);
    else
        snprintf(out, size, "Unknown name%s in the %s. Known names: %s.", quoted, where, all);
}
