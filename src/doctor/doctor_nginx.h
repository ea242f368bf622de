/* SPDX-License-Identifier: ISC */
/*
 * How many connections nginx accepts. A poll that waits holds two of them, one to its client and one to Rollcall; at
 * the limit the rest of the site is refused.
 */
#ifndef ROLLCALL_DOCTOR_NGINX_H
#define ROLLCALL_DOCTOR_NGINX_H

struct doctor;
struct doctor_answer;

/* If the web server that gave ANSWER is nginx on this machine: reports how many browsers may wait. */
void doctor_nginx(struct doctor *doctor, const struct doctor_answer *answer);

#endif
