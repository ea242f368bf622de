/* SPDX-License-Identifier: ISC */
/* See listing.h. */
#include "api/shared/listing.h"

#include "api/shared/render.h"
#include "base/blob.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void init(struct listing *self, struct exchange *exchange, enum listing_format format, size_t limit)
{
    *self = (struct listing){.exchange = exchange, .format = format};
    page_init(&self->page, limit);
    buf_init(&self->heads);
}

static enum listing_format format_of(const struct exchange *exchange)
{
    return exchange->plain ? LISTING_TABLE : LISTING_JSON;
}

void listing_init(struct listing *self, struct exchange *exchange, const char *name, size_t limit)
{
    init(self, exchange, format_of(exchange), limit);
    if (self->format == LISTING_TABLE)
        return;
    buf_add_char(&self->page.body, '{');
    page_open(&self->page, name);
}

void listing_init_ndjson(struct listing *self, struct exchange *exchange, size_t limit)
{
    init(self, exchange, LISTING_NDJSON, limit);
}

void listing_init_one(struct listing *self, struct exchange *exchange)
{
    init(self, exchange, format_of(exchange), 1);
}

void listing_fini(struct listing *self)
{
    page_fini(&self->page);
    buf_fini(&self->heads);
}

/* ---- rows ---- */

bool listing_row(struct listing *self)
{
    self->column = 0;
    if (self->format == LISTING_JSON)
        return page_row(&self->page);
    if (!page_take(&self->page))
        return false;
    if (self->format == LISTING_NDJSON)
        buf_add_char(&self->page.body, '{');
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

/* Adds a cell to the table. Those of the first row name the columns. */
static void add_cell(struct listing *self, const char *name, const char *value)
{
    size_t i = self->column++;
    if (i >= LISTING_COLUMNS)
        return;
    if (self->page.rows == 1) {
        buf_add(&self->heads, name, strlen(name) + 1);
        self->width[i] = strlen(name);
        self->columns = i + 1;
    }
    size_t width = width_of(value);
    if (width > self->width[i])
        self->width[i] = width;
    buf_add(&self->page.body, value, strlen(value) + 1);
}

/* Where the next field of the row's object goes, after a comma if it is not the first. */
static struct buf *next_field(struct listing *self)
{
    struct buf *body = &self->page.body;
    if (self->column++ > 0)
        buf_add_char(body, ',');
    return body;
}

void listing_text(struct listing *self, const char *name, const char *value)
{
    if (self->format == LISTING_TABLE)
        add_cell(self, name, value && *value ? value : "-");
    else if (value)
        render_text(next_field(self), name, value);
}

void listing_words(struct listing *self, const char *name, const char *words)
{
    if (self->format == LISTING_TABLE || !*words) {
        listing_text(self, name, *words ? words : NULL);
        return;
    }
    struct buf *out = next_field(self);
    render_name(out, name);
    render_words(out, words);
}

void listing_int(struct listing *self, const char *name, int64_t value)
{
    if (self->format != LISTING_TABLE) {
        render_int(next_field(self), name, value);
        return;
    }
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    add_cell(self, name, text);
}

void listing_bool(struct listing *self, const char *name, bool value)
{
    if (self->format == LISTING_TABLE)
        add_cell(self, name, value ? "yes" : "no");
    else
        render_bool(next_field(self), name, value);
}

void listing_time_text(int64_t ms, char text[LISTING_TIME_MAX])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    strcpy(text, "-");
    if (ms > 0 && gmtime_r(&seconds, &utc))
        strftime(text, LISTING_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void add_time_cell(struct listing *self, const char *name, int64_t ms)
{
    char text[LISTING_TIME_MAX];
    listing_time_text(ms, text);
    add_cell(self, name, text);
}

void listing_time(struct listing *self, const char *name, int64_t ms)
{
    if (self->format == LISTING_TABLE)
        add_time_cell(self, name, ms);
    else if (ms > 0)
        listing_int(self, name, ms);
}

static void end_row(struct listing *self)
{
    if (self->format == LISTING_JSON)
        buf_add_char(&self->page.body, '}');
    else if (self->format == LISTING_NDJSON)
        buf_add_text(&self->page.body, "}\n");
}

void listing_end_row_text(struct listing *self, const char *key)
{
    end_row(self);
    page_mark_text(&self->page, key, strlen(key));
}

void listing_end_row_number(struct listing *self, int64_t key)
{
    end_row(self);
    page_mark_number(&self->page, key);
}

/* ---- the table ---- */

/* Adds a line from the cells that follow each other at *AT, which is moved past them. */
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

static void add_table(const struct listing *self, struct buf *out)
{
    const char *at = self->heads.data;
    if (self->page.rows > 0)
        add_line(self, &at, out);
    at = self->page.body.data;
    for (size_t row = 0; row < self->page.rows; row++)
        add_line(self, &at, out);
}

void listing_render(const struct listing *self, struct buf *out)
{
    if (self->format == LISTING_TABLE) {
        add_table(self, out);
        return;
    }
    buf_add(out, self->page.body.data + 1, self->page.body.len - 1); /* without the brace of listing_init() */
    buf_add_char(out, ']');
}

void listing_rows(struct listing *self, const struct listing *rows)
{
    if (self->format != LISTING_TABLE)
        listing_render(rows, next_field(self));
}

/* ---- replying ---- */

static void reply_table(struct listing *self, int status)
{
    const char *headers = self->page.more ? "X-Rollcall-More: true\r\n" : NULL;
    struct buf table;
    buf_init(&table);
    add_table(self, &table);
    exchange_reply_as(self->exchange, status, "text/plain; charset=utf-8", headers, blob_from_buf(&table));
    buf_fini(&table);
}

/* As a query can contain it (RFC 3986, 2.3). */
static void add_escaped(struct buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++) {
        if (strchr(plain, *text))
            buf_add_char(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
    }
}

static void reply_ndjson(struct listing *self)
{
    struct buf link;
    buf_init(&link);
    if (self->page.more) {
        buf_add_text(&link, "Link: <?after=");
        add_escaped(&link, self->page.last.data);
        buf_printf(&link, "&limit=%zu>; rel=\"next\"\r\n", self->page.limit);
    }
    exchange_reply_as(self->exchange, 200, "application/x-ndjson", link.len > 0 ? link.data : NULL,
                      blob_from_buf(&self->page.body));
    buf_fini(&link);
}

void listing_reply(struct listing *self)
{
    switch (self->format) {
    case LISTING_TABLE: reply_table(self, 200); break;
    case LISTING_NDJSON: reply_ndjson(self); break;
    case LISTING_JSON: page_close(&self->page); exchange_reply_buf(self->exchange, 200, &self->page.body);
    }
    listing_fini(self);
}

void listing_reply_one(struct listing *self, int status)
{
    if (self->format == LISTING_TABLE) {
        reply_table(self, status);
    } else {
        buf_add_char(&self->page.body, '\n');
        exchange_reply_buf(self->exchange, status, &self->page.body);
    }
    listing_fini(self);
}
