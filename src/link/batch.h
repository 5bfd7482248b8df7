/* Requests that have arrived, of one client or of several, parsed ahead so that the memory their
 * keys need is fetched all at once.
 *
 * A random key costs a cache miss for its bucket and one for its entry. Sixteen misses in flight
 * take little longer than one, so the batch first hashes all keys and asks for their buckets, then
 * for their entries, then runs. */
#ifndef SKEIN_LINK_BATCH_H
#define SKEIN_LINK_BATCH_H

#include "command/prefetch.h"
#include "proto/request.h"

enum { BATCH_MAX = PREFETCH_MAX };

struct request_batch {
    size_t count;
    struct request_view views[BATCH_MAX];
    size_t starts[BATCH_MAX];     /* where each request begins in the bytes of its part */
    size_t first_args[BATCH_MAX]; /* its place in args */
    struct str *args;
    size_t args_count, args_capacity;
};

/* What came from the bytes of one client. */
struct batch_part {
    size_t first, end;            /* its views */
    size_t bytes;                 /* its requests together */
    bool is_inline;               /* the only request is an inline one */
    enum request_verdict verdict; /* about what follows the last request */
};

struct request_batch *batch_new(void);
void batch_free(struct request_batch *batch);
void batch_clear(struct request_batch *batch);
static inline bool batch_is_full(const struct request_batch *batch)
{
    return batch->count == BATCH_MAX;
}
/* Adds the requests the bytes begin with, until the batch is full or the bytes are used up. Before
 * authentication, and for inline commands, a part is one request. */
struct batch_part batch_parse(struct request_batch *batch, struct request_parser *parser,
                              struct str bytes, const struct request_limits *limits);
/* Finds the commands and prefetches the keys. */
void batch_prepare(struct request_batch *batch, const struct registry *registry,
                   const struct keyspace *ks);
/* Room for the arguments of a single request. */
struct str *batch_args(struct request_batch *batch, size_t count);

#endif
