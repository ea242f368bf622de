/* SPDX-License-Identifier: ISC */
/*
 * Which polls watch which entry: each entry has an array of its watchers, and each poll knows its place in each
 * array. So a change finds the polls that it concerns without looking at others, and a poll leaves by swapping the
 * last one into its place.
 */
#include "view/parked_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WATCHERS_MIN = 1 };

struct watcher {
    struct parked_poll *poll; /* borrowed */
    uint32_t index;           /* of the entry among the poll's own */
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

static void join(struct parked_poll *poll, uint32_t index)
{
    void **slot = view_entry_watchers(poll->watching->entries[index]);
    struct watchers *watchers = *slot;
    if (!watchers) {
        watchers = resize(NULL, WATCHERS_MIN);
        watchers->count = 0;
    } else if (watchers->count == watchers->capacity) {
        watchers = resize(watchers, watchers->capacity * 2);
    }
    *slot = watchers;
    poll->watching->at[index] = watchers->count;
    watchers->list[watchers->count++] = (struct watcher){.poll = poll, .index = index};
}

static void leave(struct parked_poll *poll, uint32_t index)
{
    void **slot = view_entry_watchers(poll->watching->entries[index]);
    struct watchers *watchers = *slot;
    uint32_t at = poll->watching->at[index];
    assert(watchers && at < watchers->count && watchers->list[at].poll == poll);
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

static size_t bytes_of(const size_t *lens, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += lens[i] + 1;
    return bytes;
}

static struct watching *watching_new(const struct poll_spec *spec)
{
    struct watching *self;
    size_t count = spec->only_count - spec->stranger_count;
    size_t fixed = sizeof *self + count * (sizeof self->entries[0] + sizeof *self->at);
    self = mem_new(fixed + (spec->stranger_count > 0 ? bytes_of(spec->only_len + count, spec->stranger_count) : 0));
    char *at = (char *)self + fixed;
    self->count = count;
    self->at = (uint32_t *)(void *)(self->entries + count);
    self->strangers = at;
    self->stranger_count = spec->stranger_count;
    for (size_t i = count; i < spec->only_count; i++) {
        memcpy(at, spec->only[i], spec->only_len[i]);
        at += spec->only_len[i] + 1;
    }
    return self;
}

void watch_begin(struct view *view, struct parked_poll *poll, const struct poll_spec *spec)
{
    if (!spec->only)
        return;
    poll->watching = watching_new(spec);
    for (uint32_t i = 0; i < poll->watching->count; i++) {
        poll->watching->entries[i] = view_watch(view, spec->only[i], spec->only_len[i]);
        join(poll, i);
    }
}

struct view_entry **watch_list(const struct view *view, const struct parked_poll *poll, size_t *count)
{
    const struct watching *watching = poll->watching;
    *count = 0;
    if (!watching)
        return NULL;
    struct view_entry **list =
        mem_resize(NULL, watching->count + watching->stranger_count + 1, sizeof(struct view_entry *));
    for (size_t i = 0; i < watching->count; i++)
        list[(*count)++] = watching->entries[i];
    const char *id = watching->strangers;
    for (size_t i = 0; i < watching->stranger_count; i++, id += strlen(id) + 1) {
        struct view_entry *entry = view_existing(view, id, strlen(id));
        if (entry)
            list[(*count)++] = entry;
    }
    return list;
}

void watch_leave(struct parked_poll *poll)
{
    for (uint32_t i = 0; poll->watching && i < poll->watching->count; i++)
        leave(poll, i);
}

void watch_end(struct view *view, struct parked_poll *poll)
{
    for (size_t i = 0; poll->watching && i < poll->watching->count; i++)
        view_unwatch(view, poll->watching->entries[i]);
    free(poll->watching);
    poll->watching = NULL;
}

void watch_each(const struct view_entry *entry, void (*fn)(void *ctx, struct parked_poll *poll), void *ctx)
{
    const struct watchers *watchers = view_entry_watched_by(entry);
    for (uint32_t i = 0; watchers && i < watchers->count; i++)
        fn(ctx, watchers->list[i].poll);
}
