#include "store/tree.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

enum { LEAF_SLOTS = 63, INNER_SLOTS = 31, PREFETCH_STEPS = 3 };

/* Slots follow the header: items in a leaf, branches above. */
struct tree_node {
    uint32_t epoch;
    uint16_t used;
    uint16_t level; /* 0: a leaf */
    char slots[];
};

struct branch {
    struct tree_node *child;
    uint64_t weight;
    uint64_t hint;     /* of the first item below, in a tree with keys */
    const void *first; /* that item */
};

/* The sizes are classes of the allocator, the second nearly. */
_Static_assert(sizeof(struct tree_node) + LEAF_SLOTS * sizeof(void *) == 512,
               "a leaf is 512 bytes");
_Static_assert(sizeof(struct tree_node) + INNER_SLOTS * sizeof(struct branch) <= 1024,
               "an inner node is at most 1024 bytes");

/* --- nodes --- */

static size_t slot_size(unsigned level)
{
    return level ? sizeof(struct branch) : sizeof(void *);
}

static unsigned slot_count(unsigned level)
{
    return level ? INNER_SLOTS : LEAF_SLOTS;
}

static size_t node_size(unsigned level)
{
    return sizeof(struct tree_node) + slot_count(level) * slot_size(level);
}

static char *slot_at(const struct tree_node *node, unsigned at)
{
    return (char *)(uintptr_t)node->slots + at * slot_size(node->level);
}

static struct branch *branch_at(const struct tree_node *node, unsigned at)
{
    return (struct branch *)(void *)slot_at(node, at);
}

static void **item_at(const struct tree_node *node, unsigned at)
{
    return (void **)(void *)slot_at(node, at);
}

static struct tree_node *new_node(struct tree *tree, unsigned level)
{
    struct tree_node *node = mem_alloc(node_size(level));
    *node = (struct tree_node){.epoch = tree->epochs->now, .level = (uint16_t)level};
    tree->node_bytes += node_size(level);
    return node;
}

static void retire_node(struct tree *tree, struct tree_node *node)
{
    tree->node_bytes -= node_size(node->level);
    epoch_retire(tree->epochs, node->epoch, (struct garbage){mem_free, node});
}

static uint64_t item_weight(const struct tree *tree, const void *item)
{
    return tree->ops->weight ? tree->ops->weight(item) : 1;
}

/* The weight of the first `count` slots. */
static uint64_t weight_before(const struct tree *tree, const struct tree_node *node, unsigned count)
{
    uint64_t weight = 0;
    if (node->level == 0 && tree->ops->weight == NULL) return count;
    for (unsigned i = 0; i < count; i++) {
        weight += node->level ? branch_at(node, i)->weight : tree->ops->weight(*item_at(node, i));
    }
    return weight;
}

static void describe_first(const struct tree *tree, struct branch *branch)
{
    const struct tree_node *child = branch->child;
    if (tree->ops->compare == NULL) return;
    if (child->level) {
        branch->first = branch_at(child, 0)->first;
        branch->hint = branch_at(child, 0)->hint;
    } else {
        branch->first = *item_at(child, 0);
        branch->hint = tree->ops->hint(branch->first);
    }
}

static struct branch describe(const struct tree *tree, struct tree_node *child)
{
    struct branch branch = {.child = child, .weight = weight_before(tree, child, child->used)};
    describe_first(tree, &branch);
    return branch;
}

static void insert_slot(struct tree_node *node, unsigned at, const void *slot)
{
    size_t size = slot_size(node->level);
    char *place = slot_at(node, at);
    memmove(place + size, place, (node->used - at) * size);
    memcpy(place, slot, size);
    node->used++;
}

static void remove_slot(struct tree_node *node, unsigned at)
{
    size_t size = slot_size(node->level);
    char *place = slot_at(node, at);
    node->used--;
    memmove(place, place + size, (node->used - at) * size);
}

