/* SPDX-License-Identifier: ISC */
/* See doctor_site.h. */
#include "doctor/doctor_site.h"

#include "base/address.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

/* What follows http:// or https:// in URL; NULL if it begins with neither. */
static const char *after_scheme(const char *url, bool *tls)
{
    *tls = strncasecmp(url, "https://", 8) == 0;
    if (*tls)
        return url + 8;
    return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

bool doctor_site_init(struct doctor_site *self, const char *url, char *error, size_t size)
{
    memset(self, 0, sizeof *self);
    const char *rest = after_scheme(url, &self->tls);
    if (!rest) {
        snprintf(error, size, "%s is not a URL like http://www.example.org/presence", url);
        return false;
    }
    const char *why = "";
    size_t len = strcspn(rest, "/?#");
    self->header = mem_copy(rest, len);
    if (!address_split(self->header, self->tls ? PORT_HTTPS : PORT_HTTP, &self->host, &self->port, &why)) {
        snprintf(error, size, "%s: %s", url, why);
        return false;
    }
    self->prefix = mem_copy(rest + len, strcspn(rest + len, "?#"));
    len = strlen(self->prefix);
    while (len > 0 && self->prefix[len - 1] == '/')
        self->prefix[--len] = '\0';
    return true;
}

void doctor_site_fini(struct doctor_site *self)
{
    free(self->host);
    free(self->header);
    free(self->prefix);
}

const char *doctor_site_scheme(const struct doctor_site *self)
{
    return self->tls ? "https" : "http";
}

const char *doctor_site_objection(const struct doctor_site *self, const struct doctor_site *next)
{
    if (strcasecmp(self->host, next->host) != 0)
        return "another host, to which no token is sent unless you ask for it: give its URL to --doctor";
    if (next->port != self->port && next->port != PORT_HTTPS)
        return "another port, where another service may be: if it is Rollcall's, give its URL to --doctor";
    if (self->tls && !next->tls)
        return "plain HTTP, over which tokens can be read: let the web server redirect from HTTP to HTTPS instead";
    return NULL;
}
