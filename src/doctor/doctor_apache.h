/* SPDX-License-Identifier: ISC */
/*
 * How many requests Apache serves at once. A poll that waits holds a process of the prefork MPM, or a thread of the
 * others; if all are held, the rest of the site waits too.
 */
#ifndef ROLLCALL_DOCTOR_APACHE_H
#define ROLLCALL_DOCTOR_APACHE_H

struct doctor;
struct doctor_answer;

/* If the web server that gave ANSWER is Apache: reports whether polls leave room for other requests. */
void doctor_apache(struct doctor *doctor, const struct doctor_answer *answer);

#endif
