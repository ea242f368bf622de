/* SPDX-License-Identifier: ISC */
/* See note.h. */
#include "view/note.h"

#include "base/utf8.h"

#include <string.h>

static const char seen_name[] = ",\"seen\":";

static bool begins_with(const char *text, size_t len, const char *what)
{
    return len >= strlen(what) && memcmp(text, what, strlen(what)) == 0;
}

/* ---- whether it is one ---- */

/* Where a JSON string goes on after the character at AT, or NULL if that cannot be in one. */
static const char *next_char(const char *at, const char *end)
{
    if ((unsigned char)*at < ' ')
        return NULL;
    if (*at != '\\')
        return at + 1;
    if (end - at >= 2 && memchr("\"\\/bfnrt", at[1], 8))
        return at + 2;
    if (end - at < 6 || at[1] != 'u')
        return NULL;
    return strspn(at + 2, "0123456789abcdefABCDEF") >= 4 ? at + 6 : NULL;
}

static const char *after_string(const char *at, const char *end)
{
    if (at == end || *at++ != '"')
        return NULL;
    while (at && at < end && *at != '"')
        at = next_char(at, end);
    return at && at < end ? at + 1 : NULL;
}

static const char *after_seen(const char *at, const char *end)
{
    static const char *const values[] = {"\"hour\"", "\"day\"", "\"hidden\""};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (begins_with(at, (size_t)(end - at), values[i]))
            return at + strlen(values[i]);
    return NULL;
}

static const char *after_true(const char *at, const char *end)
{
    return begins_with(at, (size_t)(end - at), "true") ? at + 4 : NULL;
}

static const char *after_number(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > start && at - start <= 16 && (*start != '0' || at - start == 1) ? at : NULL;
}

bool note_ok(const char *text, size_t len)
{
    static const struct {
        const char *name;
        const char *(*after)(const char *at, const char *end);
    } members[] = {{seen_name, after_seen},
                   {",\"dnd\":", after_true},
                   {",\"text\":", after_string},
                   {",\"emoji\":", after_string},
                   {",\"until\":", after_number}};
    const char *at = text;
    const char *end = text + len;

    if (len == 0 || len > NOTE_MAX || !utf8_ok(text, len))
        return false;
    for (size_t i = 0; at && i < sizeof members / sizeof *members; i++)
        if (begins_with(at, (size_t)(end - at), members[i].name))
            at = members[i].after(at + strlen(members[i].name), end);
    return at == end;
}

/* ---- what it says ---- */

static enum last_seen seen_of(const char *name, size_t len)
{
    char text[8];
    enum last_seen seen;
    if (len >= sizeof text)
        return SEEN_HIDDEN;
    memcpy(text, name, len);
    text[len] = '\0';
    return last_seen_parse(text, &seen) ? seen : SEEN_HIDDEN;
}

/* Takes the member "seen", if it is the first of TEXT. Returns its bytes. */
static size_t take_seen(const char *text, size_t len, struct note *out)
{
    if (!begins_with(text, len, seen_name))
        return 0;
    const char *name = text + strlen(seen_name) + 1;
    const char *quote = name < text + len ? memchr(name, '"', (size_t)(text + len - name)) : NULL;
    out->seen = quote ? seen_of(name, (size_t)(quote - name)) : SEEN_HIDDEN;
    return quote ? (size_t)(quote + 1 - text) : len;
}

void note_read(const char *text, size_t len, struct note *out)
{
    *out = (struct note){.shown = text};
    if (len > NOTE_MAX || !begins_with(text, len, ",\""))
        return;
    size_t hidden = take_seen(text, len, out);
    out->shown = text + hidden;
    out->shown_len = len - hidden;
}
