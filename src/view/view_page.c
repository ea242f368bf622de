/* SPDX-License-Identifier: ISC */
/*
 * What a reader is sent: first which entries (pick), then how far that brings the reader (cursor), then the JSON. A
 * page without a filter is kept until the view changes (view_cache.c), since a crowd asks for the same one.
 */
#include "view/view_private.h"

#include "base/blob.h"
#include "base/ids.h"
#include "base/mem.h"
#include "view/seen.h"

#include <stdlib.h>
#include <string.h>

enum { PICKED_MIN = 32, OUT_KEPT_BYTES = 8192 };

/* What a page says beside its entries. */
struct answer {
    struct cursor next;
    struct view_reader reader;
    int64_t now_ms; /* 0: it is not said */
    size_t count;   /* of self->picked */
    bool more;
    bool counts;
    bool members; /* refetch */
    bool dms;     /* refetch */
    bool me;      /* refetch */
};

/* ---- which entries ---- */

static void pick(struct view *self, size_t *count, struct view_entry *entry)
{
    if (*count == self->picked_capacity) {
        self->picked_capacity = *count < PICKED_MIN ? PICKED_MIN : *count * 2;
        self->picked = mem_resize(self->picked, self->picked_capacity, sizeof *self->picked);
    }
    self->picked[(*count)++] = entry;
}

/* Picks those in full answers; one more than LIMIT if there are more, as below. Returns how many. */
static size_t pick_shown(struct view *self, size_t limit)
{
    size_t count = 0;
    for (struct list_node *at = self->shown.next; at != &self->shown && count <= limit; at = at->next)
        pick(self, &count, LIST_OWNER(at, struct view_entry, shown));
    return count;
}

/* Picks those who changed after SEQ. */
static size_t pick_changed(struct view *self, int64_t seq, size_t limit)
{
    size_t count = 0;
    for (size_t i = view_log_after(&self->log, seq); i < self->log.count && count <= limit; i++) {
        struct view_entry *entry = self->log.slots[i];
        if (entry && view_entry_kind(entry) == VIEW_PERSON)
            pick(self, &count, entry);
    }
    return count;
}

static int compare_seqs(const void *a, const void *b)
{
    const struct view_entry *left = *(struct view_entry *const *)a;
    const struct view_entry *right = *(struct view_entry *const *)b;
    return (left->seq > right->seq) - (left->seq < right->seq);
}

/* Picks those asked for who changed after SEQ (if EVERYTHING: and are in full answers), each once, in order. */
static size_t pick_watched(struct view *self, const struct view_query *query, bool everything, int64_t seq)
{
    size_t found = 0;
    for (size_t i = 0; i < query->only_count; i++) {
        struct view_entry *entry = query->only[i];
        if (entry->seq > seq && (!everything || view_entry_shown(entry)))
            pick(self, &found, entry);
    }
    if (found < 2)
        return found;
    qsort(self->picked, found, sizeof *self->picked, compare_seqs);
    size_t count = 1;
    for (size_t i = 1; i < found; i++) {
        if (self->picked[i] != self->picked[count - 1])
            self->picked[count++] = self->picked[i];
    }
    return count;
}

static size_t pick_all(struct view *self, const struct page_key *key, const struct view_query *query)
{
    bool everything = key->kind == PAGE_EVERYTHING || key->kind == PAGE_RESYNC;
    if (key->kind == PAGE_NOTHING)
        return 0;
    if (query->only)
        return pick_watched(self, query, everything, key->seq);
    return everything ? pick_shown(self, key->limit) : pick_changed(self, key->seq, key->limit);
}

/* ---- how far, and the marks on the way ---- */

static struct cursor cursor_at(const struct view *self, int64_t seq, int64_t begun)
{
    struct cursor cursor = {.seq = seq, .head = begun};
    memcpy(cursor.epoch, self->epoch, sizeof cursor.epoch);
    return cursor;
}

/* The seq of CALLER's DM mark; 0 if it never changed. */
static int64_t dms_seq(const struct view *self, const char *caller, size_t len)
{
    char key[IDS_USER_MAX + 1] = {'\1'};
    if (!caller || len == 0 || len > IDS_USER_MAX)
        return 0;
    memcpy(key + 1, caller, len);
    const struct view_entry *entry = view_find(self, key, len + 1);
    return entry ? entry->seq : 0;
}

/*
 * Whether a mark of SEQ is news on the way from KEY to NEXT. A reader of a full answer in pages has fetched members
 * and DMs since it began, so older marks are not news.
 */
