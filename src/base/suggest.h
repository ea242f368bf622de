/* SPDX-License-Identifier: ISC */
/* Which of the words that there are was probably meant by one that is not. Pure functions. */
#ifndef ROLLCALL_BASE_SUGGEST_H
#define ROLLCALL_BASE_SUGGEST_H

#include <stddef.h>

/*
 * How many letters are to be put in, left out or changed to make A of B (Levenshtein's distance); SIZE_MAX where either has
 * more than 32 bytes.
 */
size_t suggest_distance(const char *a, const char *b);

/* At how many letters' distance WORD may still be a slip. */
size_t suggest_reach(const char *word);

#endif
