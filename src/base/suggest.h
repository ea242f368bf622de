/* SPDX-License-Identifier: ISC */
/* Which known word was probably meant by an unknown one. Pure functions. */
#ifndef ROLLCALL_BASE_SUGGEST_H
#define ROLLCALL_BASE_SUGGEST_H

#include <stddef.h>

/*
 * How many letters have to be inserted, removed or changed to turn A into B (Levenshtein's distance); SIZE_MAX if
 * either has more than 32 bytes.
 */
size_t suggest_distance(const char *a, const char *b);

/* At which distance a word can still be a misspelt WORD. */
size_t suggest_reach(const char *word);

#endif
