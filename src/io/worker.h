/* Background threads in lanes: a lane is one thread with one queue, so what is long never delays
 * what is short.
 *
 * A job runs in its lane in the order it was submitted, then its `done` is called on the loop's
 * thread. All that threads share is the lane's queue and two counters. Submitting belongs to the
 * loop's thread. */
#ifndef SKEIN_IO_WORKER_H
#define SKEIN_IO_WORKER_H

#include "io/loop.h"

#include <stddef.h>
#include <stdint.h>

struct worker_pool;

/* Embedded in its owner; the pool's from submit until `done` is called (or, without `done`, until
 * `run` began: run may free it). */
struct job {
    void (*run)(void *ctx);  /* in the lane's thread */
    void (*done)(void *ctx); /* on the loop's thread; may be NULL */
    void *ctx;
    struct list link;
    struct loop_message finished;
};

/* One lane per name; a thread is named after its lane (at most 15 letters are kept). */
struct worker_pool *worker_pool_new(struct loop *loop, const char *const *lane_names,
                                    size_t lane_count);
/* Runs everything still queued, calls what `done` is due, ends the threads. */
void worker_pool_free(struct worker_pool *pool);

void worker_submit(struct worker_pool *pool, size_t lane, struct job *job);
/* For a `run`: has the message delivered on the loop's thread, before the job's `done`. */
void worker_post(struct worker_pool *pool, struct loop_message *message);
/* Jobs queued or running. */
size_t worker_pending(struct worker_pool *pool, size_t lane);
/* Blocks until the lane has nothing queued or running; `done` calls may still be due in the loop.
 */
void worker_wait_idle(struct worker_pool *pool, size_t lane);
/* The same, then calls what `done` is due (of all lanes). For the end of a program: it may be
 * called from anywhere else only where messages may come. */
void worker_drain(struct worker_pool *pool, size_t lane);
/* The sum of mem_thread_balance() of all lanes, as of the last job each finished. */
int64_t worker_memory_balance(const struct worker_pool *pool);

#endif
