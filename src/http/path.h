/* SPDX-License-Identifier: ISC */
/*
 * The path of a request below the mount, split into segments, each percent-decoded exactly once (RFC 3986, 2.4). Only
 * the target as the client sent it can tell. Web servers decode it, resolve its dots and merge its slashes, so that
 * "members/..%2F..%2Fbeta" becomes another workspace. Their account of the path says where the mount ends. Otherwise
 * it must only agree with the target (path_account.h), or the request is refused. Pure functions, of linear time.
 */
#ifndef ROLLCALL_HTTP_PATH_H
#define ROLLCALL_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum { PATH_SEGMENTS_MAX = 10 };

/* The gateway's variables; each may be NULL. */
struct path_source {
    const char *request_uri;     /* the target, as the client sent it */
    const char *script_name;     /* the mount; Apache's mod_proxy_fcgi: the whole path */
    const char *path_info;       /* what is below the mount, as the web server understands it */
    const char *script_filename; /* Apache's mod_proxy_fcgi: ends with what is below the mount */
    const char *mount;           /* ROLLCALL_MOUNT: the mount as clients see it, if the above do not tell */
};

enum path_result {
    PATH_OK,
    PATH_TOO_LONG,   /* over LIMIT_PATH_BYTES */
    PATH_BAD_ESCAPE, /* not a path, or not properly percent-encoded */
    PATH_ELSEWHERE,  /* the web server's account is of another resource: a rewrite, or a mount that is set wrongly */
    PATH_UNSAFE, /* "." or "..", or a segment that climbs out of its place when its slashes are taken for the path's */
};

struct path {
    char *text;                             /* owned: the segments, decoded, each NUL-ended */
    const char *segment[PATH_SEGMENTS_MAX]; /* into text; may hold NULs, see len */
    size_t len[PATH_SEGMENTS_MAX];
    size_t count;        /* 0 for nothing at all, and for more than PATH_SEGMENTS_MAX: no resource has that */
    bool is_second_hand; /* there was no target: the segments are what the web server made of it */
};

/* Fills PATH from SOURCE. Call path_fini() in any case; the segments are valid only if PATH_OK. */
enum path_result path_init(struct path *path, const struct path_source *source);
void path_fini(struct path *path);

#endif
