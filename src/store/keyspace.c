#include "store/keyspace.h"

#include "base/mem.h"
#include "base/num.h"

#include <sys/param.h>

enum {
    INTEGER_TEXT_MAX = 20,
    BIG_VALUE = 64 * 1024, /* bytes or elements from which on freeing is left to a worker */
    GROWTH_LIMIT = 1 << 20,
};

void store_init(struct store *store, int db_count, struct hash_seed seed)
{
    *store = (struct store){.db_count = db_count, .seed = seed};
    epochs_init(&store->epochs, NULL, NULL);
    prng_init(&store->prng, seed.k0 ^ seed.k1);
    store->dbs = mem_calloc((size_t)db_count * sizeof(*store->dbs));
    for (int i = 0; i < db_count; i++) {
        struct keyspace *ks = &store->dbs[i];
        *ks = (struct keyspace){.store = store, .id = i};
        table_init(&ks->table, &store->epochs, seed);
    }
}

void store_deinit(struct store *store)
{
    for (int i = 0; i < store->db_count; i++) {
        table_deinit(&store->dbs[i].table, entry_free_deep);
    }
    mem_free(store->dbs);
    epochs_deinit(&store->epochs);
    *store = (struct store){0};
}

struct store *store_new(int db_count, struct hash_seed seed)
{
    struct store *store = mem_new(struct store);
    store_init(store, db_count, seed);
    return store;
}

void store_free(void *store)
{
    if (store == NULL) return;
    store_deinit(store);
    mem_free(store);
}

static void discard_if_unused(struct store *store)
{
    struct epochs *epochs = &store->epochs;
    if (!store->is_retired || !list_is_empty(&epochs->frozen)) return;
    if (epochs->discard)
        epochs->discard(epochs->discard_context, (struct garbage){store_free, store});
    else
        store_free(store);
}

void store_retire(struct store *store)
{
    store->is_retired = true;
    discard_if_unused(store);
}

static uint64_t hash_of(const struct keyspace *ks, struct str key)
{
    const struct key_hint *hint = &ks->store->hint;
    if (hint->key.ptr == key.ptr && hint->key.len == key.len && key.len) return hint->hash;
    return table_hash(&ks->table, key);
}

/* --- retiring --- */

void value_drop(struct keyspace *ks, struct value value)
{
    struct epochs *epochs = &ks->store->epochs;
    if (value.encoding == ENC_BLOB) {
        struct garbage garbage = {blob_unref, value.blob};
        if (value.blob->capacity < BIG_VALUE)
            epoch_retire(epochs, value.blob->epoch, garbage);
        else
            epoch_retire_big(epochs, value.blob->epoch, garbage);
    } else if (value.encoding >= ENC_PACKED) {
        struct object *object = value.object;
        /* Parts of a collection may be older than its top, so it counts as old as anything. */
        struct garbage garbage = {object->ops->free, object};
        bool is_shared = ks->store->epochs.shared_up_to != 0;
        if (is_shared || object->ops->weight(object) >= BIG_VALUE)
            epoch_retire_big(epochs, 0, garbage);
        else
            garbage.free(object);
    }
}

/* Frees an entry alone: its value lives on elsewhere or was dropped. */
static void retire_entry(struct keyspace *ks, struct entry *entry)
{
    epoch_retire(&ks->store->epochs, entry->epoch, (struct garbage){mem_free, entry});
}

static void drop_entry(struct keyspace *ks, struct entry *entry)
{
    value_drop(ks, entry_value(entry));
    retire_entry(ks, entry);
}

static bool is_private(const struct keyspace *ks, uint32_t born)
{
    return epoch_is_private(&ks->store->epochs, born);
}

/* --- keys --- */

struct entry *keyspace_find(const struct keyspace *ks, struct str key)
{
    return table_find(&ks->table, key, hash_of(ks, key));
}

static void count_volatile(struct keyspace *ks, const struct entry *old, const struct entry *fresh)
{
    ks->volatile_len += (size_t)(fresh && entry_has_expiry(fresh));
    ks->volatile_len -= (size_t)(old && entry_has_expiry(old));
}

/* Links `fresh` in the place of `old` (NULL: the key is new). `old` is the caller's to retire. */
static void link_entry(struct keyspace *ks, struct entry *old, struct entry *fresh, uint64_t hash)
{
    count_volatile(ks, old, fresh);
    entry_set_access(fresh, old ? entry_access(old) : ks->store->new_access);
    if (old)
        table_replace(&ks->table, old, fresh, hash);
    else
        table_insert(&ks->table, fresh, hash);
}

