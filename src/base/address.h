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

/*
 * URL is unix:/PATH[?db=N][&user=U][&password=P] or redis://[USER][:PASSWORD@]HOST[:PORT][/DB], user and password being
 * percent-encoded. Fills REDIS, whose members the caller frees also where it returns false with a static sentence in WHY.
 */
bool address_redis(const char *url, struct conf_redis *redis, const char **why);

/* Whether TEXT is a page's origin as browsers send it (RFC 6454, 6.2): scheme://host or scheme://host:port, in lower case. */
bool address_origin_ok(const char *text);

#endif
