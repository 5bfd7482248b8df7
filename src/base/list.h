/* An intrusive doubly linked ring: the links live in the members, so adding and removing never
 * allocate.
 *
 * A head is initialised with list_init; a node that is in no list must be initialised too, then
 * removing it twice does no harm. */
#ifndef SKEIN_BASE_LIST_H
#define SKEIN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
/* `at` may be removed in the body; `after` is the loop's own variable. */
#define LIST_FOREACH(at, after, head)                                                              \
    for (struct list *at = (head)->next, *after = at->next; at != (head);                          \
         at = after, after = at->next)

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_insert_after(struct list *where, struct list *node)
{
    node->next = where->next;
    node->prev = where;
    where->next->prev = node;
    where->next = node;
}

static inline void list_append(struct list *head, struct list *node)
{
    list_insert_after(head->prev, node);
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Moves all nodes of `from` behind those of `to`. */
static inline void list_join(struct list *to, struct list *from)
{
    if (list_is_empty(from)) return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

#endif
