/* SPDX-License-Identifier: ISC */
/* What a configuration's addresses look like: HOST:PORT, Redis URLs, page origins. Pure functions on text. */
#ifndef ROLLCALL_BASE_ADDRESS_H
#define ROLLCALL_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct conf_redis;

/*
 * TEXT as HOST:PORT, IPv6 in []. HOST (heap memory, the caller's, without the []) and PORT are set when it returns true.
 * An absent :PORT counts as FALLBACK_PORT; 0: it must be there. On false, WHY is a static sentence.
 */
bool address_split(const char *text, int fallback_port, char **host, int *port, const char **why);

/* Whether HOST is an IPv4 or IPv6 address (without brackets), not a name that has to be looked up. */
bool address_is_ip(const char *host);

/*
 * URL is unix:/PATH[?db=N][&user=U][&password=P] or redis://[USER][:PASSWORD@]HOST[:PORT][/DB], user and password being
 * percent-encoded. Fills REDIS, whose members the caller frees also where it returns false with a static sentence in WHY.
 */
bool address_redis(const char *url, struct conf_redis *redis, const char **why);

/*
 * TEXT as browsers write a page's origin (RFC 6454, 6.2), in heap memory, the caller's: scheme://host or scheme://host:port, in
 * lower case, without the port that the scheme implies and without a slash at the end. NULL with a static sentence in WHY if
 * it is not an origin.
 */
char *address_origin(const char *text, const char **why);

#endif
