/* A run of the replication stream by offsets: `start` is the first byte in it, `end` the first
 * behind it.
 *
 * Offsets count bytes from the beginning of a history. Everywhere in the code a run is half-open;
 * the one-based offset of the wire is converted in repl/resync.c alone. */
#ifndef SKEIN_BASE_RANGE_H
#define SKEIN_BASE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct offset_range {
    uint64_t start, end;
};

static inline uint64_t range_len(struct offset_range range)
{
    return range.end - range.start;
}

/* Whether a reader that has everything up to `offset` can go on from this run: the place behind
 * its last byte counts. */
static inline bool range_can_resume(struct offset_range range, uint64_t offset)
{
    return range.start <= offset && offset <= range.end;
}

#endif
