#include "store/page.h"

#include "base/assert.h"
#include "base/mem.h"

_Static_assert(sizeof(struct bucket) == PAGE_LINE, "a bucket is one cache line");
_Static_assert(sizeof(struct page) == 16, "the fixed part of a page lies in one cache line");
_Static_assert(PAGE_BUCKETS_MAX <= UINT8_MAX, "a reference has eight bits for the buckets");

enum {
    /* Shares of all slots in 1/16: an insert beyond the first grows the page, a new page is made
     * for the second, a removal below the third shrinks it: half of the second, since the step
     * from two segments to one halves a page, and it must fit then. */
    FULL_16 = 15,
    ROOMY_16 = 14,
    SPARSE_16 = 7,
    PREFETCH_AHEAD = 24,
};

static unsigned segment_count(unsigned buckets)
{
    return (buckets + PAGE_SEGMENT - 1) / PAGE_SEGMENT;
}

static size_t header_size(unsigned buckets)
{
    unsigned room = buckets > PAGE_SEGMENT ? PAGE_SEGMENTS_MAX : 1;
    return sizeof(struct page) + room * sizeof(struct bucket *);
}

static size_t segment_size(unsigned buckets)
{
    return PAGE_LINE * (size_t)(buckets < PAGE_SEGMENT ? buckets : PAGE_SEGMENT);
}

struct page *page_new(unsigned buckets, unsigned depth, uint32_t epoch)
{
    struct page *page = mem_alloc(header_size(buckets));
    page->epoch = epoch;
    page->used = 0;
    page->buckets = (uint8_t)buckets;
    page->depth = (uint8_t)depth;
    page->due = PAGE_NEVER_DUE;
    size_t size = segment_size(buckets);
    for (unsigned i = 0; i < segment_count(buckets); i++) {
        page->segments[i] = memset(mem_aligned(PAGE_LINE, size), 0, size);
    }
    return page;
}

size_t page_size(const struct page *page)
{
    return header_size(page->buckets) + PAGE_LINE * (size_t)page->buckets;
}

struct page *page_copy(const struct page *page, uint32_t epoch)
{
    struct page *copy = mem_alloc(header_size(page->buckets));
    memcpy(copy, page, sizeof(*copy));
    copy->epoch = epoch;
    size_t size = segment_size(page->buckets);
    for (unsigned i = 0; i < segment_count(page->buckets); i++) {
        copy->segments[i] = memcpy(mem_aligned(PAGE_LINE, size), page->segments[i], size);
    }
    return copy;
}

void page_free(void *object)
{
    struct page *page = object;
    for (unsigned i = 0; i < segment_count(page->buckets); i++) mem_free(page->segments[i]);
    mem_free(page);
}

unsigned page_buckets_for(size_t count)
{
    unsigned buckets = PAGE_BUCKETS_FIRST;
    while (buckets < PAGE_BUCKETS_MAX && count * 16 > (size_t)buckets * BUCKET_SLOTS * ROOMY_16) {
        buckets = page_next_buckets(buckets);
    }
    return buckets;
}

unsigned page_next_buckets(unsigned buckets)
{
    if (buckets >= PAGE_BUCKETS_MAX) return 0;
    return buckets < PAGE_SEGMENT ? buckets + 1 : buckets + PAGE_SEGMENT;
}

/* --- finding --- */

static inline unsigned ref_position(page_ref ref, uint64_t hash)
{
    return (unsigned)(hash << (ref >> 56) >> 48);
}

static inline unsigned ref_buckets(page_ref ref)
{
    return (unsigned)(ref >> 48) & 0xff;
}

static inline unsigned bucket_after(unsigned home, unsigned distance, unsigned buckets)
{
    unsigned at = home + distance;
    return at >= buckets ? at - buckets : at;
}

static inline struct entry *find_in_bucket(const struct bucket *bucket, struct str key,
                                           unsigned position)
{
    for (unsigned hits = bucket_match(bucket, position); hits; hits &= hits - 1) {
        struct entry *entry = bucket_entry(bucket, (unsigned)__builtin_ctz(hits));
        if (entry && str_eq(entry_key(entry), key)) return entry;
    }
    return NULL;
}

struct entry *page_find(page_ref ref, struct str key, uint64_t hash)
{
    const struct page *page = page_of_ref(ref);
    unsigned position = ref_position(ref, hash), buckets = ref_buckets(ref);
    unsigned home = position * buckets >> 16;
    const struct bucket *bucket = page_bucket(page, home);
    struct entry *entry = find_in_bucket(bucket, key, position);
    if (entry) return entry;
    for (unsigned spill = bucket_spill(bucket); spill; spill &= spill - 1) {
        unsigned at = bucket_after(home, (unsigned)__builtin_ctz(spill) + 1, buckets);
        entry = find_in_bucket(page_bucket(page, at), key, position);
        if (entry) return entry;
    }
    return NULL;
}

