#include "link/reply_hold.h"

#include "base/mem.h"

#include <string.h>

enum { FIRST_CAPACITY = 4 };

void reply_holds_deinit(struct reply_holds *holds)
{
    mem_free(holds->list);
    *holds = (struct reply_holds){0};
}

static void make_room(struct reply_holds *holds)
{
    size_t count = holds->end - holds->start;
    /* With less than half of it free at the front, moving would soon have to be done again. */
    if (holds->list == NULL || holds->start * 2 <= holds->capacity) {
        holds->capacity = holds->capacity ? holds->capacity * 2 : FIRST_CAPACITY;
        holds->list = mem_realloc(holds->list, holds->capacity * sizeof(*holds->list));
    }
    if (count) memmove(holds->list, holds->list + holds->start, count * sizeof(*holds->list));
    holds->start = 0;
    holds->end = count;
}

void reply_holds_add(struct reply_holds *holds, struct reply_hold hold)
{
    struct reply_hold *last = reply_holds_any(holds) ? &holds->list[holds->end - 1] : NULL;
    if (last && last->turn == hold.turn) {
        last->offset = hold.offset;
        return;
    }
    if (holds->list == NULL || holds->end == holds->capacity) make_room(holds);
    holds->list[holds->end++] = hold;
}

void reply_holds_release(struct reply_holds *holds, int64_t released)
{
    while (reply_holds_any(holds) && holds->list[holds->start].offset <= released) holds->start++;
    if (!reply_holds_any(holds)) holds->start = holds->end = 0;
}
