/* SPDX-License-Identifier: ISC */
/*
 * What a web server does with requests to Rollcall, found out by asking through it as a page would, in a workspace of
 * its own, which is deleted at the end.
 */
#ifndef ROLLCALL_DOCTOR_WEB_H
#define ROLLCALL_DOCTOR_WEB_H

struct doctor;

/* Checks the web server at URL. TOKEN is an administrator's. Takes the configured wait and a few seconds more. */
void doctor_web(struct doctor *doctor, const char *url, const char *token);

#endif
