/* SPDX-License-Identifier: ISC */
/*
 * Which web page is asking. Browsers say so by Origin, always on requests that change something across origins, and by
 * Sec-Fetch-Site, which no page can set; programs like curl say neither and are no page.
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

/*
 * Where TLS ends before the web server, a page of https://HOST reaches us as http. Its browser knows better: it says
 * same-origin, and only the scheme differs.
 */
static bool own(const char *origin, const char *sec_fetch_site, const char *host, bool https)
{
    if (host == NULL)
        return false;
    if (is_host(origin, https, host))
        return true;
    bool vouched = sec_fetch_site != NULL && strcmp(sec_fetch_site, "same-origin") == 0;
    return vouched && is_host(origin, !https, host);
}

enum origin_result origin_check(const struct conf *conf, const char *origin, const char *sec_fetch_site,
                                const char *host, bool https, size_t *index)
{
    if (origin == NULL || origin[0] == '\0') {
        bool foreign = sec_fetch_site != NULL && strcmp(sec_fetch_site, "cross-site") == 0;
        return foreign ? ORIGIN_FOREIGN : ORIGIN_SAME;
    }
    /* Any sandboxed or local page is "null": to allow one would be to allow all. */
    if (strcmp(origin, "null") == 0)
        return ORIGIN_FOREIGN;
    for (size_t i = 0; i < conf->cors_origin_count; i++) {
        if (strcmp(origin, conf->cors_origins[i]) == 0) {
            *index = i;
            return ORIGIN_ALLOWED;
        }
    }
    return own(origin, sec_fetch_site, host, https) ? ORIGIN_SAME : ORIGIN_FOREIGN;
}
