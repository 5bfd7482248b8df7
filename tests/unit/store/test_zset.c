/* Sorted sets against a plain sorted array: random writes interleave with freezes; scores, ranks
 * and ranges agree, and frozen views keep theirs, read from the same thread and from another, while
 * sorted sets change their form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/zset.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

enum { UNIVERSE = 2500, STEPS = 20000, VIEWS = 3, BENCHMARK = 200000 };

struct model {
    size_t len;
    struct {
        uint32_t id;
        double score;
    } list[UNIVERSE];
};

struct world {
    struct store store;
    struct prng prng;
    struct zset_limits limits;
    struct model model;
};

static struct str name_of(uint32_t id, char *room)
{
    return str_of(room, (size_t)sprintf(room, id % 3 ? "member-%u" : "%u", id));
}

/* Few different scores, so that names decide often. */
static double random_score(struct prng *prng)
{
    switch (prng_below(prng, 20)) {
    case 0:
        return -INFINITY;
    case 1:
        return INFINITY;
    case 2:
        return prng_unit(prng) * 1e300;
    case 3:
        return -0.0;
    default:
        return (double)prng_below(prng, 40) / 4 - 5;
    }
}

static int model_order(double score_a, uint32_t a, double score_b, uint32_t b)
{
    char room_a[32], room_b[32];
    if (score_a != score_b) return score_a < score_b ? -1 : 1;
    return str_cmp(name_of(a, room_a), name_of(b, room_b));
}

static size_t model_find(const struct model *model, uint32_t id)
{
    size_t at = 0;
    while (at < model->len && model->list[at].id != id) at++;
    return at;
}

static void model_remove(struct model *model, size_t at)
{
    model->len--;
    memmove(model->list + at, model->list + at + 1, (model->len - at) * sizeof(model->list[0]));
}

static void model_set(struct model *model, uint32_t id, double score)
{
    size_t at = model_find(model, id);
    if (at < model->len) {
        if (model->list[at].score == score) return;
        model_remove(model, at);
    }
    at = 0;
    while (at < model->len && model_order(model->list[at].score, model->list[at].id, score, id) < 0)
        at++;
    memmove(model->list + at + 1, model->list + at, (model->len - at) * sizeof(model->list[0]));
    model->list[at].id = id;
    model->list[at].score = score;
    model->len++;
}

static size_t differences(const struct value *zset, const struct model *model)
{
    struct zset_walk walk = {0};
    struct ranked member;
    char room[32];
    size_t wrong = 0, at = 0;
    while (zset_walk(zset, &walk, &member)) {
        wrong += at >= model->len || member.score != model->list[at].score ||
                 !str_eq(member.name, name_of(model->list[at].id, room));
        at++;
    }
    return wrong + (at != model->len) + (zset_len(zset) != model->len);
}

static void every_question_agrees(const struct value *zset, struct world *world)
{
    const struct model *model = &world->model;
    char room[32];
    double score = 0, found;
    size_t rank;
    for (int i = 0; i < 20; i++) {
        uint32_t id = (uint32_t)prng_below(&world->prng, UNIVERSE);
        size_t at = model_find(model, id);
        bool there = at < model->len;
        assert_int_equal(zset_score(zset, name_of(id, room), &score), there);
        assert_int_equal(zset_rank(zset, name_of(id, room), &rank, &found), there);
        if (there) assert_true(score == model->list[at].score && found == score && rank == at);
        double wanted = random_score(&world->prng);
        size_t below = 0, not_above = 0;
        for (size_t j = 0; j < model->len; j++) {
            below += model->list[j].score < wanted;
            not_above += model->list[j].score <= wanted;
        }
        assert_int_equal(zset_rank_of_score(zset, wanted, false), below);
        assert_int_equal(zset_rank_of_score(zset, wanted, true), not_above);
    }
}

static struct entry *entry_in(const struct table *table)
{
    return table_find(table, STR("z"), table_hash(table, STR("z")));
}

