/* Walks the entries of a table in the order of memory, as far as that is worth its time.
 *
 * In the table's own order each entry lies anywhere: to read it costs a walk through the page
 * tables of the processor, which takes longer than all else that is done for a small key, and a
 * prefetch waits for it, too. So entries are taken from the table in lots, and those of a lot are
 * sorted by the memory page they lie in. The table must not change meanwhile. */
#ifndef SKEIN_SNAPSHOT_ENTRY_WALK_H
#define SKEIN_SNAPSHOT_ENTRY_WALK_H

#include "store/table.h"

struct entry_walk {
    const struct table *table;
    struct table_cursor cursor;
    const struct entry **lot, **room; /* room: for sorting */
    size_t at, count, size;
};

void entry_walk_init(struct entry_walk *walk, const struct table *table);
void entry_walk_deinit(struct entry_walk *walk);
/* NULL at the end. What comes soon is asked for. */
const struct entry *entry_walk_next(struct entry_walk *walk);

#endif
