/* SPDX-License-Identifier: ISC */
/*
 * Which addresses webhooks are not delivered to: link-local ones, and those where clouds tell a machine its secrets. It
 * is looked at when a connection is made, so it does not matter what a name means by then. Pure.
 */
#ifndef ROLLCALL_HOOKS_HOOK_ADDRESS_H
#define ROLLCALL_HOOKS_HOOK_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* Whether ADDRESS, of IPv4 or IPv6, may be connected to. One of another kind may not. */
bool hook_address_ok(const struct sockaddr *address);

#endif
