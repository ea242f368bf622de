/* SPDX-License-Identifier: ISC */
/*
 * See origin.h. Browsers say in Sec-Fetch-Site whether the page is of the address that it sends to, redirects included;
 * no page can set that header (Fetch Metadata, 2.3). So it is believed first: a proxy may have changed the scheme and
 * Host, but the browser knows what it asked for. Over plain http, and in old browsers, it is missing. Then Origin
 * counts, which they send with everything but GET, and is compared with Host. Programs like curl send neither and are
 * not pages.
 */
#include "auth/origin.h"

#include <string.h>
#include <strings.h>

/* The length of HOST without the port that the scheme implies. */
static size_t host_len(const char *host, bool https)
{
    const char *port = https ? ":443" : ":80";
    size_t len = strlen(host);
    size_t port_len = strlen(port);
    if (len > port_len && strcmp(host + len - port_len, port) == 0)
        return len - port_len;
    return len;
}

/* Whether ORIGIN is SCHEME://HOST. Hosts are compared in any case, everything else exactly. */
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
    return text && strcmp(text, wanted) == 0;
}

/* Compares the addresses, since the browser does not vouch for anything. */
static enum origin_result compare(const struct origin_input *input)
{
    if (!input->origin || input->origin[0] == '\0')
        return ORIGIN_SAME;
    return input->host && is_host(input->origin, input->https, input->host) ? ORIGIN_SAME : ORIGIN_FOREIGN;
}

enum origin_result origin_check(const struct conf *conf, const struct origin_input *input, size_t *index)
{
    const char *site = input->sec_fetch_site;
    if (is(site, "same-origin") || is(site, "none"))
        return ORIGIN_SAME;
    /* Any sandboxed or local page is "null": to allow one would be to allow all. */
    for (size_t i = 0; i < conf->cors_origin_count && !is(input->origin, "null"); i++) {
        if (is(input->origin, conf->cors_origins[i])) {
            *index = i;
            return ORIGIN_ALLOWED;
        }
    }
    if (site && site[0] != '\0')
        return ORIGIN_FOREIGN;
    return compare(input);
}
