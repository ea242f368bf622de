/* SPDX-License-Identifier: ISC */
/*
 * Who watches which entry: each entry has an array of its watchers, each poll knows its place in each. So a change
 * finds those it concerns without looking at others, and a poll leaves by swapping the last one into its place.
 */
#include "presence/parked_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { WATCHERS_MIN = 1 };

struct watcher {
    struct poll *poll; /* borrowed */
    uint32_t index;    /* of the entry among the poll's own */
};

/* What hangs on a watched entry; owned by it while anybody watches. */
struct watchers {
    uint32_t count;
    uint32_t capacity;
    struct watcher list[];
};

static struct watchers *resize(struct watchers *watchers, uint32_t capacity)
{
    watchers = mem_resize(watchers, 1, sizeof *watchers + capacity * sizeof watchers->list[0]);
    watchers->capacity = capacity;
    return watchers;
}

static void join(struct poll *poll, uint32_t index)
{
    void **slot = view_entry_watchers(poll->watching->entries[index]);
    struct watchers *watchers = *slot;
    if (watchers == NULL) {
        watchers = resize(NULL, WATCHERS_MIN);
        watchers->count = 0;
    } else if (watchers->count == watchers->capacity) {
        watchers = resize(watchers, watchers->capacity * 2);
    }
    *slot = watchers;
    poll->watching->at[index] = watchers->count;
    watchers->list[watchers->count++] = (struct watcher){.poll = poll, .index = index};
}

static void leave(struct poll *poll, uint32_t index)
{
    void **slot = view_entry_watchers(poll->watching->entries[index]);
    struct watchers *watchers = *slot;
    uint32_t at = poll->watching->at[index];
    assert(watchers != NULL && at < watchers->count && watchers->list[at].poll == poll);
    struct watcher last = watchers->list[--watchers->count];
    watchers->list[at] = last;
    last.poll->watching->at[last.index] = at;
    if (watchers->count == 0) {
        free(watchers);
        *slot = NULL;
    } else if (watchers->count * 4 <= watchers->capacity && watchers->capacity > WATCHERS_MIN) {
        *slot = resize(watchers, watchers->capacity / 2);
    }
}

void watch_begin(struct view *view, struct poll *poll, const struct poll_spec *spec)
{
    if (spec->only == NULL)
        return;
    struct watching *watching;
    size_t count = spec->only_count;
    size_t each = sizeof watching->entries[0] + sizeof *watching->at;
    watching = mem_new(sizeof *watching + count * each);
    watching->count = count;
    watching->at = (uint32_t *)(void *)(watching->entries + count);
    poll->watching = watching;
    for (uint32_t i = 0; i < count; i++) {
        watching->entries[i] = view_watch(view, spec->only[i], spec->only_len[i]);
        join(poll, i);
    }
}

void watch_leave(struct poll *poll)
{
    for (uint32_t i = 0; poll->watching != NULL && i < poll->watching->count; i++)
        leave(poll, i);
}

void watch_end(struct view *view, struct poll *poll)
{
    for (size_t i = 0; poll->watching != NULL && i < poll->watching->count; i++)
        view_unwatch(view, poll->watching->entries[i]);
    free(poll->watching);
    poll->watching = NULL;
}

void watch_each(const struct view_entry *entry, void (*fn)(void *ctx, struct poll *poll), void *ctx)
{
    const struct watchers *watchers = view_entry_watched_by(entry);
    for (uint32_t i = 0; watchers != NULL && i < watchers->count; i++)
        fn(ctx, watchers->list[i].poll);
}
