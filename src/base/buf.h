/* SPDX-License-Identifier: ISC */
/*
 * A growing row of bytes: what answers, keys and log lines are put together in. From the first byte on, DATA ends
 * with a NUL that LEN does not count, so it can be read as text; it may hold NULs itself. The one exception is
 * between buf_reserve() and buf_commit(). Memory is kept by buf_clear() and freed by buf_fini().
 */
#ifndef ROLLCALL_BASE_BUF_H
#define ROLLCALL_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *data;      /* owned; NULL until something is put in */
    size_t len;      /* bytes in use, without the NUL at the end */
    size_t capacity; /* bytes allocated */
};

/* An empty buf. No memory is allocated before the first byte. */
void buf_init(struct buf *self);

/* Frees the memory; the buf is empty and can be used again. */
void buf_fini(struct buf *self);

/* Removes the content, keeps the memory. */
void buf_clear(struct buf *self);

/* Gives back the memory that the content does not need. */
void buf_trim(struct buf *self);

/*
 * Makes room for MORE bytes after the content and returns where they go. The caller writes there, then tells
 * buf_commit() how many it wrote. Until then they are not content, and no other call may be made.
 */
char *buf_reserve(struct buf *self, size_t more);

/* Adds the first LEN bytes that were written after buf_reserve() to the content: 0 up to as many as were reserved. */
void buf_commit(struct buf *self, size_t len);

/* Appends LEN bytes; BYTES may be NULL if LEN is 0. They must not lie in the buf itself. */
void buf_add(struct buf *self, const void *bytes, size_t len);

/* Appends TEXT without its NUL; it must not lie in the buf itself. Inline, so that a literal's length is a constant. */
static inline void buf_add_text(struct buf *self, const char *text)
{
    buf_add(self, text, strlen(text));
}

/* Appends one byte. */
void buf_add_char(struct buf *self, char c);

/* Appends VALUE in decimal. */
void buf_add_int(struct buf *self, int64_t value);

/* Appends text as printf(3) writes it. */
void buf_printf(struct buf *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends LEN bytes of valid UTF-8 as a JSON string, with its quotes (RFC 8259, section 7). */
void buf_add_json(struct buf *self, const char *utf8, size_t len);

/* The content with a NUL after it; never NULL. Valid until the buf is changed. */
char *buf_text(struct buf *self);

/* The content, with a NUL after it, as heap memory that the caller frees; the buf is empty afterwards. */
char *buf_take(struct buf *self);

#endif