static struct entry *put(struct keyspace *ks, struct str key, struct value value,
                         int64_t expire_at_ms)
{
    uint64_t hash = hash_of(ks, key);
    struct entry *old = table_find(&ks->table, key, hash);
    struct entry *fresh = entry_new(key, value, expire_at_ms, ks->store->epochs.now);
    link_entry(ks, old, fresh, hash);
    if (old) drop_entry(ks, old);
    return fresh;
}

struct entry *keyspace_put(struct keyspace *ks, struct str key, struct value value,
                           int64_t expire_at_ms)
{
    return put(ks, key, value, expire_at_ms);
}

struct value keyspace_string_value(const struct keyspace *ks, struct str bytes)
{
    struct value value = {.type = TYPE_STRING, .encoding = ENC_EMBEDDED, .bytes = bytes};
    int64_t number;
    if (bytes.len <= INTEGER_TEXT_MAX && num_parse_i64(bytes, &number)) {
        value.encoding = ENC_INT;
        value.integer = number;
    } else if (bytes.len > ENTRY_EMBED_MAX) {
        value.encoding = ENC_BLOB;
        value.blob = blob_new(bytes.len, ks->store->epochs.now);
        memcpy(value.blob->bytes, bytes.ptr, bytes.len);
        value.blob->len = bytes.len;
    }
    return value;
}

/* Overwrites a value of the same shape where it lies. */
static bool overwrite(struct keyspace *ks, struct entry *entry, struct value value)
{
    if (!is_private(ks, entry->epoch) || entry_has_expiry(entry)) return false;
    if (entry_type(entry) != TYPE_STRING || entry_encoding(entry) != value.encoding) return false;
    if (value.encoding == ENC_INT) {
        entry_set_slot(entry, &value.integer);
        return true;
    }
    if (value.encoding != ENC_EMBEDDED || entry_lengths(entry).val != value.bytes.len) return false;
    struct str key = entry_key(entry);
    memcpy((char *)(uintptr_t)key.ptr + key.len, value.bytes.ptr, value.bytes.len);
    return true;
}

struct entry *keyspace_put_string(struct keyspace *ks, struct str key, struct str bytes,
                                  int64_t expire_at_ms)
{
    uint64_t hash = hash_of(ks, key);
    struct entry *old = table_find(&ks->table, key, hash);
    struct value value = keyspace_string_value(ks, bytes);
    if (old && expire_at_ms == NO_EXPIRY && overwrite(ks, old, value)) return old;
    struct entry *fresh = entry_new(key, value, expire_at_ms, ks->store->epochs.now);
    link_entry(ks, old, fresh, hash);
    if (old) drop_entry(ks, old);
    return fresh;
}

bool keyspace_remove(struct keyspace *ks, struct str key)
{
    uint64_t hash = hash_of(ks, key);
    struct entry *entry = table_find(&ks->table, key, hash);
    if (entry == NULL) return false;
    count_volatile(ks, entry, NULL);
    table_remove(&ks->table, entry, hash);
    drop_entry(ks, entry);
    return true;
}

struct entry *keyspace_set_expiry(struct keyspace *ks, struct entry *entry, int64_t expire_at_ms)
{
    struct str key = entry_key(entry);
    uint64_t hash = table_hash(&ks->table, key);
    bool same_shape = entry_has_expiry(entry) == (expire_at_ms != NO_EXPIRY);
    if (same_shape && expire_at_ms == NO_EXPIRY) return entry;
    if (same_shape && is_private(ks, entry->epoch)) {
        entry_set_expiry(entry, expire_at_ms);
        table_note_expiry(&ks->table, hash, expire_at_ms);
        return entry;
    }
    struct entry *fresh = entry_new(key, entry_value(entry), expire_at_ms, ks->store->epochs.now);
    link_entry(ks, entry, fresh, hash);
    retire_entry(ks, entry);
    return fresh;
}

/* Puts a value under an existing key without dropping the old one. */
static struct entry *swap_value(struct keyspace *ks, struct entry *entry, struct value value)
{
    struct str key = entry_key(entry);
    struct entry *fresh = entry_new(key, value, entry_expire_at(entry), ks->store->epochs.now);
    link_entry(ks, entry, fresh, table_hash(&ks->table, key));
    retire_entry(ks, entry);
    return fresh;
}