/* Moves slots between neighbours until the left one has `left_used`. */
static void share_slots(struct tree_node *left, struct tree_node *right, unsigned left_used)
{
    size_t size = slot_size(left->level);
    if (left_used < left->used) {
        unsigned moved = left->used - left_used;
        memmove(slot_at(right, moved), slot_at(right, 0), right->used * size);
        memcpy(slot_at(right, 0), slot_at(left, left_used), moved * size);
        right->used = (uint16_t)(right->used + moved);
    } else {
        unsigned moved = left_used - left->used;
        memcpy(slot_at(left, left->used), slot_at(right, 0), moved * size);
        right->used = (uint16_t)(right->used - moved);
        memmove(slot_at(right, 0), slot_at(right, moved), right->used * size);
    }
    left->used = (uint16_t)left_used;
}

/* --- life --- */

void tree_init(struct tree *tree, const struct tree_ops *ops, struct epochs *epochs)
{
    *tree = (struct tree){.ops = ops, .epochs = epochs};
}

static void free_node(struct tree_node *node, void (*free_item)(void *))
{
    for (unsigned i = 0; i < node->used; i++) {
        if (node->level)
            free_node(branch_at(node, i)->child, free_item);
        else if (free_item)
            free_item(*item_at(node, i));
    }
    mem_free(node);
}

void tree_deinit(struct tree *tree, void (*free_item)(void *))
{
    if (tree->root) free_node(tree->root, free_item);
    tree_init(tree, tree->ops, tree->epochs);
}

/* --- finding --- */

static void start_at_root(const struct tree *tree, struct tree_cursor *cursor)
{
    cursor->levels = tree->root ? tree->root->level + 1u : 0;
    if (cursor->levels) cursor->path[cursor->levels - 1].node = tree->root;
}

/* Goes on from the slot chosen at `level` to the outermost item below it. */
static void descend(struct tree_cursor *cursor, unsigned level, bool to_last)
{
    for (; level > 0; level--) {
        struct tree_node *child =
            branch_at(cursor->path[level].node, cursor->path[level].at)->child;
        cursor->path[level - 1].node = child;
        cursor->path[level - 1].at = to_last ? child->used - 1u : 0;
    }
}

bool tree_first(const struct tree *tree, struct tree_cursor *cursor)
{
    start_at_root(tree, cursor);
    if (cursor->levels == 0) return false;
    cursor->path[cursor->levels - 1].at = 0;
    descend(cursor, cursor->levels - 1, false);
    return true;
}

bool tree_last(const struct tree *tree, struct tree_cursor *cursor)
{
    start_at_root(tree, cursor);
    if (cursor->levels == 0) return false;
    cursor->path[cursor->levels - 1].at = tree->root->used - 1u;
    descend(cursor, cursor->levels - 1, true);
    return true;
}

void tree_end(const struct tree *tree, struct tree_cursor *cursor)
{
    if (tree_last(tree, cursor)) cursor->path[0].at++;
}

bool tree_next(struct tree_cursor *cursor)
{
    for (unsigned level = 0; level < cursor->levels; level++) {
        if (cursor->path[level].at + 1 >= cursor->path[level].node->used) continue;
        cursor->path[level].at++;
        descend(cursor, level, false);
        return true;
    }
    if (cursor->levels) cursor->path[0].at = cursor->path[0].node->used;
    return false;
}

bool tree_prev(struct tree_cursor *cursor)
{
    for (unsigned level = 0; level < cursor->levels; level++) {
        if (cursor->path[level].at == 0) continue;
        cursor->path[level].at--;
        descend(cursor, level, true);
        return true;
    }
    return false;
}

/* A cursor behind the last item of a leaf goes to the first of the next leaf, if there is one. */
static void leave_end_of_leaf(struct tree_cursor *cursor)
{
    if (cursor->levels == 0 || cursor->path[0].at < cursor->path[0].node->used) return;
    cursor->path[0].at = cursor->path[0].node->used - 1u;
    tree_next(cursor);
}

