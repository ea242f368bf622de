/* SPDX-License-Identifier: ISC */
/*
 * A Redis and a directory that are played: what src/presence/ asks of them is noted, and each test says what they
 * answer. One test at a time. A test that includes this gets redis_router_call() and the like from here instead of
 * from src/redis/.
 */
#ifndef ROLLCALL_TESTS_PRESENCE_PLAYED_H
#define ROLLCALL_TESTS_PRESENCE_PLAYED_H

#include "presence/presence_private.h"

#include "base/conf.h"
#include "directory/directory.h"
#include "directory/members.h"
#include "directory/statuses.h"
#include "directory/workspaces.h"
#include "redis/redis_arena.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 1200, ARGS_MAX = 16, ARG_MAX = 140 };

/* A script that was called. */
struct script_asked {
    size_t script;
    size_t arg_count;
    char args[ARGS_MAX][ARG_MAX];
    redis_reply_fn *done;
    void *ctx;
};

struct subscription_asked {
    void (*done)(void *ctx, enum redis_result result);
    void *ctx;
};

static struct played {
    struct script_asked calls[CALLS_MAX];
    size_t call_count;
    struct script_asked settling[8];
    size_t settling_count;
    size_t answered; /* by answer_next() */
    struct subscription_asked subscriptions[CALLS_MAX];
    size_t subscription_count;
    size_t unsubscribed;
    bool down;                     /* Redis is */
    uint64_t away;                 /* of a cluster: these partitions are */
    bool refuses;                  /* Redis has just refused something */
    bool behind;                   /* something from a channel is not read */
    int64_t revision;              /* of the directory, less 1 */
    bool unreadable;               /* the directory is */
    bool workspace_gone;           /* from the directory */
    bool member_gone;              /* from the directory */
    const char *const *workspaces; /* that the directory lists, NULL-ended; or NULL */
    const struct status_row *rows; /* of what users say by hand, by workspace and user, borrowed; rev 0: skipped */
    size_t row_count;
    int64_t since_rev; /* that directory_each_status_since() was last called with */
    struct redis_arena arena;
    struct redisReader *reader;
    struct presence presence;
    struct conf conf;
} it;

/* ---- what src/presence/ calls ---- */

void redis_router_call(struct redis_router *self, const struct redis_call *made, redis_reply_fn *done, void *ctx)
{
    struct script_asked *call = &it.calls[it.call_count++];

    (void)self;
    assert_true(it.call_count <= CALLS_MAX && made->arg_count <= ARGS_MAX);
    memset(call, 0, sizeof *call);
    call->script = made->script;
    call->arg_count = made->arg_count;
    for (size_t i = 0; i < made->arg_count; i++) {
        assert_true(made->args[i].len < ARG_MAX);
        memcpy(call->args[i], made->args[i].bytes, made->args[i].len);
    }
    call->done = done;
    call->ctx = ctx;
}

void redis_router_settle(struct redis_router *self, unsigned partition, redis_reply_fn *done, void *ctx)
{
    (void)self;
    (void)partition;
    it.settling[it.settling_count++] = (struct script_asked){.done = done, .ctx = ctx};
}

void redis_router_subscribe(struct redis_router *self, const char *channel,
                            void (*done)(void *ctx, enum redis_result result), void *ctx)
{
    (void)self;
    (void)channel;
    assert_true(it.subscription_count < CALLS_MAX);
    it.subscriptions[it.subscription_count++] = (struct subscription_asked){done, ctx};
}

void redis_router_unsubscribe(struct redis_router *self, const char *channel)
{
    (void)self;
    (void)channel;
    it.unsubscribed++;
}

bool redis_router_up(const struct redis_router *self, unsigned partition)
{
    (void)self;
    return !it.down && (it.away >> partition & 1) == 0;
}

bool redis_router_some_up(const struct redis_router *self)
{
    (void)self;
    return !it.down;
}

bool redis_router_caught_up(const struct redis_router *self, unsigned partition)
{
    return redis_router_up(self, partition) && !it.behind;
}

bool redis_router_refuses(const struct redis_router *self, unsigned partition)
{
    (void)self;
    (void)partition;
    return it.refuses;
}

int64_t directory_revision(struct directory *self)
{
    (void)self;
    return it.unreadable ? -1 : 1 + it.revision;
}

enum directory_result directory_has_workspace(struct directory *self, const char *id)
{
    (void)self;
    (void)id;
    return it.workspace_gone ? DIRECTORY_NOT_FOUND : DIRECTORY_OK;
}

enum directory_result directory_has_member(struct directory *self, const char *workspace, const char *user)
{
    (void)self;
    (void)workspace;
    (void)user;
    return it.member_gone ? DIRECTORY_NOT_FOUND : DIRECTORY_OK;
}

