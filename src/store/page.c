#include "store/page.h"

#include "base/assert.h"
#include "base/mem.h"

#include <emmintrin.h>

_Static_assert(sizeof(struct bucket) == PAGE_LINE, "a bucket is one cache line");
_Static_assert(offsetof(struct page, lines) == PAGE_LINE, "the header is one cache line");

enum {
    SPILL_BUCKETS = 8,
    /* Shares of all slots in 1/16: an insert beyond the first grows the page, a new page is made
     * for the second, a removal below the third shrinks it. */
    FULL_16 = 15,
    ROOMY_16 = 13,
    SPARSE_16 = 5,
    SMALL_BUCKETS = 6,
};

/* With the header line these are sizes the allocator has. Between 2 and 4 KiB there are none on
 * purpose: all pages of a table grow at about the same time, and a size they have just left
 * keeps its slabs half empty (docs/adr/0006). */
static const uint8_t bucket_counts[] = {1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 19, 23, 27, 31, 63};

static inline uint8_t tag_of(uint64_t hash)
{
    uint8_t tag = (uint8_t)hash;
    return tag ? tag : 1;
}

struct page *page_new(unsigned buckets, unsigned depth, uint32_t epoch)
{
    size_t size = PAGE_LINE * (buckets + 1);
    struct page *page = mem_aligned(PAGE_LINE, size);
    memset(page, 0, size);
    page->epoch = epoch;
    page->buckets = (uint8_t)buckets;
    page->depth = (uint8_t)depth;
    page->due = PAGE_NEVER_DUE;
    return page;
}

size_t page_size(const struct page *page)
{
    return PAGE_LINE * (page->buckets + (size_t)1);
}

struct page *page_copy(const struct page *page, uint32_t epoch)
{
    struct page *copy = mem_aligned(PAGE_LINE, page_size(page));
    memcpy(copy, page, page_size(page));
    copy->epoch = epoch;
    return copy;
}

unsigned page_buckets_for(size_t count)
{
    for (size_t i = 0; i < sizeof(bucket_counts); i++) {
        if (count * 16 <= (size_t)bucket_counts[i] * BUCKET_SLOTS * ROOMY_16)
            return bucket_counts[i];
    }
    return PAGE_BUCKETS_MAX;
}

unsigned page_next_buckets(unsigned buckets)
{
    for (size_t i = 0; i < sizeof(bucket_counts); i++) {
        if (bucket_counts[i] > buckets) return bucket_counts[i];
    }
    return 0;
}

/* --- finding --- */

/* A bit for each slot whose tag is `tag`. */
static inline unsigned match_tags(const struct bucket *bucket, uint8_t tag)
{
    __m128i tags = _mm_loadl_epi64((const __m128i *)(const void *)bucket->tags);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag))) & 0x7f;
}

static inline unsigned bucket_after(const struct page *page, unsigned home, unsigned distance)
{
    unsigned at = home + distance;
    return at >= page->buckets ? at - page->buckets : at;
}

static inline struct entry *find_in_bucket(const struct bucket *bucket, struct str key, uint8_t tag,
                                           unsigned *slot)
{
    for (unsigned hits = match_tags(bucket, tag); hits; hits &= hits - 1) {
        *slot = (unsigned)__builtin_ctz(hits);
        struct entry *entry = bucket->entries[*slot];
        if (entry->key_len == key.len && str_eq(entry_key(entry), key)) return entry;
    }
    return NULL;
}

struct entry *page_find(const struct page *page, struct str key, uint64_t hash,
                        struct page_place *place)
{
    unsigned home = page_home(page, hash);
    uint8_t tag = tag_of(hash);
    place->bucket = home;
    struct entry *entry = find_in_bucket(&page->lines[home], key, tag, &place->slot);
    if (entry) return entry;
    for (unsigned spill = page->lines[home].spill; spill; spill &= spill - 1) {
        place->bucket = bucket_after(page, home, (unsigned)__builtin_ctz(spill) + 1);
        entry = find_in_bucket(&page->lines[place->bucket], key, tag, &place->slot);
        if (entry) return entry;
    }
    return NULL;
}

static bool find_pointer(const struct bucket *bucket, const struct entry *entry, unsigned *slot)
{
    for (*slot = 0; *slot < BUCKET_SLOTS; ++*slot) {
        if (bucket->tags[*slot] && bucket->entries[*slot] == entry) return true;
    }
    return false;
}