static void random_step(struct world *world)
{
    struct keyspace *ks = &world->store.dbs[0];
    struct model *model = &world->model;
    struct entry *entry = entry_in(&ks->table);
    struct zset_edit edit = {.store = &world->store, .limits = world->limits};
    char room[32];
    uint32_t id = (uint32_t)prng_below(&world->prng, UNIVERSE);
    size_t at = model_find(model, id), kind = prng_below(&world->prng, 100);
    bool there = at < model->len;
    keyspace_writable_object(ks, &entry);
    edit.zset = entry_value(entry);
    if (kind < 60) {
        double score = random_score(&world->prng);
        double old;
        assert_int_equal(zset_score(&edit.zset, name_of(id, room), &old), there);
        (there ? zset_rescore : zset_add)(&edit, name_of(id, room), score);
        model_set(model, id, score);
    } else if (kind < 98) {
        assert_int_equal(zset_remove(&edit, name_of(id, room)), there);
        if (there) model_remove(model, at);
    } else if (model->len) {
        size_t from = prng_below(&world->prng, model->len);
        size_t count = 1 + prng_below(&world->prng, model->len - from) / 4;
        zset_remove_range(&edit, from, count);
        while (count--) model_remove(model, from);
    }
    if (edit.zset.object != entry_object(entry)) keyspace_relink_object(ks, entry, edit.zset);
}

static void start(struct world *world, uint64_t seed, size_t entries)
{
    prng_init(&world->prng, seed);
    store_init(&world->store, 1, (struct hash_seed){seed, 7});
    world->limits = (struct zset_limits){entries, 64};
    world->model.len = 0;
    keyspace_put(&world->store.dbs[0], STR("z"), zset_new(&world->store), NO_EXPIRY);
}

static void agrees(const struct table *table, const struct model *model)
{
    struct value zset = entry_value(entry_in(table));
    assert_int_equal(differences(&zset, model), 0);
    if (zset.encoding == ENC_TREE) assert_true(tree_is_sound(&value_zset(&zset)->tree));
}

static void frozen_views_keep_their_scores_and_order(void **state)
{
    (void)state;
    static const size_t limits[] = {128, 0, SIZE_MAX};
    static struct world world;
    static struct model at_freeze[VIEWS];
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct frozen_store *views[VIEWS] = {0};
        start(&world, i + 1, limits[i]);
        int steps = limits[i] == SIZE_MAX ? STEPS / 20 : STEPS;
        for (int step = 0; step < steps; step++) {
            random_step(&world);
            if (prng_below(&world.prng, 150) != 0) continue;
            struct value zset = entry_value(entry_in(&world.store.dbs[0].table));
            agrees(&world.store.dbs[0].table, &world.model);
            every_question_agrees(&zset, &world);
            size_t at = prng_below(&world.prng, VIEWS);
            if (views[at]) {
                agrees(&views[at]->tables[0], &at_freeze[at]);
                store_release(views[at]);
                views[at] = NULL;
            } else {
                views[at] = store_freeze(&world.store);
                at_freeze[at] = world.model;
            }
        }
        for (int at = 0; at < VIEWS; at++)
            if (views[at]) store_release(views[at]);
        store_deinit(&world.store);
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
    for (int i = 0; i < 5; i++) {
        struct value zset = entry_value(entry_in(walker->table));
        walker->wrong += differences(&zset, walker->model);
    }
    return NULL;
}

static void a_worker_reads_a_frozen_sorted_set_while_the_data_thread_writes(void **state)
{
    (void)state;
    static struct world world;
    static struct model at_freeze;
    start(&world, 9, 100);
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 1500; i++) random_step(&world);
        struct frozen_store *frozen = store_freeze(&world.store);
        at_freeze = world.model;
        struct walker walker = {&frozen->tables[0], &at_freeze, 0};
        pthread_t thread;
        pthread_create(&thread, NULL, walk_often, &walker);
        for (int i = 0; i < 2000; i++) random_step(&world);
        pthread_join(thread, NULL);
        assert_int_equal(walker.wrong, 0);
        store_release(frozen);
    }
    store_deinit(&world.store);
}

