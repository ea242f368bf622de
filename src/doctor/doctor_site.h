/* SPDX-License-Identifier: ISC */
/* Where Rollcall is mounted on a web site: a URL, taken apart. */
#ifndef ROLLCALL_DOCTOR_SITE_H
#define ROLLCALL_DOCTOR_SITE_H

#include <stdbool.h>
#include <stddef.h>

struct doctor_site {
    char *host;   /* owned; without [] */
    char *header; /* owned: the value of the header Host */
    char *prefix; /* owned: the path, without a slash at its end */
    int port;
    bool tls;
};

/*
 * Takes URL apart. Returns false with a sentence in ERROR (of SIZE bytes) if it is not an http or https URL. Freed with
 * doctor_site_fini() in either case.
 */
bool doctor_site_init(struct doctor_site *self, const char *url, char *error, size_t size);

/* Frees what SELF holds. */
void doctor_site_fini(struct doctor_site *self);

/* "http" or "https". */
const char *doctor_site_scheme(const struct doctor_site *self);

/*
 * Why a redirect from SELF to NEXT must not be followed with a token, as the end of a sentence; NULL if it may be. It
 * may lead to HTTPS on the same host, and there to the same port or 443.
 */
const char *doctor_site_objection(const struct doctor_site *self, const struct doctor_site *next);

#endif
