#include "snapshot/entry_walk.h"

#include "base/mem.h"
#include "store/entry.h"

#include <sys/param.h>

enum {
    LOT = 1 << 19,   /* entries: of 5 M small ones three lie in each page of memory */
    PAGE_SHIFT = 12, /* the order within a page of memory does not matter */
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    AHEAD = 16,      /* entries asked for before their turn */
    VALUE_AHEAD = 6, /* and of these, values outside their entry */
    LINE = 64,       /* bytes of a cache line */
};

void entry_walk_init(struct entry_walk *walk, const struct table *table)
{
    *walk = (struct entry_walk){.table = table, .size = MIN(table->len, (size_t)LOT)};
    walk->lot = mem_alloc(walk->size * sizeof(*walk->lot));
    walk->room = mem_alloc(walk->size * sizeof(*walk->room));
}

void entry_walk_deinit(struct entry_walk *walk)
{
    mem_free(walk->lot);
    mem_free(walk->room);
    *walk = (struct entry_walk){0};
}

/* --- sorting --- */

static size_t digit_of(const struct entry *entry, uintptr_t lowest, unsigned shift)
{
    return ((uintptr_t)entry - lowest) >> shift & (DIGITS - 1);
}

/* Sorts from `lot` into `room` by one digit, stable, and exchanges the two. */
static void sort_by(struct entry_walk *walk, uintptr_t lowest, unsigned shift)
{
    size_t starts[DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < walk->count; i++) starts[digit_of(walk->lot[i], lowest, shift)]++;
    for (size_t i = 0; i < DIGITS; i++) {
        size_t count = starts[i];
        starts[i] = sum;
        sum += count;
    }
    for (size_t i = 0; i < walk->count; i++) {
        const struct entry *entry = walk->lot[i];
        walk->room[starts[digit_of(entry, lowest, shift)]++] = entry;
    }
    const struct entry **sorted = walk->room;
    walk->room = walk->lot;
    walk->lot = sorted;
}

static void sort(struct entry_walk *walk)
{
    uintptr_t lowest = UINTPTR_MAX, highest = 0;
    for (size_t i = 0; i < walk->count; i++) {
        lowest = MIN(lowest, (uintptr_t)walk->lot[i]);
        highest = MAX(highest, (uintptr_t)walk->lot[i]);
    }
    lowest = lowest >> PAGE_SHIFT << PAGE_SHIFT;
    for (unsigned shift = PAGE_SHIFT; (highest - lowest) >> shift; shift += DIGIT_BITS) {
        sort_by(walk, lowest, shift);
    }
}

/* --- walking --- */

static bool take_lot(struct entry_walk *walk)
{
    const struct entry *entry;
    walk->at = walk->count = 0;
    while (walk->count < walk->size && (entry = table_next(walk->table, &walk->cursor))) {
        walk->lot[walk->count++] = entry;
    }
    if (walk->count) sort(walk);
    return walk->count > 0;
}

static void ask_for_entry(const struct entry *entry)
{
    for (size_t i = 0; i < 3; i++) mem_prefetch((const char *)entry + i * LINE);
}

/* The entry itself should have come by now. */
static void ask_for_value(const struct entry *entry)
{
    if (entry_encoding(entry) >= ENC_BLOB) mem_prefetch(entry_object(entry));
}

const struct entry *entry_walk_next(struct entry_walk *walk)
{
    if (walk->at == walk->count && !take_lot(walk)) return NULL;
    size_t at = walk->at++;
    if (at + AHEAD < walk->count) ask_for_entry(walk->lot[at + AHEAD]);
    if (at + VALUE_AHEAD < walk->count) ask_for_value(walk->lot[at + VALUE_AHEAD]);
    return walk->lot[at];
}
