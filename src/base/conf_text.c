/* SPDX-License-Identifier: ISC */
/* One pass over the text, by libconfuse's own rules for quotes and comments. See conf_text.h. */
#include "base/conf_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Some editors put it in front of UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* The end of the quoted text that begins at AT, after its closing quote; NULL if it has none. */
static char *string_end(char *at)
{
    char quote = *at++;
    while (*at != '\0' && *at != quote)
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    return *at == quote ? at + 1 : NULL;
}

static bool is_line_comment(const char *text, const char *at)
{
    if (*at == '#')
        return true;
    /* Within a word, as in an unquoted URL, // is part of it. */
    return at[0] == '/' && at[1] == '/' && (at == text || strchr(" \t\n", at[-1]));
}

/* The end of the comment that begins at AT; AT itself if none does; NULL if it is not closed. */
static char *comment_end(const char *text, char *at)
{
    if (is_line_comment(text, at))
        return at + strcspn(at, "\n");
    if (at[0] != '/' || at[1] != '*')
        return at;
    char *end = strstr(at + 2, "*/");
    return end ? end + 2 : NULL;
}

static void blank(char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != '\n')
            *from = ' ';
}

const char *conf_text_prepare(char *text, unsigned *line)
{
    if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        blank(text, text + strlen(BYTE_ORDER_MARK));
    const char *opened = text; /* the last brace outside of others */
    unsigned depth = 0;
    char *next;
    for (char *at = text; *at != '\0'; at = next) {
        bool quoted = *at == '"' || *at == '\'';
        next = quoted ? string_end(at) : comment_end(text, at);
        if (!next) {
            *line = line_of(text, at);
            return quoted ? "the text that begins here is never closed with a quote"
                          : "the comment that begins here is never closed";
        }
        if (!quoted)
            blank(at, next);
        if (next > at)
            continue;
        next = at + 1;
        if (*at == '{' && depth++ == 0)
            opened = at;
        if (*at == '}' && depth > 0)
            depth--;
    }
    *line = line_of(text, opened);
    return depth > 0 ? "the { on this line is never closed with a }" : NULL;
}
