/* SPDX-License-Identifier: ISC */
/* See etag.h. */
#include "http/etag.h"

#include <string.h>

bool etag_matches(const char *if_none_match, const char *tag)
{
    return if_none_match && (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, tag));
}
