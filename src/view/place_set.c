/* SPDX-License-Identifier: ISC */
/* See place_set.h. */
#include "view/place_set.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

enum {
    MARK_MASK = 0xffffff,
    DM_MARK = 0x800000,    /* in marks of names: the rest is the id of a conversation, */
    LONG_MARK = 0x1000000, /* or from this one on all of it; then this is added, */
    DM_BITS = 53           /* and the id has so many at most: those that can be chosen are up to 2^52 */
};

/* The set as some see it. */
struct rendered {
    char *json; /* owned */
    size_t len;
    size_t count;
    uint32_t mark;
};

struct place_set {
    int64_t ends_ms;
    size_t things;
    struct rendered seen[PLACE_EYES];
};

/* ---- names ---- */

bool place_name_ok(const char *name, size_t len)
{
    _Static_assert((int)LIMIT_PLACE_BYTES == (int)IDS_USER_MAX, "places are named by the rule for users");
    return ids_user_ok(name, len);
}

bool place_doing_ok(const char *word, size_t len)
{
    if (len == 0 || len > LIMIT_DOING_BYTES)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (word[i] != '-' && (word[i] < 'a' || word[i] > 'z'))
            return false;
    }
    return true;
}

int64_t place_dm(const char *name)
{
    const char *digit = name + 3;
    int64_t id = 0;
    if (strncmp(name, "dm:", 3) != 0 || *digit < '1' || *digit > '9')
        return 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (id > (INT64_MAX - 9) / 10)
            return 0;
        id = id * 10 + (*digit - '0');
    }
    return *digit == '\0' ? id : 0;
}

/* 24 bits of what LEN bytes are; never 0. */
static uint32_t mark_of(const char *bytes, size_t len)
{
    uint64_t hash = hash_fnv1a(HASH_FNV1A_START, bytes, len);
    uint32_t mark = (uint32_t)(hash ^ hash >> 24 ^ hash >> 48) & MARK_MASK;
    return mark ? mark : 1;
}

uint64_t place_name_mark(const char *name, size_t len)
{
    int64_t dm = place_dm(name);
    if (dm > 0 && dm >> DM_BITS == 0)
        return dm < DM_MARK ? (uint64_t)dm | DM_MARK : (uint64_t)dm + LONG_MARK;
    uint32_t mark = mark_of(name, len) & (DM_MARK - 1);
    return mark ? mark : 1;
}

int64_t place_mark_dm(uint64_t mark)
{
    if (mark >= LONG_MARK)
        return (int64_t)(mark - LONG_MARK);
    return mark & DM_MARK ? (int64_t)(mark & (DM_MARK - 1)) : 0;
}

/* ---- order ---- */

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_users(const struct place_thing *a, const struct place_thing *b)
{
    return compare_bytes(a->user, a->user_len, b->user, b->user_len);
}

/* By user, then by what they do. */
static int by_user(const void *left, const void *right)
{
    const struct place_thing *a = left;
    const struct place_thing *b = right;
    int order = compare_users(a, b);
    return order ? order : compare_bytes(a->doing, a->doing_len, b->doing, b->doing_len);
}

/* Some things of one user, next to each other. */
struct person {
    const struct place_thing *things;
    size_t count;
    int64_t arrived_ms;
};

static int by_arrival(const void *left, const void *right)
{
    const struct person *a = left;
    const struct person *b = right;
    int order = (a->arrived_ms > b->arrived_ms) - (a->arrived_ms < b->arrived_ms);
    return order ? order : compare_users(a->things, b->things);
}

/* The people who do COUNT THINGS, which are sorted by user, as they came; PEOPLE has space for COUNT. */
static size_t gather(const struct place_thing *things, size_t count, struct person *people)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct person *last = found > 0 ? &people[found - 1] : NULL;
        if (last && compare_users(last->things, &things[i]) == 0) {
            last->count++;
            last->arrived_ms = number_least(last->arrived_ms, things[i].arrived_ms);
        } else {
            people[found++] = (struct person){&things[i], 1, things[i].arrived_ms};
        }
    }
    if (found > 0)
        qsort(people, found, sizeof *people, by_arrival);
    return found;
}

