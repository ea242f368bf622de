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
    return a->kind == b->kind && a->seq == b->seq && a->begun == b->begun && a->limit == b->limit &&
           a->counts == b->counts && a->own == b->own;
}

static bool is_recent(const struct kept_page *page, int64_t now_ms)
{
    return page->now_ms == 0 || (now_ms >= page->now_ms && now_ms < page->now_ms + VIEW_KEPT_MS);
}

const struct kept_page *view_cache_find(const struct view_cache *self, const struct page_key *key, int64_t now_ms)
{
    for (size_t i = 0; i < VIEW_PAGES; i++) {
        const struct kept_page *page = &self->pages[i];
        if (page->blob && is_same(&page->key, key) && is_recent(page, now_ms))
            return page;
    }
    return NULL;
}

const struct kept_page *view_cache_keep(struct view_cache *self, const struct kept_page *page)
{
    struct kept_page *slot = &self->pages[self->turn++ % VIEW_PAGES];
    blob_unref(slot->blob);
    *slot = *page;
    return slot;
}
