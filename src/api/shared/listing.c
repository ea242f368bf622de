/* SPDX-License-Identifier: ISC */
/* See listing.h. */
#include "api/shared/listing.h"

#include "api/shared/render.h"
#include "base/blob.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void listing_init(struct listing *self, struct exchange *exchange, const char *name, size_t limit)
{
    memset(self, 0, sizeof *self);
    self->exchange = exchange;
    self->plain = exchange->plain;
    self->limit = limit;
    buf_init(&self->body);
    buf_init(&self->heads);
    buf_init(&self->next);
    if (!self->plain && name)
        buf_printf(&self->body, "{\"%s\":[", name);
}

void listing_fini(struct listing *self)
{
    buf_fini(&self->body);
    buf_fini(&self->heads);
    buf_fini(&self->next);
}

bool listing_row(struct listing *self)
{
    if (self->rows == self->limit) {
        self->more = true;
        return false;
    }
    self->column = 0;
    if (!self->plain)
        buf_add_text(&self->body, self->rows > 0 ? ",{" : "{");
    return true;
}

/* Characters, not bytes: what a terminal shows of a name. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* A cell of the table; the first row names the columns. */
static void cell(struct listing *self, const char *name, const char *value)
{
    size_t i = self->column++;
    size_t width = width_of(value);

    if (i >= LISTING_COLUMNS)
        return;
    if (self->rows == 0) {
        buf_add(&self->heads, name, strlen(name) + 1);
        self->width[i] = strlen(name);
        self->columns = i + 1;
    }
    if (width > self->width[i])
        self->width[i] = width;
    buf_add(&self->body, value, strlen(value) + 1);
}

/* The comma that parts a field from the one before. */
static void part(struct listing *self)
{
    if (self->body.data[self->body.len - 1] != '{')
        buf_add_char(&self->body, ',');
}

void listing_text(struct listing *self, const char *name, const char *value)
{
    if (self->plain) {
        cell(self, name, value && *value ? value : "-");
    } else if (value) {
        part(self);
        render_text(&self->body, name, value);
    }
}

void listing_int(struct listing *self, const char *name, int64_t value)
{
    char text[24];

    if (self->plain) {
        snprintf(text, sizeof text, "%lld", (long long)value);
        cell(self, name, text);
    } else {
        part(self);
        render_int(&self->body, name, value);
    }
}

void listing_bool(struct listing *self, const char *name, bool value)
{
    if (self->plain) {
        cell(self, name, value ? "yes" : "no");
    } else {
        part(self);
        render_bool(&self->body, name, value);
    }
}

void listing_time(struct listing *self, const char *name, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    char text[32] = "-";
    struct tm utc;

    if (!self->plain && ms > 0)
        listing_int(self, name, ms);
    if (!self->plain)
        return;
    if (ms > 0 && gmtime_r(&seconds, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cell(self, name, text);
}

void listing_end_row(struct listing *self, const char *key, int64_t number)
{
    self->rows++;
    if (self->plain)
        return;
    buf_add_char(&self->body, '}');
    buf_clear(&self->next);
    if (key)
        buf_add_json(&self->next, key, strlen(key));
    else
        buf_add_int(&self->next, number);
}

/* One line of the table, from cells that stand one behind the other at *AT. */
static void add_line(const struct listing *self, const char **at, struct buf *out)
{
    for (size_t i = 0; i < self->columns; i++) {
        size_t width = width_of(*at);
        buf_add_text(out, *at);
        for (; i + 1 < self->columns && width < self->width[i] + 2; width++)
            buf_add_char(out, ' ');
        *at += strlen(*at) + 1;
    }
    buf_add_char(out, '\n');
}

void listing_table(const struct listing *self, struct buf *out)
{
    const char *at = self->heads.data;

    if (self->rows > 0)
        add_line(self, &at, out);
    at = self->body.data;
    for (size_t row = 0; row < self->rows; row++)
        add_line(self, &at, out);
}

static void reply_table(struct listing *self, int status)
{
    const char *extra = self->more ? "X-Rollcall-More: true\r\n" : NULL;
    struct buf table;

    buf_init(&table);
    listing_table(self, &table);
    exchange_reply_as(self->exchange, status, "text/plain; charset=utf-8", extra, blob_from_buf(&table));
    buf_fini(&table);
}

void listing_reply(struct listing *self)
{
    if (self->plain) {
        reply_table(self, 200);
    } else {
        buf_add_char(&self->body, ']');
        if (self->more)
            buf_printf(&self->body, ",\"next\":%s", self->next.data);
        buf_add_text(&self->body, "}\n");
        exchange_reply_buf(self->exchange, 200, &self->body);
    }
    listing_fini(self);
}

void listing_reply_one(struct listing *self, int status)
{
    if (self->plain) {
        reply_table(self, status);
    } else {
        buf_add_char(&self->body, '\n');
        exchange_reply_buf(self->exchange, status, &self->body);
    }
    listing_fini(self);
}
