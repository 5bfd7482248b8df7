/* Sends one snapshot to one or several replicas: a worker writes a frozen view to their sockets, or
 * the file that a save to disk has made.
 *
 * A view goes through no file. A replica that takes marks gets a snapshot of unknown length; for
 * one that needs the length the view is walked twice, first only to count: it cannot change in
 * between. The connections are lent to the worker and given back before on_end. A replica that
 * fails or stalls for longer than the timeout is left behind; the others go on. */
#ifndef SKEIN_LINK_FULL_SYNC_H
#define SKEIN_LINK_FULL_SYNC_H

#include "io/worker.h"
#include "snapshot/rdb_file_write.h"

struct conn;

struct full_sync_target {
    struct conn *conn;
    struct buf before; /* taken: bytes that come first */
    void *owner;
    bool failed;
    bool is_abandoned; /* known to the loop's thread alone */
};

struct full_sync_order {
    struct frozen_store *frozen;      /* taken: released before on_end; NULL: the file is sent */
    int fd;                           /* without a view: taken */
    struct rdb_write_options options; /* texts are copied */
    struct full_sync_target *targets; /* taken, from mem_alloc */
    size_t target_count;
    unsigned filter; /* what is left out, as REPLCONF rdb-filter-only asked */
    bool by_mark;
    int timeout_ms;
    int64_t bytes_per_s; /* of all targets together; 0: as fast as it goes */
    int key_delay_us;    /* as of saves */
    /* On the loop's thread; the sync is gone then. `done`: the snapshot itself was complete. */
    void (*on_end)(void *context, const struct full_sync_order *order, bool done);
    void *context;
};

struct full_sync;

/* How far a snapshot is. */
struct full_sync_progress {
    uint64_t keys, keys_total, bytes;
    double percent;               /* by keys, or by bytes of a file */
    double seconds, seconds_left; /* since it began; until its end, at the pace of so far */
};

struct full_sync *full_sync_begin(struct worker_pool *pool, size_t lane,
                                  const struct full_sync_order *order);
struct full_sync_progress full_sync_progress(const struct full_sync *sync);
/* This replica is to be left behind soon; on_end comes all the same. */
void full_sync_abandon(struct full_sync *sync, const void *owner);
void full_sync_cancel(struct full_sync *sync);

#endif
