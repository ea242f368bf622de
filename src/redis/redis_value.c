/* SPDX-License-Identifier: ISC */
/*
 * Replies: hiredis parses them, the functions here keep what it finds. All of a reply lies in one arena and is gone at
 * once, where hiredis's own makers would call malloc() twice for each of its texts.
 */
#include "redis/redis_private.h"

#include "base/mem.h"
#include "redis/hiredis_compat.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 16 << 10,       /* holds nearly every reply */
    REPLY_BYTES_MAX = 64 << 20,   /* no script answers so much: the peer is not Redis */
    READ_AHEAD_BYTES = 256 << 10, /* what the parser's buffer may keep while it is empty */
};

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used; /* of bytes */
    alignas(max_align_t) char bytes[];
};

static struct arena_chunk *arena_grow(struct arena *self, size_t size)
{
    struct arena_chunk *chunk;

    if (size < CHUNK_BYTES)
        size = CHUNK_BYTES;
    /* Twice what there is: a page of many changes is few chunks. */
    if (self->chunks && size < self->bytes)
        size = self->bytes;
    chunk = mem_resize(NULL, 1, sizeof *chunk + size);
    chunk->next = self->chunks;
    chunk->size = size;
    chunk->used = 0;
    self->chunks = chunk;
    return chunk;
}

/* SIZE bytes, not zeroed; NULL past the cap, which ends the connection. */
static void *arena_take(struct arena *self, size_t size)
{
    const size_t align = alignof(struct redis_value);
    struct arena_chunk *chunk = self->chunks;
    void *bytes;

    size = (size + align - 1) / align * align;
    if (size > REPLY_BYTES_MAX - self->bytes)
        return NULL;
    if (!chunk || size > chunk->size - chunk->used)
        chunk = arena_grow(self, size);
    bytes = chunk->bytes + chunk->used;
    chunk->used += size;
    self->bytes += size;
    return bytes;
}

void arena_fini(struct arena *self)
{
    while (self->chunks) {
        struct arena_chunk *chunk = self->chunks;
        self->chunks = chunk->next;
        free(chunk);
    }
    self->bytes = 0;
}

void arena_reset(struct arena *self)
{
    if (self->chunks && (self->chunks->next || self->chunks->size > CHUNK_BYTES))
        arena_fini(self);
    if (self->chunks)
        self->chunks->used = 0;
    self->bytes = 0;
}

/* ---- what hiredis calls ---- */

/* The value that TASK is about: its place in the list around it, or a new one. NULL where there is no room. */
static struct redis_value *make(const redisReadTask *task, enum redis_type type)
{
    struct redis_value *value;

    if (task->parent)
        value = ((struct redis_value *)task->parent->obj)->items + task->idx;
    else
        value = arena_take(task->privdata, sizeof *value);
    if (!value)
        return NULL;
    memset(value, 0, sizeof *value);
    value->type = type;
    return value;
}

static void *make_text(const redisReadTask *task, char *bytes, size_t len)
{
    struct redis_value *value = make(task, task->type == REDIS_REPLY_ERROR ? REDIS_TYPE_NONE : REDIS_TYPE_TEXT);
    char *copy = value ? arena_take(task->privdata, len + 1) : NULL;

    if (!copy)
        return NULL;
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    value->error = task->type == REDIS_REPLY_ERROR;
    value->text = copy;
    value->len = len;
    return value;
}

static void *make_list(const redisReadTask *task, hiredis_count count)
{
    struct redis_value *value = make(task, REDIS_TYPE_LIST);
    size_t size = (size_t)count;

    if (!value || size > REPLY_BYTES_MAX / sizeof *value)
        return NULL;
    value->items = arena_take(task->privdata, size * sizeof *value);
    if (!value->items)
        return NULL;
    memset(value->items, 0, size * sizeof *value);
    value->len = size;
    return value;
}

static void *make_int(const redisReadTask *task, long long number)
{
    struct redis_value *value = make(task, REDIS_TYPE_INT);

    if (value)
        value->number = number;
    return value;
}

static void *make_none(const redisReadTask *task)
{
    return make(task, REDIS_TYPE_NONE);
}

/* RESP3's, which nobody asked for. */
__attribute__((unused)) static void *make_double(const redisReadTask *task, double number, char *text, size_t len)
{
    (void)number;
    return make_text(task, text, len);
}

__attribute__((unused)) static void *make_bool(const redisReadTask *task, int number)
{
    return make_int(task, number);
}

/* The arena has it. */
static void leave(void *value)
{
    (void)value;
}

struct redisReader *value_reader_new(struct arena *arena)
{
    static redisReplyObjectFunctions makers = {
        .createString = make_text,
        .createArray = make_list,
        .createInteger = make_int,
        .createNil = make_none,
        HIREDIS_RESP3_MAKERS(make_double, make_bool).freeObject = leave,
    };
    redisReader *reader = redisReaderCreateWithFunctions(&makers);

    if (!reader)
        abort(); /* out of memory */
    reader->privdata = arena;
    reader->maxbuf = READ_AHEAD_BYTES;
    return reader;
}

/* ---- what callers see ---- */

enum redis_type redis_value_type(const struct redis_value *value)
{
    return value ? value->type : REDIS_TYPE_NONE;
}

const char *redis_value_text(const struct redis_value *value, size_t *len)
{
    bool is_text = redis_value_type(value) == REDIS_TYPE_TEXT;

    if (len)
        *len = is_text ? value->len : 0;
    return is_text ? value->text : NULL;
}

int64_t redis_value_int(const struct redis_value *value, int64_t otherwise)
{
    long long number;
    char *end;

    if (redis_value_type(value) == REDIS_TYPE_INT)
        return value->number;
    if (redis_value_type(value) != REDIS_TYPE_TEXT || value->len == 0)
        return otherwise;
    /* strtoll() skips white space, which is no part of a number here. */
    if (*value->text != '-' && (*value->text < '0' || *value->text > '9'))
        return otherwise;
    errno = 0;
    number = strtoll(value->text, &end, 10);
    return errno == 0 && end == value->text + value->len ? number : otherwise;
}

size_t redis_value_count(const struct redis_value *value)
{
    return redis_value_type(value) == REDIS_TYPE_LIST ? value->len : 0;
}

const struct redis_value *redis_value_at(const struct redis_value *value, size_t index)
{
    return index < redis_value_count(value) ? value->items + index : NULL;
}

bool value_is(const struct redis_value *value, const char *text)
{
    size_t len;
    const char *bytes = redis_value_text(value, &len);

    return bytes && len == strlen(text) && memcmp(bytes, text, len) == 0;
}
