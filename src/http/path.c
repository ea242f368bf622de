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

#include <stdlib.h>
#include <string.h>

/* A part of somebody else's text. */
struct span {
    const char *at;
    size_t len;
};

/* ---- decoding ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape at TEXT, of LEN bytes, stands for; -1 for a bad one. */
static int escaped(const char *text, size_t len)
{
    int high = len > 2 ? hex(text[1]) : -1;
    int low = len > 2 ? hex(text[2]) : -1;

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

long path_decode(const char *text, size_t len, bool plus, char *out)
{
    char *to = out;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            int byte = escaped(text + i, len - i);
            if (byte < 0)
                return -1;
            *to++ = (char)byte;
            i += 2;
        } else {
            *to++ = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    *to = '\0';
    return to - out;
}

/* The same, but escaped slashes are left as they are, as Apache leaves them, and so are bad escapes. */
static size_t decode_but_slashes(struct span text, char *out)
{
    char *to = out;

    for (size_t i = 0; i < text.len; i++) {
        int byte = text.at[i] == '%' ? escaped(text.at + i, text.len - i) : -1;

        if (byte < 0 || byte == '/') {
            *to++ = text.at[i];
        } else {
            *to++ = (char)byte;
            i += 2;
        }
    }
    return (size_t)(to - out);
}

/* ---- resolving ---- */

static bool is_dots(struct span segment)
{
    return segment.len >= 1 && segment.len <= 2 && memcmp(segment.at, "..", segment.len) == 0;
}

/* The next segment of *REST, which then begins at the slash behind it. REST begins with its slash. */
static struct span take_segment(struct span *rest)
{
    struct span segment = {rest->at + 1, rest->len - 1};
    const char *slash = memchr(segment.at, '/', segment.len);

    if (slash)
        segment.len = (size_t)(slash - segment.at);
    rest->at += 1 + segment.len;
    rest->len -= 1 + segment.len;
    return segment;
}

/*
 * PATH into OUT (as long; it may be PATH itself) as web servers resolve it: without empty segments, dots applied (RFC 3986,
 * 5.2.4). Returns its length. Each byte is written once and taken back once at most.
 */
static size_t resolve(struct span path, char *out)
{
    size_t len = 0;

    while (path.len > 0) {
        struct span segment = take_segment(&path);

        if (is_dots(segment)) {
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

/*
 * Whether a decoded SEGMENT stays in its place, even where a server takes its slashes for the path's and resolves them. One
 * that does not would be judged by the rules that the web server has for another place.
 */
static bool stays(struct span segment)
{
    size_t depth = 0;

    if (is_dots(segment))
        return false;
    for (const char *end = segment.at + segment.len; segment.at < end;) {
        const char *slash = memchr(segment.at, '/', (size_t)(end - segment.at));
        struct span part = {segment.at, (size_t)((slash ? slash : end) - segment.at)};

        if (is_dots(part) && part.len == 2 && depth-- == 0)
            return false;
        depth += part.len > 0 && !is_dots(part);
        segment.at = slash ? slash + 1 : end;
    }
    return true;
}

/* ---- the target, the mount, and what is below it ---- */

/* The path of a request target: without query, and without scheme and host if it is in absolute form. */
static struct span path_of_target(const char *target)
{
    size_t scheme = strspn(target, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    if (scheme > 0 && strncmp(target + scheme, "://", 3) == 0) {
        target += scheme + 3;
        target += strcspn(target, "/?");
    }
    return (struct span){target, strcspn(target, "?")};
}

static struct span span_of(const char *text)
{
    return (struct span){text ? text : "", text ? strlen(text) : 0};
}

static size_t count_slashes(struct span text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '/';
    return count;
}

/* TEXT up to the slash that is number COUNT from its end; all of it if it has fewer. */
static struct span without_last(struct span text, size_t count)
{
    for (size_t len = text.len; count > 0 && len-- > 0;) {
        if (text.at[len] == '/' && --count == 0)
            return (struct span){text.at, len};
    }
    return text;
}

/* What FILENAME, mod_proxy_fcgi's, says is below the mount: behind its scheme and host, with one slash at its beginning. */
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
 * The mount as mod_proxy_fcgi tells it: SCRIPT_NAME without what FILENAME ends with, if that is its own end, encoded again.
 * SCRATCH is as long as FILENAME and one byte.
 */
static struct span mount_by_filename(struct span script_name, const char *filename, char *scratch)
{
    struct span below = below_in_filename(filename);
    struct span mount = without_last(script_name, count_slashes(below));
    struct span tail = {mount.at + mount.len, script_name.len - mount.len};

    return decode_but_slashes(below, scratch) == tail.len && memcmp(scratch, tail.at, tail.len) == 0 ? mount
                                                                                                     : script_name;
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

/* Takes MOUNT, which is decoded, off the beginning of *TARGET, which is not: false if it does not begin so. */
static bool take_mount(struct span *target, struct span mount, char *scratch)
{
    struct span rest = *target;

    for (size_t i = count_slashes(mount); i > 0 && rest.len > 0; i--)
        (void)take_segment(&rest);
    if (path_decode(target->at, target->len - rest.len, false, scratch) != (long)mount.len ||
        memcmp(scratch, mount.at, mount.len) != 0)
        return false;
    *target = rest;
    return true;
}

/* ---- agreeing ---- */

static bool ends_with(struct span text, struct span end)
{
    return text.len >= end.len && memcmp(text.at + text.len - end.len, end.at, end.len) == 0;
}

/* How a web server may write what is below the mount. */
enum writing { DECODED, DECODED_BUT_SLASHES, AS_IT_CAME, WRITINGS };

static size_t write_below(enum writing writing, struct span below, char *out)
{
    if (writing == DECODED)
        return (size_t)path_decode(below.at, below.len, false, out);
    if (writing == DECODED_BUT_SLASHES)
        return decode_but_slashes(below, out);
    memcpy(out, below.at, below.len);
    return below.len;
}

/* The web server's account of the whole path, resolved, into OUT: empty if it gives none. */
static struct span account_of(const struct path_source *source, char *out)
{
    struct span script_name = span_of(source->script_name);
    struct span path_info = span_of(source->path_info);
    size_t len = script_name.len + path_info.len;

    memcpy(out, script_name.at, script_name.len);
    memcpy(out + script_name.len, path_info.at, path_info.len);
    return (struct span){out, resolve((struct span){out, len}, out)};
}

/*
 * Whether the web server's account of the path is what a web server makes of the target: MOUNT and BELOW. If the
 * configuration says the mount, the server may have another name for it, as after a rewrite.
 */
static bool agrees(const struct path_source *source, struct span mount, struct span below)
{
    size_t before = source->mount ? 0 : mount.len;
    size_t given = span_of(source->script_name).len + span_of(source->path_info).len;
    char *text = mem_new(given + before + below.len + 1);
    struct span account = account_of(source, text);
    struct span wanted = {text + given, 0};
    bool agreed = given == 0;

    for (enum writing writing = DECODED; writing < WRITINGS && !agreed; writing++) {
        memcpy(text + given, mount.at, before);
        wanted.len = before + write_below(writing, below, text + given + before);
        wanted.len = resolve(wanted, text + given);
        agreed = ends_with(account, wanted) && (source->mount || account.len == wanted.len);
    }
    free(text);
    return agreed;
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
        struct span raw = take_segment(&below);
        long len = (long)raw.len;

        if (path->is_second_hand)
            memcpy(to, raw.at, raw.len);
        else
            len = path_decode(raw.at, raw.len, false, to);
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
    enum path_result result;

    free(scratch);
    if (!found)
        return PATH_ELSEWHERE;
    result = split(path, target);
    return result == PATH_OK && path->count > 0 && !agrees(source, mount, target) ? PATH_ELSEWHERE : result;
}

enum path_result path_init(struct path *path, const struct path_source *source)
{
    struct span target;

    memset(path, 0, sizeof *path);
    if (!source->request_uri || !*source->request_uri)
        return take_second_hand(path, source);
    target = path_of_target(source->request_uri);
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
