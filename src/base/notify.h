/* SPDX-License-Identifier: ISC */
/* Tells the service manager how we are, by the protocol of sd_notify(3): a datagram to the socket in $NOTIFY_SOCKET. */
#ifndef ROLLCALL_BASE_NOTIFY_H
#define ROLLCALL_BASE_NOTIFY_H

#include <stdint.h>

struct notify {
    char *socket;        /* owned; NULL if no manager listens */
    int64_t watchdog_ms; /* how often to send "WATCHDOG=1"; 0: never */
};

/* Reads the manager's variables and removes them from the environment: they are not for workers. */
void notify_init(struct notify *self);

/* Frees what notify_init() allocated. */
void notify_fini(struct notify *self);

/* Sends STATE, lines of NAME=VALUE. If the manager does not listen, that is not an error. */
void notify_send(const struct notify *self, const char *state);

/* Sends "RELOADING=1" with the clock reading that belongs to it. */
void notify_reloading(const struct notify *self);

#endif
