/* SPDX-License-Identifier: ISC */
/* See recent.h. */
#include "presence/recent.h"

#include "base/conf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "presence/presence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    AGAIN_MS_MAX = 3000, /* so much of a lease is lost, of sessions that do not come back, if this worker is killed */
    OWE_MS = 1000,       /* a poll that comes again in this time after AGAIN tells Redis itself */
    RETRY_MS = 250,
    KEY_BYTES = IDS_WORKSPACE_MAX + IDS_USER_MAX + IDS_SESSION_MAX + 3,
};

struct key {
    uint8_t user_at, session_at;
    uint16_t len;
    char bytes[KEY_BYTES];
};

static const char *key_of(const struct table_node *node, size_t *len)
{
    const struct recent *recent = (const struct recent *)(const void *)node;

    *len = recent->key_len;
    return recent->key;
}

void recent_init(struct recent_set *self, const struct conf *conf)
{
    int64_t gap_ms = conf->gap_s * INT64_C(1000);
    int64_t ttl_ms = conf->ttl_s * INT64_C(1000);

    table_init(&self->table, key_of);
    list_init(&self->queue);
    memset(&self->polled, 0, sizeof self->polled);
    /* A lease of any kind, of a heartbeat or a poll, lasts until Redis is told, with time to spare. */
    self->again_ms = gap_ms / 2 < ttl_ms / 4 ? gap_ms / 2 : ttl_ms / 4;
    if (self->again_ms > AGAIN_MS_MAX)
        self->again_ms = AGAIN_MS_MAX;
    self->owe_ms = self->again_ms + (self->again_ms < OWE_MS ? self->again_ms : OWE_MS);
}

struct recent_id recent_id(const struct recent *recent)
{
    return (struct recent_id){recent->key, recent->key + recent->user_at, recent->key + recent->session_at};
}

/* ---- in and out ---- */

static char *append(char *out, const char *text, size_t max)
{
    size_t len = strlen(text);

    assert(len <= max);
    memcpy(out, text, len + 1);
    return out + len + 1;
}

static void make_key(struct key *key, const struct recent_id *id)
{
    char *at = append(key->bytes, id->workspace, IDS_WORKSPACE_MAX);

    key->user_at = (uint8_t)(at - key->bytes);
    at = append(at, id->user, IDS_USER_MAX);
    key->session_at = (uint8_t)(at - key->bytes);
    at = append(at, id->session, IDS_SESSION_MAX);
    key->len = (uint16_t)(at - key->bytes);
}

static struct recent *find_key(const struct recent_set *self, const struct key *key)
{
    return (struct recent *)(void *)table_find(&self->table, key->bytes, key->len);
}

static struct recent *find(const struct recent_set *self, const struct recent_id *id)
{
    struct key key;

    if (self->table.count == 0)
        return NULL;
    make_key(&key, id);
    return find_key(self, &key);
}

static struct recent *add(struct recent_set *self, const struct key *key)
{
    struct recent *recent = mem_new(sizeof *recent + key->len);
    recent->user_at = key->user_at;
    recent->session_at = key->session_at;
    recent->key_len = key->len;
    memcpy(recent->key, key->bytes, key->len);
    table_add(&self->table, &recent->node);
    list_append(&self->queue, &recent->queue);
    return recent;
}

static void take_out(struct recent_set *self, struct recent *recent)
{
    table_remove(&self->table, &recent->node);
    list_remove(&recent->queue);
    recent->out = true;
}

/* Whether a call holds RECENT until it is answered. */
static bool is_asked(const struct recent *recent)
{
    return recent->beat == 0;
}

static void drop(struct recent_set *self, struct recent *recent)
{
    take_out(self, recent);
    if (!is_asked(recent))
        free(recent);
}

static struct recent *first(const struct recent_set *self)
{
    return list_empty(&self->queue) ? NULL : LIST_OWNER(self->queue.next, struct recent, queue);
}

void recent_fini(struct recent_set *self)
{
    struct recent *recent;

    while ((recent = first(self)))
        drop(self, recent);
    table_fini(&self->table);
}

/* ---- polls that ask ---- */

/* Whether to remember the session of KEY, which polls at NOW_MS: it has polled a short while ago, and there is room. */
static bool is_worth_it(struct recent_set *self, const struct key *key, int64_t now_ms)
{
    return stamps_see(&self->polled, key->bytes, key->len, now_ms, self->again_ms) &&
           self->table.count < LIMIT_RECENT_SESSIONS;
}

/* One that is known is used again, unless a call holds it. */
static struct recent *replaced(struct recent_set *self, const struct recent_id *id, int64_t now_ms)
{
    struct key key;

    make_key(&key, id);
    bool worth_it = is_worth_it(self, &key, now_ms);
    struct recent *recent = find_key(self, &key);

