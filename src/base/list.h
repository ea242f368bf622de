/* SPDX-License-Identifier: ISC */
/*
 * A doubly linked list of nodes that live inside what is listed. The list is a node itself, and closes the ring: so a
 * node can be removed without knowing its list, and a node that is in no list points to itself.
 */
#ifndef ROLLCALL_BASE_LIST_H
#define ROLLCALL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *prev;
    struct list_node *next;
};

/* The TYPE whose member MEMBER is the node AT. */
#define LIST_OWNER(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))

/* Makes SELF an empty list, or a node that is in no list. */
static inline void list_init(struct list_node *self)
{
    self->prev = self;
    self->next = self;
}

/* Whether LIST has no nodes; of a node, whether it is in no list. */
static inline bool list_empty(const struct list_node *list)
{
    return list->next == list;
}

/* Removes AT from the list that it is in, if any. */
static inline void list_remove(struct list_node *at)
{
    at->prev->next = at->next;
    at->next->prev = at->prev;
    list_init(at);
}

/* Appends AT, which must not be in a list. */
static inline void list_append(struct list_node *list, struct list_node *at)
{
    at->prev = list->prev;
    at->next = list;
    list->prev->next = at;
    list->prev = at;
}

/* Moves all nodes of FROM to the end of LIST. */
static inline void list_append_all(struct list_node *list, struct list_node *from)
{
    if (list_empty(from))
        return;
    from->next->prev = list->prev;
    list->prev->next = from->next;
    from->prev->next = list;
    list->prev = from->prev;
    list_init(from);
}

#endif
