/* SPDX-License-Identifier: ISC */
/*
 * See redis_value.h. hiredis parses replies, the functions here keep what it finds. All of a reply lies in one arena
 * and is given up together; hiredis's own functions would call malloc() twice for each text.
 */
#include "redis/redis_value_private.h"

#include "redis/hiredis_compat.h"
#include "redis/redis_arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { READ_AHEAD_BYTES = 256 << 10 }; /* what the parser's buffer may keep while it is empty */

/* ---- what hiredis calls ---- */

/* The value that TASK is about: its place in the list around it, or a new one. NULL if the reply is too large. */
static struct redis_value *make(const redisReadTask *task, enum redis_type type)
{
    struct redis_value *value = task->parent ? ((struct redis_value *)task->parent->obj)->items + task->idx
                                             : redis_arena_take(task->privdata, sizeof *value);

    if (!value)
        return NULL;
    memset(value, 0, sizeof *value);
    value->type = type;
    return value;
}

static void *make_text(const redisReadTask *task, char *bytes, size_t len)
{
    struct redis_value *value = make(task, task->type == REDIS_REPLY_ERROR ? REDIS_TYPE_NONE : REDIS_TYPE_TEXT);
    char *copy = value ? redis_arena_take(task->privdata, len + 1) : NULL;

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

    if (!value || size > REDIS_ARENA_MAX / sizeof *value)
        return NULL;
    value->items = redis_arena_take(task->privdata, size * sizeof *value);
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

/* Of RESP3, which is never asked for. */
__attribute__((unused)) static void *make_double(const redisReadTask *task, double number, char *text, size_t len)
{
    (void)number;
    return make_text(task, text, len);
}

__attribute__((unused)) static void *make_bool(const redisReadTask *task, int number)
{
    return make_int(task, number);
}

/* The arena owns it. */
static void leave(void *value)
{
    (void)value;
}

struct redisReader *redis_value_reader_new(struct redis_arena *arena)
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
    if (redis_value_type(value) == REDIS_TYPE_INT)
        return value->number;
    if (redis_value_type(value) != REDIS_TYPE_TEXT || value->len == 0)
        return otherwise;
    /* strtoll() skips white space, which a number must not have here. */
    if (*value->text != '-' && (*value->text < '0' || *value->text > '9'))
        return otherwise;
    char *end;
    errno = 0;
    long long number = strtoll(value->text, &end, 10);
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

bool redis_value_is(const struct redis_value *value, const char *text)
{
    size_t len;
    const char *bytes = redis_value_text(value, &len);

    return bytes && len == strlen(text) && memcmp(bytes, text, len) == 0;
}
