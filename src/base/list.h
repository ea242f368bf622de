/* SPDX-License-Identifier: ISC */
/*
 * A ring of links that live inside what they link. The list is a link itself, that of no one: so a link is taken out
 * without knowing which list it is in, and one that is in none points to itself.
 */
#ifndef ROLLCALL_BASE_LIST_H
#define ROLLCALL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *prev;
    struct list_node *next;
};

/* What the link AT is the member MEMBER of. */
#define LIST_OWNER(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))

/* An empty list, or a link that is in none. */
static inline void list_init(struct list_node *self)
{
    self->prev = self;
    self->next = self;
}

static inline bool list_empty(const struct list_node *list)
{
    return list->next == list;
}

/* Takes AT out of the list it is in, if any. */
static inline void list_remove(struct list_node *at)
{
    at->prev->next = at->next;
    at->next->prev = at->prev;
    list_init(at);
}

/* Puts AT, which is in no list, at the end. */
static inline void list_append(struct list_node *list, struct list_node *at)
{
    at->prev = list->prev;
    at->next = list;
    list->prev->next = at;
    list->prev = at;
}

/* Moves all of FROM to the end of LIST. */
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
