/* Proves: samples and pool approximate the true order well: after half of the keys were evicted by
 * age mostly the younger ones are left; only keys with an expiry go when the policy says so;
 * candidates that are gone are passed over. */
#include "store/eviction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYS = 4000, SAMPLES = 5 };

static struct store store;

static int setup(void **state)
{
    (void)state;
    store_init(&store, 4, (struct hash_seed){1, 2});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_deinit(&store);
    return 0;
}

static struct str name_of(char *room, int number)
{
    return str_of(room, (size_t)sprintf(room, "key:%d", number));
}

/* Keys over all databases whose access word is their number: the lower, the older. */
static void fill(int64_t (*expiry)(int number))
{
    char room[32];
    for (int i = 0; i < KEYS; i++) {
        struct entry *entry = keyspace_put_string(&store.dbs[i % 4], name_of(room, i), STR("v"),
                                                  expiry ? expiry(i) : NO_EXPIRY);
        entry_set_access(entry, (uint32_t)i);
    }
}

static uint64_t by_age(const void *context, const struct entry *entry)
{
    (void)context;
    return KEYS - entry_access(entry);
}

static uint64_t by_nearest_end(const void *context, const struct entry *entry)
{
    (void)context;
    return (uint64_t)INT64_MAX - (uint64_t)entry_expire_at(entry);
}

static bool evict(struct eviction_pool *pool, const struct eviction_sampling *sampling)
{
    struct keyspace *ks;
    for (int db = 0; db < 4; db++) eviction_pool_sample(pool, &store.dbs[db], sampling);
    const struct entry *entry = eviction_pool_take(pool, &store, sampling->only_volatile, &ks);
    if (entry) keyspace_remove(ks, entry_key(entry));
    return entry != NULL;
}

static bool is_left(int number)
{
    char room[32];
    return keyspace_find(&store.dbs[number % 4], name_of(room, number)) != NULL;
}

static int count_left(int from, int to)
{
    int left = 0;
    for (int i = from; i < to; i++) left += is_left(i);
    return left;
}

static void evicting_half_leaves_mostly_the_younger_half(void **state)
{
    (void)state;
    struct eviction_pool pool = {0};
    const struct eviction_sampling sampling = {.samples = SAMPLES, .score = by_age};
    fill(NULL);
    for (int i = 0; i < KEYS / 2; i++) assert_true(evict(&pool, &sampling));
    assert_int_equal(count_left(0, KEYS), KEYS / 2);
    assert_true(count_left(KEYS / 2, KEYS) > KEYS / 2 * 90 / 100);
    assert_int_equal(count_left(KEYS * 9 / 10, KEYS), KEYS / 10);
    eviction_pool_deinit(&pool);
}

static int64_t every_second(int number)
{
    return number % 2 ? NO_EXPIRY : 1000 + (number * 7919 % KEYS);
}

static void only_keys_that_expire_go_and_those_that_end_first_before_others(void **state)
{
    (void)state;
    struct eviction_pool pool = {0};
    const struct eviction_sampling sampling = {
        .samples = SAMPLES, .only_volatile = true, .score = by_nearest_end};
    fill(every_second);
    for (int i = 0; i < KEYS / 4; i++) assert_true(evict(&pool, &sampling));
    int late_left = 0;
    for (int i = 0; i < KEYS; i++) {
        if (i % 2)
            assert_true(is_left(i));
        else if (every_second(i) >= 1000 + KEYS / 2)
            late_left += is_left(i);
    }
    assert_true(late_left > KEYS / 4 * 85 / 100);
    while (evict(&pool, &sampling)) {
    }
    assert_int_equal(count_left(0, KEYS), KEYS / 2);
    eviction_pool_deinit(&pool);
}

static void a_candidate_that_is_gone_or_stays_for_ever_is_passed_over(void **state)
{
    (void)state;
    struct eviction_pool pool = {0};
    struct keyspace *ks = &store.dbs[0];
    const struct eviction_sampling sampling = {
        .samples = 50, .only_volatile = true, .score = by_nearest_end};
    keyspace_put_string(ks, STR("gone"), STR("v"), 10);
    keyspace_put_string(ks, STR("persisted"), STR("v"), 20);
    keyspace_put_string(ks, STR("here"), STR("v"), 30);
    eviction_pool_sample(&pool, ks, &sampling);
    assert_int_equal(pool.count, 3);
    keyspace_remove(ks, STR("gone"));
    keyspace_set_expiry(ks, keyspace_find(ks, STR("persisted")), NO_EXPIRY);
    const struct entry *entry = eviction_pool_take(&pool, &store, true, &ks);
    assert_non_null(entry);
    assert_true(str_eq(entry_key(entry), STR("here")));
    assert_null(eviction_pool_take(&pool, &store, true, &ks));
    eviction_pool_deinit(&pool);
}

static void the_pool_keeps_the_best_in_order(void **state)
{
    (void)state;
    struct eviction_pool pool = {0};
    const struct eviction_sampling sampling = {.samples = KEYS * 10, .score = by_age};
    fill(NULL);
    eviction_pool_sample(&pool, &store.dbs[0], &sampling);
    assert_int_equal(pool.count, EVICTION_POOL);
    for (int i = 0; i < EVICTION_POOL; i++) {
        assert_int_equal(pool.slots[i].score, (uint64_t)(KEYS - 4 * (EVICTION_POOL - 1 - i)));
    }
    eviction_pool_deinit(&pool);
}

static void random_keys_come_from_every_database_in_turn(void **state)
{
    (void)state;
    struct keyspace *ks;
    int next = 0;
    assert_null(eviction_random(&store, false, &next, &ks));
    fill(NULL);
    assert_null(eviction_random(&store, true, &next, &ks));
    for (int i = 0; i < 8; i++) {
        assert_non_null(eviction_random(&store, false, &next, &ks));
        assert_int_equal(ks->id, i % 4);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evicting_half_leaves_mostly_the_younger_half),
        TEST(only_keys_that_expire_go_and_those_that_end_first_before_others),
        TEST(a_candidate_that_is_gone_or_stays_for_ever_is_passed_over),
        TEST(the_pool_keeps_the_best_in_order),
        TEST(random_keys_come_from_every_database_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
