/* A paged extendible hash of entries whose any moment can be frozen.
 *
 * A directory, indexed by the top bits of the hash, points to pages of up to 96 buckets. A
 * bucket is one cache line of eight slots; a slot holds an entry's address and 16 bits of its
 * hash. A lookup compares those of one line and reads one entry. Pages grow in steps and split
 * one at a time, so no operation ever rehashes the whole; directory and bucket order is hash
 * order, so a scan's cursor is a position in hash space and survives growth, splits and merges.
 *
 * Copying: a `struct table` copied while its epoch is frozen is a read-only view for any thread.
 * The data thread copies shared pages (and the directory) before it writes to them. The table
 * does not own what entries point to: removing returns the entry, and the caller retires it. */
#ifndef SKEIN_STORE_TABLE_H
#define SKEIN_STORE_TABLE_H

#include "base/hash.h"
#include "base/prng.h"
#include "store/entry.h"
#include "store/epoch.h"

struct table_directory;

struct table {
    struct epochs *epochs;
    struct table_directory *directory; /* NULL while nothing was ever inserted */
    struct hash_seed seed;
    size_t len;
    size_t page_bytes; /* memory of pages and directory */
};

void table_init(struct table *table, struct epochs *epochs, struct hash_seed seed);
/* Frees pages and directory, and each entry with `free_entry` unless NULL. Any thread may do it,
 * once no frozen view shares anything of the table. O(pages + entries): big tables are retired
 * whole and deinitialised by a worker. */
void table_deinit(struct table *table, void (*free_entry)(void *));

static inline uint64_t table_hash(const struct table *table, struct str key)
{
    return hash_bytes(table->seed, key.ptr, key.len);
}
struct entry *table_find(const struct table *table, struct str key, uint64_t hash);
/* The key must be absent. */
void table_insert(struct table *table, struct entry *entry, uint64_t hash);
/* Unless the key is there already: then false. For entries that are in no cache: `expires` says
 * whether it does, and it is read only when it does or may have a twin. */
bool table_add(struct table *table, struct entry *entry, uint64_t hash, bool expires);
/* Puts `fresh` (same key) where `old` is. `old` is the caller's again. */
void table_replace(struct table *table, struct entry *old, struct entry *fresh, uint64_t hash);
/* Unlinks an entry that table_find returned; it is the caller's again. */
void table_remove(struct table *table, struct entry *entry, uint64_t hash);

/* The two stages of a lookup, for pipelines: bring the bucket, then the entry, into the cache. */
void table_prefetch_bucket(const struct table *table, uint64_t hash);
void table_prefetch_entry(const struct table *table, uint64_t hash);
/* The entry a lookup will most likely find, without looking at its key; or NULL. */
const struct entry *table_guess(const struct table *table, uint64_t hash);

/* Before these for who has the time: the head of the page, which says where the bucket is. */
void table_prefetch_page(const struct table *table, uint64_t hash);
/* Prepares an empty table for `count` entries, so that it need not grow on the way there. */
void table_reserve(struct table *table, size_t count);

/* Visits the entries of at least one bucket from `cursor` on and returns the next cursor, 0 when
 * the end was reached. Whatever is in the table during the whole scan is visited at least once.
 * Cursors stay below 2^48. */
typedef void table_visit(void *context, struct entry *entry);
uint64_t table_scan(const struct table *table, uint64_t cursor, table_visit *visit, void *context);
/* All entries of the table, in hash order of their pages; for frozen views and for the data
 * thread while it does not write. Starts zeroed. */
struct table_cursor {
    size_t directory_at;
    unsigned bucket, slot;
};
struct entry *table_next(const struct table *table, struct table_cursor *cursor);
/* A random entry; NULL when empty. */
struct entry *table_random(const struct table *table, struct prng *prng);
/* A random entry that has an expiry; NULL when there is none. */
struct entry *table_random_volatile(const struct table *table, struct prng *prng);

/* How the entries are spread, for whoever looks inside. O(pages). */
enum { TABLE_SHAPE_FILLS = 9 };
struct table_shape {
    size_t pages, buckets, slots;
    unsigned depth;
    size_t by_fill[TABLE_SHAPE_FILLS]; /* buckets by the number of their entries */
};
struct table_shape table_shape(const struct table *table);

/* Expiry. Pages keep the earliest expiry of their entries (or an earlier time); an insert notes
 * it by itself, an entry whose expiry moved in place must be noted. */
void table_note_expiry(struct table *table, uint64_t hash, int64_t expire_at_ms);
struct due_entries {
    struct entry **list; /* room for `max` */
    size_t max, count;
};
/* Walks on from `*position` (a hash position, 0 at first) over at most `pages` pages and
 * collects entries due at `now_ms`. Sets *position to where to go on. A round is over when it is
 * 0 and less than `max` were found. */
void table_due(struct table *table, uint64_t *position, int64_t now_ms, size_t pages,
               struct due_entries *due);

#endif
