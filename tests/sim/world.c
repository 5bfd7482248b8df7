#include "sim/world.h"

#include "base/mem.h"
#include "sim/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct world *sim;

enum { LINE_MAX_BYTES = 1200 };

struct world *world_new(uint64_t seed, bool is_verbose)
{
    struct world *world = mem_new(struct world);
    world->seed = seed;
    world->is_verbose = is_verbose;
    world->now_us = 1000 * (int64_t)SECOND;
    world->trace = 14695981039346656037ULL;
    prng_init(&world->prng, seed);
    return world;
}

void world_free(struct world *world)
{
    mem_free(world->heap);
    mem_free(world);
}

/* --- events --- */

static bool is_earlier(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void place(size_t index, struct sim_event *event)
{
    sim->heap[index] = event;
    event->slot = index + 1;
}

static void sift_up(size_t index, struct sim_event *event)
{
    while (index > 0 && is_earlier(event, sim->heap[(index - 1) / 2])) {
        place(index, sim->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(index, event);
}

static void sift_down(size_t index, struct sim_event *event)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= sim->heap_len) break;
        if (child + 1 < sim->heap_len && is_earlier(sim->heap[child + 1], sim->heap[child]))
            child++;
        if (is_earlier(event, sim->heap[child])) break;
        place(index, sim->heap[child]);
        index = child;
    }
    place(index, event);
}

void event_cancel(struct sim_event *event)
{
    if (event->slot == 0) return;
    size_t index = event->slot - 1;
    event->slot = 0;
    struct sim_event *last = sim->heap[--sim->heap_len];
    if (last == event) return;
    if (index > 0 && is_earlier(last, sim->heap[(index - 1) / 2]))
        sift_up(index, last);
    else
        sift_down(index, last);
}

void event_set(struct sim_event *event, int64_t at_us, void (*fn)(void *ctx), void *ctx)
{
    event_cancel(event);
    if (sim->heap_len == sim->heap_capacity) {
        sim->heap_capacity = sim->heap_capacity ? 2 * sim->heap_capacity : 64;
        sim->heap = mem_realloc(sim->heap, sim->heap_capacity * sizeof(struct sim_event *));
    }
    event->fn = fn;
    event->ctx = ctx;
    event->at_us = at_us > sim->now_us ? at_us : sim->now_us;
    event->order = sim->events++;
    sift_up(sim->heap_len++, event);
}

void event_hasten(struct sim_event *event, int64_t at_us, void (*fn)(void *ctx), void *ctx)
{
    if (event->slot && event->at_us <= at_us) return;
    event_set(event, at_us, fn, ctx);
}

bool world_step(void)
{
    if (sim->heap_len == 0) return false;
    struct sim_event *event = sim->heap[0];
    sim->now_us = event->at_us;
    event_cancel(event);
    event->fn(event->ctx);
    return true;
}

void world_run_until(int64_t at_us)
{
    while (sim->heap_len && sim->heap[0]->at_us <= at_us) world_step();
    if (sim->now_us < at_us) sim->now_us = at_us;
}

/* --- chance --- */

uint64_t sim_below(uint64_t bound)
{
    return prng_below(&sim->prng, bound);
}

int64_t sim_between(int64_t min, int64_t max)
{
    return min + (int64_t)sim_below((uint64_t)(max - min) + 1);
}

bool sim_one_in(uint64_t bound)
{
    return sim_below(bound) == 0;
}

/* --- the trace --- */

static void hash_in(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) sim->trace = (sim->trace ^ at[i]) * 1099511628211ULL;
}

static void note(const char *format, va_list args)
{
    char line[LINE_MAX_BYTES];
    int len = vsnprintf(line, sizeof(line), format, args);
    if (len < 0) return;
    hash_in(&sim->now_us, sizeof(sim->now_us));
    hash_in(line, strlen(line));
    if (!sim->is_verbose) return;
    printf("%10.6f %s %s\n", (double)(sim->now_us - 1000 * (int64_t)SECOND) / 1e6,
           sim->running ? sim->running->name : "world", line);
    fflush(stdout);
}

void sim_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(format, args);
    va_end(args);
}

void sim_fail(const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    sim_note("VIOLATION: %s", text);
    if (!sim->has_failed)
        printf("seed %llu: VIOLATION at %.6f: %s\n", (unsigned long long)sim->seed,
               (double)(sim->now_us - 1000 * (int64_t)SECOND) / 1e6, text);
    sim->has_failed = true;
}