    if (recent && is_asked(recent)) {
        take_out(self, recent);
        recent = NULL;
    }
    if (!recent)
        return worth_it ? add(self, &key) : NULL;
    list_remove(&recent->queue);
    list_append(&self->queue, &recent->queue);
    return recent;
}

struct recent *recent_ask(struct recent_set *self, const struct beat *beat, int64_t now_ms, int64_t revision)
{
    struct recent *recent = replaced(self, &(struct recent_id){beat->workspace, beat->user, beat->session}, now_ms);

    if (!recent)
        return NULL;
    recent->asked_ms = now_ms;
    recent->owed_ms = 0;
    recent->beat = 0;
    recent->n = beat->n;
    recent->revision = revision;
    recent->status = beat->status;
    recent->doubtful = false;
    return recent;
}

void recent_answered(struct recent_set *self, struct recent *recent, int64_t beat, int64_t ends_ms)
{
    if (recent->out) {
        free(recent);
        return;
    }
    recent->beat = beat;
    recent->ends_ms = ends_ms;
    if (beat == 0) {
        take_out(self, recent);
        free(recent);
    }
}

/* ---- polls that do not ---- */

/* With a count, nothing may have come in between that may still be on its way to Redis. */
static bool follows(const struct beat *beat, const struct recent *recent)
{
    return recent->n < 0 ? beat->n < 0 : beat->n == recent->n + 1;
}

/* Without a count, it has to say what the one before it said: by that it is known if a proxy sends it again. */
static bool says_nothing_new(const struct beat *beat, const struct recent *recent)
{
    return beat->status == recent->status || (beat->status == STATUS_OFFLINE && beat->n >= 0);
}

struct recent *recent_find(const struct recent_set *self, const struct beat *beat, int64_t now_ms, int64_t revision)
{
    struct recent *recent = find(self, &(struct recent_id){beat->workspace, beat->user, beat->session});

    if (!recent || is_asked(recent) || recent->doubtful || recent->revision != revision || revision < 0 ||
        now_ms - recent->asked_ms >= self->again_ms || !follows(beat, recent))
        return NULL;
    return says_nothing_new(beat, recent) ? recent : NULL;
}

void recent_owe(struct recent *recent, const struct beat *beat, int64_t now_ms)
{
    recent->owed_ms = now_ms;
    recent->n = beat->n;
}

/* ---- what is owed ---- */

struct recent *recent_take(struct recent_set *self, const struct recent_id *id)
{
    struct recent *recent = find(self, id);

    if (!recent)
        return NULL;
    if (recent->owed_ms == 0) {
        drop(self, recent);
        return NULL;
    }
    take_out(self, recent);
    return recent;
}

struct recent *recent_take_before(struct recent_set *self, const struct beat *beat)
{
    const struct recent_id id = {beat->workspace, beat->user, beat->session};
    const struct recent *recent = beat->kind == BEAT_POLL && !beat->stream ? find(self, &id) : NULL;

    if (recent && (recent->n < 0 ? beat->n < 0 : beat->n > recent->n))
        return NULL;
    return recent_take(self, &id);
}

struct recent *recent_take_due(struct recent_set *self, int64_t now_ms)
{
    struct recent *recent;

    while ((recent = first(self)) && now_ms - recent->asked_ms >= self->owe_ms) {
        if (recent->owed_ms > 0) {
            take_out(self, recent);
            return recent;
        }
        drop(self, recent);
    }
    return NULL;
}

void recent_put_back(struct recent_set *self, struct recent *recent, int64_t now_ms)
{
    struct recent_id id = recent_id(recent);

    if (find(self, &id)) {
        free(recent);
        return;
    }
    recent->out = false;
    recent->doubtful = true;
    recent->asked_ms = now_ms - self->owe_ms + RETRY_MS;
    table_add(&self->table, &recent->node);
    list_append(self->queue.next, &recent->queue); /* the first */
}

/* ---- what is not known any more ---- */

void recent_forget(struct recent_set *self, const struct recent_id *id, int64_t beat)
{
    struct recent *recent = find(self, id);

    if (recent && (beat == 0 || recent->beat < beat))
        drop(self, recent);
}

void recent_forget_user(struct recent_set *self, const char *workspace, const char *user)
{
    struct list_node *next;

    for (struct list_node *at = self->queue.next; at != &self->queue; at = next) {
        struct recent *recent = LIST_OWNER(at, struct recent, queue);
        const struct recent_id id = recent_id(recent);
        next = at->next;
        if (strcmp(id.user, user) == 0 && strcmp(id.workspace, workspace) == 0)
            drop(self, recent);
    }
}

void recent_doubt(struct recent_set *self)
{
    struct list_node *next;

    for (struct list_node *at = self->queue.next; at != &self->queue; at = next) {
        struct recent *recent = LIST_OWNER(at, struct recent, queue);
        next = at->next;
        if (recent->owed_ms > 0)
            recent->doubtful = true;
        else
            drop(self, recent);
    }
}
