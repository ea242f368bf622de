/* SPDX-License-Identifier: ISC */
/* See reading.h. */
#include "view/reading.h"

#include "base/blob.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE_BYTES = 256, /* that are left in an event: its other lines */
    GONE_BYTES = 64    /* at most, for a conversation where nobody is any more */
};

/* A place that is asked for by its name. */
struct seat {
    struct list_node node; /* among the readers of the place */
    struct place *place;   /* borrowed: held while it has readers */
    struct reading *reading;
};

struct reading {
    struct places *places; /* borrowed: outlives its readings */
    const char *user;      /* borrowed */
    size_t user_len;
    void *owner; /* or NULL */
    enum place_eyes eyes;
    bool dms;
    struct told_list *told; /* owned; NULL: nothing, as most of the time */
    size_t count;
    struct seat seats[];
};

/* What the reader was told. */
static const struct told_list *told_by(const struct reading *self)
{
    static const struct told_list nothing;
    return self->told ? self->told : &nothing;
}

static void remember(struct reading *self, const struct told_list *told)
{
    if (told->count == 0) {
        free(self->told);
        self->told = NULL;
        return;
    }
    if (!self->told)
        self->told = mem_new(sizeof *self->told);
    self->told->count = told->count;
    memcpy(self->told->list, told->list, told->count * sizeof *told->list);
}

static void sit_down(struct reading *self, struct place *place)
{
    struct seat *seat = &self->seats[self->count++];
    *seat = (struct seat){.place = place, .reading = self};
    list_init(&seat->node);
    list_append(&place->readers, &seat->node);
}

struct reading *reading_new(struct places *places, const struct place_wants *wants, int64_t now_ms)
{
    struct reading *self = mem_new(sizeof *self + wants->count * sizeof *self->seats);
    struct told_list told;
    self->places = places;
    self->user = wants->user;
    self->user_len = strlen(wants->user);
    self->eyes = wants->eyes;
    if (wants->told && told_parse(&told, wants->told, wants->told_len))
        remember(self, &told);
    for (size_t i = 0; i < wants->count; i++) {
        const char *name = wants->names[i];
        if (strcmp(name, READING_DMS) == 0)
            self->dms = true;
        else
            sit_down(self, places_hold(places, name, strlen(name), now_ms));
    }
    return self;
}

void reading_free(struct reading *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        list_remove(&self->seats[i].node);
    free(self->told);
    free(self);
}

bool reading_has_dms(const struct reading *self)
{
    return self->dms;
}

void reading_set_owner(struct reading *self, void *owner, const char *user)
{
    self->owner = owner;
    self->user = user;
}

void reading_each_of(const struct place *place, void (*fn)(void *ctx, void *owner), void *ctx)
{
    for (const struct list_node *at = place->readers.next; at != &place->readers; at = at->next) {
        const struct reading *reading = LIST_OWNER(at, const struct seat, node)->reading;
        if (reading->owner)
            fn(ctx, reading->owner);
    }
}

/* ---- which places ---- */

static bool is_seated(const struct reading *self, const struct place *place)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->seats[i].place == place)
            return true;
    }
    return false;
}

/* The mark of what the reader may know of PLACE now. What is not known here stays as they were told. */
static uint32_t mark_now(const struct reading *self, const struct place *place, int64_t now_ms)
{
    if (!place_is_open_to(place, self->user, self->user_len))
        return 0;
    if (!place_is_known(place, now_ms))
        return told_of(told_by(self), place->mark);
    return place_set_mark(place->set, self->eyes);
}

/* Whether nobody is at PLACE, and the reader knows that: of those the cursor says nothing. */
static bool is_quiet(const struct reading *self, const struct place *place, int64_t now_ms)
{
    return mark_now(self, place, now_ms) == 0 && told_of(told_by(self), place->mark) == 0;
}

