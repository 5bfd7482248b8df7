#include "sim/worker.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/worker.h"
#include "sim/fiber.h"
#include "sim/loop.h"
#include "sim/node.h"

struct lane {
    struct worker_pool *pool;
    struct list queue;
    size_t pending; /* queued or running */
    struct job *job;
    struct fiber *fiber; /* runs `job` */
    struct sim_event step;
    bool is_hurried;
};

struct worker_pool {
    struct sim_loop *loop;
    size_t lane_count;
    struct lane lanes[];
};

static struct lane *current;

struct lane *lane_current(void)
{
    return current;
}

bool lane_is_hurried(const struct lane *lane)
{
    return lane->is_hurried;
}

static void run_job(void *ctx)
{
    struct job *job = ctx;
    job->run(job->ctx);
}

static void step(void *ctx);

static void end_job(struct lane *lane, struct job *job, bool has_done)
{
    lane->fiber = NULL;
    lane->job = NULL;
    lane->pending--;
    if (has_done) loop_post_message(&lane->pool->loop->loop, &job->finished);
    if (lane->pending) event_set(&lane->step, sim->now_us + sim_between(1, 200), step, lane);
}

static void step(void *ctx)
{
    struct lane *lane = ctx;
    struct node *before = sim->running;
    if (lane->job == NULL) {
        lane->job = LIST_ENTRY(lane->queue.next, struct job, link);
        list_remove(&lane->job->link);
        lane->fiber = fiber_new(run_job, lane->job);
    }
    struct job *job = lane->job;
    /* After `run` a job without `done` may be gone. */
    bool has_done = job->done != NULL;
    sim->running = lane->pool->loop->node;
    current = lane;
    bool has_ended = fiber_resume(lane->fiber);
    current = NULL;
    sim->running = before;
    if (has_ended) end_job(lane, job, has_done);
}

void lane_sleep_until(int64_t at_us)
{
    struct lane *lane = current;
    if (lane == NULL || lane->is_hurried) return;
    event_set(&lane->step, at_us, step, lane);
    fiber_park();
    current = lane;
}

void lane_wake(struct lane *lane)
{
    if (lane->job) event_hasten(&lane->step, sim->now_us + sim_between(1, 50), step, lane);
}

void lane_take_time(int64_t max_us)
{
    if (current) lane_sleep_until(sim->now_us + sim_between(1, max_us));
}

/* --- io/worker.h --- */

struct worker_pool *worker_pool_new(struct loop *loop, const char *const *lane_names,
                                    size_t lane_count)
{
    struct worker_pool *pool = mem_calloc(sizeof(*pool) + lane_count * sizeof(struct lane));
    (void)lane_names;
    pool->loop = sim_loop_of(loop);
    pool->lane_count = lane_count;
    for (size_t i = 0; i < lane_count; i++) {
        pool->lanes[i].pool = pool;
        list_init(&pool->lanes[i].queue);
    }
    return pool;
}

void worker_pool_free(struct worker_pool *pool)
{
    if (pool == NULL) return;
    for (size_t i = 0; i < pool->lane_count; i++) {
        worker_wait_idle(pool, i);
        event_cancel(&pool->lanes[i].step);
    }
    loop_deliver(&pool->loop->loop);
    mem_free(pool);
}

/* Mostly soon; now and then the machine has other things to do. */
static int64_t delay_us(void)
{
    if (sim_one_in(20)) return sim_between(1 * MS, 300 * MS);
    return sim_between(5, 2 * MS);
}

void worker_submit(struct worker_pool *pool, size_t index, struct job *job)
{
    ASSERT(index < pool->lane_count);
    struct lane *lane = &pool->lanes[index];
    job->finished = (struct loop_message){.fn = job->done, .ctx = job->ctx};
    list_append(&lane->queue, &job->link);
    if (lane->pending++ == 0) event_set(&lane->step, sim->now_us + delay_us(), step, lane);
}

void worker_post(struct worker_pool *pool, struct loop_message *message)
{
    loop_post_message(&pool->loop->loop, message);
}

size_t worker_pending(struct worker_pool *pool, size_t index)
{
    return pool->lanes[index].pending;
}

void worker_wait_idle(struct worker_pool *pool, size_t index)
{
    struct lane *lane = &pool->lanes[index];
    lane->is_hurried = true;
    while (lane->pending) step(lane);
    event_cancel(&lane->step);
    lane->is_hurried = false;
}

void worker_drain(struct worker_pool *pool, size_t index)
{
    worker_wait_idle(pool, index);
    loop_deliver(&pool->loop->loop);
}

int64_t worker_memory_balance(const struct worker_pool *pool)
{
    (void)pool;
    return 0;
}
