/* SPDX-License-Identifier: ISC */
/* See redis_slots.h. */
#include "redis/redis_slots.h"

#include "base/decimal.h"

#include <stdio.h>
#include <string.h>

enum { SLOTS = 16384 };

static const char tag_start[] = "rollcall:{";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

unsigned redis_slots_partition(const char *name, size_t len)
{
    const size_t at = sizeof tag_start - 1;
    unsigned partition;

    if (len < at + 2 || memcmp(name, tag_start, at) != 0 || !is_digit(name[at]))
        return 0;
    partition = (unsigned)(name[at] - '0');
    if (is_digit(name[at + 1]))
        partition = partition * 10 + (unsigned)(name[at + 1] - '0');
    return partition % IDS_PARTITIONS;
}

/* Those partitions whose slot is from FIRST to LAST. */
static uint64_t partitions_in(int64_t first, int64_t last)
{
    uint64_t found = 0;
    char tag[DECIMAL_MAX];

    for (unsigned partition = 0; partition < IDS_PARTITIONS; partition++) {
        int64_t slot = ids_crc16(tag, decimal_write(tag, partition)) % SLOTS;
        if (slot >= first && slot <= last)
            found |= UINT64_C(1) << partition;
    }
    return found;
}

static void add(struct redis_slots *slots, const char *host, int port, uint64_t partitions)
{
    struct redis_owner *owner = slots->owners;
    const struct redis_owner *end = slots->owners + slots->count;

    while (owner < end && (owner->port != port || strcmp(owner->host, host) != 0))
        owner++;
    if (owner == end) {
        /* Each has a partition that no other has, so there is room. */
        slots->count++;
        snprintf(owner->host, sizeof owner->host, "%s", host);
        owner->port = port;
        owner->partitions = 0;
    }
    owner->partitions |= partitions;
}

/* One range: first, last, master, replicas. The master is a list: host, port and others. */
static bool read_range(const struct redis_value *range, const char *host, uint64_t *left, struct redis_slots *out)
{
    int64_t first = redis_value_int(redis_value_at(range, 0), -1);
    int64_t last = redis_value_int(redis_value_at(range, 1), -1);
    const struct redis_value *master = redis_value_at(range, 2);
    int64_t port = redis_value_int(redis_value_at(master, 1), -1);
    const char *at = redis_value_text(redis_value_at(master, 0), NULL);

    if (first < 0 || last < first || last >= SLOTS || port <= 0 || port > 65535)
        return false;
    uint64_t partitions = partitions_in(first, last) & *left;
    /* A server that does not know its own address, or does not tell it, has that of the one that was asked. */
    if (!at || !*at || strcmp(at, "?") == 0)
        at = host;
    if (strlen(at) >= REDIS_HOST_MAX)
        return false;
    *left &= ~partitions;
    if (partitions != 0)
        add(out, at, (int)port, partitions);
    return true;
}

bool redis_slots_read(const struct redis_value *value, const char *host, struct redis_slots *out)
{
    uint64_t left = UINT64_MAX;

    out->count = 0;
    if (redis_value_type(value) != REDIS_TYPE_LIST)
        return false;
    for (size_t i = 0; i < redis_value_count(value); i++)
        if (!read_range(redis_value_at(value, i), host, &left, out))
            return false;
    return true;
}
