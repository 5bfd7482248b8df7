#include "store/table.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/page.h"

void table_init(struct table *table, struct epochs *epochs, struct hash_seed seed)
{
    *table = (struct table){.epochs = epochs, .seed = seed};
}

/* Visits each page once: a page of less depth than the directory stands in several neighbouring
 * places. */
static size_t next_page_at(const struct table_directory *directory, size_t at)
{
    return at + ((size_t)1 << (directory->depth - page_at(directory, at)->depth));
}

void table_deinit(struct table *table, void (*free_entry)(void *))
{
    struct table_directory *directory = table->directory;
    size_t count = directory ? (size_t)1 << directory->depth : 0;
    for (size_t at = 0; at < count;) {
        struct page *page = page_at(directory, at);
        at = next_page_at(directory, at);
        if (free_entry) page_each(page, free_entry);
        page_free(page);
    }
    mem_free(directory);
    *table = (struct table){.epochs = table->epochs, .seed = table->seed};
}

struct entry *table_find(const struct table *table, struct str key, uint64_t hash)
{
    if (table->directory == NULL) return NULL;
    return page_find(directory_ref(table->directory, hash), key, hash);
}

void table_prefetch_bucket(const struct table *table, uint64_t hash)
{
    if (table->directory == NULL) return;
    page_prefetch(directory_ref(table->directory, hash), hash);
}

void table_prefetch_entry(const struct table *table, uint64_t hash)
{
    if (table->directory == NULL) return;
    page_prefetch_entry(directory_ref(table->directory, hash), hash);
}

const struct entry *table_guess(const struct table *table, uint64_t hash)
{
    if (table->directory == NULL) return NULL;
    return page_guess(directory_ref(table->directory, hash), hash);
}

void table_prefetch_page(const struct table *table, uint64_t hash)
{
    if (table->directory) mem_prefetch(directory_page(table->directory, hash));
}

/* --- writing --- */

static struct page *new_page(struct table *table, unsigned buckets, unsigned depth)
{
    struct page *page = page_new(buckets, depth, table->epochs->now);
    table->page_bytes += page_size(page);
    return page;
}

static void retire_page(struct table *table, struct page *page)
{
    table->page_bytes -= page_size(page);
    epoch_retire(table->epochs, page->epoch, (struct garbage){page_free, page});
}

static struct table_directory *new_directory(struct table *table, unsigned depth)
{
    size_t size = sizeof(struct table_directory) + (sizeof(page_ref) << depth);
    struct table_directory *directory = mem_alloc(size);
    directory->epoch = table->epochs->now;
    directory->depth = depth;
    table->page_bytes += size;
    return directory;
}

static void replace_directory(struct table *table, struct table_directory *fresh)
{
    struct table_directory *old = table->directory;
    table->page_bytes -= sizeof(*old) + (sizeof(page_ref) << old->depth);
    epoch_retire(table->epochs, old->epoch, (struct garbage){mem_free, old});
    table->directory = fresh;
}

/* A copy, or one of twice the size in which every page stands twice. */
static void copy_directory(struct table *table, bool doubled)
{
    struct table_directory *old = table->directory;
    struct table_directory *fresh = new_directory(table, old->depth + doubled);
    size_t count = (size_t)1 << fresh->depth;
    for (size_t i = 0; i < count; i++) fresh->refs[i] = old->refs[i >> doubled];
    replace_directory(table, fresh);
}

/* Puts a page at all places of the directory that its depth gives it, for the hashes that begin
 * as `hash` does. */
static void link_page(struct table *table, struct page *page, uint64_t hash)
{
    struct table_directory *directory = table->directory;
    if (!epoch_is_private(table->epochs, directory->epoch)) copy_directory(table, false);
    directory = table->directory;
    while (directory->depth < page->depth) {
        copy_directory(table, true);
        directory = table->directory;
    }
    unsigned spread = directory->depth - page->depth;
    size_t first = directory_index(directory, hash) >> spread << spread;
    for (size_t i = 0; i < (size_t)1 << spread; i++) directory->refs[first + i] = page_ref_of(page);
}

static struct page *writable_page(struct table *table, uint64_t hash)
{
    struct page *page = directory_page(table->directory, hash);
    if (epoch_is_private(table->epochs, page->epoch)) return page;
    struct page *copy = page_copy(page, table->epochs->now);
    table->page_bytes += page_size(copy);
    link_page(table, copy, hash);
    retire_page(table, page);
    return copy;
}

/* Entries of pages on their way to others. */
struct moving {
    struct page_items *items;
    uint64_t prefix; /* the hash bits all of them share */
    unsigned depth;
    unsigned buckets_min; /* what was too small already */
};

static void build_pages(struct table *table, const struct moving *moving, size_t from, size_t to);

