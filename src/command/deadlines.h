/* Points in time that things wait for, the earliest first; equal ones in the order they were added.
 *
 * The things embed their deadline, so adding one allocates only when the heap grows. Adding and
 * removing cost O(log n). A zeroed struct has none. */
#ifndef SKEIN_COMMAND_DEADLINES_H
#define SKEIN_COMMAND_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
    int64_t at_us;
    uint64_t serial; /* decides between equal times */
    size_t slot;     /* place in the heap plus one; 0: in none */
};

struct deadlines {
    struct deadline **heap;
    size_t count, capacity;
    uint64_t next_serial;
};

void deadlines_deinit(struct deadlines *deadlines);
void deadlines_add(struct deadlines *deadlines, struct deadline *deadline, int64_t at_us);
/* Does nothing when it is in none. */
void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline);
static inline struct deadline *deadlines_first(const struct deadlines *deadlines)
{
    return deadlines->count ? deadlines->heap[0] : NULL;
}

#endif
