#include "command/deadlines.h"

#include "base/mem.h"

enum { FIRST_CAPACITY = 16 };

void deadlines_deinit(struct deadlines *deadlines)
{
    mem_free(deadlines->heap);
    *deadlines = (struct deadlines){0};
}

static bool is_before(const struct deadline *a, const struct deadline *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->serial < b->serial;
}

static void put(struct deadlines *deadlines, size_t at, struct deadline *deadline)
{
    deadlines->heap[at] = deadline;
    deadline->slot = at + 1;
}

static void rise(struct deadlines *deadlines, size_t at, struct deadline *deadline)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!is_before(deadline, deadlines->heap[parent])) break;
        put(deadlines, at, deadlines->heap[parent]);
        at = parent;
    }
    put(deadlines, at, deadline);
}

static void sink(struct deadlines *deadlines, size_t at, struct deadline *deadline)
{
    struct deadline **heap = deadlines->heap;
    for (size_t child = 2 * at + 1; child < deadlines->count; child = 2 * at + 1) {
        bool has_right = child + 1 < deadlines->count;
        if (has_right && is_before(heap[child + 1], heap[child])) child++;
        if (!is_before(heap[child], deadline)) break;
        put(deadlines, at, heap[child]);
        at = child;
    }
    put(deadlines, at, deadline);
}

void deadlines_add(struct deadlines *deadlines, struct deadline *deadline, int64_t at_us)
{
    if (deadlines->count == deadlines->capacity) {
        deadlines->capacity = deadlines->capacity ? deadlines->capacity * 2 : FIRST_CAPACITY;
        deadlines->heap =
            mem_realloc(deadlines->heap, deadlines->capacity * sizeof(struct deadline *));
    }
    deadline->at_us = at_us;
    deadline->serial = deadlines->next_serial++;
    rise(deadlines, deadlines->count++, deadline);
}

void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline)
{
    if (deadline->slot == 0) return;
    size_t at = deadline->slot - 1;
    struct deadline *last = deadlines->heap[--deadlines->count];
    deadline->slot = 0;
    if (last == deadline) return;
    sink(deadlines, at, last);
    rise(deadlines, last->slot - 1, last);
}
