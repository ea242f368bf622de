/* SPDX-License-Identifier: ISC */
/* Long texts for tests of limits. */
#ifndef ROLLCALL_TESTS_REPEAT_H
#define ROLLCALL_TESTS_REPEAT_H

#include <stddef.h>
#include <string.h>

/* COUNT times the text UNIT, NUL-ended, in OUT, which has room for it. Returns OUT. */
static inline const char *repeat(const char *unit, size_t count, char *out)
{
    size_t len = strlen(unit);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * len, unit, len);
    out[count * len] = '\0';
    return out;
}

#endif
