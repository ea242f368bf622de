/* SPDX-License-Identifier: ISC */
/* See path.h. */
#include "http/path.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long path_decode(const char *text, size_t len, bool plus, char *out)
{
    char *to = out;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1;
            int low = i + 2 < len ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            *to++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *to++ = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    *to = '\0';
    return to - out;
}

/* The path part of a request target: without query, and without scheme and host where it is in absolute form. */
static const char *target_path(const char *target, size_t *len)
{
    const char *scheme = strstr(target, "://");

    if (*target != '/' && scheme) {
        target = scheme + 3;
        target += strcspn(target, "/?");
    }
    *len = strcspn(target, "?");
    return target;
}

/* True where LEN bytes of RAW are WANT, or become it by decoding. */
static bool same_path(const char *raw, size_t len, const char *want, char *scratch)
{
    size_t want_len = strlen(want);

    if (len == want_len && memcmp(raw, want, len) == 0)
        return true;
    if (len < want_len)
        return false;
    return path_decode(raw, len, false, scratch) == (long)want_len && memcmp(scratch, want, want_len) == 0;
}

/* The end of the raw path that the server understood as WANT, in LEN bytes; NULL where there is none such. */
static const char *raw_suffix(const char *raw, size_t raw_len, const char *want, size_t *len)
{
    char *scratch = mem_new(raw_len + 1);
    const char *found = NULL;

    for (size_t i = 0; i < raw_len && !found; i++) {
        if (raw[i] == '/' && same_path(raw + i, raw_len - i, want, scratch)) {
            found = raw + i;
            *len = raw_len - i;
        }
    }
    free(scratch);
    return found;
}

/* Where Rollcall's own part of a whole path begins: at its first known segment; the path itself where none is. */
static const char *below_mount(const char *path, size_t *len)
{
    static const char *const roots[] = {"/v1/", "/healthz", "/readyz", "/metrics"};

    for (size_t i = 0; i < *len; i++) {
        for (size_t k = 0; path[i] == '/' && k < sizeof roots / sizeof *roots; k++) {
            size_t n = strlen(roots[k]);
            if (n <= *len - i && memcmp(path + i, roots[k], n) == 0) {
                *len -= i;
                return path + i;
            }
        }
    }
    return path;
}

/* Splits LEN bytes at their slashes and decodes each segment, unless DECODED says that it was done. */
static bool split(struct path *path, const char *text, size_t len, bool decoded)
{
    char *to = path->text = mem_new(len + PATH_SEGMENTS_MAX + 2);
    const char *end = text + len;

    while (text < end) {
        const char *next;
        long n;

        text++; /* the slash */
        next = memchr(text, '/', (size_t)(end - text));
        if (!next)
            next = end;
        if (path->count == PATH_SEGMENTS_MAX)
            return false;
        n = next - text;
        if (decoded)
            memcpy(to, text, (size_t)n);
        else if ((n = path_decode(text, (size_t)n, false, to)) < 0)
            return false;
        path->segment[path->count] = to;
        path->len[path->count++] = (size_t)n;
        to += n;
        *to++ = '\0';
        text = next;
    }
    return true;
}

bool path_init(struct path *path, const char *request_uri, const char *script_name, const char *path_info)
{
    const char *want = path_info && *path_info ? path_info : script_name ? script_name : "";
    const char *raw = NULL;
    size_t raw_len = 0;
    size_t len = 0;

    memset(path, 0, sizeof *path);
    if (request_uri && *request_uri) {
        const char *whole = target_path(request_uri, &raw_len);
        raw = raw_suffix(whole, raw_len, want, &len);
    }
    if (raw) {
        raw = below_mount(raw, &len);
        return split(path, raw, len, false);
    }
    len = strlen(want);
    want = below_mount(want, &len);
    if (len > 0 && *want != '/')
        return false;
    return split(path, want, len, true);
}

void path_fini(struct path *path)
{
    free(path->text);
    memset(path, 0, sizeof *path);
}
