/* SPDX-License-Identifier: ISC */
/* See routes.h. */
#include "api/shared/routes.h"

const char *routes_pattern(enum route route)
{
    static const char *const patterns[ROUTE_KINDS] = {[ROUTE_UNKNOWN] = "unknown",
#define PATTERN_OF(name, pattern) [ROUTE_##name] = pattern,
                                                      ROUTES(PATTERN_OF)
#undef PATTERN_OF
    };

    return patterns[route];
}
