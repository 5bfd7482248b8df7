#include "repl/gate.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

/* Waiters for one condition. A waiter stands in the queue of one condition it still lacks; when
 * that one is met and another is not, it moves there. */
struct gate_queue {
    struct gate_side *side; /* NULL: the local fsync */
    uint32_t need;          /* how many replicas */
    struct gate_heap heap;
};

/* --- heaps that know where each waiter stands --- */

static bool is_before(const struct gate_waiter *a, const struct gate_waiter *b)
{
    if (a->needs.offset != b->needs.offset) return a->needs.offset < b->needs.offset;
    return a->arrival < b->arrival;
}

static void heap_place(struct gate_heap *heap, size_t at, struct gate_waiter *waiter)
{
    heap->list[at] = waiter;
    waiter->at = at;
}

static void heap_rise(struct gate_heap *heap, size_t at, struct gate_waiter *waiter)
{
    while (at > 0 && is_before(waiter, heap->list[(at - 1) / 2])) {
        heap_place(heap, at, heap->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_place(heap, at, waiter);
}

static void heap_sink(struct gate_heap *heap, size_t at, struct gate_waiter *waiter)
{
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        bool right = child + 1 < heap->count && is_before(heap->list[child + 1], heap->list[child]);
        child += right;
        if (!is_before(heap->list[child], waiter)) break;
        heap_place(heap, at, heap->list[child]);
    }
    heap_place(heap, at, waiter);
}

static void heap_add(struct gate_heap *heap, struct gate_waiter *waiter)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? heap->capacity * 2 : 8;
        heap->list = mem_realloc(heap->list, heap->capacity * sizeof(*heap->list));
    }
    heap_rise(heap, heap->count++, waiter);
}

static void heap_remove(struct gate_heap *heap, struct gate_waiter *waiter)
{
    size_t at = waiter->at;
    struct gate_waiter *last = heap->list[--heap->count];
    if (last == waiter) return;
    if (at > 0 && is_before(last, heap->list[(at - 1) / 2]))
        heap_rise(heap, at, last);
    else
        heap_sink(heap, at, last);
}

static struct gate_waiter *heap_top(const struct gate_heap *heap)
{
    return heap->count ? heap->list[0] : NULL;
}

/* --- what is confirmed --- */

static void confirmed_clear(struct gate_confirmed *confirmed, size_t room)
{
    confirmed->count = 0;
    if (room <= confirmed->capacity) return;
    confirmed->capacity = room;
    confirmed->list = mem_realloc(confirmed->list, room * sizeof(*confirmed->list));
}

/* Replicas are few, and mostly in the same order as before. */
static void confirmed_add(struct gate_confirmed *confirmed, int64_t offset)
{
    size_t at = confirmed->count++;
    for (; at > 0 && confirmed->list[at - 1] < offset; at--) {
        confirmed->list[at] = confirmed->list[at - 1];
    }
    confirmed->list[at] = offset;
}

