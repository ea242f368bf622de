/* SPDX-License-Identifier: ISC */
/*
 * Which web page is asking. Browsers say by Sec-Fetch-Site whether it is one of the address that they ask, redirects counted
 * in; no page can set that (Fetch Metadata, 2.3). So it is believed before anything else: a proxy may have changed the scheme
 * and Host, but the browser knows what it asked for. Over plain http, and by old browsers, it is not sent. Then Origin counts,
 * which they send with all that is no GET, and is compared with Host. Programs like curl say neither and are no page.
 */
#include "auth/auth.h"

#include <string.h>
#include <strings.h>

/* HOST without the port that SCHEME implies; its length. */
static size_t host_len(const char *host, bool https)
{
    const char *port = https ? ":443" : ":80";
    size_t len = strlen(host);
    size_t port_len = strlen(port);
    if (len > port_len && strcmp(host + len - port_len, port) == 0)
        return len - port_len;
    return len;
}

/* Whether ORIGIN is SCHEME://HOST. Hosts are the same in any case; everything else is compared exactly. */
static bool is_host(const char *origin, bool https, const char *host)
{
    const char *scheme = https ? "https://" : "http://";
    if (strncmp(origin, scheme, strlen(scheme)) != 0)
        return false;
    const char *theirs = origin + strlen(scheme);
    size_t len = host_len(host, https);
    return len > 0 && host_len(theirs, https) == len && strncasecmp(theirs, host, len) == 0;
}

static bool is(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

/* What the page's address and ours say, where its browser does not vouch for anything. */
static enum origin_result compare(const char *origin, const char *host, bool https)
{
    if (origin == NULL || origin[0] == '\0')
        return ORIGIN_SAME;
    return host != NULL && is_host(origin, https, host) ? ORIGIN_SAME : ORIGIN_FOREIGN;
}

enum origin_result origin_check(const struct conf *conf, const char *origin, const char *sec_fetch_site,
                                const char *host, bool https, size_t *index)
{
    if (is(sec_fetch_site, "same-origin") || is(sec_fetch_site, "none"))
        return ORIGIN_SAME;
    /* Any sandboxed or local page is "null": to allow one would be to allow all. */
    for (size_t i = 0; i < conf->cors_origin_count && !is(origin, "null"); i++) {
        if (is(origin, conf->cors_origins[i])) {
            *index = i;
            return ORIGIN_ALLOWED;
        }
    }
    if (sec_fetch_site != NULL && sec_fetch_site[0] != '\0')
        return ORIGIN_FOREIGN;
    return compare(origin, host, https);
}
