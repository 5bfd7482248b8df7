/* Loads an RDB file into a fresh store: a worker reads while the data thread goes on.
 *
 * The store is nobody else's until on_end; then whoever began the load puts it in the place of the
 * old one, or frees it. Libraries of functions are collected as text, because compiling them
 * belongs to the data thread. */
#ifndef SKEIN_DISK_LOADER_H
#define SKEIN_DISK_LOADER_H

#include "io/worker.h"
#include "snapshot/rdb_file_read.h"

struct load_result {
    bool done;
    int open_error; /* negative errno: the file could not be opened or read; 0 else */
    struct rdb_read_result read;
    struct buf *libraries; /* the code of each; freed after on_end */
    size_t library_count;
    int64_t duration_us;
};

struct load_order {
    const char *path;                /* copied */
    struct store *store;             /* empty, in no use */
    struct rdb_read_options options; /* limits are borrowed; progress and hooks are the loader's */
    int key_delay_us;                /* as of saves */
    void (*on_end)(void *context, const struct load_result *result);
    void *context;
};

struct load;

/* As with saves: on_end is called on the loop's thread, and the load is gone then. */
struct load *load_begin(struct worker_pool *pool, size_t lane, const struct load_order *order);
void load_cancel(struct load *load);
const struct rdb_progress *load_progress(const struct load *load);
uint64_t load_size(const struct load *load); /* bytes of the file */

/* On the calling thread; on_end is called before it returns. */
void load_now(const struct load_order *order);

/* A descriptor as the reader's input, from where it stands; `context` is the descriptor. */
struct rdb_input load_input_of_fd(const int *fd);

#endif
