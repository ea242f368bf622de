/* SPDX-License-Identifier: ISC */
/*
 * Whether a URL leads to Rollcall. A redirect is followed only to HTTPS on the same host, since an administrator's
 * token will be sent there. If something else answers, the places that were probably meant are tried.
 */
#ifndef ROLLCALL_DOCTOR_MOUNT_H
#define ROLLCALL_DOCTOR_MOUNT_H

#include "doctor/doctor_answer.h"
#include "doctor/doctor_site.h"

struct doctor;

/*
 * Finds Rollcall at URL and reports what is there instead. If it returns true, SITE is where to send further
 * requests, and ANSWER is the answer to the first, both the caller's to end. If it returns false, there is nothing to
 * end.
 */
bool doctor_mount_find(struct doctor *doctor, const char *url, struct doctor_site *site, struct doctor_answer *answer);

#endif
