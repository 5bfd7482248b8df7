/* Proves: a table agrees with a plain array while it grows to many pages and shrinks to
 * none; its memory is what it says, and goes away; its pages are well filled at any number of
 * entries, growing and shrinking; a frozen view stays as it was; a scan meets whatever stays,
 * while pages split and merge; what is due is found after pages were rebuilt. */
#include "store/table.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

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

/* --- fill --- */

static void insert_key(struct fixture *f, size_t i, int64_t expiry)
{
    char room[32];
    f->model[i] = new_entry(f, i, expiry);
    table_insert(&f->table, f->model[i], table_hash(&f->table, key_of(i, room)));
}

static void remove_key(struct fixture *f, size_t i)
{
    char room[32];
    table_remove(&f->table, f->model[i], table_hash(&f->table, key_of(i, room)));
    epoch_retire(&f->epochs, f->model[i]->epoch, (struct garbage){entry_free_deep, f->model[i]});
    f->model[i] = NULL;
}

static double filled(const struct table *table)
{
    return (double)(table->len * sizeof(void *)) / (double)table->page_bytes;
}

static void setup(struct fixture *f, uint64_t seed)
{
    memset(f, 0, sizeof(*f));
    epochs_init(&f->epochs, NULL, NULL);
    table_init(&f->table, &f->epochs, (struct hash_seed){seed, 9});
    prng_init(&f->prng, seed);
}

static void teardown(struct fixture *f)
{
    table_deinit(&f->table, entry_free_deep);
    epochs_deinit(&f->epochs);
}

static void pages_are_well_filled_at_any_number_of_entries(void **state)
{
    (void)state;
    static struct fixture f;
    setup(&f, 3);
    for (size_t i = 0; i < KEYS; i++) {
        insert_key(&f, i, NO_EXPIRY);
        if (i >= 1000) assert_true(filled(&f.table) > 0.74);
    }
    for (size_t i = KEYS; i-- > 0;) {
        remove_key(&f, i);
        if (i >= 1000) assert_true(filled(&f.table) > 0.37);
    }
    assert_int_equal(f.table.page_bytes, 0);
    teardown(&f);
}

static void a_reserved_table_is_well_filled_and_complete_once_loaded(void **state)
{
    (void)state;
    static struct fixture f;
    char room[32];
    setup(&f, 8);
    table_reserve(&f.table, KEYS);
    for (size_t i = 0; i < KEYS; i++) insert_key(&f, i, NO_EXPIRY);
    assert_true(filled(&f.table) > 0.74);
    for (size_t i = 0; i < KEYS; i++) {
        struct str key = key_of(i, room);
        assert_ptr_equal(table_find(&f.table, key, table_hash(&f.table, key)), f.model[i]);
    }
    teardown(&f);
}

/* --- frozen views --- */

struct frozen {
    struct epoch_hold hold;
    struct table view;
    struct entry *model[KEYS];
};

static void assert_is_as_frozen(const struct frozen *frozen)
{
    struct table_cursor cursor = {0};
    char room[32];
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        struct str key = key_of(i, room);
        uint64_t hash = table_hash(&frozen->view, key);
        assert_ptr_equal(table_find(&frozen->view, key, hash), frozen->model[i]);
        count += frozen->model[i] != NULL;
    }
    assert_int_equal(frozen->view.len, count);
    while (table_next(&frozen->view, &cursor)) count--;
    assert_int_equal(count, 0);
}

static void freeze(struct fixture *f, struct frozen *frozen)
{
    epoch_freeze(&f->epochs, &frozen->hold);
    frozen->view = f->table;
    memcpy(frozen->model, f->model, sizeof(f->model));
}

/* One step of a life in which the table swells and shrinks, a freeze taken in each phase. */
static void live(struct fixture *f, int step)
{
    size_t i = prng_below(&f->prng, KEYS);
    bool is_growing = step / 30000 % 2 == 0;
    if (f->model[i] == NULL && is_growing)
        insert_key(f, i, NO_EXPIRY);
    else if (f->model[i] && !is_growing)
        remove_key(f, i);
}

