/* SPDX-License-Identifier: ISC */
/* Whether Redis can do what a worker needs. */
#ifndef ROLLCALL_DOCTOR_REDIS_H
#define ROLLCALL_DOCTOR_REDIS_H

struct doctor;

/* Connects as a worker does, and reports what is missing. Sets SELF->redis_works. Takes up to 6 s. */
void doctor_redis(struct doctor *self);

#endif