void *tree_item(const struct tree_cursor *cursor)
{
    if (cursor->levels == 0 || cursor->path[0].at >= cursor->path[0].node->used) return NULL;
    return *item_at(cursor->path[0].node, cursor->path[0].at);
}

uint64_t tree_position(const struct tree *tree, const struct tree_cursor *cursor)
{
    uint64_t weight = 0;
    for (unsigned level = 0; level < cursor->levels; level++) {
        weight += weight_before(tree, cursor->path[level].node, cursor->path[level].at);
    }
    return weight;
}

/* The slot that covers `*at`, which becomes the distance into the slot. */
static unsigned find_weight(const struct tree *tree, const struct tree_node *node, uint64_t *at)
{
    unsigned i = 0;
    if (node->level == 0 && tree->ops->weight == NULL) {
        i = (unsigned)*at;
        *at = 0;
        return i;
    }
    for (;; i++) {
        uint64_t weight =
            node->level ? branch_at(node, i)->weight : tree->ops->weight(*item_at(node, i));
        if (*at < weight) return i;
        *at -= weight;
    }
}

bool tree_seek(const struct tree *tree, struct tree_cursor *cursor, uint64_t at, size_t *rest)
{
    *rest = 0;
    if (at >= tree->weight) {
        tree_end(tree, cursor);
        return false;
    }
    start_at_root(tree, cursor);
    struct tree_node *node = tree->root;
    for (unsigned level = cursor->levels; level-- > 0;) {
        cursor->path[level].node = node;
        cursor->path[level].at = find_weight(tree, node, &at);
        if (level) node = branch_at(node, cursor->path[level].at)->child;
    }
    *rest = at;
    return true;
}

struct probe {
    const struct tree *tree;
    const void *key;
    uint64_t hint;
};

static int compare_branch(const struct probe *probe, const struct branch *branch)
{
    if (probe->hint != branch->hint) return probe->hint < branch->hint ? -1 : 1;
    return probe->tree->ops->compare(probe->key, branch->first);
}

