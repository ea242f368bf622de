/* SPDX-License-Identifier: ISC */
/*
 * A growing row of bytes: what answers, keys and log lines are put together in. Always NUL-ended, so that DATA can be
 * read as text, though it may hold NULs itself. Memory is kept by buf_clear() and given back by buf_fini().
 */
#ifndef ROLLCALL_BASE_BUF_H
#define ROLLCALL_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;      /* owned; NULL while nothing was ever put in */
    size_t len;      /* bytes in use, without the ending NUL */
    size_t capacity; /* bytes allocated */
};

/* An empty buf; no memory is taken before the first byte. */
void buf_init(struct buf *self);
void buf_fini(struct buf *self);

/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *self);

/* Gives back the memory beyond the content. */
void buf_trim(struct buf *self);

/* Makes room for MORE further bytes and returns where they go; the caller adds to self->len what it wrote. */
char *buf_reserve(struct buf *self, size_t more);

void buf_add(struct buf *self, const void *bytes, size_t len);
void buf_add_text(struct buf *self, const char *text);
void buf_add_char(struct buf *self, char c);

/* VALUE in decimal. */
void buf_add_int(struct buf *self, int64_t value);

/* As printf. */
void buf_printf(struct buf *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* LEN bytes of valid UTF-8 as a JSON string, quotes included (RFC 8259, section 7). */
void buf_add_json(struct buf *self, const char *utf8, size_t len);

/* The content as heap memory that the caller frees; the buf is empty after. */
char *buf_take(struct buf *self);

#endif