struct entry *keyspace_set_value(struct keyspace *ks, struct entry *entry, struct value value)
{
    bool same_slot = entry_encoding(entry) == value.encoding && encoding_has_slot(value.encoding) &&
                     entry_type(entry) == value.type && is_private(ks, entry->epoch);
    struct value old = entry_value(entry);
    if (same_slot)
        entry_set_slot(entry, &value.integer);
    else if (encoding_has_slot(old.encoding))
        entry = swap_value(ks, entry, value);
    else
        return swap_value(ks, entry, value);
    value_drop(ks, old);
    return entry;
}

struct entry *keyspace_move(struct keyspace *ks, struct entry *entry, struct keyspace *to,
                            struct str key)
{
    struct str old_key = entry_key(entry);
    struct entry *fresh =
        entry_new(key, entry_value(entry), entry_expire_at(entry), ks->store->epochs.now);
    uint32_t access = entry_access(entry);
    count_volatile(ks, entry, NULL);
    table_remove(&ks->table, entry, table_hash(&ks->table, old_key));
    uint64_t hash = table_hash(&to->table, key);
    struct entry *target = table_find(&to->table, key, hash);
    link_entry(to, target, fresh, hash);
    entry_set_access(fresh, access);
    retire_entry(ks, entry);
    if (target) drop_entry(to, target);
    return fresh;
}

struct entry *keyspace_copy(const struct entry *entry, struct keyspace *to, struct str key)
{
    struct epochs *epochs = &to->store->epochs;
    struct value value = entry_value(entry);
    if (value.encoding == ENC_BLOB) {
        struct blob *blob = blob_new(value.blob->len, epochs->now);
        memcpy(blob->bytes, value.blob->bytes, value.blob->len);
        blob->len = value.blob->len;
        value.blob = blob;
    } else if (value.encoding >= ENC_PACKED) {
        value.object = value.object->ops->copy(value.object, epochs);
    }
    return put(to, key, value, entry_expire_at(entry));
}

struct object *keyspace_writable_object(struct keyspace *ks, struct entry **entry)
{
    struct object *object = entry_object(*entry);
    struct epochs *epochs = &ks->store->epochs;
    if (is_private(ks, object->epoch)) return object;
    struct value value = entry_value(*entry);
    value.object = object->ops->clone(object, epochs);
    if (is_private(ks, (*entry)->epoch))
        entry_set_slot(*entry, &value.object);
    else
        *entry = swap_value(ks, *entry, value);
    epoch_retire(epochs, object->epoch, (struct garbage){object->ops->free_top, object});
    return value.object;
}

struct entry *keyspace_relink_object(struct keyspace *ks, struct entry *entry, struct value value)
{
    bool same_shape = entry_encoding(entry) == value.encoding && is_private(ks, entry->epoch);
    if (!same_shape) return swap_value(ks, entry, value);
    entry_set_slot(entry, &value.object);
    return entry;
}

/* --- strings --- */

struct str entry_string(const struct entry *entry, char *room)
{
    struct value value = entry_value(entry);
    if (value.encoding == ENC_BLOB) return blob_str(value.blob);
    if (value.encoding != ENC_INT) return value.bytes;
    return (struct str){room, num_format_i64(room, value.integer)};
}

/* A blob with the first bytes of `bytes`, zeros behind, and room to grow. */
static struct blob *grown_blob(const struct keyspace *ks, struct str bytes, size_t len)
{
    size_t spare = bytes.len ? MIN(len, (size_t)GROWTH_LIMIT) : 0;
    struct blob *blob = blob_new(len + spare, ks->store->epochs.now);
    size_t kept = MIN(bytes.len, len);
    if (kept) memcpy(blob->bytes, bytes.ptr, kept);
    memset(blob->bytes + kept, 0, len - kept);
    blob->len = len;
    return blob;
}

static char *writable_blob(struct keyspace *ks, struct entry **entry, size_t len)
{
    struct value value = entry_value(*entry);
    struct blob *blob = value.blob;
    bool is_sole = is_private(ks, blob->epoch) && atomic_load(&blob->refs) == 1;
    if (is_sole && len <= blob->capacity) {
        if (len > blob->len) memset(blob->bytes + blob->len, 0, len - blob->len);
        blob->len = len;
        return blob->bytes;
    }
    value.blob = grown_blob(ks, blob_str(blob), len);
    *entry = keyspace_set_value(ks, *entry, value);
    return value.blob->bytes;
}

