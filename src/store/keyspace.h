/* The databases: keys with values and expiries, on tables that can be frozen.
 *
 * `struct store` is all databases with their epochs; `struct keyspace` is one database. Commands
 * ask for entries and for writable values and get private ones: copying what a frozen view
 * shares happens below this line. The store knows no clock: what is expired is the caller's
 * question (command/lookup.h asks it).
 *
 * An entry pointer is valid until the next write to its key. */
#ifndef SKEIN_STORE_KEYSPACE_H
#define SKEIN_STORE_KEYSPACE_H

#include "store/table.h"

struct store;

struct keyspace {
    struct store *store;
    int id;
    struct table table;
    size_t volatile_len;   /* keys that have an expiry */
    uint64_t due_position; /* where the expire cycle goes on */
};

struct key_hint {
    struct str key;
    uint64_t hash;
};

struct store {
    struct epochs epochs;
    struct keyspace *dbs;
    int db_count;
    struct hash_seed seed;
    struct prng prng;
    uint32_t
        new_access; /* the access word of entries made now (LRU clock or LFU), set by the owner */
    struct key_hint hint; /* the key the running command was prefetched for: its hash is known */
    bool is_retired;      /* only frozen views use it still */
};

void store_init(struct store *store, int db_count, struct hash_seed seed);
void store_deinit(struct store *store);
/* One of its own on the heap, which can take another's place whole: its owner changes a pointer. */
struct store *store_new(int db_count, struct hash_seed seed);
/* Any thread, once nothing uses it. */
void store_free(void *store);
/* Gives up a store whose place another has taken. `discard` of its epochs frees it, when the last
 * frozen view of it is released. */
void store_retire(struct store *store);

/* --- keys --- */

struct entry *keyspace_find(const struct keyspace *ks, struct str key);
/* Sets or replaces a key. Takes the blob or object of `value`; drops the old value.
 * `expire_at_ms` may be NO_EXPIRY. */
struct entry *keyspace_put(struct keyspace *ks, struct str key, struct value value,
                           int64_t expire_at_ms);
/* Puts a string in its best encoding (integer, embedded or blob), as SET does. */
struct entry *keyspace_put_string(struct keyspace *ks, struct str key, struct str bytes,
                                  int64_t expire_at_ms);
/* The encoding keyspace_put_string would choose. A blob is made for long bytes; short ones stay
 * the caller's. */
struct value keyspace_string_value(const struct keyspace *ks, struct str bytes);
bool keyspace_remove(struct keyspace *ks, struct str key);
/* Changes or (NO_EXPIRY) removes the expiry; returns the entry, which may be a new one. */
struct entry *keyspace_set_expiry(struct keyspace *ks, struct entry *entry, int64_t expire_at_ms);
/* Puts another value under a key that exists, keeping its expiry and access; takes and drops
 * like keyspace_put. */
struct entry *keyspace_set_value(struct keyspace *ks, struct entry *entry, struct value value);
/* Moves a key with value, expiry and access under another name, perhaps to another database;
 * what was there is dropped. RENAME, MOVE. */
struct entry *keyspace_move(struct keyspace *ks, struct entry *entry, struct keyspace *to,
                            struct str key);
/* The same, with a copy of the value. COPY. */
struct entry *keyspace_copy(const struct entry *entry, struct keyspace *to, struct str key);
/* Drops a value that is in no keyspace. */
void value_drop(struct keyspace *ks, struct value value);

/* The collection of an entry as a private one to write to: copies the top of it if a frozen view
 * shares it. The entry may be replaced; the object returned is the one it then holds. */
struct object *keyspace_writable_object(struct keyspace *ks, struct entry **entry);
/* Puts the private collection an entry holds now, perhaps in another encoding than before, in
 * the place of the one it was made from. That one is the caller's. */
struct entry *keyspace_relink_object(struct keyspace *ks, struct entry *entry, struct value value);

/* --- strings --- */

/* The bytes of a string value; integers are formatted into `room` (NUM_I64_MAX). */
struct str entry_string(const struct entry *entry, char *room);
/* A string's bytes as a private run of exactly `len`: what was there stays, what is new is
 * zeroed. For APPEND, SETRANGE, SETBIT. The entry (which may be replaced) then says "raw". */
char *keyspace_writable_string(struct keyspace *ks, struct entry **entry, size_t len);

/* --- databases --- */

/* Empties a database; the old contents are freed by `discard` of the epochs. */
void keyspace_clear(struct keyspace *ks);
void store_swap(struct store *store, int a, int b);

/* --- frozen views --- */

/* All databases as of one moment. Any thread may read `tables`; the data thread releases them. */
struct frozen_store {
    struct epoch_hold hold;
    struct store *store;
    int db_count;
    size_t *volatile_lens; /* keys that have an expiry, by database */
    struct table tables[];
};
struct frozen_store *store_freeze(struct store *store);
void store_release(struct frozen_store *frozen);

/* --- pipelines --- */

/* Brings what a lookup of the key will touch into the cache, in three stages. Before the command
 * runs, the hint is put into store->hint, and a lookup of that very view does not compute the
 * hash again. */
void keyspace_hint_page(const struct keyspace *ks, struct key_hint *hint);
void keyspace_hint_bucket(const struct keyspace *ks, const struct key_hint *hint);
void keyspace_hint_entry(const struct keyspace *ks, const struct key_hint *hint);

/* The same for an element of the collection that is most likely behind a key, in four stages more:
 * the collection, what it is made of, the bucket and the entry of the element. */
struct element_hint {
    struct str name; /* empty: no element is known by name */
    const struct object *object;
    const struct table *table; /* where elements are known by name; NULL: nowhere */
    uint64_t hash;
};
void element_hint_object(struct element_hint *hint, const struct keyspace *ks, uint64_t key_hash);
void element_hint_parts(struct element_hint *hint);
void element_hint_bucket(struct element_hint *hint);
void element_hint_entry(const struct element_hint *hint);

#endif