/* ---- JSON ---- */

static void append_person(struct buf *out, const struct person *person)
{
    const struct place_thing *last = NULL;
    size_t named = 0;
    buf_add_text(out, "{\"user\":");
    buf_add_json(out, person->things->user, person->things->user_len);
    buf_add_text(out, ",\"doing\":[");
    for (size_t i = 0; i < person->count && named < LIMIT_PLACE_DOINGS; i++) {
        const struct place_thing *thing = &person->things[i];
        if (last && by_user(last, thing) == 0)
            continue;
        buf_add_text(out, last ? "," : "");
        buf_add_json(out, thing->doing, thing->doing_len);
        last = thing;
        named++;
    }
    buf_add_text(out, "]}");
}

static void render(struct rendered *self, const char *place, const struct person *people, size_t count)
{
    struct buf out;
    buf_init(&out);
    buf_add_text(&out, "\"place\":");
    buf_add_json(&out, place, strlen(place));
    buf_add_text(&out, ",\"people\":[");
    for (size_t i = 0; i < count && i < LIMIT_PLACE_PEOPLE; i++) {
        buf_add_text(&out, i > 0 ? "," : "");
        append_person(&out, &people[i]);
    }
    buf_add_text(&out, "],\"count\":");
    buf_add_int(&out, (int64_t)count);
    self->len = out.len;
    self->json = buf_take(&out);
    self->count = count;
    self->mark = count > 0 ? mark_of(self->json, self->len) : 0;
}

/* ---- sets ---- */

static bool is_typing(const struct place_thing *thing)
{
    return thing->doing_len == 6 && memcmp(thing->doing, "typing", 6) == 0;
}

/* Moves the things that are not typing to the front, in their order; returns how many they are. */
static size_t without_typing(struct place_thing *things, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_typing(&things[i]))
            things[kept++] = things[i];
    }
    return kept;
}

struct place_set *place_set_new(const char *place, struct place_thing *things, size_t count)
{
    struct place_set *self = mem_new(sizeof *self);
    struct person *people = mem_resize(NULL, count + 1, sizeof *people);
    self->things = count;
    self->ends_ms = INT64_MAX;
    for (size_t i = 0; i < count; i++)
        self->ends_ms = number_least(self->ends_ms, things[i].ends_ms);
    if (count > 0)
        qsort(things, count, sizeof *things, by_user);
    render(&self->seen[PLACE_ALL], place, people, gather(things, count, people));
    count = without_typing(things, count);
    render(&self->seen[PLACE_QUIET], place, people, gather(things, count, people));
    free(people);
    return self;
}

void place_set_free(struct place_set *self)
{
    for (size_t i = 0; self && i < PLACE_EYES; i++)
        free(self->seen[i].json);
    free(self);
}

size_t place_set_count(const struct place_set *self, enum place_eyes eyes)
{
    return self->seen[eyes].count;
}

int64_t place_set_ends_ms(const struct place_set *self)
{
    return self->ends_ms;
}

bool place_set_prolong(struct place_set *self, int64_t ends_ms)
{
    if (self->things != 1)
        return false;
    self->ends_ms = ends_ms;
    return true;
}

const char *place_set_json(const struct place_set *self, enum place_eyes eyes, size_t *len)
{
    *len = self->seen[eyes].len;
    return self->seen[eyes].json;
}

uint32_t place_set_mark(const struct place_set *self, enum place_eyes eyes)
{
    return self->seen[eyes].mark;
}

static bool is_same(const struct rendered *a, const struct rendered *b)
{
    return a->len == b->len && memcmp(a->json, b->json, a->len) == 0;
}

bool place_set_is_same(const struct place_set *a, const struct place_set *b)
{
    return is_same(&a->seen[PLACE_ALL], &b->seen[PLACE_ALL]) && is_same(&a->seen[PLACE_QUIET], &b->seen[PLACE_QUIET]);
}