static bool has_position(page_ref ref, uint64_t hash)
{
    const struct page *page = page_of_ref(ref);
    unsigned position = ref_position(ref, hash), buckets = ref_buckets(ref);
    unsigned home = position * buckets >> 16;
    const struct bucket *bucket = page_bucket(page, home);
    unsigned hits = bucket_match(bucket, position);
    for (unsigned spill = bucket_spill(bucket); spill; spill &= spill - 1) {
        unsigned at = bucket_after(home, (unsigned)__builtin_ctz(spill) + 1, buckets);
        hits |= bucket_match(page_bucket(page, at), position);
    }
    return hits;
}

bool page_has_twin(page_ref ref, const struct entry *entry, uint64_t hash)
{
    return has_position(ref, hash) && page_find(ref, entry_key(entry), hash);
}

static bool find_pointer(const struct bucket *bucket, const struct entry *entry, unsigned *slot)
{
    for (*slot = 0; *slot < BUCKET_SLOTS; ++*slot) {
        if (bucket_entry(bucket, *slot) == entry) return true;
    }
    return false;
}

bool page_find_entry(const struct page *page, const struct entry *entry, uint64_t hash,
                     struct page_place *place)
{
    unsigned home = page_home(page, hash);
    place->bucket = home;
    if (find_pointer(page_bucket(page, home), entry, &place->slot)) return true;
    for (unsigned spill = bucket_spill(page_bucket(page, home)); spill; spill &= spill - 1) {
        place->bucket = bucket_after(home, (unsigned)__builtin_ctz(spill) + 1, page->buckets);
        if (find_pointer(page_bucket(page, place->bucket), entry, &place->slot)) return true;
    }
    return false;
}

void page_prefetch(page_ref ref, uint64_t hash)
{
    unsigned home = ref_position(ref, hash) * ref_buckets(ref) >> 16;
    const char *bucket = (const char *)page_bucket(page_of_ref(ref), home);
    mem_prefetch(bucket);
    mem_prefetch(bucket + PAGE_LINE); /* where most of what spills lies */
}

static unsigned prefetch_matches(const struct bucket *bucket, unsigned position)
{
    unsigned hits = bucket_match(bucket, position);
    for (unsigned left = hits; left; left &= left - 1) {
        const char *entry = (const char *)bucket_entry(bucket, (unsigned)__builtin_ctz(left));
        mem_prefetch(entry);
        mem_prefetch(entry + PAGE_LINE);
    }
    return hits;
}

void page_prefetch_entry(page_ref ref, uint64_t hash)
{
    const struct page *page = page_of_ref(ref);
    unsigned position = ref_position(ref, hash), buckets = ref_buckets(ref);
    unsigned home = position * buckets >> 16;
    const struct bucket *bucket = page_bucket(page, home);
    if (prefetch_matches(bucket, position)) return;
    for (unsigned spill = bucket_spill(bucket); spill; spill &= spill - 1) {
        unsigned at = bucket_after(home, (unsigned)__builtin_ctz(spill) + 1, buckets);
        if (prefetch_matches(page_bucket(page, at), position)) return;
    }
}

const struct entry *page_guess(page_ref ref, uint64_t hash)
{
    unsigned position = ref_position(ref, hash);
    unsigned home = position * ref_buckets(ref) >> 16;
    const struct bucket *bucket = page_bucket(page_of_ref(ref), home);
    unsigned hits = bucket_match(bucket, position);
    return hits ? bucket_entry(bucket, (unsigned)__builtin_ctz(hits)) : NULL;
}

/* --- writing --- */

bool page_insert(struct page *page, const struct entry *entry, uint64_t hash)
{
    unsigned position = (unsigned)(hash << page->depth >> 48);
    unsigned home = position * page->buckets >> 16;
    ASSERT(((uintptr_t)entry & ~SLOT_ADDRESS) == 0);
    for (unsigned d = 0; d <= BUCKET_SPILL && d < page->buckets; d++) {
        struct bucket *bucket = page_bucket(page, bucket_after(home, d, page->buckets));
        unsigned slot = bucket_room(bucket);
        if (slot == BUCKET_SLOTS) continue;
        bucket_set(bucket, slot, entry, position);
        if (d) bucket_set_spill(page_bucket(page, home), d, true);
        page->used++;
        return true;
    }
    return false;
}

void page_replace(struct page *page, const struct page_place *place, const struct entry *fresh)
{
    struct bucket *bucket = page_bucket(page, place->bucket);
    bucket_set(bucket, place->slot, fresh, slot_position(bucket->slots[place->slot]));
}

static inline bool is_home(const struct page *page, uint64_t slot, unsigned home)
{
    return slot_entry(slot) && slot_position(slot) * page->buckets >> 16 == home;
}