/* The same in two halves, one bit deeper. */
static void build_halves(struct table *table, const struct moving *moving, size_t from, size_t to)
{
    uint64_t bit = (uint64_t)1 << (63 - moving->depth);
    ASSERT(moving->depth < PAGE_DEPTH_MAX);
    if (!moving->items->is_hashed) page_items_hash(moving->items, table->seed);
    struct moving half = {moving->items, moving->prefix, moving->depth + 1, 0};
    size_t middle = page_items_partition(half.items, from, to, bit);
    build_pages(table, &half, from, middle);
    half.prefix |= bit;
    build_pages(table, &half, middle, to);
}

/* Builds pages for items[from..to) below `depth`: one if they fit, else two of the next depth. */
static void build_pages(struct table *table, const struct moving *moving, size_t from, size_t to)
{
    unsigned buckets = page_buckets_for(to - from);
    if (buckets < moving->buckets_min) buckets = moving->buckets_min;
    for (; buckets; buckets = page_next_buckets(buckets)) {
        struct page *page = new_page(table, buckets, moving->depth);
        if (page_fill(page, moving->items, from, to)) {
            link_page(table, page, moving->prefix);
            return;
        }
        table->page_bytes -= page_size(page);
        page_free(page);
    }
    build_halves(table, moving, from, to);
}

/* Replaces a page by one with room for more, or by two when it is at its largest. */
static void grow_page(struct table *table, struct page *page, uint64_t hash)
{
    struct page_items items;
    struct moving moving = {&items, page_prefix(page, hash), page->depth, 0};
    page_items_init(&items);
    page_items_collect(&items, page, moving.prefix);
    moving.buckets_min = page_next_buckets(page->buckets);
    if (moving.buckets_min)
        build_pages(table, &moving, 0, items.count);
    else
        build_halves(table, &moving, 0, items.count);
    retire_page(table, page);
}

static struct page *insert(struct table *table, const struct entry *entry, uint64_t hash)
{
    struct page *page = writable_page(table, hash);
    while (page_is_full(page) || !page_insert(page, entry, hash)) {
        grow_page(table, page, hash);
        page = writable_page(table, hash);
    }
    table->len++;
    return page;
}

static void begin_directory(struct table *table)
{
    table->directory = new_directory(table, 0);
    table->directory->refs[0] = page_ref_of(new_page(table, PAGE_BUCKETS_FIRST, 0));
}

void table_insert(struct table *table, struct entry *entry, uint64_t hash)
{
    if (table->directory == NULL) begin_directory(table);
    struct page *page = insert(table, entry, hash);
    int64_t due = entry_expire_at(entry);
    if (due != NO_EXPIRY) page_note_due(page, due);
}

bool table_add(struct table *table, struct entry *entry, uint64_t hash, bool expires)
{
    if (table->directory == NULL) begin_directory(table);
    if (page_has_twin(directory_ref(table->directory, hash), entry, hash)) return false;
    struct page *page = insert(table, entry, hash);
    if (expires) page_note_due(page, entry_expire_at(entry));
    return true;
}

enum {
    RESERVE_FROM = 1024, /* below that growing costs nothing */
    RESERVE_PER_PAGE = PAGE_ITEMS_MAX * 3 / 4,
};

void table_reserve(struct table *table, size_t count)
{
    unsigned depth = 0;
    if (table->directory || count < RESERVE_FROM) return;
    while (count >> depth > RESERVE_PER_PAGE && depth < PAGE_DEPTH_MAX) depth++;
    unsigned buckets = page_buckets_for(count >> depth);
    table->directory = new_directory(table, depth);
    for (size_t i = 0; i < (size_t)1 << depth; i++) {
        table->directory->refs[i] = page_ref_of(new_page(table, buckets, depth));
    }
}

static struct page *find_place(struct table *table, const struct entry *entry, uint64_t hash,
                               struct page_place *place)
{
    struct page *page = writable_page(table, hash);
    bool found = page_find_entry(page, entry, hash, place);
    ASSERT(found);
    return page;
}

void table_replace(struct table *table, struct entry *old, struct entry *fresh, uint64_t hash)
{
    struct page_place place;
    struct page *page = find_place(table, old, hash, &place);
    page_replace(page, &place, fresh);
    int64_t due = entry_expire_at(fresh);
    if (due != NO_EXPIRY) page_note_due(page, due);
}

/* After many of a page's entries went: a smaller page, or one page instead of two sparse
 * neighbours. */
static void shrink_page(struct table *table, struct page *page, uint64_t hash)
{
    struct page *buddy =
        page->depth ? directory_page(table->directory, page_buddy(page, hash)) : NULL;
    struct page_items items;
    struct moving moving = {&items, page_prefix(page, hash), page->depth, 0};
    page_items_init(&items);
    page_items_collect(&items, page, moving.prefix);
    if (buddy && buddy->depth == page->depth && page_can_merge(page, buddy)) {
        page_items_collect(&items, buddy, page_buddy(page, moving.prefix));
        moving.depth--;
        moving.prefix &= page_buddy(page, moving.prefix);
        retire_page(table, buddy);
    }
    build_pages(table, &moving, 0, items.count);
    retire_page(table, page);
}