static bool mark_passed(const struct page_key *key, const struct cursor *next, int64_t seq)
{
    int64_t known = key->begun > key->seq ? key->begun : key->seq;
    if (key->kind == PAGE_CONTINUE)
        return seq > known && seq <= next->seq;
    return key->kind == PAGE_RESYNC;
}

static struct answer answer_to(struct view *self, const struct page_key *key, const struct view_query *query)
{
    struct answer answer = {.count = pick_all(self, key, query), .reader = {.own = key->own, .now_ms = query->now_ms}};
    answer.more = answer.count > key->limit;
    if (answer.more) {
        bool continued = key->kind == PAGE_CONTINUE;
        answer.count = key->limit;
        answer.next = cursor_at(self, self->picked[key->limit - 1]->seq, continued ? key->begun : self->head);
    } else {
        answer.next = cursor_at(self, key->kind == PAGE_NOTHING ? key->seq : self->head, 0);
    }
    answer.now_ms = answer.count > 0 ? query->now_ms : 0;
    answer.counts = key->counts && (key->kind == PAGE_EVERYTHING || mark_passed(key, &answer.next, self->counts_seq));
    answer.members = mark_passed(key, &answer.next, self->roster_seq);
    answer.dms = key->kind == PAGE_RESYNC;
    return answer;
}

/* ---- JSON ---- */

void view_append_entry(const struct view *self, struct buf *out, const struct view_entry *entry,
                       const struct view_reader *reader)
{
    int64_t since_ms = view_told_since_ms(self, entry, reader);
    buf_add_text(out, "{\"user\":");
    buf_add_json(out, entry->key, entry->key_len);
    buf_add_text(out, ",\"status\":\"");
    buf_add_text(out, status_name(view_entry_status(entry)));
    buf_add_char(out, '"');
    if (since_ms != 0) {
        buf_add_text(out, ",\"since\":");
        buf_add_int(out, since_ms);
    }
    buf_add_text(out, ",\"why\":\"");
    buf_add_text(out, why_name(view_entry_why(entry)));
    buf_add_char(out, '"');
    if (entry->note)
        buf_add_text(out, entry->note);
    buf_add_char(out, '}');
}

static void append_cursor(struct buf *out, const struct answer *answer)
{
    char cursor[CURSOR_TEXT_MAX];
    buf_add_text(out, "\"cursor\":\"");
    buf_add(out, cursor, cursor_format(&answer->next, cursor));
    buf_add_text(out, answer->more ? "\",\"more\":true" : "\",\"more\":false");
}

static void append_changes(const struct view *self, struct buf *out, const struct answer *answer)
{
    buf_add_text(out, ",\"changes\":[");
    for (size_t i = 0; i < answer->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        view_append_entry(self, out, self->picked[i], &answer->reader);
    }
    buf_add_char(out, ']');
}

static void append_now(struct buf *out, int64_t now_ms)
{
    if (now_ms == 0)
        return;
    buf_add_text(out, ",\"now\":");
    buf_add_int(out, now_ms);
}

static void append_counts(const struct view *self, struct buf *out)
{
    buf_add_text(out, ",\"counts\":{");
    view_append_counts(self, out);
    buf_add_char(out, '}');
}

static void append_refetch(struct buf *out, const struct answer *answer)
{
    const char *names[] = {answer->members ? "members" : NULL, answer->dms ? "dms" : NULL, answer->me ? "me" : NULL};
    const char *before = ",\"refetch\":[\"";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!names[i])
            continue;
        buf_add_text(out, before);
        buf_add_text(out, names[i]);
        before = "\",\"";
    }
    if (answer->members || answer->dms || answer->me)
        buf_add_text(out, "\"]");
}

static struct blob *render(struct view *self, const struct answer *answer, bool resync)
{
    struct buf *out = &self->out;
    buf_clear(out);
    buf_add_char(out, '{');
    append_cursor(out, answer);
    buf_add_text(out, resync ? ",\"resync\":true" : ",\"resync\":false");
    append_changes(self, out, answer);
    append_now(out, answer->now_ms);
    if (answer->counts)
        append_counts(self, out);
    append_refetch(out, answer);
    buf_add_char(out, '}');
    struct blob *blob = blob_from_buf(out);
    if (out->capacity > OUT_KEPT_BYTES)
        buf_fini(out);
    return blob;
}

/* ---- what is called from outside ---- */