bool page_find_entry(const struct page *page, const struct entry *entry, uint64_t hash,
                     struct page_place *place)
{
    unsigned home = page_home(page, hash);
    place->bucket = home;
    if (find_pointer(&page->lines[home], entry, &place->slot)) return true;
    for (unsigned spill = page->lines[home].spill; spill; spill &= spill - 1) {
        place->bucket = bucket_after(page, home, (unsigned)__builtin_ctz(spill) + 1);
        if (find_pointer(&page->lines[place->bucket], entry, &place->slot)) return true;
    }
    return false;
}

void page_prefetch(uintptr_t ref, uint64_t hash, unsigned directory_depth)
{
    const struct page *page = page_of_ref(ref);
    unsigned buckets = (unsigned)(ref & (PAGE_LINE - 1));
    __builtin_prefetch(page);
    /* The page's own depth may be less than the directory's; then this is a neighbour's line,
     * and no harm is done. */
    unsigned home = (unsigned)((hash << directory_depth >> 48) * buckets >> 16);
    __builtin_prefetch(&page->lines[home]);
}

void page_prefetch_entry(const struct page *page, uint64_t hash)
{
    const struct bucket *bucket = &page->lines[page_home(page, hash)];
    for (unsigned hits = match_tags(bucket, tag_of(hash)); hits; hits &= hits - 1) {
        const char *entry = (const char *)bucket->entries[__builtin_ctz(hits)];
        __builtin_prefetch(entry);
        __builtin_prefetch(entry + PAGE_LINE);
    }
}

const struct entry *page_guess(const struct page *page, uint64_t hash)
{
    const struct bucket *bucket = &page->lines[page_home(page, hash)];
    unsigned hits = match_tags(bucket, tag_of(hash));
    return hits ? bucket->entries[__builtin_ctz(hits)] : NULL;
}

/* --- writing --- */

static bool put_in_bucket(struct bucket *bucket, struct entry *entry, uint8_t tag)
{
    unsigned empty = match_tags(bucket, 0);
    if (empty == 0) return false;
    unsigned slot = (unsigned)__builtin_ctz(empty);
    bucket->tags[slot] = tag;
    bucket->entries[slot] = entry;
    return true;
}

bool page_insert(struct page *page, struct entry *entry, uint64_t hash)
{
    unsigned home = page_home(page, hash);
    uint8_t tag = tag_of(hash);
    if (put_in_bucket(&page->lines[home], entry, tag)) {
        page->used++;
        return true;
    }
    for (unsigned d = 1; d <= SPILL_BUCKETS && d < page->buckets; d++) {
        if (!put_in_bucket(&page->lines[bucket_after(page, home, d)], entry, tag)) continue;
        page->lines[home].spill |= (uint8_t)(1u << (d - 1));
        page->used++;
        return true;
    }
    return false;
}

/* Does any entry of bucket `at` have its home in bucket `home`? */
static bool has_guest_of(const struct page *page, unsigned at, unsigned home, struct hash_seed seed)
{
    const struct bucket *bucket = &page->lines[at];
    for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
        if (bucket->tags[slot] == 0) continue;
        struct str key = entry_key(bucket->entries[slot]);
        if (page_home(page, hash_bytes(seed, key.ptr, key.len)) == home) return true;
    }
    return false;
}

void page_remove(struct page *page, const struct page_place *place, struct hash_seed seed)
{
    struct bucket *bucket = &page->lines[place->bucket];
    struct str key = entry_key(bucket->entries[place->slot]);
    unsigned home = page_home(page, hash_bytes(seed, key.ptr, key.len));
    bucket->tags[place->slot] = 0;
    bucket->entries[place->slot] = NULL;
    page->used--;
    if (home == place->bucket || has_guest_of(page, place->bucket, home, seed)) return;
    unsigned distance =
        place->bucket > home ? place->bucket - home : place->bucket + page->buckets - home;
    page->lines[home].spill &= (uint8_t) ~(1u << (distance - 1));
}

bool page_is_full(const struct page *page)
{
    if (page->buckets <= SMALL_BUCKETS) return page->used == page->buckets * BUCKET_SLOTS;
    return page->used * 16 >= page->buckets * BUCKET_SLOTS * FULL_16;
}

bool page_is_sparse(const struct page *page)
{
    return page->buckets > PAGE_BUCKETS_FIRST &&
           page->used * 16 < page->buckets * BUCKET_SLOTS * SPARSE_16;
}

bool page_can_merge(const struct page *a, const struct page *b)
{
    return (a->used + b->used) * 16 < PAGE_ITEMS_MAX * SPARSE_16;
}

/* --- moving --- */

