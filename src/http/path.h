/* SPDX-License-Identifier: ISC */
/*
 * Which resource a request means: the path below the mount, split into segments, each percent-decoded exactly once
 * (RFC 3986, 2.4). Web servers decode PATH_INFO or not, and some fill SCRIPT_NAME alone; so the raw path is looked for in
 * REQUEST_URI, and only where a rewrite has hidden it the server's own decoding stands.
 */
#ifndef ROLLCALL_HTTP_PATH_H
#define ROLLCALL_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum { PATH_SEGMENTS_MAX = 10 };

struct path {
    char *text;                             /* owned: the segments, decoded, each NUL-ended */
    const char *segment[PATH_SEGMENTS_MAX]; /* into text; may hold NULs, see len */
    size_t len[PATH_SEGMENTS_MAX];
    size_t count;
};

/*
 * Fills PATH from the gateway's variables, each of which may be NULL. False where the path is too long, has too many
 * segments, or a bad escape; path_fini() is due in any case.
 */
bool path_init(struct path *path, const char *request_uri, const char *script_name, const char *path_info);
void path_fini(struct path *path);

/* LEN bytes of TEXT percent-decoded into OUT (of LEN + 1 bytes), '+' being a space where PLUS; the length, or -1 for a bad
 * escape. OUT may be TEXT. */
long path_decode(const char *text, size_t len, bool plus, char *out);

#endif
