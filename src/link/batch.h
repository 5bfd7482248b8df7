/* The requests one read brought, parsed ahead so that the memory their keys need is fetched all at
 * once.
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
    size_t starts[BATCH_MAX];     /* where each request begins in the bytes parsed */
    size_t first_args[BATCH_MAX]; /* its place in args */
    size_t bytes;                 /* all requests together */
    bool is_inline;               /* the only request was an inline one */
    struct str *args;
    size_t args_count, args_capacity;
};

struct request_batch *batch_new(void);
void batch_free(struct request_batch *batch);
/* Parses requests until the batch is full or the bytes are used up; the verdict is about what
 * follows the last one. Before authentication, and for inline commands, a batch is one request. */
enum request_verdict batch_parse(struct request_batch *batch, struct request_parser *parser,
                                 struct str bytes, const struct request_limits *limits);
/* Finds the commands and prefetches the keys. */
void batch_prepare(struct request_batch *batch, const struct registry *registry,
                   const struct keyspace *ks);
/* Room for the arguments of a single request. */
struct str *batch_args(struct request_batch *batch, size_t count);

#endif
