#include "command/evict.h"

#include "command/lookup.h"

enum { LFU_COUNTER_MAX = 255 };

/* --- scores: what scores higher goes earlier --- */

static uint64_t by_idle_time(const void *context, const struct entry *entry)
{
    return (uint64_t)access_idle_s(context, entry_access(entry));
}

static uint64_t by_rare_use(const void *context, const struct entry *entry)
{
    return LFU_COUNTER_MAX - access_lfu_counter(context, entry_access(entry));
}

static uint64_t by_nearest_end(const void *context, const struct entry *entry)
{
    (void)context;
    return (uint64_t)INT64_MAX - (uint64_t)entry_expire_at(entry);
}

static uint64_t (*const SCORES[])(const void *, const struct entry *) = {
    [EVICT_VOLATILE_LRU] = by_idle_time,   [EVICT_VOLATILE_LFU] = by_rare_use,
    [EVICT_VOLATILE_TTL] = by_nearest_end, [EVICT_ALLKEYS_LRU] = by_idle_time,
    [EVICT_ALLKEYS_LFU] = by_rare_use,     [EVICT_NOTHING] = NULL,
};

/* --- choosing --- */

void evictor_deinit(struct evictor *evictor)
{
    eviction_pool_deinit(&evictor->pool);
}

static void sample_all(struct evictor *evictor, struct call *call, int samples)
{
    struct store *store = call->host->store;
    const struct eviction_sampling sampling = {
        .samples = samples,
        .only_volatile = eviction_is_volatile(evictor->policy),
        .score = SCORES[evictor->policy],
        .context = call->host,
    };
    for (int i = 0; i < store->db_count; i++) {
        eviction_pool_sample(&evictor->pool, &store->dbs[i], &sampling);
    }
}

/* What is left of the pool may all be gone: then a new sample decides. */
static struct entry *choose(struct evictor *evictor, struct call *call, int samples)
{
    struct store *store = call->host->store;
    bool only_volatile = eviction_is_volatile(evictor->policy);
    if (eviction_is_random(evictor->policy)) {
        return eviction_random(store, only_volatile, &evictor->next_db, &call->ks);
    }
    sample_all(evictor, call, samples);
    struct entry *entry = eviction_pool_take(&evictor->pool, store, only_volatile, &call->ks);
    if (entry) return entry;
    sample_all(evictor, call, samples);
    return eviction_pool_take(&evictor->pool, store, only_volatile, &call->ks);
}

/* The name must outlive the entry it lies in. */
static void delete_key(struct call *call, const struct entry *entry)
{
    struct buf name = {0};
    buf_append_str(&name, entry_key(entry));
    struct str key = buf_str(&name);
    keyspace_remove(call->ks, key);
    const struct str argv[] = {STR("DEL"), key};
    effects_add_before(call->effects, call->ks->id, argv, 2);
    call_changed(call, key);
    call_event(call, EVENT_EVICTED, "evicted", key);
    buf_deinit(&name);
}

bool evict_one(struct evictor *evictor, struct call *call, enum eviction_policy policy, int samples)
{
    if (policy == EVICT_NOTHING) return false;
    if (policy != evictor->policy) evictor->pool.count = 0;
    evictor->policy = policy;
    const struct entry *entry = choose(evictor, call, samples);
    if (!entry) return false;
    call->effects->db = call->ks->id;
    delete_key(call, entry);
    return true;
}
