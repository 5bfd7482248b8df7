/* Proves: a map agrees with a plain array of names, in any order of putting and removing, and is
 * visited completely. */
#include "base/map.h"

#include "base/mem.h"
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

enum { UNIVERSE = 500, STEPS = 100000 };

static void it_agrees_with_an_array(void **state)
{
    (void)state;
    static int values[UNIVERSE][4];
    int *model[UNIVERSE] = {0};
    size_t len = 0;
    struct map map = {.seed = {1, 2}};
    struct prng prng;
    prng_init(&prng, 7);
    for (int step = 0; step < STEPS; step++) {
        char room[32];
        uint64_t i = prng_below(&prng, UNIVERSE);
        struct str key = str_of(room, (size_t)sprintf(room, "name-%u", (unsigned)i));
        int *fresh = &values[i][prng_below(&prng, 4)];
        assert_ptr_equal(map_get(&map, key), model[i]);
        if (prng_below(&prng, 2)) {
            assert_ptr_equal(map_put(&map, key, fresh), model[i]);
            if (!model[i]) len++;
            model[i] = fresh;
        } else {
            assert_ptr_equal(map_remove(&map, key), model[i]);
            if (model[i]) len--;
            model[i] = NULL;
        }
        assert_int_equal(map.len, len);
    }
    map_deinit(&map, NULL);
    assert_int_equal(map.len, 0);
    assert_int_equal(map.seed.k1, 2);
}

static void keys_are_copied_and_may_hold_anything(void **state)
{
    (void)state;
    struct map map = {0};
    char room[] = "a\0b";
    int one, two, empty;
    assert_null(map_get(&map, STR("")));
    assert_null(map_remove(&map, STR("")));
    map_put(&map, str_of(room, 3), &one);
    map_put(&map, str_of(room, 1), &two);
    map_put(&map, (struct str){NULL, 0}, &empty);
    memset(room, 'x', 3);
    assert_ptr_equal(map_get(&map, STR("a\0b")), &one);
    assert_ptr_equal(map_get(&map, STR("a")), &two);
    assert_ptr_equal(map_get(&map, STR("")), &empty);
    assert_null(map_get(&map, STR("A")));
    map_deinit(&map, NULL);
}

static void names_without_case_find_each_other(void **state)
{
    (void)state;
    struct map map = {.nocase = true};
    int one, two;
    assert_null(map_put(&map, STR("GetRange"), &one));
    assert_ptr_equal(map_put(&map, STR("GETRANGE"), &two), &one);
    assert_int_equal(map.len, 1);
    assert_ptr_equal(map_get(&map, STR("getrange")), &two);
    assert_ptr_equal(map_remove(&map, STR("gEtRaNgE")), &two);
    map_deinit(&map, NULL);
}

static void a_walk_visits_each_entry_once_and_may_remove_it(void **state)
{
    (void)state;
    struct map map = {0};
    int values[UNIVERSE] = {0};
    char room[32];
    for (int i = 0; i < UNIVERSE; i++) {
        map_put(&map, str_of(room, (size_t)sprintf(room, "%d", i)), &values[i]);
    }
    struct map_cursor cursor = {0};
    struct str key;
    void *value;
    int visited = 0;
    while (map_next(&map, &cursor, &key, &value)) {
        int *at = value;
        (*at)++;
        visited++;
        assert_int_equal(key.len, sprintf(room, "%d", (int)(at - values)));
        assert_memory_equal(key.ptr, room, key.len);
        if (visited % 2) assert_ptr_equal(map_remove(&map, key), at);
    }
    for (int i = 0; i < UNIVERSE; i++) assert_int_equal(values[i], 1);
    assert_int_equal(visited, UNIVERSE);
    assert_int_equal(map.len, UNIVERSE / 2);
    cursor = (struct map_cursor){0};
    for (visited = 0; map_next(&map, &cursor, NULL, NULL);) visited++;
    assert_int_equal(visited, UNIVERSE / 2);
    map_deinit(&map, NULL);
}

static void values_are_freed_with_the_map_when_asked(void **state)
{
    (void)state;
    int64_t before = mem_thread_balance();
    struct map map = {0};
    map_put(&map, STR("a"), mem_alloc(10));
    map_put(&map, STR("b"), mem_alloc(10));
    map_deinit(&map, mem_free);
    assert_int_equal(mem_thread_balance(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_an_array),
        cmocka_unit_test(keys_are_copied_and_may_hold_anything),
        cmocka_unit_test(names_without_case_find_each_other),
        cmocka_unit_test(a_walk_visits_each_entry_once_and_may_remove_it),
        cmocka_unit_test(values_are_freed_with_the_map_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