static void frozen_views_stay_as_they_were_while_pages_split_and_merge(void **state)
{
    (void)state;
    static struct fixture f;
    static struct frozen views[3];
    int64_t before = mem_thread_balance();
    setup(&f, 4);
    for (int step = 0; step < 120000; step++) {
        if (step % 10000 == 5000) {
            struct frozen *oldest = &views[step / 10000 % 3];
            if (oldest->view.epochs) {
                assert_is_as_frozen(oldest);
                epoch_release(&f.epochs, &oldest->hold);
            }
            freeze(&f, oldest);
        }
        live(&f, step);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_is_as_frozen(&views[i]);
        epoch_release(&f.epochs, &views[i].hold);
    }
    teardown(&f);
    assert_int_equal(mem_thread_balance(), before);
}

/* --- scans --- */

struct seen {
    bool keys[KEYS];
    size_t visits;
};

static void note_seen(void *context, struct entry *entry)
{
    struct seen *seen = context;
    struct str key = entry_key(entry);
    char text[32] = {0};
    memcpy(text, key.ptr, key.len);
    seen->keys[strtoul(text + 4, NULL, 10)] = true;
    seen->visits++;
}

/* Every tenth key stays. */
static void come_or_go(struct fixture *f, size_t i, bool comes)
{
    if (i % 10 == 0) return;
    if (f->model[i] == NULL && comes) insert_key(f, i, NO_EXPIRY);
    if (f->model[i] && !comes) remove_key(f, i);
}

static void a_scan_meets_what_stays_while_pages_split_and_merge(void **state)
{
    (void)state;
    static struct fixture f;
    static struct seen seen;
    setup(&f, 5);
    for (size_t i = 0; i < KEYS; i += 10) insert_key(&f, i, NO_EXPIRY);
    for (int round = 0; round < 6; round++) {
        memset(&seen, 0, sizeof(seen));
        uint64_t cursor = 0;
        size_t at = 0;
        do {
            cursor = table_scan(&f.table, cursor, note_seen, &seen);
            assert_true(cursor >> 48 == 0);
            for (int n = 0; n < 60 && at < KEYS; n++, at++) come_or_go(&f, at, round % 2 == 0);
        } while (cursor);
        for (size_t i = 0; i < KEYS; i += 10) assert_true(seen.keys[i]);
    }
    teardown(&f);
}

static void a_scan_of_a_quiet_table_visits_each_entry_once(void **state)
{
    (void)state;
    static struct fixture f;
    static struct seen seen;
    setup(&f, 6);
    for (size_t i = 0; i < KEYS; i++) insert_key(&f, i, NO_EXPIRY);
    uint64_t cursor = 0;
    do cursor = table_scan(&f.table, cursor, note_seen, &seen);
    while (cursor);
    assert_int_equal(seen.visits, KEYS);
    teardown(&f);
}

/* --- expiry --- */

static void what_is_due_is_found_after_pages_were_rebuilt(void **state)
{
    (void)state;
    static struct fixture f;
    struct entry *list[64];
    struct due_entries due = {.list = list, .max = 64};
    uint64_t position = 0;
    size_t found = 0;
    setup(&f, 7);
    for (size_t i = 0; i < KEYS; i++) insert_key(&f, i, i % 100 == 0 ? (int64_t)i : NO_EXPIRY);
    for (size_t i = 0; i < KEYS; i++) {
        if (i % 4) remove_key(&f, i);
    }
    do {
        table_due(&f.table, &position, KEYS / 2, 3, &due);
        found += due.count;
        for (size_t i = 0; i < due.count; i++) assert_true(entry_expire_at(list[i]) <= KEYS / 2);
    } while (position);
    assert_int_equal(found, KEYS / 2 / 100 + 1);
    assert_non_null(table_random_volatile(&f.table, &f.prng));
    assert_true(entry_has_expiry(table_random_volatile(&f.table, &f.prng)));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_an_array_while_it_grows_and_shrinks),
        cmocka_unit_test(an_empty_table_holds_no_memory_and_answers),
        cmocka_unit_test(a_table_is_freed_with_its_entries),
        cmocka_unit_test(pages_are_well_filled_at_any_number_of_entries),
        cmocka_unit_test(a_reserved_table_is_well_filled_and_complete_once_loaded),
        cmocka_unit_test(frozen_views_stay_as_they_were_while_pages_split_and_merge),
        cmocka_unit_test(a_scan_meets_what_stays_while_pages_split_and_merge),
        cmocka_unit_test(a_scan_of_a_quiet_table_visits_each_entry_once),
        cmocka_unit_test(what_is_due_is_found_after_pages_were_rebuilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
