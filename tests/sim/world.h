/* The simulated world: virtual time, one source of chance, and everything that is to happen.
 *
 * Nothing here happens by itself: world_step takes the earliest event and calls it, so what is
 * simulated is one thread, and one seed gives one history. Events at the same moment are called in
 * the order in which they were set. The functions of src/io take no context, so the world is the
 * one thing of this program that is global; `sim` is set for as long as a scenario runs. */
#ifndef SKEIN_SIM_WORLD_H
#define SKEIN_SIM_WORLD_H

#include "base/prng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NODES_MAX = 5, MS = 1000, SECOND = 1000 * 1000 };

struct node;

/* Embedded in its owner; a zeroed one is not set. */
struct sim_event {
    void (*fn)(void *ctx);
    void *ctx;
    int64_t at_us;
    uint64_t order;
    size_t slot; /* place in the heap plus one; 0: not set */
};

struct world {
    uint64_t seed;
    int64_t now_us;
    uint64_t events; /* set so far */
    struct sim_event **heap;
    size_t heap_len, heap_capacity;
    struct prng prng;
    uint64_t trace; /* a hash of everything that happened */
    bool is_verbose;
    bool has_failed;
    struct node *running; /* whose code runs now; NULL: the world's */
    struct node *nodes[NODES_MAX];
    size_t node_count;
    bool is_cut[NODES_MAX][NODES_MAX]; /* nothing travels between these two */
    struct check *check;
    struct promises *promises;
};

extern struct world *sim;

struct world *world_new(uint64_t seed, bool is_verbose);
void world_free(struct world *world);

/* Calls `fn` at that moment (or now, if it is over); moves an event that is set already. */
void event_set(struct sim_event *event, int64_t at_us, void (*fn)(void *ctx), void *ctx);
/* The same, but an event that is set for an earlier moment stays there. */
void event_hasten(struct sim_event *event, int64_t at_us, void (*fn)(void *ctx), void *ctx);
void event_cancel(struct sim_event *event);
/* False when nothing is left to happen. */
bool world_step(void);
void world_run_until(int64_t at_us);

/* Chance. */
uint64_t sim_below(uint64_t bound);
int64_t sim_between(int64_t min, int64_t max);
bool sim_one_in(uint64_t bound);

/* A line of the trace: hashed always, printed when the world is verbose. */
void sim_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A violation: the seed has failed. */
void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
