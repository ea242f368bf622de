/* SPDX-License-Identifier: ISC */
/* See redis_writing.h. */
#include "redis/redis_writing.h"

#include "base/ids.h"
#include "base/log.h"
#include "redis/redis_member.h"
#include "redis/redis_value_private.h"

#include <stdio.h>

/* The first partition that it has, from the one on whose turn it is. */
static unsigned probe_partition(const struct redis *self)
{
    unsigned partition = self->probed;

    for (unsigned i = 0; i < IDS_PARTITIONS && !redis_has(self, partition); i++)
        partition = (partition + 1) % IDS_PARTITIONS;
    return partition;
}

struct redis_probe_name redis_probe_name(const struct redis *self)
{
    struct redis_probe_name name;

    snprintf(name.text, sizeof name.text, "rollcall:{%u}:probe", probe_partition(self) % IDS_PARTITIONS);
    return name;
}

static void refused(struct redis *self, const char *error)
{
    redis_note_refusal(self, "refuses to write", error);
    if (self->unwritable)
        return;
    self->unwritable = true;
    self->node->refusing++;
    if (redis_may_log(self))
        log_warn("%s", self->refusal);
}

static void taken(struct redis *self)
{
    if (!self->unwritable)
        return;
    self->unwritable = false;
    self->node->refusing--;
    log_info("Redis takes writes again");
}

void redis_writing_failed(struct redis *self, const char *error, const char *what)
{
    switch (redis_fault_of(error)) {
    case FAULT_LOST: redis_lose(self, "%s", what); break;
    case FAULT_REFUSED: refused(self, error); break;
    default: break; /* that is about the key or the command alone */
    }
}

/* Redis looks where a key is before anything else: of one that is elsewhere, it does not tell if it takes writes. */
static void on_tried(struct redis *self, struct redis_request *request, const struct redis_value *reply)
{
    const unsigned partition = request->partition;

    redis_request_free(&self->pool, request);
    if (!reply)
        return;
    if (!reply->error)
        taken(self);
    else if (self->clustered && redis_fault_is_misplaced(redis_fault_of(reply->text)))
        self->probed = (uint8_t)((partition + 1) % IDS_PARTITIONS);
    else
        redis_writing_failed(self, reply->text, reply->text);
}

void redis_writing_try(struct redis *self)
{
    const struct redis_probe_name name = redis_probe_name(self);
    /* It is refused like any write that takes memory, but changes nothing: there is no such key. */
    const char *const words[] = {"ZADD", name.text, "XX", "1", "a"};
    struct redis_request *request = redis_request_new(&self->pool);

    request->on_reply = on_tried;
    request->partition = (uint8_t)probe_partition(self);
    redis_conn_send(&self->command, request, words, sizeof words / sizeof *words);
}
