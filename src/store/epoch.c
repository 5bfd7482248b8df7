#include "store/epoch.h"

#include "base/assert.h"
#include "base/mem.h"

enum { BLOCK_ITEMS = 1000 };

struct retired_block {
    struct retired_block *older;
    size_t count;
    struct garbage items[BLOCK_ITEMS];
};

static void discard(struct epochs *epochs, struct garbage garbage)
{
    if (epochs->discard)
        epochs->discard(epochs->discard_context, garbage);
    else
        garbage.free(garbage.object);
}

static struct epoch_hold *newest_hold(const struct epochs *epochs)
{
    return LIST_ENTRY(epochs->frozen.prev, struct epoch_hold, node);
}

void epochs_init(struct epochs *epochs, void (*discard_fn)(void *, struct garbage), void *context)
{
    *epochs = (struct epochs){.now = 1, .discard = discard_fn, .discard_context = context};
    list_init(&epochs->frozen);
}

void epochs_deinit(struct epochs *epochs)
{
    ASSERT(list_is_empty(&epochs->frozen));
}

void epoch_freeze(struct epochs *epochs, struct epoch_hold *hold)
{
    ASSERT(epochs->now < UINT32_MAX);
    *hold = (struct epoch_hold){.epoch = epochs->now};
    list_append(&epochs->frozen, &hold->node);
    epochs->shared_up_to = epochs->now++;
}

static void hold_add(struct epoch_hold *hold, struct garbage garbage)
{
    struct retired_block *block = hold->retired;
    if (block == NULL || block->count == BLOCK_ITEMS) {
        block = mem_alloc(sizeof(*block));
        block->older = hold->retired;
        block->count = 0;
        hold->retired = block;
        if (hold->oldest == NULL) hold->oldest = block;
    }
    block->items[block->count++] = garbage;
}

static void free_retired(void *object)
{
    struct retired_block *block = object;
    while (block) {
        struct retired_block *older = block->older;
        for (size_t i = 0; i < block->count; i++) block->items[i].free(block->items[i].object);
        mem_free(block);
        block = older;
    }
}

/* Puts the blocks of `from` in front of those of `to`. */
static void hold_join(struct epoch_hold *to, struct epoch_hold *from)
{
    if (from->retired == NULL) return;
    from->oldest->older = to->retired;
    to->retired = from->retired;
    if (to->oldest == NULL) to->oldest = from->oldest;
}

void epoch_release(struct epochs *epochs, struct epoch_hold *hold)
{
    struct epoch_hold *older = LIST_ENTRY(hold->node.prev, struct epoch_hold, node);
    bool is_oldest = hold->node.prev == &epochs->frozen;
    list_remove(&hold->node);
    epochs->shared_up_to = list_is_empty(&epochs->frozen) ? 0 : newest_hold(epochs)->epoch;
    /* Some of it an older view may still reach; asking each is not worth it, so all of it waits. */
    if (!is_oldest)
        hold_join(older, hold);
    else if (hold->retired)
        discard(epochs, (struct garbage){free_retired, hold->retired});
    hold->retired = hold->oldest = NULL;
}

void epoch_retire(struct epochs *epochs, uint32_t born, struct garbage garbage)
{
    if (epoch_is_private(epochs, born))
        garbage.free(garbage.object);
    else
        hold_add(newest_hold(epochs), garbage);
}

void epoch_retire_big(struct epochs *epochs, uint32_t born, struct garbage garbage)
{
    if (list_is_empty(&epochs->frozen) || epoch_is_private(epochs, born))
        discard(epochs, garbage);
    else
        hold_add(newest_hold(epochs), garbage);
}
