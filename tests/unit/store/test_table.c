/* Proves: a table agrees with a plain array while it grows to many pages and shrinks to
 * none; its memory is what it says, and goes away. */
#include "store/table.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

enum { KEYS = 30000, STEPS = 200000 };

struct fixture {
    struct epochs epochs;
    struct table table;
    struct entry *model[KEYS];
    size_t len;
    struct prng prng;
};

static struct str key_of(size_t i, char *room)
{
    return str_of(room, (size_t)sprintf(room, "key-%zu", i));
}

static struct entry *new_entry(struct fixture *f, size_t i, int64_t expiry)
{
    char room[32];
    const struct value none = {.type = TYPE_NONE, .encoding = ENC_NONE};
    return entry_new(key_of(i, room), none, expiry, f->epochs.now);
}

/* Inserts, replaces or removes key `i`. */
static void change(struct fixture *f, size_t i, uint64_t hash)
{
    char room[32];
    struct entry *old = f->model[i];
    assert_ptr_equal(table_find(&f->table, key_of(i, room), hash), old);
    if (old == NULL) {
        f->model[i] = new_entry(f, i, NO_EXPIRY);
        table_insert(&f->table, f->model[i], hash);
        f->len++;
    } else if (prng_below(&f->prng, 3)) {
        table_remove(&f->table, old, hash);
        entry_free_deep(old);
        f->model[i] = NULL;
        f->len--;
    } else {
        f->model[i] = new_entry(f, i, NO_EXPIRY);
        table_replace(&f->table, old, f->model[i], hash);
        entry_free_deep(old);
    }
    assert_int_equal(f->table.len, f->len);
}

static size_t count_all(const struct table *table)
{
    struct table_cursor cursor = {0};
    size_t count = 0;
    while (table_next(table, &cursor)) count++;
    return count;
}

static void it_agrees_with_an_array_while_it_grows_and_shrinks(void **state)
{
    (void)state;
    static struct fixture f;
    char room[32];
    int64_t before = mem_thread_balance();
    epochs_init(&f.epochs, NULL, NULL);
    table_init(&f.table, &f.epochs, (struct hash_seed){5, 6});
    prng_init(&f.prng, 11);
    for (int step = 0; step < STEPS; step++) {
        /* The universe breathes, so the table fills and empties several times. */
        size_t universe = step / 20000 % 2 ? 50 : KEYS;
        size_t i = prng_below(&f.prng, universe);
        change(&f, i, table_hash(&f.table, key_of(i, room)));
        if (step % 10000 == 0) assert_int_equal(count_all(&f.table), f.len);
    }
    for (size_t i = 0; i < KEYS; i++) {
        struct str key = key_of(i, room);
        assert_ptr_equal(table_find(&f.table, key, table_hash(&f.table, key)), f.model[i]);
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (f.model[i] == NULL) continue;
        table_remove(&f.table, f.model[i], table_hash(&f.table, key_of(i, room)));
        entry_free_deep(f.model[i]);
    }
    assert_int_equal(f.table.len, 0);
    assert_int_equal(f.table.page_bytes, 0);
    assert_int_equal(mem_thread_balance(), before);
    table_deinit(&f.table, entry_free_deep);
    epochs_deinit(&f.epochs);
}

static void an_empty_table_holds_no_memory_and_answers(void **state)
{
    (void)state;
    struct epochs epochs;
    struct table table;
    struct prng prng;
    struct table_cursor cursor = {0};
    epochs_init(&epochs, NULL, NULL);
    table_init(&table, &epochs, (struct hash_seed){0});
    prng_init(&prng, 1);
    assert_null(table_find(&table, STR("k"), table_hash(&table, STR("k"))));
    assert_null(table_next(&table, &cursor));
    assert_null(table_random(&table, &prng));
    assert_null(table_random_volatile(&table, &prng));
    assert_int_equal(table_scan(&table, 12345, NULL, NULL), 0);
    table_prefetch_bucket(&table, 1);
    table_prefetch_entry(&table, 1);
    assert_int_equal(table.page_bytes, 0);
    table_deinit(&table, NULL);
    epochs_deinit(&epochs);
}

static void a_table_is_freed_with_its_entries(void **state)
{
    (void)state;
    static struct fixture f;
    char room[32];
    int64_t before = mem_thread_balance();
    epochs_init(&f.epochs, NULL, NULL);
    table_init(&f.table, &f.epochs, (struct hash_seed){7, 8});
    for (size_t i = 0; i < 5000; i++) {
        struct entry *entry = new_entry(&f, i, 5);
        table_insert(&f.table, entry, table_hash(&f.table, key_of(i, room)));
    }
    assert_true(f.table.page_bytes > 5000 * sizeof(void *));
    assert_true(f.table.page_bytes < 5000 * 4 * sizeof(void *));
    table_deinit(&f.table, entry_free_deep);
    assert_int_equal(mem_thread_balance(), before);
    epochs_deinit(&f.epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_an_array_while_it_grows_and_shrinks),
        cmocka_unit_test(an_empty_table_holds_no_memory_and_answers),
        cmocka_unit_test(a_table_is_freed_with_its_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
