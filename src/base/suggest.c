/* SPDX-License-Identifier: ISC */
/* See suggest.h. Of the usual table, only the row that is still needed is kept. */
#include "base/suggest.h"

#include "base/number.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 32 };

size_t suggest_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t width = strlen(b);
    if (width > WORD_MAX || strlen(a) > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            row[j] = number_least(number_least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

size_t suggest_reach(const char *word)
{
    return 1 + strlen(word) / 3;
}
