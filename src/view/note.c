/* SPDX-License-Identifier: ISC */
/* See note.h. */
#include "view/note.h"

#include <stdbool.h>
#include <string.h>

static const char seen_name[] = ",\"seen\":\"";

static bool begins_with(const char *text, size_t len, const char *what)
{
    return len >= strlen(what) && memcmp(text, what, strlen(what)) == 0;
}

/* The bytes of TEXT that the member "seen" takes, if it is the first. */
static size_t seen_len(const char *text, size_t len)
{
    if (!begins_with(text, len, seen_name))
        return 0;
    size_t at = strlen(seen_name);
    const char *quote = memchr(text + at, '"', len - at);
    return quote ? (size_t)(quote + 1 - text) : len;
}

void note_read(const char *text, size_t len, struct note *out)
{
    *out = (struct note){.shown = text};
    if (len > NOTE_MAX || !begins_with(text, len, ",\""))
        return;
    size_t hidden = seen_len(text, len);
    out->shown = text + hidden;
    out->shown_len = len - hidden;
}
