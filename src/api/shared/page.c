/* SPDX-License-Identifier: ISC */
/* See page.h. */
#include "api/shared/page.h"

#include "api/shared/render.h"

#include <string.h>

void page_init(struct page *self, size_t limit)
{
    *self = (struct page){.limit = limit};
    buf_init(&self->body);
    buf_init(&self->last);
}

void page_fini(struct page *self)
{
    buf_fini(&self->body);
    buf_fini(&self->last);
}

bool page_take(struct page *self)
{
    self->more = self->rows == self->limit;
    self->rows += !self->more;
    return !self->more;
}

void page_mark_text(struct page *self, const char *key, size_t len)
{
    buf_clear(&self->last);
    buf_add(&self->last, key, len);
}

void page_mark_number(struct page *self, int64_t number)
{
    self->last_number = number;
}

/* ---- as JSON ---- */

void page_open(struct page *self, const char *name)
{
    render_name(&self->body, name);
    buf_add_char(&self->body, '[');
}

bool page_row(struct page *self)
{
    if (!page_take(self))
        return false;
    buf_add_text(&self->body, self->rows > 1 ? ",{" : "{");
    return true;
}

void page_end_row_text(struct page *self, const char *key, size_t len)
{
    buf_add_char(&self->body, '}');
    page_mark_text(self, key, len);
}

void page_end_row_number(struct page *self, int64_t number)
{
    buf_add_char(&self->body, '}');
    page_mark_number(self, number);
}

void page_close(struct page *self)
{
    buf_add_char(&self->body, ']');
    if (self->more && self->last.len > 0)
        render_text(&self->body, ",next", self->last.data);
    else if (self->more)
        render_int(&self->body, ",next", self->last_number);
    buf_add_text(&self->body, "}\n");
}
