/* SPDX-License-Identifier: ISC */
/* Whether the daemon's socket is served, and who may connect to it. */
#ifndef ROLLCALL_DOCTOR_SOCKET_H
#define ROLLCALL_DOCTOR_SOCKET_H

struct doctor;

/* Connects to the socket that the configuration names, and reads its rights. */
void doctor_socket(struct doctor *self);

#endif
