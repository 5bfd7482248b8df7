/* The commit gate: decides when something that waits for an offset may go on.
 *
 * A waiter names the offset behind its write and what must be confirmed up to there: the local
 * fsync (WAITAOF 1), acknowledgements of so many replicas (WAIT), fsyncs of
 * so many replicas (WAITAOF). Whoever learns that a confirmed offset moved says so with gate_set_*
 * and then takes out those that are released with gate_next, until it returns NULL.
 *
 *     gate_wait --(needs are met)--> not waiting: go on at once
 *        |
 *     waiting --(gate_next)--> released
 *        |------(gate_leave)--> gone (its time was over, the client closed, CLIENT UNBLOCK)
 *
 * Waiters come out by offset, those of one offset in the order they came. A waiter belongs to the
 * caller, lies inside the thing that waits, and must be out of the gate before it is freed. Costs
 * are O(log n) per waiter moved; a confirmation that releases nobody costs O(number of different
 * WAIT counts that are within reach), and nothing depends on how many wait. Time is the caller's
 * business. */
#ifndef SKEIN_REPL_GATE_H
#define SKEIN_REPL_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_needs {
    int64_t offset;   /* the end of what was written */
    bool local_fsync; /* our own disk has it */
    uint32_t acks;    /* this many replicas have received it */
    uint32_t fsyncs;  /* this many replicas have it on disk */
};

struct gate_queue;

/* Zeroed: not waiting. */
struct gate_waiter {
    struct gate_needs needs;
    uint64_t arrival;
    struct gate_queue *queue; /* NULL: not waiting */
    size_t at;                /* in its heap */
};

struct gate_heap {
    struct gate_waiter **list;
    size_t count, capacity;
};

/* Confirmed offsets of replicas, the greatest first. */
struct gate_confirmed {
    int64_t *list;
    size_t count, capacity;
};

/* Waiters for so many replicas; one queue for each count that somebody asked for, in order. */
struct gate_side {
    struct gate_confirmed confirmed;
    struct gate_queue **queues;
    size_t count, capacity;
};

struct gate {
    int64_t fsynced;          /* our own disk has everything below */
    struct gate_queue *local; /* waiters for it; NULL before the first */
    struct gate_side acked, fsynced_by;
    uint64_t arrivals;
    size_t waiting;
};

/* What one replica confirmed. */
struct gate_replica {
    int64_t acked, fsynced;
};

void gate_init(struct gate *gate);
/* Nobody may be waiting any more. */
void gate_deinit(struct gate *gate);

/* True when the needs are met already; false when the waiter now waits. */
bool gate_wait(struct gate *gate, struct gate_waiter *waiter, struct gate_needs needs);
/* Takes a waiter out, if it waits. */
void gate_leave(struct gate *gate, struct gate_waiter *waiter);
static inline bool gate_is_waiting(const struct gate_waiter *waiter)
{
    return waiter->queue != NULL;
}

/* Everything below `offset` is on our disk; -1: there is no file. */
void gate_set_local(struct gate *gate, int64_t offset);
/* The replicas that are online and what each confirmed: all of them, every time. */
void gate_set_replicas(struct gate *gate, const struct gate_replica *replicas, size_t count);

/* The next waiter whose needs are met, taken out; NULL when there is none. */
struct gate_waiter *gate_next(struct gate *gate);

/* How many replicas confirmed `offset`, for the answers of WAIT and WAITAOF. */
size_t gate_count_acks(const struct gate *gate, int64_t offset);
size_t gate_count_fsyncs(const struct gate *gate, int64_t offset);
static inline bool gate_has_local(const struct gate *gate, int64_t offset)
{
    return gate->fsynced >= offset;
}

#endif
