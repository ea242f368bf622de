/* SPDX-License-Identifier: ISC */
/*
 * What servers answer to CLUSTER SLOTS, whatever it is: each partition has one server at most, and a server is an address
 * that was in the answer, or that of the one that was asked. The input is the answer, byte by byte.
 */
#include "fuzz.h"
#include "redis/redis_arena.h"
#include "redis/redis_slots.h"
#include "redis/redis_value_private.h"

#include <hiredis/hiredis.h>

#define ASKED "192.0.2.9"

/* Whether HOST is text that is in the SIZE bytes of DATA. */
static bool was_said(const uint8_t *data, size_t size, const char *host)
{
    return strcmp(host, ASKED) == 0 || memmem(data, size, host, strlen(host));
}

static void look(const struct redis_slots *slots, const uint8_t *data, size_t size)
{
    uint64_t seen = 0;

    insist(slots->count <= IDS_PARTITIONS, "there are no more servers than partitions");
    for (size_t i = 0; i < slots->count; i++) {
        const struct redis_owner *owner = &slots->owners[i];

        insist(owner->partitions != 0, "a server has a partition");
        insist((owner->partitions & seen) == 0, "a partition has one server");
        insist(owner->port > 0 && owner->port < 65536, "a server has a port");
        insist(*owner->host && was_said(data, size, owner->host), "a server has an address that was said");
        seen |= owner->partitions;
        for (size_t k = 0; k < i; k++)
            insist(slots->owners[k].port != owner->port || strcmp(slots->owners[k].host, owner->host) != 0,
                   "a server is there once");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct redis_slots slots;
    struct redis_arena arena = {0};
    redisReader *reader = redis_value_reader_new(&arena);
    void *value = NULL;

    if (redisReaderFeed(reader, (const char *)data, size) == REDIS_OK &&
        redisReaderGetReply(reader, &value) == REDIS_OK && value && redis_slots_read(value, ASKED, &slots))
        look(&slots, data, size);
    redisReaderFree(reader);
    redis_arena_fini(&arena);
    return 0;
}
