#include "store/collection.h"

#include "base/mem.h"

enum { CACHE_LINE = 64, LINES_FIRST = 2, LINES_MAX = 32 };

/* --- packed --- */

static void packed_free(void *object)
{
    struct packed_object *all = object;
    packed_deinit(&all->packed);
    mem_free(all);
}

static const struct object_ops packed_ops;

static struct packed_object *new_packed(const struct epochs *epochs)
{
    struct packed_object *fresh = mem_alloc(sizeof(*fresh));
    fresh->object = (struct object){.ops = &packed_ops, .epoch = epochs->now};
    return fresh;
}

static struct object *packed_duplicate(const struct object *object, struct epochs *epochs)
{
    const struct packed_object *old = (const void *)object;
    struct packed_object *fresh = new_packed(epochs);
    packed_init_copy(&fresh->packed, packed_bytes(&old->packed));
    return &fresh->object;
}

static size_t packed_memory(const struct object *object, size_t samples)
{
    (void)samples;
    const struct packed_object *all = (const void *)object;
    return mem_usable(all) + mem_usable(all->packed.bytes);
}

static size_t packed_weight(const struct object *object)
{
    return packed_len(&((const struct packed_object *)(const void *)object)->packed);
}

static const struct table *packed_prefetch(const struct object *object)
{
    const struct packed *packed = &((const struct packed_object *)(const void *)object)->packed;
    for (size_t i = 0; i < LINES_FIRST; i++) mem_prefetch(packed->bytes + i * CACHE_LINE);
    return NULL;
}

/* Most commands go through the run to its end, or move all of it. */
static void packed_prefetch_on(const struct object *object, unsigned step)
{
    if (step > 0) return;
    struct str bytes = packed_bytes(&((const struct packed_object *)(const void *)object)->packed);
    size_t end = bytes.len < LINES_MAX * CACHE_LINE ? bytes.len : LINES_MAX * CACHE_LINE;
    for (size_t at = LINES_FIRST * CACHE_LINE; at < end; at += CACHE_LINE)
        mem_prefetch(bytes.ptr + at);
}

static const struct object_ops packed_ops = {
    .free = packed_free,
    .clone = packed_duplicate,
    .free_top = packed_free,
    .copy = packed_duplicate,
    .memory = packed_memory,
    .weight = packed_weight,
    .prefetch = packed_prefetch,
    .prefetch_on = packed_prefetch_on,
};

struct value packed_object_new(enum value_type type, const struct epochs *epochs)
{
    struct packed_object *fresh = new_packed(epochs);
    packed_init(&fresh->packed);
    return (struct value){.type = type, .encoding = ENC_PACKED, .object = &fresh->object};
}

struct value packed_object_from(enum value_type type, const struct epochs *epochs, struct str bytes)
{
    struct packed_object *fresh = new_packed(epochs);
    packed_init_copy(&fresh->packed, bytes);
    return (struct value){.type = type, .encoding = ENC_PACKED, .object = &fresh->object};
}

/* --- table --- */

static void table_free(void *object)
{
    struct table_object *all = object;
    table_deinit(&all->table, entry_free_deep);
    mem_free(all);
}

static const struct object_ops table_ops;

static struct table_object *new_table(const struct epochs *epochs)
{
    struct table_object *fresh = mem_alloc(sizeof(*fresh));
    fresh->object = (struct object){.ops = &table_ops, .epoch = epochs->now};
    return fresh;
}

static struct object *table_clone(const struct object *object, struct epochs *epochs)
{
    struct table_object *fresh = new_table(epochs);
    fresh->table = ((const struct table_object *)(const void *)object)->table;
    return &fresh->object;
}

static struct entry *copy_entry(const struct entry *entry, const struct epochs *epochs)
{
    struct value value = entry_value(entry);
    if (value.encoding == ENC_BLOB) {
        struct blob *blob = blob_new(value.blob->len, epochs->now);
        memcpy(blob->bytes, value.blob->bytes, value.blob->len);
        blob->len = value.blob->len;
        value.blob = blob;
    }
    return entry_new(entry_key(entry), value, NO_EXPIRY, epochs->now);
}

