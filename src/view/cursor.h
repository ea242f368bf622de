/* SPDX-License-Identifier: ISC */
/* How far a reader has read a workspace's changes, and its text in URLs, bodies and ETags. Pure. */
#ifndef ROLLCALL_VIEW_CURSOR_H
#define ROLLCALL_VIEW_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of a workspace's epoch as cursors show it, made of meta's epoch and Redis's replication id. */
enum { EPOCH_LEN = 16 };

/*
 * As text: "<epoch>-<seq>", and "<epoch>-<seq>-<head>" between the pages of a full answer. What is the reader's own
 * follows, each behind a "_": "_m<own_rev>", and "_t<what they were told of places>" (view/told.h), of which struct
 * cursor knows nothing.
 */
struct cursor {
    char epoch[EPOCH_LEN + 1];
    int64_t seq;
    int64_t head;    /* the head when the full answer began, so that it can be continued below the floor; else 0 */
    int64_t own_rev; /* what the reader has read of what they say by hand; 0: nothing */
};

enum { CURSOR_TEXT_MAX = EPOCH_LEN + 1 + 20 + 1 + 20 + 2 + 20 + 1 };

/*
 * Sets CURSOR to what LEN bytes of TEXT say; false if they are not as cursor_format() writes them, apart from what is
 * told of places.
 */
bool cursor_parse(const char *text, size_t len, struct cursor *cursor);

/* The part of TEXT, LEN bytes that are a cursor, that says what was told of places. TOLD_LEN is set to its length. */
const char *cursor_told(const char *text, size_t len, size_t *told_len);

/* Writes CURSOR as text into OUT, which has CURSOR_TEXT_MAX bytes; returns its length without the NUL. */
size_t cursor_format(const struct cursor *cursor, char *out);

#endif
