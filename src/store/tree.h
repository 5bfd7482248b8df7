/* A counted B+tree of pointers whose any moment can be frozen.
 *
 * The leaves hold items in order; what an item is, only the owner knows: a packed run of list
 * elements, an entry of a sorted set. Each branch counts the weight below it, so that the item at a
 * position and the position of an item are found in O(log n). A tree may be ordered by keys too:
 * then each branch knows the first item below it, with a hint, a number that orders items roughly,
 * so that most comparisons touch no item.
 *
 * Copying: a `struct tree` copied while its epoch is frozen is a read-only view for any thread. The
 * data thread copies shared nodes on the path before it writes to them. The tree does not own its
 * items: what is removed or replaced is the caller's again, who retires it.
 *
 * A cursor is a path from the root to an item, or to the end behind the last one. A write through a
 * cursor keeps that cursor right and makes all others invalid. */
#ifndef SKEIN_STORE_TREE_H
#define SKEIN_STORE_TREE_H

#include "store/epoch.h"

struct tree_node;

struct tree_ops {
    /* NULL: each item weighs 1. */
    size_t (*weight)(const void *item);
    /* The order, for trees with keys: negative when the key comes before the item. NULL: only
     * positions. */
    int (*compare)(const void *key, const void *item);
    /* Never falls from an item to the next one. */
    uint64_t (*hint)(const void *item);
};

struct tree {
    const struct tree_ops *ops;
    struct epochs *epochs;
    struct tree_node *root; /* NULL when empty */
    size_t len;             /* items */
    uint64_t weight;        /* of all items */
    size_t node_bytes;      /* memory of the nodes */
};

enum { TREE_LEVELS_MAX = 24 };

struct tree_cursor {
    unsigned levels; /* 0: the tree is empty */
    struct {
        struct tree_node *node;
        unsigned at;
    } path[TREE_LEVELS_MAX]; /* the leaf first */
};

void tree_init(struct tree *tree, const struct tree_ops *ops, struct epochs *epochs);
/* Frees the nodes, and each item with `free_item` unless NULL. Any thread may do it, once no frozen
 * view shares anything of the tree. */
void tree_deinit(struct tree *tree, void (*free_item)(void *));

/* --- finding --- */

/* False when the tree is empty. */
bool tree_first(const struct tree *tree, struct tree_cursor *cursor);
bool tree_last(const struct tree *tree, struct tree_cursor *cursor);
/* Behind the last item. */
void tree_end(const struct tree *tree, struct tree_cursor *cursor);
/* The item that covers position `at` of the weight; *rest is how far into the item that is. False
 * (and the end) when `at` is not below the weight. */
bool tree_seek(const struct tree *tree, struct tree_cursor *cursor, uint64_t at, size_t *rest);
/* The first item that does not come before the key. True when it equals the key. `hint` is what an
 * item equal to the key would have. */
bool tree_seek_key(const struct tree *tree, struct tree_cursor *cursor, const void *key,
                   uint64_t hint);

/* An item that is in the tree and equals the key, known by its address: none of its neighbours is
 * looked at. */
bool tree_seek_item(const struct tree *tree, struct tree_cursor *cursor, const void *key,
                    const void *item);

/* NULL at the end. */
void *tree_item(const struct tree_cursor *cursor);
/* The weight of all items before the cursor. */
uint64_t tree_position(const struct tree *tree, const struct tree_cursor *cursor);
/* False when there is none; forwards the cursor then is at the end, backwards it stays. */
bool tree_next(struct tree_cursor *cursor);
bool tree_prev(struct tree_cursor *cursor);

/* --- writing --- */

/* Puts an item before that of the cursor, which then is at the new one. */
void tree_insert(struct tree *tree, struct tree_cursor *cursor, void *item);
void tree_append(struct tree *tree, void *item);
/* Takes the item out; the cursor then is at the one that followed. */
void *tree_remove(struct tree *tree, struct tree_cursor *cursor);
/* Puts an item of the same order in the place of the cursor's, and returns that. */
void *tree_replace(struct tree *tree, struct tree_cursor *cursor, void *item);
/* The item of the cursor has changed its weight by `delta`. */
void tree_reweigh(struct tree *tree, struct tree_cursor *cursor, int64_t delta);

/* Checks every count, hint and bound, for tests. */
bool tree_is_sound(const struct tree *tree);

#endif
