/* SPDX-License-Identifier: ISC */
/* See span.h. */
#include "http/span.h"

#include <string.h>

struct span span_of(const char *text)
{
    return (struct span){text ? text : "", text ? strlen(text) : 0};
}

bool span_ends_with(struct span text, struct span end)
{
    return text.len >= end.len && memcmp(text.at + text.len - end.len, end.at, end.len) == 0;
}

size_t span_count_slashes(struct span text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '/';
    return count;
}

struct span span_without_last(struct span text, size_t count)
{
    for (size_t len = text.len; count > 0 && len-- > 0;) {
        if (text.at[len] == '/' && --count == 0)
            return (struct span){text.at, len};
    }
    return text;
}

struct span span_take_segment(struct span *rest)
{
    struct span segment = {rest->at + 1, rest->len - 1};
    const char *slash = memchr(segment.at, '/', segment.len);

    if (slash)
        segment.len = (size_t)(slash - segment.at);
    rest->at += 1 + segment.len;
    rest->len -= 1 + segment.len;
    return segment;
}

bool span_is_dots(struct span segment)
{
    return segment.len >= 1 && segment.len <= 2 && memcmp(segment.at, "..", segment.len) == 0;
}

/* Each byte is written once and taken back once at most. */
size_t span_resolve(struct span path, char *out)
{
    size_t len = 0;

    while (path.len > 0) {
        struct span segment = span_take_segment(&path);

        if (span_is_dots(segment)) {
            while (segment.len == 2 && len > 0 && out[--len] != '/')
                continue;
        } else if (segment.len > 0) {
            out[len] = '/';
            memmove(out + len + 1, segment.at, segment.len);
            len += 1 + segment.len;
        }
    }
    return len;
}