static struct object *table_copy(const struct object *object, struct epochs *epochs)
{
    const struct table *old = &((const struct table_object *)(const void *)object)->table;
    struct table_object *fresh = new_table(epochs);
    struct table_cursor cursor = {0};
    table_init(&fresh->table, epochs, old->seed);
    for (struct entry *entry; (entry = table_next(old, &cursor));) {
        table_insert(&fresh->table, copy_entry(entry, epochs), table_hash(old, entry_key(entry)));
    }
    return &fresh->object;
}

static size_t table_memory(const struct object *object, size_t samples)
{
    const struct table *table = &((const struct table_object *)(const void *)object)->table;
    struct table_cursor cursor = {0};
    size_t seen = 0, bytes = 0;
    for (struct entry *entry;
         (samples == 0 || seen < samples) && (entry = table_next(table, &cursor)); seen++) {
        bytes += entry_memory(entry);
    }
    double share = seen ? (double)bytes / (double)seen : 0;
    return mem_usable(object) + table->page_bytes + (size_t)(share * (double)table->len);
}

static size_t table_weight(const struct object *object)
{
    return ((const struct table_object *)(const void *)object)->table.len;
}

static const struct table *table_object_prefetch(const struct object *object)
{
    const struct table_object *all = (const void *)object;
    mem_prefetch(all->table.directory);
    return &all->table;
}

static const struct object_ops table_ops = {
    .free = table_free,
    .clone = table_clone,
    .free_top = mem_free,
    .copy = table_copy,
    .memory = table_memory,
    .weight = table_weight,
    .prefetch = table_object_prefetch,
};

struct value table_object_new(enum value_type type, struct store *store)
{
    struct table_object *fresh = new_table(&store->epochs);
    table_init(&fresh->table, &store->epochs, store->seed);
    return (struct value){.type = type, .encoding = ENC_TABLE, .object = &fresh->object};
}

bool table_drop(struct table *table, struct str key)
{
    uint64_t hash = table_hash(table, key);
    struct entry *entry = table_find(table, key, hash);
    if (entry == NULL) return false;
    table_remove(table, entry, hash);
    epoch_retire(table->epochs, entry->epoch, (struct garbage){entry_free_deep, entry});
    return true;
}

/* --- picking --- */

/* Entries met already: open addressing over at least twice as many places. */
struct met {
    size_t mask;
    const struct entry **places;
};

static bool met_before(struct met *met, const struct entry *entry)
{
    size_t at = (size_t)(((uintptr_t)entry >> 4) * 0x9e3779b97f4a7c15u >> 20) & met->mask;
    for (; met->places[at]; at = (at + 1) & met->mask) {
        if (met->places[at] == entry) return true;
    }
    met->places[at] = entry;
    return false;
}

/* Few of many: tries again when one comes a second time. */
static void pick_few(const struct table *table, struct prng *prng, struct entry **picked,
                     size_t count)
{
    struct met met = {.mask = 15};
    while (met.mask < count * 2) met.mask = met.mask * 2 + 1;
    met.places = mem_calloc((met.mask + 1) * sizeof(*met.places));
    for (size_t found = 0; found < count;) {
        struct entry *entry = table_random(table, prng);
        if (!met_before(&met, entry)) picked[found++] = entry;
    }
    mem_free(met.places);
}

static void pick_many(const struct table *table, struct prng *prng, struct entry **picked,
                      size_t count)
{
    struct selection selection = {.left = table->len, .needed = count};
    struct table_cursor cursor = {0};
    while (selection.needed) {
        struct entry *entry = table_next(table, &cursor);
        if (selection_takes(&selection, prng)) *picked++ = entry;
    }
}

void table_pick(const struct table *table, struct prng *prng, struct entry **picked, size_t count)
{
    if (count > table->len / 4)
        pick_many(table, prng, picked, count);
    else
        pick_few(table, prng, picked, count);
}
