/* Which key goes when memory is short: an approximation of the best choice from small samples.
 *
 * A pool keeps the best candidates of all samples taken so far, so that the choice gets better with
 * time although every sample is small. Nothing is deleted here and no clock is known: the caller
 * scores entries (a higher score goes earlier) and deletes. A candidate is a name: it may have gone
 * meanwhile. */
#ifndef SKEIN_STORE_EVICTION_H
#define SKEIN_STORE_EVICTION_H

#include "base/buf.h"
#include "store/keyspace.h"

/* In the order of the configuration's names. */
enum eviction_policy {
    EVICT_VOLATILE_LRU,
    EVICT_VOLATILE_LFU,
    EVICT_VOLATILE_RANDOM,
    EVICT_VOLATILE_TTL,
    EVICT_ALLKEYS_LRU,
    EVICT_ALLKEYS_LFU,
    EVICT_ALLKEYS_RANDOM,
    EVICT_NOTHING,
};

enum { EVICTION_POOL = 16 };

struct eviction_candidate {
    uint64_t score;
    int db;
    struct buf key;
};

/* Zeroed is empty. Ordered by score, the best candidate last. */
struct eviction_pool {
    struct eviction_candidate slots[EVICTION_POOL];
    int count;
};

struct eviction_sampling {
    int samples;        /* per database */
    bool only_volatile; /* keys without expiry stay */
    uint64_t (*score)(const void *context, const struct entry *entry);
    const void *context;
};

static inline bool eviction_is_volatile(enum eviction_policy policy)
{
    return policy <= EVICT_VOLATILE_TTL;
}
static inline bool eviction_is_random(enum eviction_policy policy)
{
    return policy == EVICT_VOLATILE_RANDOM || policy == EVICT_ALLKEYS_RANDOM;
}

void eviction_pool_deinit(struct eviction_pool *pool);
/* Takes samples of a database into the pool. */
void eviction_pool_sample(struct eviction_pool *pool, struct keyspace *ks,
                          const struct eviction_sampling *sampling);
/* Takes the best candidate that still exists (and, if asked for, has an expiry) out of the pool;
 * NULL when none is left. *ks is set to its database. */
struct entry *eviction_pool_take(struct eviction_pool *pool, struct store *store,
                                 bool only_volatile, struct keyspace **ks);
/* A random key, trying one database after the other from *next_db on; NULL when there is none. */
struct entry *eviction_random(struct store *store, bool only_volatile, int *next_db,
                              struct keyspace **ks);

#endif