void page_items_collect(struct page_items *items, const struct page *page, struct hash_seed seed)
{
    size_t first = items->count;
    for (unsigned b = 0; b < page->buckets; b++) {
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
            if (page->lines[b].tags[slot] == 0) continue;
            __builtin_prefetch(page->lines[b].entries[slot]);
            items->entries[items->count++] = page->lines[b].entries[slot];
        }
    }
    for (size_t i = first; i < items->count; i++) {
        struct str key = entry_key(items->entries[i]);
        items->hashes[i] = hash_bytes(seed, key.ptr, key.len);
    }
}

size_t page_items_partition(struct page_items *items, size_t from, size_t to, uint64_t bit)
{
    while (from < to) {
        if ((items->hashes[from] & bit) == 0) {
            from++;
            continue;
        }
        to--;
        struct entry *entry = items->entries[from];
        uint64_t hash = items->hashes[from];
        items->entries[from] = items->entries[to];
        items->hashes[from] = items->hashes[to];
        items->entries[to] = entry;
        items->hashes[to] = hash;
    }
    return from;
}

bool page_fill(struct page *page, const struct page_items *items, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (!page_insert(page, items->entries[i], items->hashes[i])) return false;
        int64_t due = entry_expire_at(items->entries[i]);
        if (due != NO_EXPIRY) page_note_due(page, due);
    }
    return true;
}

/* --- positions --- */

static uint64_t span(const struct page *page)
{
    return page->depth ? (uint64_t)1 << (64 - page->depth) : 0;
}

uint64_t page_prefix(const struct page *page, uint64_t hash)
{
    return page->depth ? hash & ~(span(page) - 1) : 0;
}

uint64_t page_buddy(const struct page *page, uint64_t hash)
{
    return hash ^ span(page);
}

uint64_t page_next_hash(const struct page *page, uint64_t hash)
{
    return page_prefix(page, hash) + span(page);
}

uint64_t page_next_bucket_hash(const struct page *page, uint64_t hash)
{
    unsigned next = page_home(page, hash) + 1;
    if (next == page->buckets) return page_next_hash(page, hash);
    uint64_t first = (((uint64_t)next << 16) + page->buckets - 1) / page->buckets;
    return page_prefix(page, hash) + (first << 48 >> page->depth);
}

/* --- walking --- */

static void visit_guests(const struct page *page, unsigned at, unsigned home,
                         const struct page_walk *walk)
{
    const struct bucket *bucket = &page->lines[at];
    for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
        if (bucket->tags[slot] == 0) continue;
        struct str key = entry_key(bucket->entries[slot]);
        uint64_t hash = hash_bytes(walk->seed, key.ptr, key.len);
        if (hash >= walk->from && page_home(page, hash) == home) {
            walk->visit(walk->context, bucket->entries[slot]);
        }
    }
}

void page_visit_bucket(const struct page *page, unsigned home, const struct page_walk *walk)
{
    visit_guests(page, home, home, walk);
    for (unsigned spill = page->lines[home].spill; spill; spill &= spill - 1) {
        unsigned distance = (unsigned)__builtin_ctz(spill) + 1;
        visit_guests(page, bucket_after(page, home, distance), home, walk);
    }
}

void page_each(const struct page *page, void (*visit)(void *))
{
    for (unsigned b = 0; b < page->buckets; b++) {
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
            if (page->lines[b].tags[slot]) visit(page->lines[b].entries[slot]);
        }
    }
}

struct entry *page_random(const struct page *page, struct prng *prng)
{
    unsigned at = (unsigned)prng_below(prng, page->buckets * (unsigned)BUCKET_SLOTS);
    const struct bucket *bucket = &page->lines[at / BUCKET_SLOTS];
    return bucket->tags[at % BUCKET_SLOTS] ? bucket->entries[at % BUCKET_SLOTS] : NULL;
}

struct entry *page_first(const struct page *page, bool is_volatile)
{
    for (unsigned b = 0; b < page->buckets; b++) {
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
            if (page->lines[b].tags[slot] == 0) continue;
            struct entry *entry = page->lines[b].entries[slot];
            if (!is_volatile || entry_has_expiry(entry)) return entry;
        }
    }
    return NULL;
}

size_t page_collect_due(struct page *page, int64_t now_ms, struct entry **due, size_t max)
{
    size_t found = 0;
    int64_t earliest = PAGE_NEVER_DUE;
    for (unsigned b = 0; b < page->buckets; b++) {
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
            if (page->lines[b].tags[slot] == 0) continue;
            int64_t at = entry_expire_at(page->lines[b].entries[slot]);
            if (at == NO_EXPIRY) continue;
            if (at < earliest) earliest = at;
            if (at > now_ms) continue;
            if (found == max) return found;
            due[found++] = page->lines[b].entries[slot];
        }
    }
    page->due = earliest;
    return found;
}
