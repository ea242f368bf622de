/* SPDX-License-Identifier: ISC */
/*
 * Grows by doubling. JSON strings are scanned eight bytes at a time, and what needs no escape is copied in runs:
 * nearly all text needs none.
 */
#include "base/buf.h"

#include "base/decimal.h"
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

void buf_init(struct buf *self)
{
    *self = (struct buf){0};
}

void buf_fini(struct buf *self)
{
    free(self->data);
    buf_init(self);
}

void buf_clear(struct buf *self)
{
    self->len = 0;
    if (self->data)
        self->data[0] = '\0';
}

void buf_trim(struct buf *self)
{
    if (!self->data)
        return;
    self->capacity = self->len + 1;
    self->data = mem_resize(self->data, self->capacity, 1);
}

static void grow(struct buf *self, size_t more)
{
    /* More than can exist aborts in mem_resize(). */
    size_t need = more < SIZE_MAX / 4 ? self->len + more + 1 : SIZE_MAX;
    size_t capacity = self->capacity ? self->capacity : FIRST_CAPACITY;
    while (capacity < need && capacity < SIZE_MAX / 4)
        capacity *= 2;
    self->capacity = capacity < need ? need : capacity;
    self->data = mem_resize(self->data, self->capacity, 1);
    self->data[self->len] = '\0';
}

char *buf_reserve(struct buf *self, size_t more)
{
    if (more >= self->capacity - self->len)
        grow(self, more);
    return self->data + self->len;
}

void buf_commit(struct buf *self, size_t len)
{
    if (!self->data)
        return;
    assert(len < self->capacity - self->len);
    self->len += len;
    self->data[self->len] = '\0';
}

void buf_add(struct buf *self, const void *bytes, size_t len)
{
    char *end = buf_reserve(self, len);
    if (len)
        memcpy(end, bytes, len);
    end[len] = '\0';
    self->len += len;
}

void buf_add_char(struct buf *self, char c)
{
    char *end = buf_reserve(self, 1);
    end[0] = c;
    end[1] = '\0';
    self->len++;
}

void buf_add_int(struct buf *self, int64_t value)
{
    buf_commit(self, decimal_write(buf_reserve(self, DECIMAL_MAX), value));
}

void buf_printf(struct buf *self, const char *format, ...)
{
    va_list args, again;
    char *end = buf_reserve(self, FIRST_CAPACITY);
    size_t room = self->capacity - self->len;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(end, room, format, args);
    /* Only if a wide character cannot be written, or more than INT_MAX bytes would be. */
    if (len < 0)
        abort();
    if ((size_t)len >= room)
        vsnprintf(buf_reserve(self, (size_t)len), (size_t)len + 1, format, again);
    self->len += (size_t)len;
    va_end(again);
    va_end(args);
}

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

/*
 * Whether one of eight bytes needs an escape. In each term the high bit is set of a byte that does, and perhaps, by a
 * borrow, of a byte above it, which does not matter.
 */
static bool any_needs_escape(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t highs = 0x8080808080808080u;
    uint64_t quote = eight ^ ones * '"';
    uint64_t backslash = eight ^ ones * '\\';
    uint64_t control = (eight - ones * 0x20) & ~eight;
    return ((control | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs) != 0;
}

/* How many bytes from the front need no escape. */
static size_t plain_run(const char *text, size_t len)
{
    size_t run = 0;
    uint64_t eight;
    for (; run + sizeof eight <= len; run += sizeof eight) {
        memcpy(&eight, text + run, sizeof eight);
        if (any_needs_escape(eight))
            break;
    }
    while (run < len && !needs_escape((unsigned char)text[run]))
        run++;
    return run;
}

static void add_escaped(struct buf *self, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    /* Those with a letter of their own, from backspace (8) to carriage return (13). */
    static const char letters[] = "btn\0fr";
    char text[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    char letter = byte >= 0x20 ? (char)byte : byte >= 8 && byte <= 13 ? letters[byte - 8] : '\0';
    if (letter)
        text[1] = letter;
    buf_add(self, text, letter ? 2 : sizeof text);
}

void buf_add_json(struct buf *self, const char *utf8, size_t len)
{
    buf_reserve(self, len + 2);
    buf_add_char(self, '"');
    while (len) {
        size_t run = plain_run(utf8, len);
        buf_add(self, utf8, run);
        if (run < len)
            add_escaped(self, (unsigned char)utf8[run++]);
        utf8 += run;
        len -= run;
    }
    buf_add_char(self, '"');
}

char *buf_text(struct buf *self)
{
    return buf_reserve(self, 0) - self->len;
}

char *buf_take(struct buf *self)
{
    char *data = buf_text(self);
    buf_init(self);
    return data;
}
