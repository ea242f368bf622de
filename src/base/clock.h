/* SPDX-License-Identifier: ISC */
/*
 * The two clocks of this machine. Presence goes by neither: it goes by Redis's clock. The monotonic one is for timers and
 * windows, the wall clock for the expiry of credentials.
 */
#ifndef ROLLCALL_BASE_CLOCK_H
#define ROLLCALL_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: only differences mean anything. */
int64_t clock_mono_ms(void);

/* Microseconds of CLOCK_MONOTONIC. */
int64_t clock_mono_us(void);

/* Milliseconds since the epoch by this machine's clock. */
int64_t clock_wall_ms(void);

#endif