/* The places that SELF asks for now, into OUT of TOLD_MAX, without conversations that are quiet; returns how many. */
static size_t list_places(const struct reading *self, const struct place **out, int64_t now_ms)
{
    size_t found = 0, count = 0;
    for (size_t i = 0; i < self->count; i++)
        out[found++] = self->seats[i].place;
    struct place *const *dms = self->dms ? places_dms_of(self->places, self->user, self->user_len, &count) : NULL;
    for (size_t i = 0; i < count && found < TOLD_MAX; i++) {
        if (!is_seated(self, dms[i]) && !is_quiet(self, dms[i], now_ms))
            out[found++] = dms[i];
    }
    return found;
}

/* Whether TOLD is of a conversation that is not the reader's any more, or if all active ones are known, quiet. */
static bool is_gone(const struct reading *self, const struct told *told)
{
    int64_t dm = place_mark_dm(told->place);
    char name[32];
    if (!self->dms || dm == 0)
        return false;
    int len = snprintf(name, sizeof name, "dm:%lld", (long long)dm);
    const struct place *place = places_find(self->places, name, (size_t)len);
    return !place || (!is_seated(self, place) && !place_is_open_to(place, self->user, self->user_len));
}

bool reading_asks_for(const struct reading *self, const struct place *place)
{
    return is_seated(self, place) ||
           (self->dms && place->dm > 0 && place_is_open_to(place, self->user, self->user_len));
}

bool reading_has_news(const struct reading *self, int64_t now_ms)
{
    const struct place *places[TOLD_MAX];
    size_t count = list_places(self, places, now_ms);
    for (size_t i = 0; i < count; i++) {
        if (mark_now(self, places[i], now_ms) != told_of(told_by(self), places[i]->mark))
            return true;
    }
    const struct told_list *told = told_by(self);
    for (size_t i = 0; i < told->count && places_know_dms(self->places); i++) {
        if (is_gone(self, &told->list[i]))
            return true;
    }
    return false;
}

/* ---- answers ---- */

/* What one answer says of places. */
struct news {
    struct told_list after; /* what the reader knows then */
    const struct place *places[TOLD_MAX];
    uint32_t marks[TOLD_MAX];
    size_t count;
    int64_t gone[TOLD_MAX]; /* ids of conversations where nobody is any more */
    size_t gone_count;
};

/* The bytes that the set of PLACE with MARK takes, at most. */
static size_t bytes_of(const struct reading *self, const struct place *place, uint32_t mark)
{
    size_t len = 2 * (size_t)place->name_len;
    if (mark > 0)
        place_set_json(place->set, self->eyes, &len);
    return len + sizeof ",\"people\":[],\"count\":0";
}

/* How many bytes of sets still fit into an answer whose page has LEN. */
static size_t room_beside(size_t len)
{
    size_t taken = len + READING_FRAME_BYTES + SPARE_BYTES;
    return taken < LIMIT_EVENT_BYTES ? LIMIT_EVENT_BYTES - taken : 0;
}

/* What the reader was told of conversations that are gone, and can hear now in ROOM bytes. */
static void gather_gone(const struct reading *self, struct news *news, size_t room)
{
    const struct told_list *told = told_by(self);
    size_t most = places_know_dms(self->places) ? room / GONE_BYTES : 0;
    news->gone_count = 0;
    for (size_t i = 0; i < told->count; i++) {
        if (!is_gone(self, &told->list[i]))
            continue;
        if (news->gone_count < most)
            news->gone[news->gone_count++] = place_mark_dm(told->list[i].place);
        else
            told_add(&news->after, told->list[i].place, told->list[i].set);
    }
}

static void gather(const struct reading *self, struct news *news, int64_t now_ms, size_t room)
{
    const struct place *places[TOLD_MAX];
    size_t count = list_places(self, places, now_ms);
    news->count = news->after.count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t known = told_of(told_by(self), places[i]->mark);
        uint32_t mark = mark_now(self, places[i], now_ms);
        size_t bytes = mark != known ? bytes_of(self, places[i], mark) : 0;
        bool is_news = mark != known && bytes <= room;
        told_add(&news->after, places[i]->mark, is_news ? mark : known);
        if (!is_news)
            continue;
        room -= bytes;
        news->marks[news->count] = mark;
        news->places[news->count++] = places[i];
    }
    gather_gone(self, news, room);
}