/* Does any entry of bucket `at` have its home in bucket `home`? */
static bool has_guest_of(const struct page *page, unsigned at, unsigned home)
{
    const struct bucket *bucket = page_bucket(page, at);
    for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
        if (is_home(page, bucket->slots[slot], home)) return true;
    }
    return false;
}

void page_remove(struct page *page, const struct page_place *place)
{
    struct bucket *bucket = page_bucket(page, place->bucket);
    unsigned home = slot_position(bucket->slots[place->slot]) * page->buckets >> 16;
    bucket_clear(bucket, place->slot);
    page->used--;
    if (home == place->bucket || has_guest_of(page, place->bucket, home)) return;
    unsigned distance =
        place->bucket > home ? place->bucket - home : place->bucket + page->buckets - home;
    bucket_set_spill(page_bucket(page, home), distance, false);
}

bool page_is_full(const struct page *page)
{
    unsigned slots = page->buckets * (unsigned)BUCKET_SLOTS;
    return page->buckets < PAGE_SEGMENT ? page->used == slots : page->used * 16u >= slots * FULL_16;
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

void page_items_init(struct page_items *items)
{
    items->count = 0;
    items->is_hashed = false;
    items->due = PAGE_NEVER_DUE;
}

void page_items_collect(struct page_items *items, const struct page *page, uint64_t prefix)
{
    for (unsigned b = 0; b < page->buckets; b++) {
        const struct bucket *bucket = page_bucket(page, b);
        for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
            struct entry *entry = bucket_entry(bucket, i);
            if (entry == NULL) continue;
            items->entries[items->count] = entry;
            items->hashes[items->count++] =
                prefix | (uint64_t)slot_position(bucket->slots[i]) << 48 >> page->depth;
        }
    }
    if (page->due < items->due) items->due = page->due;
}

void page_items_hash(struct page_items *items, struct hash_seed seed)
{
    for (size_t i = 0; i < items->count && i < PREFETCH_AHEAD; i++) {
        mem_prefetch(items->entries[i]);
    }
    for (size_t i = 0; i < items->count; i++) {
        if (i + PREFETCH_AHEAD < items->count) {
            mem_prefetch(items->entries[i + PREFETCH_AHEAD]);
        }
        struct str key = entry_key(items->entries[i]);
        items->hashes[i] = hash_bytes(seed, key.ptr, key.len);
    }
    items->is_hashed = true;
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

/* The time a page gets is exact when the keys were read, else no later than what it was. */
bool page_fill(struct page *page, const struct page_items *items, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (!page_insert(page, items->entries[i], items->hashes[i])) return false;
        if (!items->is_hashed) continue;
        int64_t due = entry_expire_at(items->entries[i]);
        if (due != NO_EXPIRY) page_note_due(page, due);
    }
    if (!items->is_hashed) page->due = items->due;
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

void page_visit_bucket(const struct page *page, uint64_t from, table_visit *visit, void *context)
{
    unsigned first = (unsigned)(from << page->depth >> 48), home = page_home(page, from);
    unsigned spill = bucket_spill(page_bucket(page, home)) << 1 | 1;
    for (; spill; spill &= spill - 1) {
        unsigned at = bucket_after(home, (unsigned)__builtin_ctz(spill), page->buckets);
        const struct bucket *bucket = page_bucket(page, at);
        for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
            uint64_t slot = bucket->slots[i];
            if (is_home(page, slot, home) && slot_position(slot) >= first)
                visit(context, slot_entry(slot));
        }
    }
}

void page_each(const struct page *page, void (*visit)(void *))
{
    for (unsigned b = 0; b < page->buckets; b++) {
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
            struct entry *entry = bucket_entry(page_bucket(page, b), slot);
            if (entry) visit(entry);
        }
    }
}

struct entry *page_random(const struct page *page, struct prng *prng)
{
    unsigned at = (unsigned)prng_below(prng, page->buckets * (unsigned)BUCKET_SLOTS);
    return bucket_entry(page_bucket(page, at / BUCKET_SLOTS), at % BUCKET_SLOTS);
}

struct entry *page_first(const struct page *page, bool is_volatile)
{
    for (unsigned b = 0; b < page->buckets; b++) {
        for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
            struct entry *entry = bucket_entry(page_bucket(page, b), slot);
            if (entry && (!is_volatile || entry_has_expiry(entry))) return entry;
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
            struct entry *entry = bucket_entry(page_bucket(page, b), slot);
            int64_t at = entry ? entry_expire_at(entry) : NO_EXPIRY;
            if (at == NO_EXPIRY) continue;
            if (at < earliest) earliest = at;
            if (at > now_ms) continue;
            if (found == max) return found;
            due[found++] = entry;
        }
    }
    page->due = earliest;
    return found;
}
