/* The pages of a table: up to 63 buckets of one cache line each, behind a header of one line.
 *
 * Private to table.c. A page knows its depth (how many top bits of the hash led to it) but not
 * its place. Below the depth, the next 16 hash bits choose the bucket, in order: bucket i holds
 * smaller hashes than bucket i + 1. An entry that finds its home bucket full goes to one of the
 * next eight; its home notes the distance in `spill`.
 *
 * A directory's reference to a page carries the number of buckets in its low bits, so that the
 * bucket's address is known before the page's header was read. */
#ifndef SKEIN_STORE_PAGE_H
#define SKEIN_STORE_PAGE_H

#include "base/hash.h"
#include "base/prng.h"
#include "store/entry.h"
#include "store/table.h"

enum {
    BUCKET_SLOTS = 7,
    PAGE_LINE = 64,
    PAGE_BUCKETS_FIRST = 1,
    PAGE_BUCKETS_MAX = 63,
    PAGE_ITEMS_MAX = PAGE_BUCKETS_MAX * BUCKET_SLOTS,
    PAGE_DEPTH_MAX = 32,
    SCAN_CURSOR_BITS = 48,
};
#define PAGE_NEVER_DUE INT64_MAX

struct bucket {
    uint8_t tags[BUCKET_SLOTS]; /* 0: the slot is empty */
    uint8_t spill;              /* bit d: an entry of this bucket lies d + 1 buckets on */
    struct entry *entries[BUCKET_SLOTS];
};

struct page {
    uint32_t epoch;
    uint16_t used;
    uint8_t buckets;
    uint8_t depth;
    int64_t due; /* no entry expires before; PAGE_NEVER_DUE: none expires. Not for frozen views. */
    bool is_loaded; /* an insert found no room: grow */
    char unused[PAGE_LINE - 17];
    struct bucket lines[];
};

struct table_directory {
    uint32_t epoch;
    uint32_t depth;
    uintptr_t refs[]; /* 1 << depth */
};

struct page_place {
    unsigned bucket, slot;
};

static inline uintptr_t page_ref(const struct page *page)
{
    return (uintptr_t)page | page->buckets;
}
static inline struct page *page_of_ref(uintptr_t ref)
{
    return (struct page *)(ref & ~(uintptr_t)(PAGE_LINE - 1));
}
static inline size_t directory_index(const struct table_directory *directory, uint64_t hash)
{
    return directory->depth ? hash >> (64 - directory->depth) : 0;
}
static inline uintptr_t directory_ref(const struct table_directory *directory, uint64_t hash)
{
    return directory->refs[directory_index(directory, hash)];
}
static inline struct page *directory_page(const struct table_directory *directory, uint64_t hash)
{
    return page_of_ref(directory_ref(directory, hash));
}
static inline struct page *page_at(const struct table_directory *directory, size_t at)
{
    return page_of_ref(directory->refs[at]);
}
static inline unsigned page_home(const struct page *page, uint64_t hash)
{
    return (unsigned)((hash << page->depth >> 48) * page->buckets >> 16);
}

struct page *page_new(unsigned buckets, unsigned depth, uint32_t epoch);
struct page *page_copy(const struct page *page, uint32_t epoch);
size_t page_size(const struct page *page);
/* The number of buckets that holds `count` entries with room to grow, and the next larger one
 * (0: none). */
unsigned page_buckets_for(size_t count);
unsigned page_next_buckets(unsigned buckets);

struct entry *page_find(const struct page *page, struct str key, uint64_t hash,
                        struct page_place *place);
bool page_find_entry(const struct page *page, const struct entry *entry, uint64_t hash,
                     struct page_place *place);
/* False when there is no room near the entry's home. */
bool page_insert(struct page *page, struct entry *entry, uint64_t hash);
void page_remove(struct page *page, const struct page_place *place, struct hash_seed seed);
void page_prefetch(uintptr_t ref, uint64_t hash, unsigned directory_depth);
void page_prefetch_entry(const struct page *page, uint64_t hash);
/* An entry at home in its bucket that has the tag of this hash: most likely the one looked for. */
const struct entry *page_guess(const struct page *page, uint64_t hash);

bool page_is_full(const struct page *page);
bool page_is_sparse(const struct page *page);
bool page_can_merge(const struct page *a, const struct page *b);
/* Entries taken out of pages, to be put into others. */
struct page_items {
    size_t count;
    struct entry *entries[PAGE_ITEMS_MAX];
    uint64_t hashes[PAGE_ITEMS_MAX];
};
void page_items_collect(struct page_items *items, const struct page *page, struct hash_seed seed);
/* Reorders [from, to) so that hashes without `bit` come first; returns where the others begin. */
size_t page_items_partition(struct page_items *items, size_t from, size_t to, uint64_t bit);
bool page_fill(struct page *page, const struct page_items *items, size_t from, size_t to);

/* Hash positions: the first one of the page `hash` is in, of its buddy, of what follows it (0:
 * the end). */
uint64_t page_prefix(const struct page *page, uint64_t hash);
uint64_t page_buddy(const struct page *page, uint64_t hash);
uint64_t page_next_hash(const struct page *page, uint64_t hash);
uint64_t page_next_bucket_hash(const struct page *page, uint64_t hash);

/* Visits the entries at home in one bucket whose hash is not below `from`. */
struct page_walk {
    struct hash_seed seed;
    uint64_t from;
    table_visit *visit;
    void *context;
};
void page_visit_bucket(const struct page *page, unsigned home, const struct page_walk *walk);
void page_each(const struct page *page, void (*visit)(void *));
/* A random slot's entry, NULL when it is empty. */
struct entry *page_random(const struct page *page, struct prng *prng);
struct entry *page_first(const struct page *page, bool is_volatile);

static inline void page_note_due(struct page *page, int64_t expire_at_ms)
{
    if (expire_at_ms < page->due) page->due = expire_at_ms;
}
/* Collects entries due, and sets the page's time anew when all were seen. */
size_t page_collect_due(struct page *page, int64_t now_ms, struct entry **due, size_t max);

#endif