/* The set of PLACE, which is the empty one if MARK is 0. */
static void append_set(struct buf *out, const struct place *place, uint32_t mark, enum place_eyes eyes)
{
    size_t len;
    if (mark > 0) {
        const char *json = place_set_json(place->set, eyes, &len);
        buf_add(out, json, len);
        return;
    }
    buf_add_text(out, "\"place\":");
    buf_add_json(out, place->name, place->name_len);
    buf_add_text(out, ",\"people\":[],\"count\":0");
}

static void append_news(struct buf *out, const struct news *news, enum place_eyes eyes)
{
    const char *before = ",\"places\":[{";
    for (size_t i = 0; i < news->count; i++, before = "},{") {
        buf_add_text(out, before);
        append_set(out, news->places[i], news->marks[i], eyes);
    }
    for (size_t i = 0; i < news->gone_count; i++, before = "},{") {
        buf_add_text(out, before);
        buf_printf(out, "\"place\":\"dm:%lld\",\"people\":[],\"count\":0", (long long)news->gone[i]);
    }
    buf_add_text(out, news->count + news->gone_count > 0 ? "}]" : "");
}

static void append_told(struct buf *out, const struct told_list *told)
{
    char text[TOLD_TEXT_MAX + 1];
    if (told->count == 0)
        return;
    told_format(told, text);
    buf_add_text(out, "_t");
    buf_add_text(out, text);
}

/*
 * BODY begins with the cursor, {"cursor":"...", and ends with a brace: what is known goes to the end of the former, and
 * the news before the latter.
 */
static struct blob *join(const struct blob *body, const struct news *news, enum place_eyes eyes)
{
    const size_t start = strlen("{\"cursor\":\"");
    size_t cursor_end = start + strcspn(body->data + start, "\"");
    struct buf out;
    buf_init(&out);
    buf_add(&out, body->data, cursor_end);
    append_told(&out, &news->after);
    buf_add(&out, body->data + cursor_end, body->len - 1 - cursor_end);
    append_news(&out, news, eyes);
    buf_add_char(&out, '}');
    struct blob *whole = blob_from_buf(&out);
    buf_fini(&out);
    return whole;
}

/* The marks in BEFORE and AFTER tell which sets are in between, no matter who asks for them. */
static bool is_kept(const struct kept_answer *kept, const struct blob *body, const struct told_list *before,
                    const struct told_list *after)
{
    return kept->body == body && told_is_same(&kept->before, before) && told_is_same(&kept->after, after);
}

static void keep(struct kept_answer *kept, struct blob *body, const struct reading *self, const struct news *news)
{
    blob_unref(kept->body);
    blob_unref(kept->whole);
    kept->body = blob_ref(body);
    kept->before = *told_by(self);
    kept->after = news->after;
    kept->whole = join(body, news, self->eyes);
}

struct blob *reading_answer(struct reading *self, struct blob *body, int64_t now_ms)
{
    struct kept_answer *kept = places_kept(self->places);
    struct news news;
    gather(self, &news, now_ms, room_beside(body->len));
    if (!is_kept(kept, body, told_by(self), &news.after)) {
        keep(kept, body, self, &news);
        places_note_rendered(self->places);
    }
    remember(self, &news.after);
    blob_unref(body);
    return blob_ref(kept->whole);
}

void reading_append_told(const struct reading *self, struct buf *out)
{
    append_told(out, told_by(self));
}

void reading_append_set(const char *name, const struct place_set *set, enum place_eyes eyes, struct buf *out)
{
    struct told_list told = {0};
    told_add(&told, place_name_mark(name, strlen(name)), place_set_mark(set, eyes));
    append_told(out, &told);
}
