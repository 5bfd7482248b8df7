#include "io/worker.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/uv_loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

struct lane {
    pthread_mutex_t lock; /* guards `queue`, `pending` and `must_end` */
    pthread_cond_t has_work, is_idle;
    struct list queue;
    size_t pending; /* queued or running */
    bool must_end;
    atomic_int_fast64_t memory_balance;
    struct loop *loop;
    pthread_t thread;
    char name[16];
};

struct worker_pool {
    struct loop *loop;
    size_t lane_count;
    struct lane lanes[];
};

/* Waits for a job; NULL when the lane ends. */
static struct job *lane_take(struct lane *lane)
{
    struct job *job = NULL;
    pthread_mutex_lock(&lane->lock);
    while (list_is_empty(&lane->queue) && !lane->must_end)
        pthread_cond_wait(&lane->has_work, &lane->lock);
    if (!list_is_empty(&lane->queue)) {
        job = LIST_ENTRY(lane->queue.next, struct job, link);
        list_remove(&job->link);
    }
    pthread_mutex_unlock(&lane->lock);
    return job;
}

static void lane_finish(struct lane *lane)
{
    atomic_store_explicit(&lane->memory_balance, mem_thread_balance(), memory_order_relaxed);
    pthread_mutex_lock(&lane->lock);
    if (--lane->pending == 0) pthread_cond_broadcast(&lane->is_idle);
    pthread_mutex_unlock(&lane->lock);
}

static void *lane_run(void *ctx)
{
    struct lane *lane = ctx;
    struct job *job;
    pthread_setname_np(pthread_self(), lane->name);
    while ((job = lane_take(lane)) != NULL) {
        /* After `run` a job without `done` may be gone. */
        bool has_done = job->done != NULL;
        job->run(job->ctx);
        if (has_done) loop_post_message(lane->loop, &job->finished);
        lane_finish(lane);
    }
    return NULL;
}

/* Signals are for the loop's thread; a crash still hits the thread that causes it. */
static void start_thread(struct lane *lane)
{
    sigset_t all, old;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&lane->thread, NULL, lane_run, lane);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    ASSERT(error == 0);
}

static void lane_init(struct lane *lane, struct loop *loop, const char *name)
{
    lane->loop = loop;
    snprintf(lane->name, sizeof(lane->name), "%s", name);
    list_init(&lane->queue);
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->has_work, NULL);
    pthread_cond_init(&lane->is_idle, NULL);
    start_thread(lane);
}

static void lane_end(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    lane->must_end = true;
    pthread_cond_signal(&lane->has_work);
    pthread_mutex_unlock(&lane->lock);
    pthread_join(lane->thread, NULL);
    pthread_mutex_destroy(&lane->lock);
    pthread_cond_destroy(&lane->has_work);
    pthread_cond_destroy(&lane->is_idle);
}

struct worker_pool *worker_pool_new(struct loop *loop, const char *const *lane_names,
                                    size_t lane_count)
{
    struct worker_pool *pool = mem_calloc(sizeof(*pool) + lane_count * sizeof(struct lane));
    pool->loop = loop;
    pool->lane_count = lane_count;
    for (size_t i = 0; i < lane_count; i++) lane_init(&pool->lanes[i], loop, lane_names[i]);
    return pool;
}

void worker_pool_free(struct worker_pool *pool)
{
    if (pool == NULL) return;
    for (size_t i = 0; i < pool->lane_count; i++) lane_end(&pool->lanes[i]);
    loop_deliver(pool->loop);
    mem_free(pool);
}

void worker_submit(struct worker_pool *pool, size_t lane_index, struct job *job)
{
    ASSERT(lane_index < pool->lane_count);
    struct lane *lane = &pool->lanes[lane_index];
    job->finished = (struct loop_message){.fn = job->done, .ctx = job->ctx};
    pthread_mutex_lock(&lane->lock);
    list_append(&lane->queue, &job->link);
    lane->pending++;
    pthread_cond_signal(&lane->has_work);
    pthread_mutex_unlock(&lane->lock);
}

void worker_post(struct worker_pool *pool, struct loop_message *message)
{
    loop_post_message(pool->loop, message);
}

size_t worker_pending(struct worker_pool *pool, size_t lane_index)
{
    ASSERT(lane_index < pool->lane_count);
    struct lane *lane = &pool->lanes[lane_index];
    pthread_mutex_lock(&lane->lock);
    size_t pending = lane->pending;
    pthread_mutex_unlock(&lane->lock);
    return pending;
}

void worker_wait_idle(struct worker_pool *pool, size_t lane_index)
{
    ASSERT(lane_index < pool->lane_count);
    struct lane *lane = &pool->lanes[lane_index];
    pthread_mutex_lock(&lane->lock);
    while (lane->pending > 0) pthread_cond_wait(&lane->is_idle, &lane->lock);
    pthread_mutex_unlock(&lane->lock);
}

void worker_drain(struct worker_pool *pool, size_t lane_index)
{
    worker_wait_idle(pool, lane_index);
    loop_deliver(pool->loop);
}

int64_t worker_memory_balance(const struct worker_pool *pool)
{
    int64_t sum = 0;
    for (size_t i = 0; i < pool->lane_count; i++)
        sum += atomic_load_explicit(&pool->lanes[i].memory_balance, memory_order_relaxed);
    return sum;
}
