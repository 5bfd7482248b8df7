/* The store against a plain model: random writes interleave with freezes, and each frozen view
 * must go on showing the model as of its freeze while the data thread writes, from the same
 * thread and from another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/keyspace.h"

#include <pthread.h>
#include <stdio.h>

enum { UNIVERSE = 6000, STEPS = 120000, VIEWS = 4, ABSENT = 0 };

/* What each key holds: 0 nothing, else the version its value was made from. */
struct model {
    uint32_t version[UNIVERSE];
    size_t len;
};

static struct str key_of(uint32_t i, char *room)
{
    return str_of(room, (size_t)sprintf(room, "key:%u", i));
}

/* Values take every shape: integers, embedded, blobs. */
static struct str value_of(uint32_t i, uint32_t version, char *room)
{
    switch ((i + version) % 4) {
    case 0:
        return str_of(room, (size_t)sprintf(room, "%u", version));
    case 1:
        return str_of(room, (size_t)sprintf(room, "value-%u-of-%u", version, i));
    case 2: {
        size_t len = 300 + (i + version) % 700;
        memset(room, 'a' + (int)(version % 26), len);
        return str_of(room, len);
    }
    default: {
        size_t len = (i + version) % 190;
        memset(room, 'A' + (int)(version % 26), len);
        return str_of(room, len);
    }
    }
}

static bool entry_matches(const struct entry *entry, uint32_t i, uint32_t version)
{
    char wanted[1200], digits[NUM_I64_MAX];
    return str_eq(entry_string(entry, digits), value_of(i, version, wanted));
}

static uint32_t number_of(const struct entry *entry)
{
    struct str key = entry_key(entry);
    uint64_t number = 0;
    bool ok = num_parse_u64(str_from(key, 4), &number);
    return ok ? (uint32_t)number : UINT32_MAX;
}

/* Walks a whole table and compares it with the model. Returns the number of differences. */
static size_t differences(const struct table *table, const struct model *model)
{
    size_t wrong = 0, seen = 0;
    struct table_cursor cursor = {0};
    for (struct entry *e; (e = table_next(table, &cursor));) {
        uint32_t i = number_of(e);
        seen++;
        wrong +=
            i >= UNIVERSE || model->version[i] == ABSENT || !entry_matches(e, i, model->version[i]);
    }
    return wrong + (seen != model->len) + (table->len != model->len);
}

static void random_step(struct keyspace *ks, struct model *model, struct prng *prng)
{
    char key_room[32], room[1200];
    uint32_t i = (uint32_t)prng_below(prng, UNIVERSE);
    struct str key = key_of(i, key_room);
    uint32_t kind = (uint32_t)prng_below(prng, 16);
    bool exists = model->version[i] != ABSENT;
    if (kind < 5) {
        assert_int_equal(keyspace_remove(ks, key), exists);
        model->len -= exists;
        model->version[i] = ABSENT;
    } else if (kind == 5 && exists) {
        struct entry *e = keyspace_find(ks, key);
        keyspace_set_expiry(ks, e, prng_below(prng, 2) ? 1000 + (int64_t)i : NO_EXPIRY);
    } else if (kind == 6 && exists) {
        struct entry *e = keyspace_find(ks, key);
        struct str wanted = value_of(i, model->version[i], room);
        char *bytes = keyspace_writable_string(ks, &e, wanted.len);
        if (wanted.len) memcpy(bytes, wanted.ptr, wanted.len);
    } else {
        uint32_t version = 1 + (uint32_t)prng_below(prng, 1000000);
        keyspace_put_string(ks, key, value_of(i, version, room), NO_EXPIRY);
        model->len += !exists;
        model->version[i] = version;
    }
}

static void every_lookup_agrees(struct keyspace *ks, const struct model *model)
{
    char room[32];
    for (uint32_t i = 0; i < UNIVERSE; i++) {
        struct entry *e = keyspace_find(ks, key_of(i, room));
        assert_int_equal(e != NULL, model->version[i] != ABSENT);
        if (e) assert_true(entry_matches(e, i, model->version[i]));
    }
}

