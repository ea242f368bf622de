/* SPDX-License-Identifier: ISC */
/* See webhook_url.h. */
#include "api/shared/webhook_url.h"

#include "base/limits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What follows the scheme; NULL if it is neither http nor https. */
static const char *behind_scheme(const char *text)
{
    if (strncasecmp(text, "http://", 7) == 0)
        return text + 7;
    return strncasecmp(text, "https://", 8) == 0 ? text + 8 : NULL;
}

/* Printable ASCII without what RFC 3986 wants encoded: nothing that a log or a header could misread. */
static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"<>\\^`{|}", text[i]))
            return false;
    return true;
}

/* TEXT is "" or ":" and a port; LEN bytes. */
static bool is_port(const char *text, size_t len)
{
    if (len == 0)
        return true;
    if (text[0] != ':' || len < 2 || len > 6 || strspn(text + 1, "0123456789") < len - 1)
        return false;
    long port = strtol(text + 1, NULL, 10);
    return port > 0 && port <= 65535;
}

/* LEN bytes of TEXT: a name or an address, and perhaps a port. */
static bool is_host(const char *text, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    size_t host;
    if (text[0] == '[') {
        host = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
        if (host < 3 || text[host++] != ']')
            return false;
    } else {
        host = strspn(text, letters);
    }
    return host > 0 && host <= len && host <= 255 && is_port(text + host, len - host);
}

const char *webhook_url_fault(const char *text, size_t len)
{
    if (len > LIMIT_URL_BYTES)
        return "\"url\" must have at most 2048 bytes.";
    const char *host = behind_scheme(text);
    if (!host)
        return "\"url\" must begin with https:// or http://.";
    if (!is_plain(text, len))
        return "\"url\" must be ASCII without spaces. Write other letters of a name as xn--..., other bytes as %XX.";
    size_t host_len = strcspn(host, "/?#");
    if (memchr(host, '@', host_len))
        return "\"url\" must not have a user name or password, which lists and logs would show. Your application can "
               "check the signature instead.";
    if (strchr(host, '#'))
        return "\"url\" must not have a fragment (#...), which is never sent.";
    return is_host(host, host_len) ? NULL : "\"url\" must name a host, and perhaps a port from 1 to 65535.";
}