static void drop_all_pages(struct table *table)
{
    struct page *page = page_at(table->directory, 0);
    if (table->directory->depth > 0) {
        size_t count = (size_t)1 << table->directory->depth;
        for (size_t at = 0; at < count;) {
            page = page_at(table->directory, at);
            at = next_page_at(table->directory, at);
            retire_page(table, page);
        }
    } else {
        retire_page(table, page);
    }
    epoch_retire(table->epochs, table->directory->epoch,
                 (struct garbage){mem_free, table->directory});
    table->directory = NULL;
    table->page_bytes = 0;
}

void table_remove(struct table *table, struct entry *entry, uint64_t hash)
{
    struct page_place place;
    struct page *page = find_place(table, entry, hash, &place);
    page_remove(page, &place);
    table->len--;
    if (table->len == 0)
        drop_all_pages(table);
    else if (page_is_sparse(page))
        shrink_page(table, page, hash);
}

void table_note_expiry(struct table *table, uint64_t hash, int64_t expire_at_ms)
{
    page_note_due(directory_page(table->directory, hash), expire_at_ms);
}

/* --- walking --- */

uint64_t table_scan(const struct table *table, uint64_t cursor, table_visit *visit, void *context)
{
    if (table->directory == NULL || cursor >> SCAN_CURSOR_BITS) return 0;
    uint64_t hash = cursor << (64 - SCAN_CURSOR_BITS);
    struct page *page = directory_page(table->directory, hash);
    page_visit_bucket(page, hash, visit, context);
    return page_next_bucket_hash(page, hash) >> (64 - SCAN_CURSOR_BITS);
}

static struct entry *next_of_page(const struct page *page, struct table_cursor *cursor)
{
    for (; cursor->bucket < page->buckets; cursor->bucket++, cursor->slot = 0) {
        const struct bucket *bucket = page_bucket(page, cursor->bucket);
        while (cursor->slot < BUCKET_SLOTS) {
            struct entry *entry = bucket_entry(bucket, cursor->slot++);
            if (entry) return entry;
        }
    }
    cursor->bucket = cursor->slot = 0;
    return NULL;
}

struct entry *table_next(const struct table *table, struct table_cursor *cursor)
{
    const struct table_directory *directory = table->directory;
    size_t count = directory ? (size_t)1 << directory->depth : 0;
    while (cursor->directory_at < count) {
        struct entry *entry = next_of_page(page_at(directory, cursor->directory_at), cursor);
        if (entry) return entry;
        cursor->directory_at = next_page_at(directory, cursor->directory_at);
    }
    return NULL;
}

/* The first page at or behind a random place that has what is wanted, going round once. */
static struct page *random_page(const struct table *table, struct prng *prng, bool is_volatile)
{
    const struct table_directory *directory = table->directory;
    size_t count = (size_t)1 << directory->depth;
    size_t start = prng_below(prng, count);
    for (size_t i = 0; i < count; i++) {
        struct page *page = page_at(directory, (start + i) & (count - 1));
        if (is_volatile ? page->due != PAGE_NEVER_DUE : page->used != 0) return page;
    }
    return NULL;
}

enum { RANDOM_PAGE_TRIES = 64, RANDOM_VOLATILE_PAGES = 16 };

struct entry *table_random(const struct table *table, struct prng *prng)
{
    if (table->len == 0) return NULL;
    for (int tries = 0; tries < RANDOM_PAGE_TRIES; tries++) {
        struct page *page = random_page(table, prng, false);
        struct entry *entry = page_random(page, prng);
        if (entry) return entry;
    }
    return page_first(random_page(table, prng, false), false);
}

struct entry *table_random_volatile(const struct table *table, struct prng *prng)
{
    if (table->len == 0) return NULL;
    for (int tries = 0; tries < RANDOM_VOLATILE_PAGES; tries++) {
        struct page *page = random_page(table, prng, true);
        if (page == NULL) return NULL;
        for (int inner = 0; inner < RANDOM_PAGE_TRIES; inner++) {
            struct entry *entry = page_random(page, prng);
            if (entry && entry_has_expiry(entry)) return entry;
        }
        struct entry *first = page_first(page, true);
        if (first) return first;
        page->due = PAGE_NEVER_DUE; /* what was to expire here has gone */
    }
    return NULL;
}

void table_due(struct table *table, uint64_t *position, int64_t now_ms, size_t pages,
               struct due_entries *due)
{
    due->count = 0;
    if (table->directory == NULL) {
        *position = 0;
        return;
    }
    for (size_t i = 0; i < pages; i++) {
        struct page *page = directory_page(table->directory, *position);
        size_t room = due->max - due->count;
        if (page->due <= now_ms)
            due->count += page_collect_due(page, now_ms, due->list + due->count, room);
        if (due->count == due->max) break; /* the page may hold more: come back to it */
        *position = page_next_hash(page, *position);
        if (*position == 0) break;
    }
}
