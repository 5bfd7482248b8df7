/* Sequences of operations on a tree, with freezes between them, against a plain array. Each step is
 * three bytes: what to do, and where. */
#include "store/tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LEN_MAX = 4096, RUN = 40 };

struct world {
    struct epochs epochs;
    struct tree tree, frozen;
    struct epoch_hold hold;
    bool is_frozen;
    size_t len, frozen_len, made;
    uintptr_t list[LEN_MAX], frozen_list[LEN_MAX];
};

/* Items are small numbers in a pointer; their weight follows from them. */
static size_t weight_of(const void *item)
{
    return 1 + (uintptr_t)item % 3;
}

static const struct tree_ops ops = {.weight = weight_of};

static void require(bool condition)
{
    if (!condition) abort();
}

static void compare(const struct tree *tree, const uintptr_t *list, size_t len)
{
    struct tree_cursor cursor;
    size_t at = 0;
    for (bool more = tree_first(tree, &cursor); more; more = tree_next(&cursor)) {
        require(at < len && (uintptr_t)tree_item(&cursor) == list[at]);
        at++;
    }
    require(at == len && tree_is_sound(tree));
}

static void seek(const struct world *world, size_t at, struct tree_cursor *cursor)
{
    uint64_t position = 0;
    size_t rest;
    for (size_t i = 0; i < at; i++) position += weight_of((void *)world->list[i]);
    require(tree_seek(&world->tree, cursor, position, &rest) == (at < world->len) && rest == 0);
    require(tree_position(&world->tree, cursor) == position);
}

static void insert(struct world *world, size_t at)
{
    struct tree_cursor cursor;
    if (world->len == LEN_MAX) return;
    uintptr_t item = ++world->made;
    seek(world, at, &cursor);
    tree_insert(&world->tree, &cursor, (void *)item);
    memmove(world->list + at + 1, world->list + at, (world->len - at) * sizeof(item));
    world->list[at] = item;
    world->len++;
}

static void remove_at(struct world *world, size_t at)
{
    struct tree_cursor cursor;
    if (at >= world->len) return;
    seek(world, at, &cursor);
    require((uintptr_t)tree_remove(&world->tree, &cursor) == world->list[at]);
    world->len--;
    memmove(world->list + at, world->list + at + 1, (world->len - at) * sizeof(uintptr_t));
    require((uintptr_t)tree_item(&cursor) == (at < world->len ? world->list[at] : 0));
}

static void replace(struct world *world, size_t at)
{
    struct tree_cursor cursor;
    if (at >= world->len) return;
    uintptr_t item = ++world->made;
    seek(world, at, &cursor);
    require((uintptr_t)tree_replace(&world->tree, &cursor, (void *)item) == world->list[at]);
    world->list[at] = item;
}

static void freeze_or_release(struct world *world)
{
    if (world->is_frozen) {
        compare(&world->frozen, world->frozen_list, world->frozen_len);
        epoch_release(&world->epochs, &world->hold);
    } else {
        world->frozen = world->tree;
        world->frozen_len = world->len;
        memcpy(world->frozen_list, world->list, sizeof(world->list));
        epoch_freeze(&world->epochs, &world->hold);
    }
    world->is_frozen = !world->is_frozen;
}

static void step(struct world *world, const uint8_t *data)
{
    size_t at = (data[1] | (size_t)data[2] << 8) % (world->len + 1);
    switch (data[0] % 8) {
    case 0:
        insert(world, at);
        break;
    case 1:
        for (size_t i = 0; i < RUN; i++) insert(world, at + i);
        break;
    case 2:
        for (size_t i = 0; i < RUN; i++) insert(world, at);
        break;
    case 3:
        remove_at(world, at);
        break;
    case 4:
        for (size_t i = 0; i < RUN; i++) remove_at(world, at);
        break;
    case 5:
        for (size_t i = 0; i < RUN; i++) remove_at(world, at < world->len ? at : 0);
        break;
    case 6:
        replace(world, at);
        break;
    default:
        freeze_or_release(world);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    memset(&world, 0, sizeof(world));
    epochs_init(&world.epochs, NULL, NULL);
    tree_init(&world.tree, &ops, &world.epochs);
    for (; size >= 3; data += 3, size -= 3) step(&world, data);
    compare(&world.tree, world.list, world.len);
    if (world.is_frozen) freeze_or_release(&world);
    tree_deinit(&world.tree, NULL);
    epochs_deinit(&world.epochs);
    return 0;
}
