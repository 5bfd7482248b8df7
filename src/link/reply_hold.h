/* Replies of one client that wait until the journal is safe up to an offset.
 *
 * What a client gets is one sequence of bytes; a hold says that from a place in it on nothing may
 * leave before the offset is reached. Order is kept: what comes behind a hold waits with it. Holds
 * of one client come with growing places and growing offsets. */
#ifndef SKEIN_LINK_REPLY_HOLD_H
#define SKEIN_LINK_REPLY_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply_hold {
    uint64_t at; /* bytes of replies before it */
    int64_t offset;
    uint64_t turn;
};

/* Zeroed is empty. */
struct reply_holds {
    struct reply_hold *list;
    size_t start, end, capacity; /* list[start..end) wait */
};

void reply_holds_deinit(struct reply_holds *holds);
/* Of one turn there is one hold, at the place of its first: one sync serves all of them. */
void reply_holds_add(struct reply_holds *holds, struct reply_hold hold);
/* Drops what `released` reaches. */
void reply_holds_release(struct reply_holds *holds, int64_t released);
static inline bool reply_holds_any(const struct reply_holds *holds)
{
    return holds->start < holds->end;
}
/* The place from which on bytes wait; UINT64_MAX: nothing waits. */
static inline uint64_t reply_holds_place(const struct reply_holds *holds)
{
    return reply_holds_any(holds) ? holds->list[holds->start].at : UINT64_MAX;
}

#endif
