#include "store/eviction.h"

void eviction_pool_deinit(struct eviction_pool *pool)
{
    for (int i = 0; i < EVICTION_POOL; i++) buf_deinit(&pool->slots[i].key);
    *pool = (struct eviction_pool){0};
}

static bool contains(const struct eviction_pool *pool, int db, struct str key)
{
    for (int i = 0; i < pool->count; i++) {
        const struct eviction_candidate *slot = &pool->slots[i];
        if (slot->db == db && str_eq(buf_str(&slot->key), key)) return true;
    }
    return false;
}

static void fill(struct eviction_candidate *slot, uint64_t score, int db, struct str key)
{
    slot->score = score;
    slot->db = db;
    buf_clear(&slot->key);
    buf_append_str(&slot->key, key);
}

/* Makes the slot `at` free by moving what is below it down (the worst falls out) or what is above
 * it up; the buffer of the slot that falls out is used again. */
static int make_room(struct eviction_pool *pool, int at)
{
    struct eviction_candidate spare;
    if (pool->count < EVICTION_POOL) {
        spare = pool->slots[pool->count];
        size_t above = (size_t)(pool->count - at);
        memmove(&pool->slots[at + 1], &pool->slots[at], above * sizeof(spare));
        pool->count++;
    } else {
        at--;
        spare = pool->slots[0];
        memmove(&pool->slots[0], &pool->slots[1], (size_t)at * sizeof(spare));
    }
    pool->slots[at] = spare;
    return at;
}

static void offer(struct eviction_pool *pool, uint64_t score, int db, struct str key)
{
    int at = 0;
    while (at < pool->count && pool->slots[at].score < score) at++;
    if (at == 0 && pool->count == EVICTION_POOL) return;
    if (contains(pool, db, key)) return;
    at = make_room(pool, at);
    fill(&pool->slots[at], score, db, key);
}

static struct entry *pick(struct keyspace *ks, bool only_volatile)
{
    struct prng *prng = &ks->store->prng;
    if (!only_volatile) return table_random(&ks->table, prng);
    return ks->volatile_len ? table_random_volatile(&ks->table, prng) : NULL;
}

void eviction_pool_sample(struct eviction_pool *pool, struct keyspace *ks,
                          const struct eviction_sampling *sampling)
{
    for (int i = 0; i < sampling->samples; i++) {
        const struct entry *entry = pick(ks, sampling->only_volatile);
        if (!entry) return;
        offer(pool, sampling->score(sampling->context, entry), ks->id, entry_key(entry));
    }
}

struct entry *eviction_pool_take(struct eviction_pool *pool, struct store *store,
                                 bool only_volatile, struct keyspace **ks)
{
    while (pool->count > 0) {
        const struct eviction_candidate *best = &pool->slots[--pool->count];
        *ks = &store->dbs[best->db];
        struct entry *entry = keyspace_find(*ks, buf_str(&best->key));
        if (entry && (!only_volatile || entry_has_expiry(entry))) return entry;
    }
    return NULL;
}

struct entry *eviction_random(struct store *store, bool only_volatile, int *next_db,
                              struct keyspace **ks)
{
    for (int i = 0; i < store->db_count; i++) {
        *ks = &store->dbs[*next_db % store->db_count];
        *next_db = (*next_db + 1) % store->db_count;
        struct entry *entry = pick(*ks, only_volatile);
        if (entry) return entry;
    }
    return NULL;
}