static void names_order_what_has_equal_scores(void **state)
{
    (void)state;
    static struct world world;
    static const size_t limits[] = {SIZE_MAX, 0};
    for (size_t i = 0; i < 2; i++) {
        start(&world, 5, limits[i]);
        struct zset_edit edit = {.store = &world.store, .limits = world.limits};
        edit.zset = zset_new(&world.store);
        static const char *const names[] = {"b", "d", "a", "c", "", "cc"};
        for (size_t j = 0; j < 6; j++) zset_add(&edit, str_from_c(names[j]), 7);
        assert_int_equal(zset_rank_of_name(&edit.zset, STR("c"), false), 3);
        assert_int_equal(zset_rank_of_name(&edit.zset, STR("c"), true), 4);
        assert_int_equal(zset_rank_of_name(&edit.zset, STR(""), false), 0);
        assert_int_equal(zset_rank_of_name(&edit.zset, STR("zz"), false), 6);
        value_drop(&world.store.dbs[0], edit.zset);
        store_deinit(&world.store);
    }
}

static void gathered_scores_come_in_order(void **state)
{
    (void)state;
    static struct world world;
    static const size_t limits[] = {SIZE_MAX, 0};
    char room[32];
    for (size_t i = 0; i < 2; i++) {
        start(&world, 6, limits[i]);
        struct zset_edit edit = {.store = &world.store, .limits = world.limits};
        edit.zset = zset_new_big(&world.store);
        for (uint32_t id = 0; id < 1000; id++) {
            double score = random_score(&world.prng);
            zset_gather(&edit, name_of(id, room), score);
            model_set(&world.model, id, score);
        }
        zset_order(&edit);
        assert_int_equal(edit.zset.encoding, limits[i] ? ENC_PACKED : ENC_TREE);
        assert_int_equal(differences(&edit.zset, &world.model), 0);
        struct object *copy = edit.zset.object->ops->copy(edit.zset.object, &world.store.epochs);
        value_drop(&world.store.dbs[0], edit.zset);
        edit.zset.object = copy;
        assert_int_equal(differences(&edit.zset, &world.model), 0);
        value_drop(&world.store.dbs[0], edit.zset);
        store_deinit(&world.store);
    }
}

/* Members with names of 16 bytes, whose scores come in no order: 48 bytes are the entry, the rest
 * finds it. */
static void a_member_costs_few_bytes(void **state)
{
    (void)state;
    static struct world world;
    char room[32];
    start(&world, 8, 128);
    struct zset_edit edit = {.store = &world.store, .limits = world.limits};
    int64_t before = mem_thread_balance();
    edit.zset = zset_new(&world.store);
    for (uint32_t i = 0; i < BENCHMARK; i++) {
        struct str name = str_of(room, (size_t)sprintf(room, "member:%09u", i));
        zset_add(&edit, name, prng_unit(&world.prng));
    }
    double each = (double)(mem_thread_balance() - before) / BENCHMARK;
    double told = (double)edit.zset.object->ops->memory(edit.zset.object, 0) / BENCHMARK;
    if (strncmp(mem_allocator_name(), "jemalloc", 8) == 0) assert_true(each <= 76);
    assert_true(told > 0.9 * each && told < 1.1 * each);
    value_drop(&world.store.dbs[0], edit.zset);
    store_deinit(&world.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_views_keep_their_scores_and_order),
        cmocka_unit_test(a_worker_reads_a_frozen_sorted_set_while_the_data_thread_writes),
        cmocka_unit_test(names_order_what_has_equal_scores),
        cmocka_unit_test(gathered_scores_come_in_order),
        cmocka_unit_test(a_member_costs_few_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