/* The last branch whose first item does not come behind the key; the first one if all do. */
static unsigned find_branch(const struct probe *probe, const struct tree_node *node)
{
    unsigned low = 1, high = node->used;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (compare_branch(probe, branch_at(node, middle)) < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low - 1;
}

/* Asks for the items that a search of [low, high) will look at in its first steps: what it looks
 * at one after the other is then waited for once. */
static void prefetch_middles(const struct tree_node *leaf, unsigned low, unsigned high,
                             unsigned steps)
{
    unsigned middle = (low + high) / 2;
    if (low >= high) return;
    mem_prefetch(*item_at(leaf, middle));
    if (steps == 1) return;
    prefetch_middles(leaf, low, middle, steps - 1);
    prefetch_middles(leaf, middle + 1, high, steps - 1);
}

/* The first item that does not come before the key. */
static unsigned find_item(const struct probe *probe, const struct tree_node *leaf, bool *equal)
{
    unsigned low = 0, high = leaf->used;
    *equal = false;
    for (unsigned step = 0; low < high; step++) {
        if (step % PREFETCH_STEPS == 0) prefetch_middles(leaf, low, high, PREFETCH_STEPS);
        unsigned middle = (low + high) / 2;
        int order = probe->tree->ops->compare(probe->key, *item_at(leaf, middle));
        if (order == 0) *equal = true;
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Goes to the leaf where the key belongs; false when the tree is empty. */
static bool descend_by_key(const struct probe *probe, struct tree_cursor *cursor)
{
    start_at_root(probe->tree, cursor);
    if (cursor->levels == 0) return false;
    for (unsigned level = cursor->levels - 1; level > 0; level--) {
        struct tree_node *node = cursor->path[level].node;
        cursor->path[level].at = find_branch(probe, node);
        cursor->path[level - 1].node = branch_at(node, cursor->path[level].at)->child;
    }
    return true;
}

bool tree_seek_item(const struct tree *tree, struct tree_cursor *cursor, const void *key,
                    const void *item)
{
    struct probe probe = {tree, key, tree->ops->hint(item)};
    if (!descend_by_key(&probe, cursor)) return false;
    const struct tree_node *leaf = cursor->path[0].node;
    for (unsigned at = 0; at < leaf->used; at++) {
        cursor->path[0].at = at;
        if (*item_at(leaf, at) == item) return true;
    }
    return false;
}

bool tree_seek_key(const struct tree *tree, struct tree_cursor *cursor, const void *key,
                   uint64_t hint)
{
    struct probe probe = {tree, key, hint};
    bool equal;
    if (!descend_by_key(&probe, cursor)) return false;
    cursor->path[0].at = find_item(&probe, cursor->path[0].node, &equal);
    leave_end_of_leaf(cursor);
    return equal;
}

/* --- writing --- */

static struct branch *path_branch(const struct tree_cursor *cursor, unsigned level)
{
    return branch_at(cursor->path[level].node, cursor->path[level].at);
}

static struct tree_node *private_node(struct tree *tree, struct tree_node *node)
{
    ASSERT(node != NULL);
    if (epoch_is_private(tree->epochs, node->epoch)) return node;
    struct tree_node *copy = new_node(tree, node->level);
    memcpy(copy->slots, node->slots, node->used * slot_size(node->level));
    copy->used = node->used;
    retire_node(tree, node);
    return copy;
}

static void own_path(struct tree *tree, struct tree_cursor *cursor)
{
    for (unsigned level = cursor->levels; level-- > 0;) {
        struct tree_node *node = private_node(tree, cursor->path[level].node);
        cursor->path[level].node = node;
        if (level + 1 == cursor->levels)
            tree->root = node;
        else
            path_branch(cursor, level + 1)->child = node;
    }
}

static void add_weight(struct tree *tree, const struct tree_cursor *cursor, uint64_t weight)
{
    tree->weight += weight;
    for (unsigned level = 1; level < cursor->levels; level++)
        path_branch(cursor, level)->weight += weight;
}

/* The first item below the node at `level` may be another one now. */
static void tell_first(const struct tree *tree, const struct tree_cursor *cursor, unsigned level)
{
    for (level++; level < cursor->levels; level++) {
        if (cursor->path[level - 1].at != 0) return;
        describe_first(tree, path_branch(cursor, level));
    }
}

static void grow_root(struct tree *tree, struct tree_cursor *cursor)
{
    unsigned level = cursor->levels;
    ASSERT(level < TREE_LEVELS_MAX);
    struct branch branch = describe(tree, tree->root);
    tree->root = new_node(tree, level);
    insert_slot(tree->root, 0, &branch);
    cursor->path[level].node = tree->root;
    cursor->path[level].at = 0;
    cursor->levels++;
}

/* Two neighbours below one parent; the cursor's path leads through one of them. */
struct pair {
    struct tree_node *parent, *left, *right;
    unsigned left_at; /* the left one's slot in the parent */
    unsigned level;   /* of the two */
    unsigned at;      /* the path's slot, as if the right one's followed the left one's */
};

static struct pair pair_of(struct tree *tree, const struct tree_cursor *cursor, unsigned level,
                           unsigned left_at)
{
    struct pair pair = {.parent = cursor->path[level + 1].node, .left_at = left_at, .level = level};
    bool in_right = cursor->path[level + 1].at != left_at;
    struct branch *branch = branch_at(pair.parent, left_at);
    branch[in_right ? 0 : 1].child = private_node(tree, branch[in_right ? 0 : 1].child);
    pair.left = branch[0].child;
    pair.right = branch[1].child;
    pair.at = cursor->path[level].at + (in_right ? pair.left->used : 0);
    return pair;
}

/* Gives the left one so many slots, and leads the path to where its slot went. */
static void pair_share(const struct tree *tree, struct tree_cursor *cursor, struct pair *pair,
                       unsigned left_used)
{
    share_slots(pair->left, pair->right, left_used);
    *branch_at(pair->parent, pair->left_at) = describe(tree, pair->left);
    bool in_right = pair->at >= left_used && pair->right->used > 0;
    if (pair->right->used > 0)
        *branch_at(pair->parent, pair->left_at + 1) = describe(tree, pair->right);
    cursor->path[pair->level].node = in_right ? pair->right : pair->left;
    cursor->path[pair->level].at = in_right ? pair->at - left_used : pair->at;
    cursor->path[pair->level + 1].at = pair->left_at + (in_right ? 1 : 0);
}

/* Lets a neighbour with much room take half of what is too much. */
static bool relieve(struct tree *tree, struct tree_cursor *cursor, unsigned level)
{
    const struct tree_node *parent = cursor->path[level + 1].node;
    unsigned at = cursor->path[level + 1].at, roomy = slot_count(level) * 7 / 8;
    unsigned left_at;
    if (at + 1 < parent->used && branch_at(parent, at + 1)->child->used <= roomy)
        left_at = at;
    else if (at > 0 && branch_at(parent, at - 1)->child->used <= roomy)
        left_at = at - 1;
    else
        return false;
    struct pair pair = pair_of(tree, cursor, level, left_at);
    pair_share(tree, cursor, &pair, (pair.left->used + pair.right->used) / 2u);
    return true;
}

static void make_room(struct tree *tree, struct tree_cursor *cursor, unsigned level);

/* At either end nearly all stays in one node: who appends or prepends leaves full nodes behind. */
static void split(struct tree *tree, struct tree_cursor *cursor, unsigned level)
{
    struct tree_node *right = new_node(tree, level);
    struct branch branch = {.child = right};
    make_room(tree, cursor, level + 1);
    unsigned left_at = cursor->path[level + 1].at;
    insert_slot(cursor->path[level + 1].node, left_at + 1, &branch);
    struct pair pair = pair_of(tree, cursor, level, left_at);
    unsigned total = pair.left->used, left_used = total / 2;
    if (pair.at + 1 >= total) left_used = total - 1;
    if (pair.at == 0) left_used = 1;
    pair_share(tree, cursor, &pair, left_used);
}

/* The path must be private. */
static void make_room(struct tree *tree, struct tree_cursor *cursor, unsigned level)
{
    if (cursor->path[level].node->used < slot_count(level)) return;
    if (level + 1 == cursor->levels) grow_root(tree, cursor);
    if (!relieve(tree, cursor, level)) split(tree, cursor, level);
}

void tree_insert(struct tree *tree, struct tree_cursor *cursor, void *item)
{
    if (tree->root == NULL) {
        tree->root = new_node(tree, 0);
        start_at_root(tree, cursor);
        cursor->path[0].at = 0;
    }
    own_path(tree, cursor);
    make_room(tree, cursor, 0);
    insert_slot(cursor->path[0].node, cursor->path[0].at, &item);
    add_weight(tree, cursor, item_weight(tree, item));
    tell_first(tree, cursor, 0);
    tree->len++;
}

void tree_append(struct tree *tree, void *item)
{
    struct tree_cursor cursor;
    tree_end(tree, &cursor);
    tree_insert(tree, &cursor, item);
}

/* The node at `level` lost a slot: it may fit into a neighbour. */
static void shrink(struct tree *tree, struct tree_cursor *cursor, unsigned level);

/* Takes the empty node at `level` out of its parent. The cursor goes to what followed the node, or
 * behind what was before it. */
static void drop_node(struct tree *tree, struct tree_cursor *cursor, unsigned level)
{
    retire_node(tree, cursor->path[level].node);
    if (level + 1 == cursor->levels) {
        tree->root = NULL;
        cursor->levels = 0;
        return;
    }
    struct tree_node *parent = cursor->path[level + 1].node;
    unsigned at = cursor->path[level + 1].at;
    remove_slot(parent, at);
    if (parent->used == 0) {
        drop_node(tree, cursor, level + 1);
        return;
    }
    bool was_last = at == parent->used;
    if (was_last) cursor->path[level + 1].at--;
    descend(cursor, level + 1, was_last);
    if (was_last) cursor->path[0].at++;
    tell_first(tree, cursor, level + 1);
    shrink(tree, cursor, level + 1);
}

static bool try_merge(struct tree *tree, struct tree_cursor *cursor, unsigned level,
                      unsigned left_at)
{
    const struct tree_node *parent = cursor->path[level + 1].node;
    if (left_at + 1 >= parent->used) return false;
    unsigned total = branch_at(parent, left_at)->child->used +
                     (unsigned)branch_at(parent, left_at + 1)->child->used;
    if (total > slot_count(level) * 3 / 4) return false;
    struct pair pair = pair_of(tree, cursor, level, left_at);
    pair_share(tree, cursor, &pair, total);
    remove_slot(pair.parent, left_at + 1);
    retire_node(tree, pair.right);
    return true;
}

static void shrink(struct tree *tree, struct tree_cursor *cursor, unsigned level)
{
    struct tree_node *node = cursor->path[level].node;
    if (level + 1 == cursor->levels) {
        if (level == 0 || node->used > 1) return;
        tree->root = branch_at(node, 0)->child;
        cursor->levels--;
        retire_node(tree, node);
        shrink(tree, cursor, level - 1);
        return;
    }
    if (node->used >= slot_count(level) / 3) return;
    unsigned at = cursor->path[level + 1].at;
    if (try_merge(tree, cursor, level, at) || (at > 0 && try_merge(tree, cursor, level, at - 1)))
        shrink(tree, cursor, level + 1);
}

void *tree_remove(struct tree *tree, struct tree_cursor *cursor)
{
    void *item = tree_item(cursor);
    ASSERT(item);
    own_path(tree, cursor);
    add_weight(tree, cursor, 0 - item_weight(tree, item));
    struct tree_node *leaf = cursor->path[0].node;
    remove_slot(leaf, cursor->path[0].at);
    tree->len--;
    if (leaf->used == 0) {
        drop_node(tree, cursor, 0);
    } else {
        tell_first(tree, cursor, 0);
        shrink(tree, cursor, 0);
    }
    leave_end_of_leaf(cursor);
    return item;
}

void *tree_replace(struct tree *tree, struct tree_cursor *cursor, void *item)
{
    own_path(tree, cursor);
    void **place = item_at(cursor->path[0].node, cursor->path[0].at), *old = *place;
    add_weight(tree, cursor, item_weight(tree, item) - item_weight(tree, old));
    *place = item;
    tell_first(tree, cursor, 0);
    return old;
}

void tree_reweigh(struct tree *tree, struct tree_cursor *cursor, int64_t delta)
{
    own_path(tree, cursor);
    add_weight(tree, cursor, (uint64_t)delta);
}

/* --- checking --- */

static bool is_sound_node(const struct tree *tree, const struct tree_node *node, size_t *len)
{
    if (node->used == 0 || node->used > slot_count(node->level)) return false;
    if (node->level == 0) *len += node->used;
    for (unsigned i = 0; node->level && i < node->used; i++) {
        const struct branch *branch = branch_at(node, i);
        struct branch wanted = describe(tree, branch->child);
        if (branch->child->level + 1 != node->level || branch->weight != wanted.weight)
            return false;
        if (branch->first != wanted.first || branch->hint != wanted.hint) return false;
        if (!is_sound_node(tree, branch->child, len)) return false;
    }
    return true;
}

bool tree_is_sound(const struct tree *tree)
{
    size_t len = 0;
    if (tree->root == NULL) return tree->len == 0 && tree->weight == 0 && tree->node_bytes == 0;
    if (tree->root->level && tree->root->used < 2) return false;
    return is_sound_node(tree, tree->root, &len) && len == tree->len &&
           weight_before(tree, tree->root, tree->root->used) == tree->weight;
}
