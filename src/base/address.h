/* SPDX-License-Identifier: ISC */
/*
 * Addresses in a configuration: HOST:PORT, origins of pages. Pure functions on text; nothing is resolved.
 */
#ifndef ROLLCALL_BASE_ADDRESS_H
#define ROLLCALL_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Splits TEXT, HOST:PORT with [] around IPv6. If it returns true, HOST is set to heap memory without the [], which
 * the caller frees, and PORT to the number, or to FALLBACK_PORT if there is none (0: there must be one). Else WHY is
 * set to a static sentence.
 */
bool address_split(const char *text, int fallback_port, char **host, int *port, const char **why);

/*
 * Writes HOST and PORT into OUT as they are read in an address, with [] around IPv6. Returns OUT, of SIZE bytes.
 */
const char *address_join(const char *host, int port, char *out, size_t size);

/* Whether HOST is an IPv4 or IPv6 address (without brackets), not a name that has to be looked up. */
bool address_is_ip(const char *host);

/*
 * TEXT as browsers write a page's origin (RFC 6454, 6.2): scheme://host or scheme://host:port in lower case, without
 * the port that the scheme implies and without a slash at the end. Heap memory, which the caller frees; NULL with a
 * static sentence in WHY if it is not an origin.
 */
char *address_origin(const char *text, const char **why);

#endif
