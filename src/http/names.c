/* SPDX-License-Identifier: ISC */
/* See names.h. */
#include "http/names.h"

#include "base/ids.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32 };

/* A name of a list. */
struct name {
    const char *text; /* not NUL-ended */
    size_t len;       /* 0 at the end of the list */
    bool many;        /* has a star, which is not part of the text */
};

/* The name at *LIST, which then moves to the next one. */
static struct name take(const char **list)
{
    size_t len = strcspn(*list, " ");
    bool many = len > 0 && (*list)[len - 1] == '*';
    struct name name = {*list, many ? len - 1 : len, many};

    *list += len + ((*list)[len] == ' ');
    return name;
}

static struct name find(const char *list, const char *name, size_t len)
{
    struct name at;

    while ((at = take(&list)).len > 0)
        if (at.len == len && memcmp(at.text, name, len) == 0)
            break;
    return at;
}

bool names_has(const char *list, const char *name, size_t len)
{
    return find(list, name, len).len > 0;
}

bool names_has_many(const char *list, const char *name, size_t len)
{
    return find(list, name, len).many;
}

/* Copies the name on LIST that NAME was probably meant to be into OUT; false if there is none. */
static bool nearest(const char *list, const char *name, char out[NAME_MAX_BYTES + 1])
{
    size_t best = suggest_reach(name) + 1;
    bool found = false;
    struct name at;

    while ((at = take(&list)).len > 0) {
        char known[NAME_MAX_BYTES + 1];

        snprintf(known, sizeof known, "%.*s", (int)at.len, at.text);
        size_t far = suggest_distance(name, known);
        if (far < best && far < at.len) {
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
    size_t len = 0;
    struct name at;

    for (*out = '\0'; (at = take(&list)).len > 0 && len < size;)
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", len > 0 ? ", " : "", (int)at.len, at.text);
}

void names_refuse(const struct names_unknown *unknown, char *out, size_t size)
{
    const char *where = unknown->where;
    char shown[NAME_MAX_BYTES + 1] = "";
    char quoted[NAME_MAX_BYTES + 4] = "";
    char meant[NAME_MAX_BYTES + 1];
    char all[160];

    if (ids_name_ok(unknown->name, unknown->len, NAME_MAX_BYTES)) {
        memcpy(shown, unknown->name, unknown->len);
        snprintf(quoted, sizeof quoted, " \"%s\"", shown);
    }
    enumerate(unknown->list, all, sizeof all);
    if (!*all)
        snprintf(out, size, "Unknown name%s in the %s, which must be empty here.", quoted, where);
    else if (*shown && nearest(unknown->list, shown, meant))
        snprintf(out, size, "Unknown name%s in the %s. Did you mean \"%s\"?", quoted, where, meant);
    else
        snprintf(out, size, "Unknown name%s in the %s. Known names: %s.", quoted, where, all);
}
