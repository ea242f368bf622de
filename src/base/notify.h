/* SPDX-License-Identifier: ISC */
/* Tells the service manager how we are, by the protocol of sd_notify(3): one datagram to the socket in $NOTIFY_SOCKET. */
#ifndef ROLLCALL_BASE_NOTIFY_H
#define ROLLCALL_BASE_NOTIFY_H

#include <stdint.h>

struct notify {
    char *socket;        /* owned: NULL where nobody wants to hear */
    int64_t watchdog_ms; /* how often "WATCHDOG=1" is wanted; 0: never */
};

/* Reads the variables that the manager set and takes them out of the environment: workers have no business with them. */
void notify_init(struct notify *self);
void notify_fini(struct notify *self);

/* Sends STATE, lines of NAME=VALUE. A manager that does not listen is no error of ours. */
void notify_send(const struct notify *self, const char *state);

/* "RELOADING=1" with the clock reading that goes with it. */
void notify_reloading(const struct notify *self);

#endif
