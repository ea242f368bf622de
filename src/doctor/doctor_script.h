/* SPDX-License-Identifier: ISC */
/* Whether a site serves the modules that pages import, at its root, where the shipped configurations have them. */
#ifndef ROLLCALL_DOCTOR_SCRIPT_H
#define ROLLCALL_DOCTOR_SCRIPT_H

#include "doctor/doctor_report.h"
#include "doctor/doctor_site.h"

/*
 * Asks the host of SITE for rollcall.js and one of the modules that it imports, and reports how they are answered. That
 * is never bad: pages may load them from elsewhere. A SITE without a path is Rollcall's own, and serves none.
 */
void doctor_script(struct doctor *doctor, const struct doctor_site *site);

#endif
