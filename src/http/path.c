/* SPDX-License-Identifier: ISC */
/*
 * See path.h. What the servers send (tests/servers/paths.test.mjs asks them):
 *
 *                        SCRIPT_NAME        PATH_INFO                    SCRIPT_FILENAME
 *     lighttpd, nginx    the mount          decoded, resolved, merged
 *     Caddy              the mount          decoded
 *     Apache, CGI        the mount          decoded but for %2F, merged
 *     Apache, ProxyPass  the whole path     none                         proxy:fcgi://HOST/REST, REST encoded again
 */
#include "http/path.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http/path_account.h"
#include "base/percent.h"
#include "http/span.h"

#include <stdlib.h>
#include <string.h>

/*
 * True if a decoded SEGMENT stays in its place even when a server takes its slashes for the path's and resolves them.
 * Otherwise the web server would judge it by its rules for another place.
 */
static bool stays(struct span segment)
{
    size_t depth = 0;

    if (span_is_dots(segment))
        return false;
    for (const char *end = segment.at + segment.len; segment.at < end;) {
        const char *slash = memchr(segment.at, '/', (size_t)(end - segment.at));
        struct span part = {segment.at, (size_t)((slash ? slash : end) - segment.at)};

        if (span_is_dots(part) && part.len == 2 && depth-- == 0)
            return false;
        depth += part.len > 0 && !span_is_dots(part);
        segment.at = slash ? slash + 1 : end;
    }
    return true;
}

/* ---- the target, the mount, and what is below it ---- */

/* The path of a request target: without query, and without scheme and host if it is in absolute form. */
static struct span path_of_target(const char *target)
{
    size_t scheme = 0;

    if (*target != '/')
        scheme = strspn(target, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");
    if (scheme > 0 && strncmp(target + scheme, "://", 3) == 0) {
        target += scheme + 3;
        target += strcspn(target, "/?");
    }
    return (struct span){target, strcspn(target, "?")};
}

/*
 * What mod_proxy_fcgi's FILENAME says is below the mount: the text after its scheme and host, beginning with one
 * slash.
 */
static struct span below_in_filename(const char *filename)
{
    const char *host = filename ? strstr(filename, "://") : NULL;
    struct span rest = span_of(host && strncmp(filename, "proxy:", 6) == 0 ? strchr(host + 3, '/') : filename);

    while (rest.len > 1 && rest.at[0] == '/' && rest.at[1] == '/')
        rest = (struct span){rest.at + 1, rest.len - 1};
    rest.len = strcspn(rest.at, "?");
    return rest;
}

/*
 * The mount as mod_proxy_fcgi tells it: SCRIPT_NAME without what FILENAME ends with, if that is its own end, encoded
 * again. SCRATCH is as long as FILENAME and one byte.
 */
static struct span mount_by_filename(struct span script_name, const char *filename, char *scratch)
{
    struct span below = below_in_filename(filename);
    struct span mount = span_without_last(script_name, span_count_slashes(below));
    struct span tail = {mount.at + mount.len, script_name.len - mount.len};
    size_t len = percent_decode_but_slashes(below.at, below.len, scratch);

    return len == tail.len && memcmp(scratch, tail.at, len) == 0 ? mount : script_name;
}

static struct span find_mount(const struct path_source *source, char *scratch)
{
    struct span mount = span_of(source->script_name);

    if (source->mount)
        mount = span_of(source->mount);
    else if (!source->path_info || !*source->path_info)
        mount = mount_by_filename(mount, source->script_filename, scratch);
    while (mount.len > 0 && mount.at[mount.len - 1] == '/')
        mount.len--;
    return mount;
}

/*
 * Takes MOUNT, which is decoded, off the beginning of *TARGET, which is not. False if *TARGET does not begin with it.
 */
static bool take_mount(struct span *target, struct span mount, char *scratch)
{
    struct span rest = *target;

    for (size_t i = span_count_slashes(mount); i > 0 && rest.len > 0; i--)
        (void)span_take_segment(&rest);
    if (percent_decode(target->at, target->len - rest.len, false, scratch) != (long)mount.len ||
        memcmp(scratch, mount.at, mount.len) != 0)
        return false;
    *target = rest;
    return true;
}

/* ---- the segments ---- */

static bool add_segment(struct path *path, const char *text, size_t len)
{
    if (path->count == PATH_SEGMENTS_MAX)
        return false;
    path->segment[path->count] = text;
    path->len[path->count++] = len;
    return true;
}

/* Splits BELOW at its slashes and then decodes each segment, unless that was done. */
static enum path_result split(struct path *path, struct span below)
{
    char *to = path->text = mem_new(below.len + 1);

    while (below.len > 0) {
        struct span raw = span_take_segment(&below);
        long len = (long)raw.len;

        if (path->is_second_hand)
            memcpy(to, raw.at, raw.len);
        else
            len = percent_decode(raw.at, raw.len, false, to);
        if (len < 0)
            return PATH_BAD_ESCAPE;
        if (!stays((struct span){to, (size_t)len}))
            return PATH_UNSAFE;
        if (!add_segment(path, to, (size_t)len)) {
            path->count = 0;
            return PATH_OK;
        }
        to += len;
        *to++ = '\0';
    }
    return PATH_OK;
}

/* Without a target: CGI as RFC 3875 has it, and programs that speak FastCGI by themselves. */
static enum path_result take_second_hand(struct path *path, const struct path_source *source)
{
    bool has_info = source->path_info && *source->path_info;
    struct span below = span_of(has_info ? source->path_info : source->script_name);

    path->is_second_hand = true;
    if (below.len > LIMIT_PATH_BYTES)
        return PATH_TOO_LONG;
    if (below.len > 0 && *below.at != '/')
        return PATH_BAD_ESCAPE;
    return split(path, below);
}

static enum path_result take_target(struct path *path, const struct path_source *source, struct span target)
{
    char *scratch = mem_new(target.len + span_of(source->script_filename).len + 1);
    struct span mount = find_mount(source, scratch);
    bool found = take_mount(&target, mount, scratch);

    free(scratch);
    if (!found)
        return PATH_ELSEWHERE;
    enum path_result result = split(path, target);
    bool counts = result == PATH_OK && path->count > 0;
    return counts && !path_account_agrees(source, mount, target) ? PATH_ELSEWHERE : result;
}

enum path_result path_init(struct path *path, const struct path_source *source)
{
    memset(path, 0, sizeof *path);
    if (!source->request_uri || !*source->request_uri)
        return take_second_hand(path, source);
    struct span target = path_of_target(source->request_uri);
    if (target.len > LIMIT_PATH_BYTES)
        return PATH_TOO_LONG;
    if (target.len == 0 || *target.at != '/')
        return PATH_BAD_ESCAPE;
    return take_target(path, source, target);
}

void path_fini(struct path *path)
{
    free(path->text);
    memset(path, 0, sizeof *path);
}
