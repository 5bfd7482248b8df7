#include "store/epoch.h"

#include "base/assert.h"
#include "base/mem.h"

enum { FIRST_RETIRED = 64 };

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
    if (hold->retired_count == hold->retired_capacity) {
        hold->retired_capacity =
            hold->retired_capacity ? hold->retired_capacity * 2 : FIRST_RETIRED;
        hold->retired = mem_realloc(hold->retired, hold->retired_capacity * sizeof(struct garbage));
    }
    hold->retired[hold->retired_count++] = garbage;
}

/* The retired things of one release, freed as one piece of garbage. */
struct retired_list {
    size_t count;
    struct garbage *list;
};

static void free_retired_list(void *object)
{
    struct retired_list *retired = object;
    for (size_t i = 0; i < retired->count; i++) retired->list[i].free(retired->list[i].object);
    mem_free(retired->list);
    mem_free(retired);
}

void epoch_release(struct epochs *epochs, struct epoch_hold *hold)
{
    struct epoch_hold *older = LIST_ENTRY(hold->node.prev, struct epoch_hold, node);
    bool is_oldest = hold->node.prev == &epochs->frozen;
    list_remove(&hold->node);
    epochs->shared_up_to = list_is_empty(&epochs->frozen) ? 0 : newest_hold(epochs)->epoch;
    if (is_oldest) {
        struct retired_list *retired = mem_alloc(sizeof(*retired));
        *retired = (struct retired_list){hold->retired_count, hold->retired};
        discard(epochs, (struct garbage){free_retired_list, retired});
    } else {
        /* Some of it an older view may still reach; asking each is not worth it, so all of it
         * waits. */
        for (size_t i = 0; i < hold->retired_count; i++) hold_add(older, hold->retired[i]);
        mem_free(hold->retired);
    }
    hold->retired = NULL;
    hold->retired_count = hold->retired_capacity = 0;
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
