/* SPDX-License-Identifier: ISC */
/*
 * Any account of any path: what comes out of it is the end of the target, segment by segment, or nothing. The input is
 * a line for each of REQUEST_URI, SCRIPT_NAME, PATH_INFO, SCRIPT_FILENAME, ROLLCALL_MOUNT; those left out are not set.
 */
#include "base/limits.h"
#include "http/path.h"
#include "http/query.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIABLES = 5 };

static void insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

/* The byte at TEXT, escaped or not, and how many characters it takes. */
static unsigned char byte_at(const char *text, size_t *size)
{
    unsigned value;

    *size = text[0] == '%' && sscanf(text + 1, "%2x", &value) == 1 ? 3 : 1;
    return *size == 3 ? (unsigned char)value : (unsigned char)text[0];
}

/* That the LEN characters at RAW are the BYTES_LEN BYTES. */
static void insist_same(const char *raw, size_t len, const char *bytes, size_t bytes_len)
{
    size_t at = 0;
    size_t size;

    for (size_t i = 0; i < len; i += size, at++)
        insist(at < bytes_len && byte_at(raw + i, &size) == (unsigned char)bytes[at], "the bytes of the target");
    insist(at == bytes_len, "all of the target");
}

/* Checks that BYTES, taken for a path, do not lead out of their place. */
static void insist_inside(const char *bytes, size_t len)
{
    long depth = 0;

    insist(!(len == 1 && bytes[0] == '.'), "no dot");
    for (size_t start = 0, i = 0; i <= len; i++) {
        if (i < len && bytes[i] != '/')
            continue;
        if (i - start == 2 && memcmp(bytes + start, "..", 2) == 0)
            depth--;
        else if (i > start && !(i - start == 1 && bytes[start] == '.'))
            depth++;
        insist(depth >= 0, "inside");
        start = i + 1;
    }
    insist(!(len == 2 && memcmp(bytes, "..", 2) == 0), "no two dots");
}

/* That the segments are the last of TARGET, and that what is before them is in a web server's account of the mount. */
static void insist_of_target(const struct path *path, const struct path_source *source)
{
    const char *account = source->mount ? source->mount : source->script_name ? source->script_name : "";
    size_t end = strcspn(source->request_uri, "?");

    insist(source->request_uri[0] != '/' || end <= LIMIT_PATH_BYTES, "no longer than it may be");
    for (size_t i = path->count; i-- > 0;) {
        size_t start = end;

        while (start > 0 && source->request_uri[start - 1] != '/')
            start--;
        insist(start > 0, "as many segments as the target has");
        insist_same(source->request_uri + start, end - start, path->segment[i], path->len[i]);
        insist_inside(path->segment[i], path->len[i]);
        end = start - 1;
    }
    if (source->request_uri[0] == '/' && path->count > 0) {
        size_t size = 1;
        size_t at = 0;

        for (size_t i = 0; i < end; i += size, at++)
            insist(at < strlen(account) && byte_at(source->request_uri + i, &size) == (unsigned char)account[at],
                   "the mount");
    }
}

static void look_at_path(const struct path_source *source)
{
    struct path path;

    if (path_init(&path, source) == PATH_OK) {
        bool has_target = source->request_uri && *source->request_uri;

        insist(path.count <= PATH_SEGMENTS_MAX, "so many segments");
        insist(path.is_second_hand == !has_target, "second hand without a target alone");
        if (has_target)
            insist_of_target(&path, source);
    }
    path_fini(&path);
}

static void look_at_query(const char *text)
{
    struct query query;

    if (query_init(&query, text) == QUERY_OK)
        for (size_t i = 0; i < query.count; i++)
            insist(query_get(&query, query.pairs[i].name, NULL), "what is there is found");
    query_fini(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line[VARIABLES] = {NULL};
    char *text = malloc(size + 1);
    char *rest = text;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < VARIABLES && rest; i++)
        line[i] = strsep(&rest, "\n");
    look_at_path(&(struct path_source){line[0], line[1], line[2], line[3], line[4]});
    look_at_query(line[0] ? strchr(line[0], '?') : NULL);
    free(text);
    return 0;
}
