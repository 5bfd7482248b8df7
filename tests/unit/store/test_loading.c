/* Proves: keys that are loaded are all there, once, however many were announced; announcing alone
 * costs next to nothing; keys that come twice are found or replaced; nothing leaks. */
#include "store/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"

enum { KEYS = 70000, VOLATILE_EVERY = 7, DATABASES = 3 };

struct fixture {
    struct store *store;
    struct store_loading loading;
};

static int set_up(void **state)
{
    struct fixture *f = mem_new(struct fixture);
    f->store = store_new(DATABASES, (struct hash_seed){1, 2});
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    loading_deinit(&f->loading);
    store_free(f->store);
    mem_free(f);
    return 0;
}

static int64_t expiry_of(unsigned number)
{
    return number % VOLATILE_EVERY ? NO_EXPIRY : 1000 + (int64_t)number;
}

static bool put(struct fixture *f, int db, unsigned number, unsigned value)
{
    char key[32], text[32];
    struct loading_pair pair = {.access = number & ENTRY_ACCESS_MASK};
    pair.key = str_of(key, (size_t)snprintf(key, sizeof(key), "key:%u", number));
    size_t len = (size_t)snprintf(text, sizeof(text), "value:%u", value);
    pair.value = (struct value){.type = TYPE_STRING, .encoding = ENC_EMBEDDED};
    pair.value.bytes = str_of(text, len);
    pair.expire_at_ms = expiry_of(number);
    return loading_put(&f->loading, &f->store->dbs[db], &pair);
}

static void assert_holds(struct fixture *f, int db, unsigned number, unsigned value)
{
    struct keyspace *ks = &f->store->dbs[db];
    char key[32], text[32];
    struct str name = str_of(key, (size_t)snprintf(key, sizeof(key), "key:%u", number));
    struct str wanted = str_of(text, (size_t)snprintf(text, sizeof(text), "value:%u", value));
    const struct entry *entry = table_find(&ks->table, name, table_hash(&ks->table, name));
    assert_non_null(entry);
    assert_true(str_eq(entry_value(entry).bytes, wanted));
    assert_int_equal(entry_expire_at(entry), expiry_of(number));
    assert_int_equal(entry_access(entry), number & ENTRY_ACCESS_MASK);
}

/* Those that the pages say are due by then. */
static size_t count_due(struct keyspace *ks, int64_t now_ms)
{
    static struct entry *list[KEYS];
    struct due_entries due = {.list = list, .max = KEYS};
    uint64_t position = 0;
    table_due(&ks->table, &position, now_ms, SIZE_MAX, &due);
    return due.count;
}

static void loads_all_when_announced(struct fixture *f, size_t keys, size_t certain)
{
    struct keyspace *ks = &f->store->dbs[0];
    assert_true(loading_expect(&f->loading, ks, keys, certain));
    for (unsigned i = 0; i < KEYS; i++) assert_true(put(f, 0, i, i));
    assert_true(loading_settle(&f->loading));
    assert_int_equal(ks->table.len, KEYS);
    assert_int_equal(ks->volatile_len, KEYS / VOLATILE_EVERY);
    assert_int_equal(count_due(ks, 1000 + KEYS), KEYS / VOLATILE_EVERY);
    for (unsigned i = 0; i < KEYS; i++) assert_holds(f, 0, i, i);
}

static void all_keys_are_there_when_their_number_was_right(void **state)
{
    loads_all_when_announced(*state, KEYS, KEYS);
}

static void all_keys_are_there_when_nobody_vouches_for_their_number(void **state)
{
    struct fixture *f = *state;
    loads_all_when_announced(f, KEYS, 0);
    assert_true(f->store->dbs[0].table.page_bytes < (size_t)KEYS * 12);
}

static void all_keys_are_there_when_fewer_were_announced(void **state)
{
    loads_all_when_announced(*state, 3, 3);
}

static void all_keys_are_there_when_far_more_were_announced(void **state)
{
    loads_all_when_announced(*state, SIZE_MAX, 0);
}

static void announcing_costs_next_to_nothing(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++) {
        assert_true(loading_expect(&f->loading, &f->store->dbs[i % DATABASES], SIZE_MAX, 0));
    }
    for (int db = 0; db < DATABASES; db++) {
        assert_true(f->store->dbs[db].table.page_bytes < 1024);
    }
}

static void databases_may_alternate(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < KEYS / 10; i++) {
        for (int db = 0; db < DATABASES; db++) assert_true(put(f, db, i, i + (unsigned)db));
    }
    assert_true(loading_settle(&f->loading));
    for (int db = 0; db < DATABASES; db++) {
        assert_int_equal(f->store->dbs[db].table.len, KEYS / 10);
        for (unsigned i = 0; i < KEYS / 10; i++) assert_holds(f, db, i, i + (unsigned)db);
    }
}

static void a_key_that_comes_twice_is_found(void **state)
{
    struct fixture *f = *state;
    bool linked = true;
    for (unsigned i = 0; i < KEYS; i++) linked = put(f, 0, i, i) && linked;
    assert_true(linked);
    linked = put(f, 0, 4711, 1);
    assert_false(loading_settle(&f->loading) && linked);
    assert_non_null(f->loading.twin);
    assert_true(str_eq(entry_key(f->loading.twin), STR("key:4711")));
    assert_holds(f, 0, 4711, 4711);
}

static void a_key_that_comes_twice_is_replaced_where_that_is_wanted(void **state)
{
    struct fixture *f = *state;
    f->loading.replaces = true;
    for (unsigned value = 0; value < 3; value++) {
        for (unsigned i = 0; i < 2000; i++) assert_true(put(f, 0, i, value));
    }
    assert_true(loading_settle(&f->loading));
    assert_int_equal(f->store->dbs[0].table.len, 2000);
    assert_int_equal(f->store->dbs[0].volatile_len, 2000 / VOLATILE_EVERY + 1);
    for (unsigned i = 0; i < 2000; i++) assert_holds(f, 0, i, 2);
}

static void what_waits_is_freed_when_the_load_is_given_up(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 100; i++) assert_true(put(f, 0, i, i));
    assert_int_equal(f->store->dbs[0].table.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(all_keys_are_there_when_their_number_was_right),
        TEST(all_keys_are_there_when_nobody_vouches_for_their_number),
        TEST(all_keys_are_there_when_fewer_were_announced),
        TEST(all_keys_are_there_when_far_more_were_announced),
        TEST(announcing_costs_next_to_nothing),
        TEST(databases_may_alternate),
        TEST(a_key_that_comes_twice_is_found),
        TEST(a_key_that_comes_twice_is_replaced_where_that_is_wanted),
        TEST(what_waits_is_freed_when_the_load_is_given_up),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
