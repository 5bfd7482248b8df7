/* Proves: a save ends as a whole file or as none, says what went wrong, and can be ended early;
 * what it wrote loads; the view it took is given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "disk/loader.h"
#include "disk/saver.h"
#include "io/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LANE_DISK, LANES, KEYS = 1000, KEY_DELAY_US = 2000 };

struct world {
    struct loop *loop;
    struct worker_pool *pool;
    struct store *store;
    struct save_result saved;
    bool is_loaded;
    uint64_t loaded_keys;
    int load_error;
    char library[32];
    char directory[64], path[80], temp_path[80];
};

static int start(void **state)
{
    static struct world world;
    static const char *const lanes[LANES] = {"disk"};
    world = (struct world){.loop = loop_new()};
    world.pool = worker_pool_new(world.loop, lanes, LANES);
    world.store = store_new(1, (struct hash_seed){1, 2});
    snprintf(world.directory, sizeof(world.directory), "/tmp/skein-saver-XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    snprintf(world.path, sizeof(world.path), "%s/dump.rdb", world.directory);
    snprintf(world.temp_path, sizeof(world.temp_path), "%s/temp.rdb", world.directory);
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "key:%d", i);
        keyspace_put_string(&world.store->dbs[0], str_of(key, (size_t)len), STR("value"),
                            NO_EXPIRY);
    }
    *state = &world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    worker_pool_free(world->pool);
    loop_free(world->loop);
    store_free(world->store);
    file_remove(world->path);
    file_remove(world->temp_path);
    rmdir(world->directory);
    return 0;
}

static void on_saved(void *context, const struct save_result *result)
{
    struct world *world = context;
    world->saved = *result;
}

static struct save_order order_of(struct world *world)
{
    static const struct str libraries[] = {STR_INIT("code of a library")};
    return (struct save_order){
        .frozen = store_freeze(world->store),
        .options = {.checksum = true,
                    .version = "7.0.15",
                    .libraries = libraries,
                    .library_count = 1},
        .path = world->path,
        .temp_path = world->temp_path,
        .fd = -1,
        .sync_in_steps = true,
        .on_end = on_saved,
        .context = world,
    };
}

static void save_and_wait(struct world *world, const struct save_order *order)
{
    save_begin(world->pool, LANE_DISK, order);
    worker_drain(world->pool, LANE_DISK);
    assert_true(list_is_empty(&world->store->epochs.frozen));
}

static void on_loaded(void *context, const struct load_result *result)
{
    struct world *world = context;
    world->is_loaded = result->done;
    world->loaded_keys = result->read.keys;
    world->load_error = result->open_error;
    if (result->library_count != 1) return;
    snprintf(world->library, sizeof(world->library), "%.*s", STR_ARG(buf_str(result->libraries)));
}

static void load(struct world *world, const char *path)
{
    struct store *fresh = store_new(1, (struct hash_seed){1, 2});
    struct load_order order = {.path = path, .store = fresh, .on_end = on_loaded, .context = world};
    load_begin(world->pool, LANE_DISK, &order);
    worker_drain(world->pool, LANE_DISK);
    store_free(fresh);
}

static void a_save_in_the_background_is_a_file_that_loads(void **state)
{
    struct world *world = *state;
    struct save_order order = order_of(world);
    save_and_wait(world, &order);
    assert_int_equal(world->saved.verdict, SAVE_DONE);
    assert_int_equal(world->saved.keys, KEYS);
    assert_false(file_exists(world->temp_path));
    load(world, world->path);
    assert_true(world->is_loaded);
    assert_int_equal(world->loaded_keys, KEYS);
    assert_string_equal(world->library, "code of a library");
}

static void an_open_file_is_written_to_and_left_open(void **state)
{
    struct world *world = *state;
    struct save_order order = order_of(world);
    struct file_info info;
    order.path = order.temp_path = NULL;
    order.fd = file_open(world->path, FILE_CREATE);
    struct save_result result = save_now(&order);
    assert_int_equal(result.verdict, SAVE_DONE);
    assert_int_equal(file_info_fd(order.fd, &info), 0);
    assert_int_equal(info.size_bytes, result.bytes);
    file_close(order.fd);
    load(world, world->path);
    assert_int_equal(world->loaded_keys, KEYS);
}

static void a_full_disk_and_a_missing_directory_are_told_by_step(void **state)
{
    struct world *world = *state;
    struct save_order order = order_of(world);
    order.temp_path = "/nowhere/temp.rdb";
    save_and_wait(world, &order);
    assert_int_equal(world->saved.verdict, SAVE_FAILED);
    assert_string_equal(world->saved.step, "open");
    assert_int_equal(world->saved.error, -ENOENT);
    assert_int_equal(symlink("/dev/full", world->temp_path), 0);
    order = order_of(world);
    save_and_wait(world, &order);
    assert_int_equal(world->saved.verdict, SAVE_FAILED);
    assert_string_equal(world->saved.step, "write");
    assert_int_equal(world->saved.error, -ENOSPC);
    assert_false(file_exists(world->temp_path));
    assert_false(file_exists(world->path));
}

static void a_save_that_is_cancelled_leaves_the_old_file(void **state)
{
    struct world *world = *state;
    struct save_order order = order_of(world);
    assert_int_equal(file_replace(world->path, STR("old")), 0);
    order.key_delay_us = KEY_DELAY_US;
    struct save *save = save_begin(world->pool, LANE_DISK, &order);
    save_cancel(save);
    worker_drain(world->pool, LANE_DISK);
    assert_int_equal(world->saved.verdict, SAVE_CANCELLED);
    struct buf contents = {0};
    assert_int_equal(file_read_all(world->path, 100, &contents), 0);
    assert_string_equal(buf_c(&contents), "old");
    assert_false(file_exists(world->temp_path));
    buf_deinit(&contents);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct world *world = *state;
    load(world, world->path);
    assert_false(world->is_loaded);
    assert_int_equal(world->load_error, -ENOENT);
}

static void a_view_of_a_store_that_was_replaced_is_saved_to_its_end(void **state)
{
    struct world *world = *state;
    struct save_order order = order_of(world);
    save_begin(world->pool, LANE_DISK, &order);
    store_retire(world->store);
    world->store = store_new(1, (struct hash_seed){5, 6});
    worker_drain(world->pool, LANE_DISK);
    assert_int_equal(world->saved.verdict, SAVE_DONE);
    assert_int_equal(world->saved.keys, KEYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_save_in_the_background_is_a_file_that_loads, start, stop),
        cmocka_unit_test_setup_teardown(an_open_file_is_written_to_and_left_open, start, stop),
        cmocka_unit_test_setup_teardown(a_full_disk_and_a_missing_directory_are_told_by_step, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_save_that_is_cancelled_leaves_the_old_file, start, stop),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_told, start, stop),
        cmocka_unit_test_setup_teardown(a_view_of_a_store_that_was_replaced_is_saved_to_its_end,
                                        start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
