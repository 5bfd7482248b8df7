/* Lanes of background threads. */
#include "unit/io/io_fixture.h"

#include "base/mem.h"
#include "io/worker.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LONG_LANE, SHORT_LANE, LANE_COUNT };
static const char *const lanes[] = {"long", "short"};

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool is_open;
};

struct work {
    struct job job;
    struct gate *gate;
    atomic_int *counter;
    int order; /* when `run` was called, counted from 1 */
    pthread_t ran_in, done_in;
    bool is_done;
};

static void gate_wait(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->is_open) pthread_cond_wait(&gate->opened, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}

static void run_work(void *ctx)
{
    struct work *work = ctx;
    if (work->gate) gate_wait(work->gate);
    if (work->counter) work->order = atomic_fetch_add(work->counter, 1) + 1;
    work->ran_in = pthread_self();
}

static void work_done(void *ctx)
{
    struct work *work = ctx;
    work->done_in = pthread_self();
    work->is_done = true;
}

static void submit(struct worker_pool *pool, size_t lane, struct work *work)
{
    work->job = (struct job){.run = run_work, .done = work_done, .ctx = work};
    worker_submit(pool, lane, &work->job);
}

static void a_long_job_does_not_delay_another_lane(void **state)
{
    struct io_fixture *fixture = *state;
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, LANE_COUNT);
    struct work slow = {.gate = &gate}, quick = {0};
    submit(pool, LONG_LANE, &slow);
    submit(pool, SHORT_LANE, &quick);
    io_wait_until(fixture, quick.is_done);
    assert_false(slow.is_done);
    assert_int_equal(worker_pending(pool, LONG_LANE), 1);
    gate_open(&gate);
    io_wait_until(fixture, slow.is_done);
    worker_wait_idle(pool, LONG_LANE);
    assert_int_equal(worker_pending(pool, LONG_LANE), 0);
    assert_true(pthread_equal(slow.done_in, pthread_self()));
    assert_false(pthread_equal(slow.ran_in, pthread_self()));
    assert_false(pthread_equal(slow.ran_in, quick.ran_in));
    worker_pool_free(pool);
}

static void jobs_of_a_lane_run_in_the_order_they_were_submitted(void **state)
{
    enum { JOBS = 200 };
    struct io_fixture *fixture = *state;
    atomic_int counter = 0;
    struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, LANE_COUNT);
    struct work *works = mem_calloc(JOBS * sizeof(*works));
    for (int i = 0; i < JOBS; i++) {
        works[i].counter = &counter;
        submit(pool, SHORT_LANE, &works[i]);
    }
    io_wait_until(fixture, works[JOBS - 1].is_done);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(works[i].order, i + 1);
        assert_true(works[i].is_done);
    }
    worker_pool_free(pool);
    mem_free(works);
}

static void ending_the_pool_finishes_what_is_queued(void **state)
{
    enum { JOBS = 50 };
    struct io_fixture *fixture = *state;
    struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, LANE_COUNT);
    struct work works[JOBS] = {0};
    for (int i = 0; i < JOBS; i++) submit(pool, (size_t)i % LANE_COUNT, &works[i]);
    worker_pool_free(pool);
    for (int i = 0; i < JOBS; i++) assert_true(works[i].is_done);
}

struct garbage {
    struct job job;
    char bytes[100000];
};

static void free_garbage(void *ctx)
{
    mem_free(ctx);
}

static void memory_freed_by_a_lane_is_counted_there(void **state)
{
    enum { PIECES = 20 };
    struct io_fixture *fixture = *state;
    struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, LANE_COUNT);
    int64_t before = mem_thread_balance() + worker_memory_balance(pool);
    for (int i = 0; i < PIECES; i++) {
        struct garbage *garbage = mem_new(struct garbage);
        garbage->job = (struct job){.run = free_garbage, .ctx = garbage};
        worker_submit(pool, SHORT_LANE, &garbage->job);
    }
    worker_wait_idle(pool, SHORT_LANE);
    assert_true(worker_memory_balance(pool) <= -PIECES * 100000);
    int64_t drift = mem_thread_balance() + worker_memory_balance(pool) - before;
    assert_true(drift > -10000 && drift < 10000);
    worker_pool_free(pool);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(a_long_job_does_not_delay_another_lane),
        IO_TEST(jobs_of_a_lane_run_in_the_order_they_were_submitted),
        IO_TEST(ending_the_pool_finishes_what_is_queued),
        IO_TEST(memory_freed_by_a_lane_is_counted_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
