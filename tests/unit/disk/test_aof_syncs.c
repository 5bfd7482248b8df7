/* Proves: the worker goes on with what was written meanwhile, without the data thread; the data
 * thread hears of it, and of the end once and last; what failed counts for nothing. Under
 * ThreadSanitizer: that what the two share is shared well. */
#include "disk/aof_syncs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "disk/aof.h"
#include "io/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LANE_SYNC, LANES, TRIES = 1000 };

struct world {
    struct aof aof; /* only its count of tasks and its place for results */
    struct loop *loop;
    struct worker_pool *pool;
    int fd;
    int news, ends, error;
    int64_t told; /* the last offset the data thread heard of */
};

static struct world *world_of(const struct aof_syncs *syncs)
{
    return (struct world *)((char *)syncs->aof - offsetof(struct world, aof));
}

static void on_news(struct aof_syncs *syncs)
{
    struct world *world = world_of(syncs);
    assert_int_equal(world->ends, 0);
    assert_true(aof_syncs_reached(syncs) >= world->told);
    world->told = aof_syncs_reached(syncs);
    world->news++;
}

static void on_end(struct aof_syncs *syncs)
{
    struct world *world = world_of(syncs);
    assert_int_equal(world->ends++, 0);
    world->told = aof_syncs_reached(syncs);
    world->error = syncs->error;
}

static int start(void **state)
{
    static struct world world;
    static const char *const lanes[LANES] = {"sync"};
    char path[] = "/tmp/skein-syncs-XXXXXX";
    world = (struct world){.loop = loop_new()};
    world.pool = worker_pool_new(world.loop, lanes, LANES);
    world.fd = mkstemp(path);
    assert_true(world.fd >= 0);
    unlink(path);
    *state = &world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    worker_pool_free(world->pool);
    loop_free(world->loop);
    close(world->fd);
    return 0;
}

static struct aof_syncs *begin(struct world *world, int fd, int64_t written)
{
    world->news = world->ends = 0;
    world->told = -1;
    return aof_syncs_begin(&(struct aof_syncs){.pool = world->pool,
                                               .aof = &world->aof,
                                               .fd = fd,
                                               .written = written,
                                               .on_news = on_news,
                                               .on_end = on_end},
                           LANE_SYNC);
}

/* Writes more and more until the worker is two syncs further, or has found nothing new. */
static bool extend_until_two_more(struct world *world, struct aof_syncs *syncs, int64_t *written)
{
    int64_t first = -1;
    while (worker_pending(world->pool, LANE_SYNC)) {
        aof_syncs_extend(syncs, ++*written);
        int64_t reached = aof_syncs_reached(syncs);
        if (first < 0) first = reached;
        if (first >= 0 && reached > first) return true;
    }
    return false;
}

static void the_next_sync_waits_for_nobody(void **state)
{
    struct world *world = *state;
    bool done = false;
    int64_t written = 0;
    for (int i = 0; i < TRIES && !done; i++) {
        struct aof_syncs *syncs = begin(world, world->fd, ++written);
        done = extend_until_two_more(world, syncs, &written);
        assert_int_equal(world->news, 0); /* the loop has not turned */
        worker_drain(world->pool, LANE_SYNC);
        assert_int_equal(world->ends, 1);
        assert_int_equal(world->aof.tasks, 0);
    }
    assert_true(done);
    assert_true(world->news > 0);
    /* The last of it may have been written when the worker had looked for the last time. */
    assert_true(world->told > 1 && world->told <= written);
}

static void the_loop_hears_of_each_while_the_next_goes_on(void **state)
{
    struct world *world = *state;
    bool heard = false;
    int64_t written = 0;
    for (int i = 0; i < TRIES && !heard; i++) {
        struct aof_syncs *syncs = begin(world, world->fd, ++written);
        while (world->ends == 0) {
            if (!heard) aof_syncs_extend(syncs, ++written);
            loop_turn(world->loop, false);
            heard |= world->news > 2;
        }
    }
    assert_true(heard);
}

static void what_failed_is_not_synced(void **state)
{
    struct world *world = *state;
    begin(world, -1, 7);
    worker_drain(world->pool, LANE_SYNC);
    assert_int_equal(world->ends, 1);
    assert_int_equal(world->news, 0);
    assert_int_equal(world->error, -EBADF);
    assert_int_equal(world->told, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_sync_waits_for_nobody, start, stop),
        cmocka_unit_test_setup_teardown(the_loop_hears_of_each_while_the_next_goes_on, start, stop),
        cmocka_unit_test_setup_teardown(what_failed_is_not_synced, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