enum directory_result directory_each_workspace(struct directory *self, const char *after, size_t limit,
                                               void (*fn)(void *ctx, const struct workspace_row *row), void *ctx)
{
    (void)self;
    for (size_t i = 0; it.workspaces && it.workspaces[i] && limit > 0; i++) {
        struct workspace_row row = {.id = it.workspaces[i], .name = it.workspaces[i]};
        if (strcmp(it.workspaces[i], after) <= 0)
            continue;
        fn(ctx, &row);
        limit--;
    }
    return DIRECTORY_OK;
}

enum directory_result directory_get_status(struct directory *self, const char *workspace, const char *user,
                                           status_fn *fn, void *ctx)
{
    (void)self;
    for (size_t i = 0; i < it.row_count && !it.unreadable; i++) {
        if (strcmp(it.rows[i].workspace, workspace) != 0 || strcmp(it.rows[i].user, user) != 0)
            continue;
        fn(ctx, &it.rows[i]);
        return DIRECTORY_OK;
    }
    return it.unreadable ? DIRECTORY_BUSY : DIRECTORY_NOT_FOUND;
}

enum directory_result directory_each_status(struct directory *self, const struct status_range *range, status_fn *fn,
                                            void *ctx)
{
    size_t left = range->limit;

    (void)self;
    for (size_t i = 0; i < it.row_count && left > 0 && !it.unreadable; i++) {
        if (strcmp(it.rows[i].workspace, range->workspace) != 0 ||
            (range->after && strcmp(it.rows[i].user, range->after) <= 0))
            continue;
        if (it.rows[i].rev > 0)
            fn(ctx, &it.rows[i]);
        left--;
    }
    return it.unreadable ? DIRECTORY_BUSY : DIRECTORY_OK;
}

enum directory_result directory_each_status_since(struct directory *self, const struct status_range *range,
                                                  status_fn *fn, void *ctx)
{
    (void)self;
    it.since_rev = range->rev;
    for (size_t i = 0; i < it.row_count; i++) {
        const struct status_row *row = &it.rows[i];
        bool passed = range->after && row->rev == range->rev && strcmp(row->user, range->after) <= 0;
        if (row->rev >= range->rev && !passed)
            fn(ctx, row);
    }
    return DIRECTORY_OK;
}

/* ---- for tests ---- */

static inline void played_begin(void)
{
    memset(&it, 0, sizeof it);
    it.reader = redis_value_reader_new(&it.arena);
    it.conf.ttl_s = 60;
    it.conf.retention_s = 100;
    it.presence.conf = &it.conf;
    it.presence.scripts = scripts_new(false);
    strcpy(it.presence.epoch_base, "cccccccc");
    it.conf.wait_s = 25;
    it.conf.heartbeat_s = 30;
    it.conf.gap_s = 10;
    recent_init(&it.presence.recents, &it.conf);
    place_recent_init(&it.presence.place_recent);
}

static inline void played_end(void)
{
    free(it.presence.leftovers);
    free(it.presence.untold);
    recent_fini(&it.presence.recents);
    place_recent_fini(&it.presence.place_recent);
    scripts_free(it.presence.scripts);
    redisReaderFree(it.reader);
    redis_arena_fini(&it.arena);
}

/* CALL is answered with RESULT, and with the value that BYTES of Redis's protocol are, unless that is NULL. */
static inline void answer_call(const struct script_asked *call, enum redis_result result, const char *bytes)
{
    void *value = NULL;

    redis_arena_reset(&it.arena);
    if (bytes) {
        assert_int_equal(redisReaderFeed(it.reader, bytes, strlen(bytes)), REDIS_OK);
        assert_int_equal(redisReaderGetReply(it.reader, &value), REDIS_OK);
    }
    call->done(call->ctx, result, value);
}

static inline const struct script_asked *last_call(void)
{
    assert_true(it.call_count > 0);
    return &it.calls[it.call_count - 1];
}

/* The latest call is answered. */
static inline void answer_last(enum redis_result result, const char *bytes)
{
    answer_call(last_call(), result, bytes);
}

/* The oldest call that this has not answered yet is answered. */
static inline void answer_next(enum redis_result result, const char *bytes)
{
    assert_true(it.answered < it.call_count);
    answer_call(&it.calls[it.answered++], result, bytes);
}

/* The latest subscription stands, or fails. */
static inline void answer_subscription(enum redis_result result)
{
    const struct subscription_asked *last = &it.subscriptions[it.subscription_count - 1];

    last->done(last->ctx, result);
}

#endif