static void frozen_views_keep_the_model_as_of_their_freeze(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct store store;
        struct prng prng;
        static struct model model, at_freeze[VIEWS];
        struct frozen_store *views[VIEWS] = {0};
        prng_init(&prng, seed);
        store_init(&store, 2, (struct hash_seed){seed, 77});
        model = (struct model){0};
        for (int step = 0; step < STEPS; step++) {
            random_step(&store.dbs[0], &model, &prng);
            if (prng_below(&prng, 2000) != 0) continue;
            size_t at = prng_below(&prng, VIEWS);
            if (views[at]) {
                assert_int_equal(differences(&views[at]->tables[0], &at_freeze[at]), 0);
                store_release(views[at]);
                views[at] = NULL;
            } else {
                views[at] = store_freeze(&store);
                at_freeze[at] = model;
            }
        }
        for (int i = 0; i < VIEWS; i++) {
            if (views[i] == NULL) continue;
            assert_int_equal(differences(&views[i]->tables[0], &at_freeze[i]), 0);
            store_release(views[i]);
        }
        assert_int_equal(differences(&store.dbs[0].table, &model), 0);
        every_lookup_agrees(&store.dbs[0], &model);
        store_deinit(&store);
    }
}

struct walker {
    const struct table *table;
    const struct model *model;
    size_t wrong;
};

static void *walk_often(void *context)
{
    struct walker *walker = context;
    for (int i = 0; i < 5; i++) walker->wrong += differences(walker->table, walker->model);
    return NULL;
}

static void a_worker_reads_a_frozen_view_while_the_data_thread_writes(void **state)
{
    (void)state;
    struct store store;
    struct prng prng;
    static struct model model, at_freeze;
    prng_init(&prng, 9);
    store_init(&store, 1, (struct hash_seed){5, 6});
    model = (struct model){0};
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 5000; i++) random_step(&store.dbs[0], &model, &prng);
        at_freeze = model;
        struct frozen_store *frozen = store_freeze(&store);
        struct walker walker = {&frozen->tables[0], &at_freeze, 0};
        pthread_t thread;
        pthread_create(&thread, NULL, walk_often, &walker);
        for (int i = 0; i < 10000; i++) {
            random_step(&store.dbs[0], &model, &prng);
            char room[32];
            struct entry *e = keyspace_find(&store.dbs[0], key_of((uint32_t)i % UNIVERSE, room));
            if (e) entry_set_access(e, (uint32_t)i & ENTRY_ACCESS_MASK);
        }
        if (round == 5) {
            keyspace_clear(&store.dbs[0]);
            model = (struct model){0};
        }
        pthread_join(thread, NULL);
        assert_int_equal(walker.wrong, 0);
        store_release(frozen);
    }
    assert_int_equal(differences(&store.dbs[0].table, &model), 0);
    store_deinit(&store);
}

struct seen {
    uint8_t times[UNIVERSE];
};

static void mark_seen(void *context, struct entry *entry)
{
    struct seen *seen = context;
    uint32_t i = number_of(entry);
    if (seen->times[i] < 255) seen->times[i]++;
}

static void a_scan_visits_all_that_stays_although_the_table_grows_and_shrinks(void **state)
{
    (void)state;
    struct store store;
    char room[32];
    store_init(&store, 1, (struct hash_seed){1, 2});
    struct keyspace *ks = &store.dbs[0];
    static struct seen seen;
    memset(&seen, 0, sizeof(seen));
    for (uint32_t i = 0; i < 1000; i++)
        keyspace_put_string(ks, key_of(i, room), STR("x"), NO_EXPIRY);
    uint64_t cursor = 0;
    uint32_t added = 1000, removed = 1000;
    do {
        cursor = table_scan(&ks->table, cursor, mark_seen, &seen);
        assert_true(cursor < (uint64_t)1 << 48);
        for (int i = 0; i < 60 && added < UNIVERSE; i++) {
            keyspace_put_string(ks, key_of(added++, room), STR("y"), NO_EXPIRY);
        }
        for (int i = 0; added == UNIVERSE && i < 90 && removed < UNIVERSE; i++) {
            keyspace_remove(ks, key_of(removed++, room));
        }
    } while (cursor);
    for (uint32_t i = 0; i < 1000; i++) assert_true(seen.times[i] >= 1);
    store_deinit(&store);
}

