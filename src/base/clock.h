/* SPDX-License-Identifier: ISC */
/*
 * The clocks of this machine: the monotonic one for timers and windows, the wall clock for the expiry of credentials,
 * and the time that this thread has run. Presence goes by Redis's clock.
 */
#ifndef ROLLCALL_BASE_CLOCK_H
#define ROLLCALL_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC; only differences have a meaning. */
int64_t clock_mono_ms(void);

/* The same in microseconds. */
int64_t clock_mono_us(void);

/* Milliseconds since 1970 by this machine's wall clock. */
int64_t clock_wall_ms(void);

/* Microseconds of CPU that this thread has used so far. This one takes a system call. */
int64_t clock_cpu_us(void);

#endif