static size_t confirmed_count(const struct gate_confirmed *confirmed, int64_t offset)
{
    size_t low = 0, high = confirmed->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (confirmed->list[middle] >= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_replicas(const struct gate_confirmed *confirmed, int64_t offset, uint32_t need)
{
    return need == 0 || (need <= confirmed->count && confirmed->list[need - 1] >= offset);
}

static bool is_queue_met(const struct gate *gate, const struct gate_queue *queue, int64_t offset)
{
    if (queue->side == NULL) return gate->fsynced >= offset;
    return has_replicas(&queue->side->confirmed, offset, queue->need);
}

/* --- queues --- */

static struct gate_queue *queue_new(struct gate_side *side, uint32_t need)
{
    struct gate_queue *queue = mem_new(struct gate_queue);
    queue->side = side;
    queue->need = need;
    return queue;
}

static void queue_free(struct gate_queue *queue)
{
    if (queue == NULL) return;
    mem_free(queue->heap.list);
    mem_free(queue);
}

/* Where the queue of this count stands or would stand. */
static size_t side_position(const struct gate_side *side, uint32_t need)
{
    size_t low = 0, high = side->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (side->queues[middle]->need < need)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct gate_queue *side_queue(struct gate_side *side, uint32_t need)
{
    size_t at = side_position(side, need);
    if (at < side->count && side->queues[at]->need == need) return side->queues[at];
    if (side->count == side->capacity) {
        side->capacity = side->capacity ? side->capacity * 2 : 4;
        side->queues = mem_realloc(side->queues, side->capacity * sizeof(*side->queues));
    }
    memmove(side->queues + at + 1, side->queues + at, (side->count - at) * sizeof(*side->queues));
    side->count++;
    return side->queues[at] = queue_new(side, need);
}

/* Counts that nobody waits for any more leave no trace: clients choose them. */
static void drop_if_empty(struct gate_queue *queue)
{
    struct gate_side *side = queue->side;
    if (side == NULL || queue->heap.count > 0) return;
    size_t at = side_position(side, queue->need);
    side->count--;
    memmove(side->queues + at, side->queues + at + 1, (side->count - at) * sizeof(*side->queues));
    queue_free(queue);
}

static struct gate_queue *local_queue(struct gate *gate)
{
    if (gate->local == NULL) gate->local = queue_new(NULL, 0);
    return gate->local;
}

/* The queue of a condition that is not met; NULL when all are. */
static struct gate_queue *lacking(struct gate *gate, const struct gate_needs *needs)
{
    if (needs->local_fsync && gate->fsynced < needs->offset) return local_queue(gate);
    if (!has_replicas(&gate->acked.confirmed, needs->offset, needs->acks))
        return side_queue(&gate->acked, needs->acks);
    if (!has_replicas(&gate->fsynced_by.confirmed, needs->offset, needs->fsyncs))
        return side_queue(&gate->fsynced_by, needs->fsyncs);
    return NULL;
}

static void enqueue(struct gate_queue *queue, struct gate_waiter *waiter)
{
    waiter->queue = queue;
    heap_add(&queue->heap, waiter);
}

static void dequeue(struct gate_waiter *waiter)
{
    struct gate_queue *queue = waiter->queue;
    heap_remove(&queue->heap, waiter);
    waiter->queue = NULL;
    drop_if_empty(queue);
}

/* --- the gate --- */

void gate_init(struct gate *gate)
{
    *gate = (struct gate){0};
}

static void side_deinit(struct gate_side *side)
{
    mem_free(side->confirmed.list);
    mem_free(side->queues);
}

void gate_deinit(struct gate *gate)
{
    ASSERT(gate->waiting == 0);
    queue_free(gate->local);
    side_deinit(&gate->acked);
    side_deinit(&gate->fsynced_by);
    gate_init(gate);
}

bool gate_wait(struct gate *gate, struct gate_waiter *waiter, struct gate_needs needs)
{
    ASSERT(!gate_is_waiting(waiter));
    struct gate_queue *queue = lacking(gate, &needs);
    if (queue == NULL) return true;
    waiter->needs = needs;
    waiter->arrival = gate->arrivals++;
    enqueue(queue, waiter);
    gate->waiting++;
    return false;
}

void gate_leave(struct gate *gate, struct gate_waiter *waiter)
{
    if (!gate_is_waiting(waiter)) return;
    dequeue(waiter);
    gate->waiting--;
}

void gate_set_local(struct gate *gate, int64_t offset)
{
    gate->fsynced = offset;
}

void gate_set_replicas(struct gate *gate, const struct gate_replica *replicas, size_t count)
{
    confirmed_clear(&gate->acked.confirmed, count);
    confirmed_clear(&gate->fsynced_by.confirmed, count);
    for (size_t i = 0; i < count; i++) {
        confirmed_add(&gate->acked.confirmed, replicas[i].acked);
        confirmed_add(&gate->fsynced_by.confirmed, replicas[i].fsynced);
    }
}

/* The first of a queue, when its condition is met and it comes before `best`. */
static struct gate_waiter *better(const struct gate *gate, const struct gate_queue *queue,
                                  struct gate_waiter *best)
{
    struct gate_waiter *top = queue ? heap_top(&queue->heap) : NULL;
    if (top == NULL || !is_queue_met(gate, queue, top->needs.offset)) return best;
    return best == NULL || is_before(top, best) ? top : best;
}

static struct gate_waiter *best_of_side(const struct gate *gate, const struct gate_side *side,
                                        struct gate_waiter *best)
{
    for (size_t i = 0; i < side->count; i++) {
        if (side->queues[i]->need > side->confirmed.count) break;
        best = better(gate, side->queues[i], best);
    }
    return best;
}

struct gate_waiter *gate_next(struct gate *gate)
{
    for (;;) {
        struct gate_waiter *waiter = better(gate, gate->local, NULL);
        waiter = best_of_side(gate, &gate->acked, waiter);
        waiter = best_of_side(gate, &gate->fsynced_by, waiter);
        if (waiter == NULL) return NULL;
        struct gate_queue *next = lacking(gate, &waiter->needs);
        if (next == NULL) {
            gate_leave(gate, waiter);
            return waiter;
        }
        dequeue(waiter);
        enqueue(next, waiter);
    }
}

size_t gate_count_acks(const struct gate *gate, int64_t offset)
{
    return confirmed_count(&gate->acked.confirmed, offset);
}

size_t gate_count_fsyncs(const struct gate *gate, int64_t offset)
{
    return confirmed_count(&gate->fsynced_by.confirmed, offset);
}