static void a_scan_of_a_table_at_rest_visits_each_entry_once(void **state)
{
    (void)state;
    struct store store;
    char room[32];
    static struct seen seen;
    memset(&seen, 0, sizeof(seen));
    store_init(&store, 1, (struct hash_seed){3, 4});
    for (uint32_t i = 0; i < UNIVERSE; i++) {
        keyspace_put_string(&store.dbs[0], key_of(i, room), STR("x"), NO_EXPIRY);
    }
    uint64_t cursor = 0, last = 0;
    do {
        cursor = table_scan(&store.dbs[0].table, cursor, mark_seen, &seen);
        assert_true(cursor == 0 || cursor > last);
        last = cursor;
    } while (cursor);
    for (uint32_t i = 0; i < UNIVERSE; i++) assert_int_equal(seen.times[i], 1);
    store_deinit(&store);
}

static void what_is_due_is_found_and_nothing_else(void **state)
{
    (void)state;
    struct store store;
    char room[32];
    store_init(&store, 1, (struct hash_seed){8, 8});
    struct keyspace *ks = &store.dbs[0];
    for (uint32_t i = 0; i < UNIVERSE; i++) {
        keyspace_put_string(ks, key_of(i, room), STR("x"), i % 3 ? 1000 + (int64_t)i : NO_EXPIRY);
    }
    uint64_t position = 0;
    size_t total = 0;
    struct entry *list[16];
    struct due_entries due = {.list = list, .max = 16};
    do {
        table_due(&ks->table, &position, 1000 + UNIVERSE / 2, 4, &due);
        for (size_t i = 0; i < due.count; i++) {
            assert_true(entry_expire_at(list[i]) <= 1000 + UNIVERSE / 2);
            struct str key = entry_key(list[i]);
            memcpy(room, key.ptr, key.len);
            keyspace_remove(ks, str_of(room, key.len));
        }
        total += due.count;
    } while (position || due.count == 16);
    size_t expected = 0;
    for (uint32_t i = 0; i <= UNIVERSE / 2; i++) expected += i % 3 != 0;
    assert_int_equal(total, expected);
    assert_int_equal(ks->volatile_len, UNIVERSE / 3 * 2 - expected);
    store_deinit(&store);
}

static void random_entries_come_from_all_of_the_table(void **state)
{
    (void)state;
    struct store store;
    char room[32];
    static struct seen seen;
    memset(&seen, 0, sizeof(seen));
    store_init(&store, 1, (struct hash_seed){11, 12});
    for (uint32_t i = 0; i < 500; i++) {
        keyspace_put_string(&store.dbs[0], key_of(i, room), STR("x"), i == 77 ? 5 : NO_EXPIRY);
    }
    for (int i = 0; i < 20000; i++)
        mark_seen(&seen, table_random(&store.dbs[0].table, &store.prng));
    size_t unseen = 0;
    for (uint32_t i = 0; i < 500; i++) unseen += seen.times[i] == 0;
    assert_int_equal(unseen, 0);
    assert_int_equal(number_of(table_random_volatile(&store.dbs[0].table, &store.prng)), 77);
    store_deinit(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_views_keep_the_model_as_of_their_freeze),
        cmocka_unit_test(a_worker_reads_a_frozen_view_while_the_data_thread_writes),
        cmocka_unit_test(a_scan_visits_all_that_stays_although_the_table_grows_and_shrinks),
        cmocka_unit_test(a_scan_of_a_table_at_rest_visits_each_entry_once),
        cmocka_unit_test(what_is_due_is_found_and_nothing_else),
        cmocka_unit_test(random_entries_come_from_all_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
