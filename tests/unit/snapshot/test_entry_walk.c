/* The walk of a snapshot: every entry once, whatever their number, and near each other in memory
 * what is near each other in the walk. */
#include "base/mem.h"
#include "snapshot/entry_walk.h"
#include "store/keyspace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { PAGE_SHIFT = 12, FEW = 5000, MORE_THAN_A_LOT = 540 * 1000 };

static struct store *store_with(size_t count)
{
    struct store *store = store_new(1, (struct hash_seed){1, 2});
    for (size_t i = 0; i < count; i++) {
        char key[24];
        int len = snprintf(key, sizeof(key), "%zu", i);
        struct value value = {.type = TYPE_STRING, .encoding = ENC_INT, .integer = (int64_t)i};
        keyspace_put(&store->dbs[0], str_of(key, (size_t)len), value, NO_EXPIRY);
    }
    return store;
}

/* How many entries there were; fails when one came twice. */
static size_t walk_all(const struct table *table, size_t *steps_back)
{
    struct entry_walk walk;
    size_t count = 0;
    uintptr_t last = 0;
    char *seen = mem_calloc(table->len + 1);
    entry_walk_init(&walk, table);
    *steps_back = 0;
    for (const struct entry *entry; (entry = entry_walk_next(&walk)); count++) {
        size_t number = (size_t)entry_value(entry).integer;
        assert_true(number < table->len && !seen[number]);
        seen[number] = 1;
        uintptr_t page = (uintptr_t)entry >> PAGE_SHIFT;
        *steps_back += page < last;
        last = page;
    }
    assert_null(entry_walk_next(&walk));
    entry_walk_deinit(&walk);
    mem_free(seen);
    return count;
}

static void an_empty_table_has_no_entries(void **state)
{
    (void)state;
    size_t steps_back;
    struct store *store = store_with(0);
    assert_int_equal(walk_all(&store->dbs[0].table, &steps_back), 0);
    store_free(store);
}

static void entries_come_in_the_order_of_memory_pages(void **state)
{
    (void)state;
    size_t steps_back;
    struct store *store = store_with(FEW);
    assert_int_equal(walk_all(&store->dbs[0].table, &steps_back), FEW);
    assert_int_equal(steps_back, 0);
    store_free(store);
}

static void more_than_a_lot_come_once_each(void **state)
{
    (void)state;
    size_t steps_back;
    struct store *store = store_with(MORE_THAN_A_LOT);
    assert_int_equal(walk_all(&store->dbs[0].table, &steps_back), MORE_THAN_A_LOT);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_has_no_entries),
        cmocka_unit_test(entries_come_in_the_order_of_memory_pages),
        cmocka_unit_test(more_than_a_lot_come_once_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
