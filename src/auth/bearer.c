/* SPDX-License-Identifier: ISC */
/* See bearer.h. */
#include "auth/bearer.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool bearer_read(struct bearer *self, const char *authorization)
{
    static const char scheme[] = "Bearer";
    const size_t scheme_len = sizeof scheme - 1;
    *self = (struct bearer){.text = NULL};
    if (!authorization || strncasecmp(authorization, scheme, scheme_len) != 0)
        return false;
    const char *text = authorization + scheme_len;
    if (*text != '\0' && !is_blank(*text))
        return false;
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    *self = (struct bearer){text, len};
    return true;
}
