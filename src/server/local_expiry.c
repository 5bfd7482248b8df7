#include "server/local_expiry.h"

#include "base/buf.h"
#include "command/lookup.h"

enum { STEP_KEYS = 256 };

void local_expiry_init(struct local_expiry *expiry, struct hash_seed seed)
{
    *expiry = (struct local_expiry){.keys.seed = seed};
}

void local_expiry_clear(struct local_expiry *expiry)
{
    struct hash_seed seed = expiry->keys.seed;
    map_deinit(&expiry->keys, NULL);
    local_expiry_init(expiry, seed);
}

void local_expiry_note(struct local_expiry *expiry, struct keyspace *ks, struct str key)
{
    const struct entry *entry = keyspace_find(ks, key);
    if (entry == NULL || !entry_has_expiry(entry)) return;
    struct buf name = {0};
    buf_append(&name, &ks->id, sizeof(ks->id));
    buf_append_str(&name, key);
    map_put(&expiry->keys, buf_str(&name), expiry);
    buf_deinit(&name);
}

/* False when there is nothing to wait for any more. */
static bool is_kept(struct call *call, struct str name)
{
    const struct store *store = call->host->store;
    int db;
    memcpy(&db, name.ptr, sizeof(db));
    if (db >= store->db_count) return false;
    struct keyspace *ks = &store->dbs[db];
    struct entry *entry = keyspace_find(ks, str_from(name, sizeof(db)));
    if (entry == NULL || !entry_has_expiry(entry)) return false;
    if (!entry_is_expired(call->host, entry)) return true;
    call->ks = ks;
    lookup_remove_expired(call, ks, entry);
    return false;
}

/* A whole chain of the map is looked at or none: the cursor between two of them stays good whatever
 * is added and removed meanwhile. */
bool local_expiry_step(struct local_expiry *expiry, struct call *call)
{
    struct map_cursor cursor = {.chain = expiry->position};
    struct str name;
    for (size_t seen = 0; seen < STEP_KEYS || cursor.next; seen++) {
        if (!map_next(&expiry->keys, &cursor, &name, NULL)) {
            expiry->position = 0;
            return true;
        }
        if (!is_kept(call, name)) map_remove(&expiry->keys, name);
    }
    expiry->position = cursor.chain;
    return false;
}
