/* SPDX-License-Identifier: ISC */
/*
 * rollcalld --doctor: checks a deployment from all sides, and says of each what is wrong and what to do. It changes
 * nothing that stays: what it has to create in order to ask through the web server (a workspace, tokens), it deletes
 * again.
 */
#ifndef ROLLCALL_DOCTOR_H
#define ROLLCALL_DOCTOR_H

#include <stdbool.h>

struct conf;

/*
 * Prints a line for each finding. URL is where the public finds Rollcall, as "https://www.example.org/presence"; NULL
 * leaves the web server out. DOCS is where the guides are. Returns whether nothing bad was found. Takes up to the
 * configured wait and a few seconds more.
 */
bool doctor_run(const struct conf *conf, const char *url, const char *docs);

#endif
