/* Syncs of one increment in a worker: one, or under `appendfsync always` one right behind the
 * other, for as long as more was written meanwhile. The data thread hears of each while the next
 * goes on already, so the disk never waits for a thread to wake up.
 *
 * The two threads share four words: what was written, what is synced, whether that is yet to be
 * told, and, behind the end, the error. */
#ifndef SKEIN_DISK_AOF_SYNCS_H
#define SKEIN_DISK_AOF_SYNCS_H

#include "io/worker.h"

#include <stdatomic.h>

struct aof;

struct aof_syncs {
    struct job job;
    struct loop_message news;
    struct worker_pool *pool;
    struct aof *aof;
    int fd;
    uint64_t generation;         /* of the increment */
    atomic_int_fast64_t written; /* the file has the stream up to here */
    atomic_int_fast64_t synced;  /* so does the disk; below `written` at first */
    atomic_bool is_told;         /* the message is on its way */
    int error;                   /* negative errno, of the last one */
    /* On the loop's thread: more was synced and the next has begun; all is over, and the struct is
     * freed behind it. */
    void (*on_news)(struct aof_syncs *syncs);
    void (*on_end)(struct aof_syncs *syncs);
};

/* Copied, with `pool`, `aof`, `fd`, `generation`, `written` and what is to be called. */
struct aof_syncs *aof_syncs_begin(const struct aof_syncs *order, size_t lane);
/* The same file has more by now, which is to be synced as well. */
static inline void aof_syncs_extend(struct aof_syncs *syncs, int64_t written)
{
    atomic_store_explicit(&syncs->written, written, memory_order_release);
}
static inline int64_t aof_syncs_reached(const struct aof_syncs *syncs)
{
    return atomic_load_explicit(&syncs->synced, memory_order_acquire);
}

#endif
