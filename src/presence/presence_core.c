/* SPDX-License-Identifier: ISC */
/*
 * What every file of presence/ calls, and what calls none of them: epochs, odd answers, the next workspace of a walk.
 */
#include "presence/presence_private.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "directory/workspaces.h"

#include <string.h>

enum { ODD_LOG_EVERY_MS = 1000 };

static const char hex_digits[] = "0123456789abcdef";

unsigned presence_part_count(const struct presence *self)
{
    return self->clustered ? IDS_PARTITIONS : 1;
}

unsigned presence_part_of(const struct presence *self, const char *workspace)
{
    return self->clustered ? ids_partition(workspace, strlen(workspace)) : 0;
}

bool presence_concerns(const struct presence *self, uint64_t partitions, const char *workspace)
{
    return (partitions >> presence_part_of(self, workspace) & 1) != 0;
}

bool presence_up(const struct presence *self, const char *workspace)
{
    return redis_router_up(self->redis, presence_part_of(self, workspace));
}

void presence_looked(struct presence *self, unsigned part)
{
    self->parts[part].looked = true;
    if (self->follows)
        return;
    for (unsigned i = 0; i < presence_part_count(self); i++)
        if (self->announced || !self->parts[i].looked)
            return;
    self->announced = true;
    self->events.on_ready(self->events.ctx);
}

void presence_epoch(const struct presence *self, const char *workspace, const char *meta_epoch, char *out)
{
    const char *replid = self->parts[presence_part_of(self, workspace)].replid;
    /* Nobody gains by a collision: it only has to differ when either part does. */
    uint64_t hash = hash_fnv1a(HASH_FNV1A_START, meta_epoch, strlen(meta_epoch));
    hash = hash_fnv1a(hash, replid, strlen(replid));

    for (int i = EPOCH_LEN - 1; i >= 0; i--, hash >>= 4)
        out[i] = hex_digits[hash & 15];
    out[EPOCH_LEN] = '\0';
}

/* Half of it is random, half is counted: every call brings one along, and hardly one in a million is used. */
void presence_fresh_epoch(struct presence *self, char *out)
{
    uint32_t count = ++self->epochs;

    memcpy(out, self->epoch_base, EPOCH_LEN / 2);
    for (int i = EPOCH_LEN - 1; i >= EPOCH_LEN / 2; i--, count >>= 4)
        out[i] = hex_digits[count & 15];
    out[EPOCH_LEN] = '\0';
}

bool presence_may_log(int64_t *last_ms)
{
    int64_t now_ms = clock_mono_ms();

    if (*last_ms != 0 && now_ms - *last_ms < ODD_LOG_EVERY_MS)
        return false;
    *last_ms = now_ms;
    return true;
}

void presence_odd_answer(struct presence *self, enum script script)
{
    if (!presence_may_log(&self->odd_answer_ms))
        return;
    log_error(
        "script %s: unexpected answer; check that the address in `redis` is a Redis server's, and that all rollcalld "
        "that use it have the same version",
        self->scripts[script].name);
}

static void enter(void *ctx, const struct workspace_row *row)
{
    walk_enter(ctx, row->id);
}

void presence_next_workspace(struct presence *self, struct walk *walk)
{
    char last[IDS_WORKSPACE_MAX + 1];

    strcpy(last, walk->workspace);
    directory_each_workspace(self->directory, last, 1, enter, walk);
    if (!walk->inside)
        walk_enter(walk, NULL);
}
