/* SPDX-License-Identifier: ISC */
/* See redis_nodes.h. */
#include "redis/redis_nodes.h"

#include <stdio.h>
#include <string.h>

static struct redis_node *find(struct redis_nodes *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++)
        if (strncmp(self->list[i].name, name, REDIS_NODE_NAME - 1) == 0)
            return &self->list[i];
    return NULL;
}

struct redis_node *redis_nodes_at(struct redis_nodes *self, const char *name)
{
    struct redis_node *node = find(self, name);

    if (node)
        return node;
    if (self->count == REDIS_NODES)
        return &self->list[REDIS_NODES - 1];
    node = &self->list[self->count];
    snprintf(node->name, sizeof node->name, "%s", self->count == REDIS_NODES - 1 ? "others" : name);
    self->count++;
    return node;
}

void redis_nodes_merge(struct redis_nodes *self, const struct redis_nodes *more)
{
    for (size_t i = 0; i < more->count && i < REDIS_NODES; i++) {
        const struct redis_node *from = &more->list[i];
        struct redis_node *to = redis_nodes_at(self, from->name);

        to->up += from->up;
        to->calls += from->calls;
        to->failures += from->failures;
        to->spent_us += from->spent_us;
        to->refusing += from->refusing;
    }
}