enum view_start view_start(const struct view *self, const struct cursor *cursor)
{
    if (!cursor)
        return VIEW_EVERYTHING;
    if (self->epoch[0] == '\0' || strcmp(cursor->epoch, self->epoch) != 0)
        return VIEW_RESYNC;
    if (cursor->seq > self->head || cursor->head > self->head)
        return VIEW_RESYNC;
    /* An entry that was pruned since a full answer began was offline by then, so the reader missed nothing. */
    int64_t told = cursor->head > 0 ? cursor->head : cursor->seq;
    return told >= self->floor ? VIEW_CONTINUE : VIEW_RESYNC;
}

bool view_has_news(const struct view *self, int64_t seq, const struct view_query *query)
{
    if (self->head <= seq)
        return false;
    if (!query->only && self->shared_seq > seq)
        return true;
    if (self->roster_seq > seq)
        return true;
    for (size_t i = 0; query->only && i < query->only_count; i++) {
        if (query->only[i]->seq > seq)
            return true;
    }
    return dms_seq(self, query->caller, query->caller_len) > seq;
}

bool view_has_counts(const struct view *self, int64_t seq, const struct view_query *query)
{
    return query->counts && self->counts_seq > seq;
}

/* The page of KEY that all readers without a filter and without DM news share. */
static const struct kept_page *shared_page(struct view *self, const struct page_key *key,
                                           const struct view_query *query)
{
    const struct kept_page *page = view_cache_find(&self->cache, key, query->now_ms);
    if (page)
        return page;
    struct answer answer = answer_to(self, key, query);
    struct kept_page fresh = {.key = *key, .next = answer.next, .now_ms = answer.now_ms};
    fresh.blob = render(self, &answer, key->kind == PAGE_RESYNC);
    return view_cache_keep(&self->cache, &fresh);
}

static struct page_key key_of(const struct view *self, enum view_start start, const struct cursor *cursor,
                              const struct view_query *query)
{
    struct page_key key = {
        .kind = PAGE_EVERYTHING,
        .limit = query->limit > 0 ? query->limit : 1,
        .counts = query->counts,
        .own = seen_stricter(query->own, view_last_seen_of(self, query->caller, query->caller_len)),
    };
    if (start == VIEW_RESYNC)
        key.kind = PAGE_RESYNC;
    if (start == VIEW_CONTINUE) {
        key.kind = PAGE_CONTINUE;
        key.seq = cursor->seq;
        key.begun = cursor->head;
    }
    return key;
}

struct blob *view_page(struct view *self, enum view_start start, const struct cursor *cursor,
                       const struct view_query *query, struct cursor *next)
{
    struct page_key key = key_of(self, start, cursor, query);
    int64_t dms = key.kind == PAGE_CONTINUE ? dms_seq(self, query->caller, query->caller_len) : 0;
    bool own = query->own_rev > 0 || query->own_news;
    if (!query->only && !own) {
        const struct kept_page *page = shared_page(self, &key, query);
        if (next)
            *next = page->next;
        if (dms == 0 || !mark_passed(&key, &page->next, dms))
            return blob_ref(page->blob);
    }
    struct answer answer = answer_to(self, &key, query);
    answer.dms = answer.dms || (dms > 0 && mark_passed(&key, &answer.next, dms));
    answer.me = query->own_news;
    answer.next.own_rev = query->own_rev;
    if (next)
        *next = answer.next;
    return render(self, &answer, key.kind == PAGE_RESYNC);
}

struct blob *view_nothing(struct view *self, int64_t seq, int64_t own_rev)
{
    struct page_key key = {.kind = PAGE_NOTHING, .seq = seq < 0 ? self->head : seq, .limit = 1};
    struct view_query nobody = {.limit = 1};
    if (own_rev == 0)
        return blob_ref(shared_page(self, &key, &nobody)->blob);
    struct answer answer = answer_to(self, &key, &nobody);
    answer.next.own_rev = own_rev;
    return render(self, &answer, false);
}

struct blob *view_lost(struct view *self, const char *epoch, int64_t seq, int64_t own_rev)
{
    struct answer answer = {.next = {.seq = seq, .own_rev = own_rev}};

    strcpy(answer.next.epoch, epoch);
    return render(self, &answer, false);
}

void view_append_everyone(struct view *self, struct buf *out, const struct view_query *query)
{
    struct page_key key = key_of(self, VIEW_EVERYTHING, NULL, query);
    struct answer answer = answer_to(self, &key, query);
    answer.next.own_rev = query->own_rev;
    append_cursor(out, &answer);
    append_changes(self, out, &answer);
    append_now(out, query->now_ms);
}
