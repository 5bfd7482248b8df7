/* Epochs: how any moment of the data is kept without copying it.
 *
 * Everything that holds data carries the epoch it was born in. A freeze notes the current epoch
 * and starts the next; whatever was born up to a live freeze may be read by a worker at any time
 * and is never changed or freed until that freeze is released: the data thread copies it, links
 * the copy and retires the original here.
 *
 * All functions belong to the data thread. What a release sets free, and what is big, goes to
 * `discard`, which may hand it to a worker. Invariant: shared_up_to is the epoch of the newest
 * live freeze, 0 when none is live. */
#ifndef SKEIN_STORE_EPOCH_H
#define SKEIN_STORE_EPOCH_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Something to free, and how. */
struct garbage {
    void (*free)(void *object);
    void *object;
};

struct epochs {
    uint32_t now;          /* what is born now carries this; starts at 1 */
    uint32_t shared_up_to; /* born at or before this: shared with a frozen view */
    struct list frozen;    /* struct epoch_hold, oldest first */
    /* Frees one thing, now or in the background. */
    void (*discard)(void *context, struct garbage garbage);
    void *discard_context;
};

struct retired_block;

/* One live freeze. */
struct epoch_hold {
    struct list node;
    uint32_t epoch;
    /* What only this view (and older ones) can still reach, the newest block first. Blocks, because
     * a vector that doubles would stall the data thread while it is copied. */
    struct retired_block *retired, *oldest;
};

/* `discard` may be NULL: then everything is freed at once. */
void epochs_init(struct epochs *epochs, void (*discard)(void *, struct garbage), void *context);
void epochs_deinit(struct epochs *epochs);

/* Starts a new epoch; everything reachable now stays as it is until `hold` is released. */
void epoch_freeze(struct epochs *epochs, struct epoch_hold *hold);
void epoch_release(struct epochs *epochs, struct epoch_hold *hold);

/* May the data thread change what was born in `born` where it lies? */
static inline bool epoch_is_private(const struct epochs *epochs, uint32_t born)
{
    return born > epochs->shared_up_to;
}

/* The object has just been unlinked: frees it, at once or when no frozen view can reach it any
 * more. */
void epoch_retire(struct epochs *epochs, uint32_t born, struct garbage garbage);
/* The same for what takes long to free: it goes to `discard`. `born` 0: parts of it may be as
 * old as anything. */
void epoch_retire_big(struct epochs *epochs, uint32_t born, struct garbage garbage);

#endif
