/* The pages of a table: up to 96 buckets of one cache line each, in segments of eight.
 *
 * Private to table.c. A page holds the hashes that begin with the same bits; how many bits is
 * its depth. Below the depth, the next 16 bits of a hash are the entry's position and choose its
 * bucket, in order: bucket i holds smaller hashes than bucket i + 1. An entry that finds its home
 * bucket full goes to one of the next sixteen; its home notes the distance.
 *
 * A page grows by one segment at a time, so it is well filled at any number of entries, and all
 * segments have one size, so that what one table leaves, any other can take (docs/adr/0010). A
 * page of up to eight buckets has one segment of that size.
 *
 * A directory's reference to a page carries its depth and number of buckets, so that an entry's
 * home is known before the page was read. */
#ifndef SKEIN_STORE_PAGE_H
#define SKEIN_STORE_PAGE_H

#include "base/hash.h"
#include "base/prng.h"
#include "store/bucket.h"
#include "store/entry.h"
#include "store/table.h"

enum {
    PAGE_LINE = 64,
    PAGE_SEGMENT = 8, /* buckets of a segment */
    PAGE_SEGMENTS_MAX = 12,
    PAGE_BUCKETS_FIRST = 1,
    PAGE_BUCKETS_MAX = PAGE_SEGMENTS_MAX * PAGE_SEGMENT,
    PAGE_ITEMS_MAX = PAGE_BUCKETS_MAX * BUCKET_SLOTS,
    PAGE_DEPTH_MAX = 32,
    SCAN_CURSOR_BITS = 48,
};
#define PAGE_NEVER_DUE INT64_MAX

struct page {
    uint32_t epoch;
    uint16_t used;
    uint8_t buckets;
    uint8_t depth;
    int64_t due; /* no entry expires before; PAGE_NEVER_DUE: none expires. Not for frozen views. */
    struct bucket *segments[]; /* one, or room for all */
};

/* | 63..56 depth | 55..48 buckets | the page's address | */
typedef uint64_t page_ref;

struct table_directory {
    uint32_t epoch;
    uint32_t depth;
    page_ref refs[]; /* 1 << depth */
};

struct page_place {
    unsigned bucket, slot;
};

static inline page_ref page_ref_of(const struct page *page)
{
    return (uintptr_t)page | (uint64_t)page->buckets << 48 | (uint64_t)page->depth << 56;
}
static inline struct page *page_of_ref(page_ref ref)
{
    return (struct page *)(uintptr_t)(ref & SLOT_ADDRESS);
}
static inline size_t directory_index(const struct table_directory *directory, uint64_t hash)
{
    return directory->depth ? hash >> (64 - directory->depth) : 0;
}
static inline page_ref directory_ref(const struct table_directory *directory, uint64_t hash)
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
static inline struct bucket *page_bucket(const struct page *page, unsigned bucket)
{
    return &page->segments[bucket / PAGE_SEGMENT][bucket % PAGE_SEGMENT];
}
static inline unsigned page_home(const struct page *page, uint64_t hash)
{
    return (unsigned)(hash << page->depth >> 48) * page->buckets >> 16;
}

struct page *page_new(unsigned buckets, unsigned depth, uint32_t epoch);
struct page *page_copy(const struct page *page, uint32_t epoch);
void page_free(void *page);
size_t page_size(const struct page *page);
/* The number of buckets that holds `count` entries with room to grow, and the next larger one
 * (0: none). */
unsigned page_buckets_for(size_t count);
unsigned page_next_buckets(unsigned buckets);

/* By reference, for the reason above. */
struct entry *page_find(page_ref ref, struct str key, uint64_t hash);
/* Is there an entry with this one's key? */
bool page_has_twin(page_ref ref, const struct entry *entry, uint64_t hash);
void page_prefetch(page_ref ref, uint64_t hash);
void page_prefetch_entry(page_ref ref, uint64_t hash);
/* An entry at home in its bucket that has the position of this hash: most likely the one looked
 * for. */
const struct entry *page_guess(page_ref ref, uint64_t hash);

bool page_find_entry(const struct page *page, const struct entry *entry, uint64_t hash,
                     struct page_place *place);
/* False when there is no room near the entry's home. */
bool page_insert(struct page *page, const struct entry *entry, uint64_t hash);
void page_replace(struct page *page, const struct page_place *place, const struct entry *fresh);
void page_remove(struct page *page, const struct page_place *place);

bool page_is_full(const struct page *page);
bool page_is_sparse(const struct page *page);
bool page_can_merge(const struct page *a, const struct page *b);

/* Entries taken out of pages, to be put into others. As they come, their hashes are known down
 * to their positions only, which is enough at the depth they had; page_items_hash reads the keys
 * and completes them. */
struct page_items {
    size_t count;
    bool is_hashed;
    int64_t due; /* the earliest of their pages */
    struct entry *entries[PAGE_ITEMS_MAX];
    uint64_t hashes[PAGE_ITEMS_MAX];
};
void page_items_init(struct page_items *items);
/* `prefix`: the page's. */
void page_items_collect(struct page_items *items, const struct page *page, uint64_t prefix);
void page_items_hash(struct page_items *items, struct hash_seed seed);
/* Reorders [from, to) so that hashes without `bit` come first; returns where the others begin. */
size_t page_items_partition(struct page_items *items, size_t from, size_t to, uint64_t bit);
bool page_fill(struct page *page, const struct page_items *items, size_t from, size_t to);

/* Hash positions: the first one of the page `hash` is in, of its buddy, of what follows it (0:
 * the end). */
uint64_t page_prefix(const struct page *page, uint64_t hash);
uint64_t page_buddy(const struct page *page, uint64_t hash);
uint64_t page_next_hash(const struct page *page, uint64_t hash);
uint64_t page_next_bucket_hash(const struct page *page, uint64_t hash);

/* Visits the entries at home in the bucket of `from` whose positions are not below that of
 * `from`. */
void page_visit_bucket(const struct page *page, uint64_t from, table_visit *visit, void *context);
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
