/* SPDX-License-Identifier: ISC */
/*
 * What a reader was told of places, as it is in their cursor behind "_t": four characters for the name and four for the
 * set of each place whose set is not empty. So whichever worker they ask next sees which sets are news to them, and
 * keeps nothing of readers. A name whose mark has more than 24 bits takes 13 characters: "AAAA", and nine for the mark.
 * Pure.
 */
#ifndef ROLLCALL_VIEW_TOLD_H
#define ROLLCALL_VIEW_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places of which a cursor can speak: those asked for by name, and 64 conversations. The length of the text. */
enum { TOLD_MAX = 84, TOLD_TEXT_MAX = 17 * TOLD_MAX };

/* A place, by the marks of place_set.h. A SET of 0 is the empty one, which is not in cursors. */
struct told {
    uint64_t place;
    uint64_t set; /* 24 bits; as wide as the other, so that nothing is between two of them */
};

struct told_list {
    size_t count;
    struct told list[TOLD_MAX];
};

/* Sets SELF to what LEN bytes of TEXT say; false, and nothing, if told_format() cannot have written them. */
bool told_parse(struct told_list *self, const char *text, size_t len);

/* Writes SELF as text into OUT, which has TOLD_TEXT_MAX + 1 bytes; returns its length without the NUL. */
size_t told_format(const struct told_list *self, char *out);

/* What SELF says of the place with this mark; 0: nothing. */
uint32_t told_of(const struct told_list *self, uint64_t place);

/* Adds a place, unless SET is 0 or the list is full. */
void told_add(struct told_list *self, uint64_t place, uint64_t set);

/* Whether A and B say the same in the same order. */
bool told_is_same(const struct told_list *a, const struct told_list *b);

#endif
