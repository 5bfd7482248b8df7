#include "store/loading.h"

void loading_deinit(struct store_loading *loading)
{
    for (unsigned i = 0; i < LOADING_AHEAD; i++) entry_free_deep(loading->ahead[i].entry);
    entry_free_deep(loading->twin);
    *loading = (struct store_loading){0};
}

static bool link_key(struct store_loading *loading, struct loading_key *key)
{
    struct entry *entry = key->entry;
    struct keyspace *ks = key->ks;
    if (entry == NULL) return true;
    key->entry = NULL;
    if (loading->replaces) keyspace_remove(ks, entry_key(entry));
    if (table_find(&ks->table, entry_key(entry), key->hash)) {
        entry_free_deep(loading->twin);
        loading->twin = entry;
        return false;
    }
    table_insert(&ks->table, entry, key->hash);
    ks->volatile_len += (size_t)entry_has_expiry(entry);
    return true;
}

bool loading_put(struct store_loading *loading, struct keyspace *ks,
                 const struct loading_pair *pair)
{
    struct loading_key *place = &loading->ahead[loading->at];
    struct value value = pair->value;
    bool linked = link_key(loading, place);
    if (value.type == TYPE_STRING) value = keyspace_string_value(ks, value.bytes);
    place->ks = ks;
    place->entry = entry_new(pair->key, value, pair->expire_at_ms, ks->store->epochs.now);
    entry_set_access(place->entry, pair->access);
    place->hash = table_hash(&ks->table, pair->key);
    table_prefetch_insert(&ks->table, place->hash);
    loading->at = (loading->at + 1) % LOADING_AHEAD;
    return linked;
}

bool loading_finish(struct store_loading *loading)
{
    bool linked = true;
    for (unsigned i = 0; i < LOADING_AHEAD; i++) {
        struct loading_key *key = &loading->ahead[(loading->at + i) % LOADING_AHEAD];
        linked = link_key(loading, key) && linked;
    }
    return linked;
}
