#include "store/loading.h"

#include "base/mem.h"

#include <sys/param.h>

enum {
    LOT_KEYS = 512,
    LOT_BITS_MAX = 8,
    LOT_SPAN_BITS = 14, /* with fewer keys in the stretch of a lot, lots are not worth having */
    PAGE_AHEAD = 24,    /* keys between asking for the head of a page, its bucket, and linking */
    BUCKET_AHEAD = 16,
    STEP = 8, /* how many times larger a table gets that was prepared for too little */
    MOVED = 32,
};

struct loading_lot {
    unsigned count;
    struct waiting_key {
        uint64_t hash;
        uintptr_t entry; /* its address; the lowest bit says that it expires */
    } keys[LOT_KEYS];
};

static struct entry *entry_of(const struct waiting_key *key)
{
    return (struct entry *)(key->entry & ~(uintptr_t)1);
}

void loading_deinit(struct store_loading *loading)
{
    for (size_t i = 0; loading->lots && i < (size_t)1 << loading->lot_bits; i++) {
        struct loading_lot *lot = &loading->lots[i];
        while (lot->count) entry_free_deep(entry_of(&lot->keys[--lot->count]));
    }
    mem_free(loading->lots);
    entry_free_deep(loading->twin);
    *loading = (struct store_loading){0};
}

/* --- linking --- */

static bool link_key(struct store_loading *loading, const struct waiting_key *key)
{
    struct keyspace *ks = loading->ks;
    struct entry *entry = entry_of(key);
    bool expires = key->entry & 1;
    if (loading->replaces) keyspace_remove(ks, entry_key(entry));
    if (table_add(&ks->table, entry, key->hash, expires)) {
        ks->volatile_len += expires;
        return true;
    }
    entry_free_deep(loading->twin);
    loading->twin = entry;
    return false;
}

static bool link_lot(struct store_loading *loading, struct loading_lot *lot)
{
    const struct table *table = &loading->ks->table;
    const struct waiting_key *keys = lot->keys;
    bool linked = true;
    for (unsigned i = 0; i < lot->count + PAGE_AHEAD; i++) {
        unsigned bucket = i - (PAGE_AHEAD - BUCKET_AHEAD), at = i - PAGE_AHEAD;
        if (i < lot->count) table_prefetch_page(table, keys[i].hash);
        if (bucket < lot->count) table_prefetch_bucket(table, keys[bucket].hash);
        if (at < lot->count) linked = link_key(loading, &keys[at]) && linked;
    }
    lot->count = 0;
    return linked;
}

bool loading_settle(struct store_loading *loading)
{
    bool linked = true;
    for (size_t i = 0; loading->lots && i < (size_t)1 << loading->lot_bits; i++) {
        linked = link_lot(loading, &loading->lots[i]) && linked;
    }
    return linked;
}

/* --- growing --- */

/* Moves as many entries from `from` to `to`; false when there are none left. */
static bool move_some(struct table *from, struct table_cursor *cursor, struct table *to)
{
    struct entry *entries[MOVED];
    uint64_t hashes[MOVED];
    size_t count = 0;
    while (count < MOVED && (entries[count] = table_next(from, cursor))) {
        mem_prefetch(entries[count++]);
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = table_hash(to, entry_key(entries[i]));
        table_prefetch_page(to, hashes[i]);
    }
    for (size_t i = 0; i < count; i++) table_prefetch_bucket(to, hashes[i]);
    for (size_t i = 0; i < count; i++) table_insert(to, entries[i], hashes[i]);
    return count > 0;
}

void loading_make_room(struct keyspace *ks, size_t keys)
{
    struct table *table = &ks->table;
    struct table old = *table;
    struct table_cursor cursor = {0};
    table_init(table, old.epochs, old.seed);
    table_reserve(table, keys);
    while (move_some(&old, &cursor, table)) {
    }
    table_deinit(&old, NULL);
}

static void prepare(struct store_loading *loading, size_t keys)
{
    loading->prepared = keys;
    loading_make_room(loading->ks, keys);
}

/* As many lots as the table is worth. */
static bool choose_lots(struct store_loading *loading)
{
    size_t keys = MAX(loading->ks->table.len, loading->prepared);
    unsigned bits = 0;
    while (bits < LOT_BITS_MAX && keys >> (bits + LOT_SPAN_BITS)) bits++;
    if (loading->lots && bits <= loading->lot_bits) return true;
    bool linked = loading_settle(loading);
    mem_free(loading->lots);
    loading->lot_bits = bits;
    loading->lots = mem_alloc(sizeof(struct loading_lot) << bits);
    for (size_t i = 0; i < (size_t)1 << bits; i++) loading->lots[i].count = 0;
    return linked;
}

static bool grow(struct store_loading *loading)
{
    size_t len = loading->ks->table.len;
    bool is_due = len >= loading->prepared && loading->prepared < loading->expected;
    if (is_due) prepare(loading, MIN(loading->expected, len * STEP));
    return choose_lots(loading);
}

/* Lots are of one keyspace. */
static bool choose_keyspace(struct store_loading *loading, struct keyspace *ks)
{
    if (ks == loading->ks) return true;
    bool linked = loading_settle(loading);
    loading->ks = ks;
    loading->expected = loading->prepared = 0;
    return choose_lots(loading) && linked;
}

bool loading_expect(struct store_loading *loading, struct keyspace *ks, size_t keys, size_t certain)
{
    bool linked = choose_keyspace(loading, ks);
    if (ks->table.directory) return linked; /* only once: preparing takes time */
    loading->expected = keys;
    prepare(loading, MIN(keys, certain));
    return choose_lots(loading) && linked;
}

bool loading_put(struct store_loading *loading, struct keyspace *ks,
                 const struct loading_pair *pair)
{
    bool linked = choose_keyspace(loading, ks), expires = pair->expire_at_ms != NO_EXPIRY;
    struct value value = pair->value;
    if (value.type == TYPE_STRING) value = keyspace_string_value(ks, value.bytes);
    struct entry *entry = entry_new(pair->key, value, pair->expire_at_ms, ks->store->epochs.now);
    entry_set_access(entry, pair->access);
    uint64_t hash = table_hash(&ks->table, pair->key);
    struct loading_lot *lot =
        &loading->lots[loading->lot_bits ? hash >> (64 - loading->lot_bits) : 0];
    lot->keys[lot->count++] = (struct waiting_key){hash, (uintptr_t)entry | expires};
    if (lot->count < LOT_KEYS) return linked;
    linked = link_lot(loading, lot) && linked;
    return grow(loading) && linked;
}
