/* SPDX-License-Identifier: ISC */
/* See place_recent.h. */
#include "presence/place_recent.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = IDS_WORKSPACE_MAX + IDS_USER_MAX + IDS_SESSION_MAX + LIMIT_PLACE_BYTES + LIMIT_DOING_BYTES + 5,
};

static struct place_said *said_at(struct table_node *node)
{
    return (struct place_said *)(void *)node;
}

static const char *texts_of(const struct table_node *node, size_t *len)
{
    const struct place_said *said = (const struct place_said *)(const void *)node;

    *len = said->len;
    return said->texts;
}

/* The texts of DEED into OUT (TEXTS_MAX bytes); with INSIDE, its pointers are moved there. Returns the length. */
static size_t write_texts(const struct place_deed *deed, char *out, struct place_deed *inside)
{
    const char *const texts[] = {deed->workspace, deed->user, deed->session, deed->place, deed->doing};
    const char *places[5];
    size_t len = 0;

    for (size_t i = 0; i < 5; i++) {
        size_t text_len = strlen(texts[i]) + 1;
        assert(len + text_len <= TEXTS_MAX);
        places[i] = memcpy(out + len, texts[i], text_len);
        len += text_len;
    }
    if (inside) {
        *inside = *deed;
        inside->workspace = places[0];
        inside->user = places[1];
        inside->session = places[2];
        inside->place = places[3];
        inside->doing = places[4];
    }
    return len;
}

struct place_said *place_said_new(const struct place_deed *deed, int64_t now_ms)
{
    char texts[TEXTS_MAX];
    size_t len = write_texts(deed, texts, NULL);
    struct place_said *self = mem_new(sizeof *self + len);

    self->len = (uint16_t)write_texts(deed, self->texts, &self->deed);
    self->told_ms = self->said_ms = now_ms;
    self->told_n = deed->n;
    self->ends_ms = self->until_ms = now_ms + deed->for_ms;
    return self;
}

void place_recent_init(struct place_recent *self)
{
    table_init(&self->table, texts_of);
    alarms_init(&self->alarms);
}

static struct place_said *find(const struct place_recent *self, const struct place_deed *deed)
{
    char texts[TEXTS_MAX];
    size_t len = self->table.count ? write_texts(deed, texts, NULL) : 0;

    return len ? said_at(table_find(&self->table, texts, len)) : NULL;
}

static void take_out(struct place_recent *self, struct place_said *said)
{
    table_remove(&self->table, &said->node);
    alarms_clear(&self->alarms, &said->alarm);
}

static bool is_owed(const struct place_said *said)
{
    return said->until_ms > said->ends_ms;
}

static void set_alarm(struct place_recent *self, struct place_said *said)
{
    int64_t late_ms = said->ends_ms - PLACE_TELL_MS;
    int64_t tell_ms = said->told_ms + PLACE_OWE_MS < late_ms ? said->told_ms + PLACE_OWE_MS : late_ms;

    alarms_clear(&self->alarms, &said->alarm);
    alarms_set(&self->alarms, &said->alarm, is_owed(said) ? tell_ms : said->ends_ms);
}

void place_recent_take(struct place_recent *self, struct place_said *said)
{
    struct place_said *before = find(self, &said->deed);

    bool is_news = !before || !is_owed(before) || before->said_ms <= said->told_ms;
    if (before && is_news) {
        take_out(self, before);
        free(before);
    }
    if (!is_news || self->table.count >= LIMIT_RECENT_DEEDS) {
        free(said);
        return;
    }
    table_add(&self->table, &said->node);
    set_alarm(self, said);
}

/* Without counts, nobody knows better. */
static bool is_later(int64_t n, int64_t last)
{
    return n < 0 ? last < 0 : last >= 0 && n >= last;
}

bool place_recent_owe(struct place_recent *self, const struct place_deed *deed, int64_t now_ms)
{
    struct place_said *said = find(self, deed);
    int64_t until_ms = now_ms + deed->for_ms;

    if (!said || said->ends_ms - now_ms < PLACE_SPARE_MS || until_ms < said->until_ms ||
        !is_later(deed->n, said->deed.n))
        return false;
    said->deed.n = deed->n;
    said->until_ms = until_ms;
    said->said_ms = now_ms;
    set_alarm(self, said);
    return true;
}

/* A copy of SAID as it is to be told at NOW_MS. */
static struct place_said *copy_of(const struct place_said *said, int64_t now_ms)
{
    struct place_deed deed = said->deed;

    deed.for_ms = said->until_ms > now_ms ? said->until_ms - now_ms : 0;
    struct place_said *copy = place_said_new(&deed, now_ms);
    copy->told_n = said->told_n;
    copy->ends_ms = said->ends_ms;
    return copy;
}

struct place_said *place_recent_forget(struct place_recent *self, const struct place_deed *deed, int64_t now_ms)
{
    struct place_said *said = find(self, deed);
    struct place_said *owed = said && is_owed(said) ? copy_of(said, now_ms) : NULL;

    if (said) {
        take_out(self, said);
        free(said);
    }
    return owed;
}

/* The next one that is owed and due; those that are over, as is what could not be told in time, are forgotten. */
static struct place_said *next_due(struct place_recent *self, int64_t now_ms)
{
    struct alarm *alarm;

    while ((alarm = alarms_due(&self->alarms, now_ms))) {
        struct place_said *said = LIST_OWNER(alarm, struct place_said, alarm);
        if (is_owed(said) && said->until_ms > now_ms)
            return said;
        take_out(self, said);
        free(said);
    }
    return NULL;
}

struct place_said *place_recent_due(struct place_recent *self, int64_t now_ms)
{
    struct place_said *said = next_due(self, now_ms);

    if (!said)
        return NULL;
    struct place_said *copy = copy_of(said, now_ms);
    said->told_ms = now_ms;
    said->told_n = said->deed.n;
    said->ends_ms = said->until_ms;
    set_alarm(self, said);
    return copy;
}

void place_recent_untold(struct place_recent *self, struct place_said *said, int64_t now_ms)
{
    struct place_said *kept = find(self, &said->deed);

    if (kept && kept->told_ms == said->told_ms) {
        kept->told_n = said->told_n;
        kept->ends_ms = said->ends_ms;
    }
    if (kept || self->table.count >= LIMIT_RECENT_DEEDS) {
        free(said);
    } else {
        table_add(&self->table, &said->node);
        kept = said;
    }
    if (kept && is_owed(kept)) {
        alarms_clear(&self->alarms, &kept->alarm);
        alarms_set(&self->alarms, &kept->alarm, now_ms + PLACE_RETRY_MS);
    }
}

void place_recent_end(struct place_recent *self, const struct place_ending *ending, int64_t now_ms)
{
    struct table_node *all = table_take_all(&self->table);

    while (all) {
        struct place_said *said = said_at(all);
        all = all->next;
        if (!ending->is_meant(ending->ctx, said->deed.workspace)) {
            table_add(&self->table, &said->node);
            continue;
        }
        alarms_clear(&self->alarms, &said->alarm);
        if (is_owed(said))
            ending->take(ending->ctx, copy_of(said, now_ms));
        free(said);
    }
}

static bool is_any(void *ctx, const char *workspace)
{
    (void)ctx;
    (void)workspace;
    return true;
}

static void drop(void *ctx, struct place_said *said)
{
    (void)ctx;
    free(said);
}

void place_recent_fini(struct place_recent *self)
{
    place_recent_end(self, &(struct place_ending){is_any, drop, NULL}, 0);
    table_fini(&self->table);
    alarms_fini(&self->alarms);
}
