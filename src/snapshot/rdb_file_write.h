/* Writes a frozen view as a whole RDB file, which stock Redis 7.0 loads.
 *
 * Any thread may do it while the data thread goes on. Bytes go to the sink in big pieces; where
 * they end is the sink's business (a file, a socket). Bytes around the file, as the mark that ends
 * one of unknown length on a socket, are the caller's as well: they belong to no checksum. */
#ifndef SKEIN_SNAPSHOT_RDB_FILE_WRITE_H
#define SKEIN_SNAPSHOT_RDB_FILE_WRITE_H

#include "base/sink.h"
#include "snapshot/rdb_file.h"
#include "store/keyspace.h"

/* One more pair of texts in the head of the file; who does not know it passes over it. */
struct rdb_aux {
    struct str name, value;
};

struct rdb_write_options {
    bool compress, checksum;
    bool is_aof_base;
    const char *version; /* redis-ver */
    int64_t now_ms;      /* ctime, and what idle times count from */
    uint64_t used_memory;
    /* Where in the history of replication this is; id NULL: nowhere. */
    struct {
        const char *id;
        int64_t offset;
        int64_t db;
    } replication;
    const struct rdb_aux *aux;
    size_t aux_count;
    const struct str *libraries; /* the code of each */
    size_t library_count;
    enum rdb_access access;
    int64_t lfu_decay_min;
    struct rdb_progress *progress; /* may be NULL */
    /* Called after each key; NULL: not. */
    void (*after_key)(void *context);
    void *context;
};

/* False when the sink failed or the progress was cancelled. */
bool rdb_write_file(struct sink *sink, const struct frozen_store *frozen,
                    const struct rdb_write_options *options);

#endif
