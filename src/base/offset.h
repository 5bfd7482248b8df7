/* Places in the one stream of writes that replicas, the backlog and the append-only file share.
 *
 * Inside the program an offset counts the bytes before a place, so a range is half open and the
 * length of what lies between two offsets is their difference. On the wire the first byte of the
 * stream has the number 1: a replica that has `n` bytes asks for byte n + 1. The two functions
 * below are the only place where one is turned into the other. */
#ifndef SKEIN_BASE_OFFSET_H
#define SKEIN_BASE_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

/* No stream gets there: at 1 GB/s it takes 146 years. A peer or a file that claims more is wrong,
 * and below it bytes can be counted without looking for an overflow. */
#define OFFSET_MAX (INT64_MAX / 2)

struct journal_range {
    int64_t start, end; /* of the bytes kept: start <= end */
};

/* The number a replica that wants what follows `offset` asks for. */
static inline int64_t offset_to_wire(int64_t offset)
{
    return offset + 1;
}

/* False for numbers no stream has. */
static inline bool offset_from_wire(int64_t wire, int64_t *offset)
{
    *offset = wire > 0 ? wire - 1 : 0;
    return wire > 0;
}

/* A reader who has everything before `offset` can go on from this range. */
static inline bool range_serves(struct journal_range range, int64_t offset)
{
    return offset >= range.start && offset <= range.end;
}

#endif
