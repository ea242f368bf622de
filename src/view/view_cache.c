/* SPDX-License-Identifier: ISC */
/*
 * Rendered pages that many readers ask for, kept until the view changes. A page without a filter depends on little
 * (struct page_key), so a handful of them serves a crowd.
 */
#include "view/view_private.h"

#include "base/blob.h"

void view_cache_drop(struct view_cache *self)
{
    for (size_t i = 0; i < VIEW_PAGES; i++) {
        blob_unref(self->pages[i].blob);
        self->pages[i].blob = NULL;
    }
}

static bool is_same(const struct page_key *a, const struct page_key *b)
{
    return a->kind == b->kind && a->seq == b->seq && a->begun == b->begun && a->limit == b->limit;
}

const struct kept_page *view_cache_find(const struct view_cache *self, const struct page_key *key)
{
    for (size_t i = 0; i < VIEW_PAGES; i++) {
        if (self->pages[i].blob && is_same(&self->pages[i].key, key))
            return &self->pages[i];
    }
    return NULL;
}

const struct kept_page *view_cache_keep(struct view_cache *self, const struct page_key *key, const struct cursor *next,
                                        struct blob *blob)
{
    struct kept_page *page = &self->pages[self->turn++ % VIEW_PAGES];
    blob_unref(page->blob);
    *page = (struct kept_page){.key = *key, .next = *next, .blob = blob};
    return page;
}
