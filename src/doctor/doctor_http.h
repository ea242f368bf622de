/* SPDX-License-Identifier: ISC */
/*
 * The little HTTP/1.1 client that --doctor needs: one request at a time, over TCP or TLS, each on a connection of its
 * own.
 */
#ifndef ROLLCALL_DOCTOR_HTTP_H
#define ROLLCALL_DOCTOR_HTTP_H

#include "doctor/doctor_answer.h"
#include "doctor/doctor_site.h"

/* A request; all texts are borrowed for the call. */
struct doctor_request {
    const char *method;
    const char *path;  /* below the site's prefix */
    const char *token; /* NULL: without Authorization */
    const char *json;  /* the body; NULL: without one */
    unsigned patience_s;
};

/*
 * Sends REQUEST to SITE and waits for the whole ANSWER, or for PATIENCE_S. The caller ends ANSWER with
 * doctor_answer_fini().
 */
void doctor_http_request(const struct doctor_site *site, const struct doctor_request *request,
                         struct doctor_answer *answer);

#endif
