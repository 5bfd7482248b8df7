/* Receives a master's snapshot: a worker reads the connection and fills a fresh store, while the
 * data thread goes on with the old one.
 *
 * The worker takes the transfer apart (repl/transfer.h), gives its bytes to the snapshot reader,
 * and tells the master now and then that it lives. The store is nobody else's until on_end. What
 * came behind the snapshot is the beginning of the stream. */
#ifndef SKEIN_LINK_SNAPSHOT_RECEIVER_H
#define SKEIN_LINK_SNAPSHOT_RECEIVER_H

#include "io/worker.h"
#include "snapshot/rdb_file_read.h"

struct conn;

enum receive_verdict {
    RECEIVE_DONE,
    RECEIVE_LOST,    /* the connection ended or stalled: `error` is the negative errno, 0 its end */
    RECEIVE_REFUSED, /* the master said no; its words are in `words` */
    RECEIVE_INVALID, /* no transfer looks like this */
    RECEIVE_TOO_BIG,
    RECEIVE_DAMAGED, /* no snapshot looks like this: read.fault */
    RECEIVE_VERDICTS
};

struct receive_result {
    enum receive_verdict verdict;
    int error;
    bool by_mark;
    uint64_t bytes; /* of the snapshot that came */
    struct buf words;
    struct buf stream; /* what came behind the snapshot */
    struct rdb_read_result read;
    struct buf *libraries; /* the code of each */
    size_t library_count;
    int64_t duration_us;
};

struct receive_order {
    struct conn *conn;  /* lent until on_end */
    struct str pending; /* bytes of the transfer that were read already; copied */
    struct store *store;
    struct rdb_read_options options; /* limits are borrowed; hooks and progress are ours */
    uint64_t max_len;
    int timeout_ms;
    int key_delay_us; /* as of loading files */
    void (*on_end)(void *context, struct receive_result *result);
    void *context;
};

struct receiver;

struct receiver *receive_begin(struct worker_pool *pool, size_t lane,
                               const struct receive_order *order);
/* Ends it soon; on_end comes all the same. */
void receive_cancel(struct receiver *receiver);
/* Bytes of the snapshot that came; and how many there are, 0 when nobody knows. */
uint64_t receive_bytes(const struct receiver *receiver);
uint64_t receive_total(const struct receiver *receiver);
/* Bytes of how many when the master told that, else keys of how many; `total` 0: nobody knows. */
struct receive_progress {
    uint64_t done, total, keys;
    int64_t began_us;
};
struct receive_progress receive_progress(const struct receiver *receiver);
const char *receive_verdict_name(enum receive_verdict verdict);

#endif