char *keyspace_writable_string(struct keyspace *ks, struct entry **entry, size_t len)
{
    struct value value = entry_value(*entry);
    if (value.encoding == ENC_BLOB) return writable_blob(ks, entry, len);
    bool in_place = value.encoding == ENC_EMBEDDED_RAW && is_private(ks, (*entry)->epoch);
    if (in_place && value.bytes.len == len) return (char *)(uintptr_t)value.bytes.ptr;
    char room[NUM_I64_MAX];
    struct str bytes = entry_string(*entry, room);
    struct value fresh = {.type = TYPE_STRING, .encoding = ENC_EMBEDDED_RAW};
    if (len > ENTRY_EMBED_MAX) {
        fresh.encoding = ENC_BLOB;
        fresh.blob = grown_blob(ks, bytes, len);
        *entry = keyspace_set_value(ks, *entry, fresh);
        return fresh.blob->bytes;
    }
    char whole[ENTRY_EMBED_MAX] = {0};
    memcpy(whole, bytes.ptr, MIN(bytes.len, len));
    fresh.bytes = str_of(whole, len);
    *entry = keyspace_set_value(ks, *entry, fresh);
    struct str own = entry_value(*entry).bytes;
    return (char *)(uintptr_t)own.ptr;
}

/* --- databases --- */

static void free_whole_table(void *object)
{
    struct table *table = object;
    table_deinit(table, entry_free_deep);
    mem_free(table);
}

void keyspace_clear(struct keyspace *ks)
{
    struct table *old = mem_alloc(sizeof(*old));
    *old = ks->table;
    table_init(&ks->table, &ks->store->epochs, ks->store->seed);
    ks->volatile_len = 0;
    ks->due_position = 0;
    epoch_retire_big(&ks->store->epochs, 0, (struct garbage){free_whole_table, old});
}

void store_swap(struct store *store, int a, int b)
{
    struct keyspace first = store->dbs[a], second = store->dbs[b];
    store->dbs[a] = second;
    store->dbs[b] = first;
    store->dbs[a].id = a;
    store->dbs[b].id = b;
}

/* --- frozen views --- */

struct frozen_store *store_freeze(struct store *store)
{
    size_t count = (size_t)store->db_count;
    size_t size = sizeof(struct table) + sizeof(size_t);
    struct frozen_store *frozen = mem_alloc(sizeof(*frozen) + count * size);
    frozen->store = store;
    frozen->db_count = store->db_count;
    frozen->volatile_lens = (size_t *)(void *)(frozen->tables + count);
    epoch_freeze(&store->epochs, &frozen->hold);
    for (int i = 0; i < store->db_count; i++) {
        frozen->tables[i] = store->dbs[i].table;
        frozen->volatile_lens[i] = store->dbs[i].volatile_len;
    }
    return frozen;
}

void store_release(struct frozen_store *frozen)
{
    struct store *store = frozen->store;
    epoch_release(&store->epochs, &frozen->hold);
    mem_free(frozen);
    discard_if_unused(store);
}

/* --- pipelines --- */

void keyspace_hint_page(const struct keyspace *ks, struct key_hint *hint)
{
    hint->hash = table_hash(&ks->table, hint->key);
    table_prefetch_page(&ks->table, hint->hash);
}

void keyspace_hint_bucket(const struct keyspace *ks, const struct key_hint *hint)
{
    table_prefetch_bucket(&ks->table, hint->hash);
}

void keyspace_hint_entry(const struct keyspace *ks, const struct key_hint *hint)
{
    table_prefetch_entry(&ks->table, hint->hash);
}

void element_hint_object(struct element_hint *hint, const struct keyspace *ks, uint64_t key_hash)
{
    const struct entry *entry = table_guess(&ks->table, key_hash);
    hint->table = NULL;
    hint->object = NULL;
    if (entry == NULL || entry_encoding(entry) < ENC_PACKED) return;
    hint->object = entry_object(entry);
    mem_prefetch(hint->object);
}

void element_hint_parts(struct element_hint *hint)
{
    const struct object *object = hint->object;
    if (object && object->ops->prefetch) hint->table = object->ops->prefetch(object);
}

static void prefetch_on(const struct element_hint *hint, unsigned step)
{
    if (hint->object && hint->object->ops->prefetch_on)
        hint->object->ops->prefetch_on(hint->object, step);
}

void element_hint_bucket(struct element_hint *hint)
{
    prefetch_on(hint, 0);
    if (hint->name.len == 0) hint->table = NULL;
    if (hint->table == NULL) return;
    hint->hash = table_hash(hint->table, hint->name);
    table_prefetch_bucket(hint->table, hint->hash);
}

void element_hint_entry(const struct element_hint *hint)
{
    prefetch_on(hint, 1);
    if (hint->table) table_prefetch_entry(hint->table, hint->hash);
}
