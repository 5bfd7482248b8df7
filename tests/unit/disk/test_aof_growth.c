/* Proves: a table is made for the keys a file will have, in few steps; one that was made far too
 * large is made anew; pages of a frozen view stay; no key is lost on the way. */
#include "disk/aof_growth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { DATABASES = 2, KEYS = 120000, LOT = 500, KEY_BYTES = 40 };

struct world {
    struct store *store;
    struct aof_growth growth;
    int64_t done, total;
    int steps; /* in which the table was made larger */
};

static int start(void **state)
{
    static struct world world;
    world = (struct world){.store = store_new(DATABASES, (struct hash_seed){1, 2})};
    world.total = (int64_t)KEYS * KEY_BYTES;
    *state = &world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    store_free(world->store);
    return 0;
}

static struct str key_of(char text[32], int number)
{
    return str_of(text, (size_t)snprintf(text, 32, "key:%d", number));
}

/* Keys from `from` to `to`, with the file going on by as much as they take. */
static void run(struct world *world, int db, int from, int to)
{
    struct keyspace *ks = &world->store->dbs[db];
    for (int i = from; i < to; i++) {
        char text[32];
        keyspace_put_string(ks, key_of(text, i), STR("value"), i % 2 ? NO_EXPIRY : 1000 + i);
        world->done += KEY_BYTES;
        if ((i + 1) % LOT) continue;
        size_t before = world->growth.prepared;
        aof_growth_step(&world->growth, ks, world->done, world->total);
        world->steps += world->growth.prepared > before;
    }
}

static void assert_holds(struct world *world, int db, int count)
{
    struct keyspace *ks = &world->store->dbs[db];
    assert_int_equal(ks->table.len, count);
    assert_int_equal(ks->volatile_len, (count + 1) / 2);
    for (int i = 0; i < count; i++) {
        char text[32];
        struct entry *entry = keyspace_find(ks, key_of(text, i));
        assert_non_null(entry);
        assert_int_equal(entry_expire_at(entry), i % 2 ? NO_EXPIRY : 1000 + i);
    }
}

/* What the pages take of a table that grew by itself. */
static size_t grown_bytes(int count)
{
    struct store *store = store_new(1, (struct hash_seed){1, 2});
    for (int i = 0; i < count; i++) {
        char text[32];
        keyspace_put_string(&store->dbs[0], key_of(text, i), STR("value"), NO_EXPIRY);
    }
    size_t bytes = store->dbs[0].table.page_bytes;
    store_free(store);
    return bytes;
}

static void a_file_that_goes_on_as_it_began_makes_its_table_in_two_steps(void **state)
{
    struct world *world = *state;
    run(world, 0, 0, KEYS);
    assert_int_equal(world->steps, 2);
    assert_int_equal(world->growth.prepared, KEYS);
    aof_growth_end(&world->growth, world->store);
    assert_holds(world, 0, KEYS);
    assert_true(world->store->dbs[0].table.page_bytes < grown_bytes(KEYS) * 3 / 2);
}

static void a_table_that_was_made_too_large_is_made_anew(void **state)
{
    struct world *world = *state;
    const struct table *table = &world->store->dbs[0].table;
    int count = KEYS / 16;
    run(world, 0, 0, count);
    assert_true(table->page_bytes > grown_bytes(count) * 3);
    aof_growth_end(&world->growth, world->store);
    assert_holds(world, 0, count);
    assert_true(table->page_bytes < grown_bytes(count) * 3 / 2);
}

static void keys_that_are_written_again_and_again_need_no_room(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < 4; round++) run(world, 0, 0, KEYS / 4);
    world->total = world->done;
    int steps = world->steps;
    for (int round = 0; round < 4; round++) run(world, 0, 0, KEYS / 4);
    assert_int_equal(world->steps, steps);
    assert_holds(world, 0, KEYS / 4);
}

static void a_database_that_loses_keys_needs_no_room(void **state)
{
    struct world *world = *state;
    struct keyspace *ks = &world->store->dbs[0];
    int count = KEYS / 4, left = KEYS / 8;
    for (int i = 0; i < count; i++) {
        char text[32];
        keyspace_put_string(ks, key_of(text, i), STR("value"), i % 2 ? NO_EXPIRY : 1000 + i);
    }
    aof_growth_step(&world->growth, ks, 0, world->total);
    for (int i = left; i < count; i++) {
        char text[32];
        keyspace_remove(ks, key_of(text, i));
    }
    aof_growth_step(&world->growth, ks, world->total / 4, world->total);
    assert_int_equal(world->growth.prepared, 0);
    assert_holds(world, 0, left);
}

static void each_database_has_its_own_growth(void **state)
{
    struct world *world = *state;
    run(world, 0, 0, KEYS / 2);
    assert_int_equal(world->growth.db, 0);
    run(world, 1, 0, KEYS / 2);
    assert_int_equal(world->growth.db, 1);
    aof_growth_end(&world->growth, world->store);
    assert_holds(world, 0, KEYS / 2);
    assert_holds(world, 1, KEYS / 2);
}

static void pages_of_a_frozen_view_stay(void **state)
{
    struct world *world = *state;
    int count = KEYS / 8;
    run(world, 0, 0, LOT);
    struct frozen_store *frozen = store_freeze(world->store);
    run(world, 0, LOT, count);
    assert_int_equal(world->steps, 0);
    aof_growth_end(&world->growth, world->store);
    store_release(frozen);
    aof_growth_step(&world->growth, &world->store->dbs[0], world->done, world->total);
    assert_true(world->growth.prepared > (size_t)count);
    assert_holds(world, 0, count);
}

static void a_store_that_was_replaced_is_left_alone(void **state)
{
    struct world *world = *state;
    run(world, 0, 0, KEYS / 16);
    struct store *old = world->store;
    world->store = store_new(DATABASES, (struct hash_seed){1, 2});
    store_free(old);
    aof_growth_end(&world->growth, world->store);
    assert_true(world->growth.prepared > 0);
    aof_growth_step(&world->growth, &world->store->dbs[0], world->done, world->total);
    assert_int_equal(world->growth.prepared, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_file_that_goes_on_as_it_began_makes_its_table_in_two_steps, start, stop),
        cmocka_unit_test_setup_teardown(a_table_that_was_made_too_large_is_made_anew, start, stop),
        cmocka_unit_test_setup_teardown(keys_that_are_written_again_and_again_need_no_room, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_database_that_loses_keys_needs_no_room, start, stop),
        cmocka_unit_test_setup_teardown(each_database_has_its_own_growth, start, stop),
        cmocka_unit_test_setup_teardown(pages_of_a_frozen_view_stay, start, stop),
        cmocka_unit_test_setup_teardown(a_store_that_was_replaced_is_left_alone, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
