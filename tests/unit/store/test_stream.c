/* Streams against plain arrays: random appends, deletions, trims and the whole life of groups
 * interleave with freezes; entries, ids, facts and pending entries agree, and frozen views keep
 * theirs, read from the same thread and from another. */
#include "unit/store/stream_model.h"

#include "base/mem.h"
#include "store/stream_node.h"

#include <pthread.h>

enum { STEPS = 12000, VIEWS = 3, MANY = 200000 };

static void agrees(const struct table *table, const struct model *model)
{
    struct value stream = entry_value(stream_entry_in(table));
    assert_int_equal(stream_differences(&stream, model), 0);
    assert_true(stream_is_sound(&stream));
}

static void frozen_views_keep_their_entries_and_groups(void **state)
{
    (void)state;
    static const struct stream_limits limits[] = {{4096, 100}, {0, 3}, {200, 0}, {0, 0}};
    static struct stream_world world;
    static struct model at_freeze[VIEWS];
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct frozen_store *views[VIEWS] = {0};
        stream_world_start(&world, i + 1, limits[i]);
        for (int step = 0; step < STEPS; step++) {
            random_stream_step(&world);
            if (prng_below(&world.prng, 120) != 0) continue;
            agrees(&world.store.dbs[0].table, &world.model);
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
        struct value stream = entry_value(stream_entry_in(walker->table));
        walker->wrong += stream_differences(&stream, walker->model);
    }
    return NULL;
}

static void a_worker_reads_a_frozen_stream_while_the_data_thread_writes(void **state)
{
    (void)state;
    static struct stream_world world;
    static struct model at_freeze;
    stream_world_start(&world, 9, (struct stream_limits){1000, 30});
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 2000; i++) random_stream_step(&world);
        struct frozen_store *frozen = store_freeze(&world.store);
        at_freeze = world.model;
        struct walker walker = {&frozen->tables[0], &at_freeze, 0};
        pthread_t thread;
        pthread_create(&thread, NULL, walk_often, &walker);
        for (int i = 0; i < 3000; i++) random_stream_step(&world);
        pthread_join(thread, NULL);
        assert_int_equal(walker.wrong, 0);
        store_release(frozen);
    }
    store_deinit(&world.store);
}

static void a_copy_is_the_same_and_independent(void **state)
{
    (void)state;
    static struct stream_world world;
    static struct model at_copy;
    stream_world_start(&world, 4, (struct stream_limits){4096, 100});
    for (int round = 0; round < 4; round++) {
        /* The first round copies a stream of one node. */
        for (int i = 0; i < 1500 * round + 3; i++) random_stream_step(&world);
        struct value stream = entry_value(stream_entry_in(&world.store.dbs[0].table));
        at_copy = world.model;
        struct value copy = stream;
        copy.object = stream.object->ops->copy(stream.object, &world.store.epochs);
        for (int i = 0; i < 300; i++) random_stream_step(&world);
        assert_int_equal(stream_differences(&copy, &at_copy), 0);
        assert_true(stream_is_sound(&copy));
        value_drop(&world.store.dbs[0], copy);
    }
    store_deinit(&world.store);
}

static void ranges_begin_and_end_where_they_are_told(void **state)
{
    (void)state;
    static struct stream_world world;
    stream_world_start(&world, 12, (struct stream_limits){0, 5});
    for (int i = 0; i < 1500; i++) random_stream_step(&world);
    struct value stream = entry_value(stream_entry_in(&world.store.dbs[0].table));
    const struct model *model = &world.model;
    for (int i = 0; i < 2000; i++) {
        struct stream_id bounds[2], id;
        for (int j = 0; j < 2; j++) {
            bounds[j] = model->entries[prng_below(&world.prng, model->len)].id;
            if (prng_below(&world.prng, 3) == 0) stream_id_next(&bounds[j]);
            if (prng_below(&world.prng, 3) == 0) stream_id_prev(&bounds[j]);
        }
        size_t expected = 0, met = 0, pairs;
        bool reversed = prng_below(&world.prng, 2);
        for (size_t at = 0; at < model->len; at++) {
            expected += stream_id_cmp(model->entries[at].id, bounds[0]) >= 0 &&
                        stream_id_cmp(model->entries[at].id, bounds[1]) <= 0;
        }
        struct stream_cursor cursor;
        stream_range(&stream, &cursor, bounds[0], bounds[1], reversed);
        while (stream_next(&cursor, &id, &pairs)) met++;
        assert_int_equal(met, expected);
        assert_false(stream_next(&cursor, &id, &pairs));
    }
    store_deinit(&world.store);
}

/* --- directed --- */

struct bench {
    struct store store;
    struct stream_edit edit;
};

static void set_up(struct bench *bench, struct stream_limits limits)
{
    store_init(&bench->store, 1, (struct hash_seed){1, 2});
    bench->edit = (struct stream_edit){.stream = stream_new(&bench->store.epochs),
                                       .epochs = &bench->store.epochs,
                                       .limits = limits};
}

static void tear_down(struct bench *bench)
{
    value_drop(&bench->store.dbs[0], bench->edit.stream);
    store_deinit(&bench->store);
}

static void add(struct bench *bench, uint64_t from, uint64_t to)
{
    const struct str pair[] = {STR("f"), STR("v")};
    for (uint64_t ms = from; ms <= to; ms++) {
        struct stream_id id = {ms, 0};
        assert_int_equal(stream_append(&bench->edit, id, pair, 1), STREAM_APPENDED);
    }
}

static void trimming_takes_whole_nodes_when_it_may_be_inexact(void **state)
{
    (void)state;
    static const struct {
        struct stream_trim trim;
        uint64_t gone;
    } rows[] = {
        /* 100 entries in ten nodes */
        {{.by = STREAM_KEEP_LEN, .approximate = true, .len = 55}, 40},
        {{.by = STREAM_KEEP_LEN, .len = 55}, 45},
        {{.by = STREAM_KEEP_LEN, .approximate = true, .len = 55, .limit = 25}, 20},
        {{.by = STREAM_KEEP_LEN, .approximate = true, .len = 55, .limit = 9}, 0},
        {{.by = STREAM_KEEP_LEN, .len = 0}, 100},
        {{.by = STREAM_KEEP_LEN, .approximate = true, .len = 0}, 100},
        {{.by = STREAM_KEEP_LEN, .len = 200}, 0},
        {{.by = STREAM_KEEP_FROM, .approximate = true, .from = {38, 0}}, 30},
        {{.by = STREAM_KEEP_FROM, .from = {38, 0}}, 37},
        {{.by = STREAM_KEEP_FROM, .from = {38, 1}}, 38},
        {{.by = STREAM_KEEP_FROM, .approximate = true, .from = {38, 0}, .limit = 10}, 10},
        {{.by = STREAM_KEEP_FROM, .from = {1000, 0}}, 100},
        {{.by = STREAM_KEEP_FROM, .from = {0, 5}}, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench;
        set_up(&bench, (struct stream_limits){0, 10});
        add(&bench, 1, 100);
        assert_int_equal(stream_nodes(&bench.edit.stream), 10);
        assert_int_equal(stream_trim(&bench.edit, &rows[i].trim), rows[i].gone);
        const struct stream_object *stream = value_stream(&bench.edit.stream);
        assert_int_equal(stream->len, 100 - rows[i].gone);
        assert_int_equal(stream->first.ms, rows[i].gone == 100 ? 0 : rows[i].gone + 1);
        assert_int_equal(stream->last.ms, 100);
        assert_true(stream_id_is_zero(stream->deleted));
        add(&bench, 101, 120);
        assert_int_equal(stream->len, 120 - rows[i].gone);
        tear_down(&bench);
    }
}

static void ids_are_read_written_and_follow_each_other(void **state)
{
    (void)state;
    struct stream_id id = {7, UINT64_MAX};
    char text[STREAM_ID_TEXT];
    assert_true(stream_id_next(&id) && id.ms == 8 && id.seq == 0);
    assert_true(stream_id_prev(&id) && id.ms == 7 && id.seq == UINT64_MAX);
    id = STREAM_ID_MAX;
    assert_false(stream_id_next(&id));
    assert_true(str_eq(str_of(text, stream_id_format(text, id)),
                       STR("18446744073709551615-18446744073709551615")));
    id = STREAM_ID_MIN;
    assert_false(stream_id_prev(&id));
    assert_true(stream_id_generate((struct stream_id){5, 9}, 4, &id) && id.ms == 5 && id.seq == 10);
    assert_true(stream_id_generate((struct stream_id){5, 9}, 6, &id) && id.ms == 6 && id.seq == 0);
    assert_false(stream_id_generate(STREAM_ID_MAX, 6, &id));
    assert_true(stream_id_parse(STR("12-34"), 0, &id) && id.ms == 12 && id.seq == 34);
    assert_true(stream_id_parse(STR("12"), 99, &id) && id.ms == 12 && id.seq == 99);
    static const char *const wrong[] = {"",
                                        "-",
                                        "1-",
                                        "-1",
                                        "1-2-3",
                                        "a",
                                        "1-x",
                                        " 1",
                                        "18446744073709551616",
                                        "1-18446744073709551616"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(stream_id_parse(str_from_c(wrong[i]), 0, &id));
    uint8_t wire[STREAM_ID_WIRE];
    stream_id_to_wire(wire, (struct stream_id){0x0102030405060708, 0x1112131415161718});
    assert_memory_equal(wire, "\1\2\3\4\5\6\7\10\21\22\23\24\25\26\27\30", 16);
    assert_int_equal(stream_id_from_wire(wire).seq, 0x1112131415161718);
}

/* The counters of groups as 7.0 keeps them. */
static void a_group_knows_its_lag_until_deletions_hide_it(void **state)
{
    (void)state;
    struct bench bench;
    int64_t lag;
    set_up(&bench, (struct stream_limits){0, 4});
    const struct stream_object *stream = value_stream(&bench.edit.stream);
    struct stream_group *group =
        stream_group_create(&bench.edit, STR("g"), STREAM_ID_MIN, STREAM_READ_UNKNOWN);
    assert_true(stream_group_lag(stream, group, &lag) && lag == 0);
    add(&bench, 1, 10);
    assert_true(stream_group_lag(stream, group, &lag) && lag == 10);
    for (uint64_t ms = 1; ms <= 3; ms++)
        stream_group_deliver(&bench.edit, group, (struct stream_id){ms, 0});
    assert_int_equal(group->entries_read, 3);
    assert_true(stream_group_lag(stream, group, &lag) && lag == 7);
    /* What was delivered already does not count twice. */
    stream_group_deliver(&bench.edit, group, (struct stream_id){2, 0});
    assert_int_equal(group->entries_read, 3);
    stream_delete(&bench.edit, (struct stream_id){7, 0});
    assert_false(stream_group_lag(stream, group, &lag));
    stream_group_deliver(&bench.edit, group, (struct stream_id){4, 0});
    assert_int_equal(group->entries_read, STREAM_READ_UNKNOWN);
    stream_group_deliver(&bench.edit, group, (struct stream_id){10, 0});
    assert_int_equal(group->entries_read, 10);
    assert_true(stream_group_lag(stream, group, &lag) && lag == 0);
    tear_down(&bench);
}

static void how_far_an_id_is_from_the_start(void **state)
{
    (void)state;
    struct stream_object stream = {.len = 5, .added = 20, .first = {10, 0}, .last = {30, 0}};
    static const struct {
        uint64_t ms, deleted_ms;
        int64_t up_to;
    } rows[] = {
        {30, 0, 20},
        {31, 0, STREAM_READ_UNKNOWN},
        {9, 0, 15},
        {10, 0, 16},
        {11, 0, STREAM_READ_UNKNOWN},
        {10, 9, 16},
        {10, 10, STREAM_READ_UNKNOWN},
        {9, 12, STREAM_READ_UNKNOWN},
        {30, 12, 20},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stream.deleted.ms = rows[i].deleted_ms;
        struct stream_id id = {rows[i].ms, 0};
        assert_int_equal(stream_entries_up_to(&stream, id), rows[i].up_to);
    }
    stream.len = 0;
    assert_int_equal(stream_entries_up_to(&stream, (struct stream_id){11, 0}), 20);
    stream.added = 0;
    assert_int_equal(stream_entries_up_to(&stream, (struct stream_id){11, 0}), 0);
}

static void many_entries_cost_few_bytes(void **state)
{
    (void)state;
    struct bench bench;
    char value[17];
    int64_t before = mem_thread_balance();
    set_up(&bench, (struct stream_limits){4096, 100});
    for (uint64_t i = 0; i < MANY; i++) {
        struct str pair[] = {STR("field"), str_of(value, 16)};
        sprintf(value, "value-%010u", (unsigned)i);
        struct stream_id id = {1000000 + i / 3, i % 3};
        assert_int_equal(stream_append(&bench.edit, id, pair, 1), STREAM_APPENDED);
    }
    double each = (double)(mem_thread_balance() - before) / MANY;
    const struct object *object = bench.edit.stream.object;
    double told = (double)object->ops->memory(object, 0) / MANY;
    if (strncmp(mem_allocator_name(), "jemalloc", 8) == 0) assert_true(each < 34);
    assert_true(told > 0.9 * each && told < 1.1 * each);
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_views_keep_their_entries_and_groups),
        cmocka_unit_test(a_worker_reads_a_frozen_stream_while_the_data_thread_writes),
        cmocka_unit_test(a_copy_is_the_same_and_independent),
        cmocka_unit_test(ranges_begin_and_end_where_they_are_told),
        cmocka_unit_test(trimming_takes_whole_nodes_when_it_may_be_inexact),
        cmocka_unit_test(ids_are_read_written_and_follow_each_other),
        cmocka_unit_test(a_group_knows_its_lag_until_deletions_hide_it),
        cmocka_unit_test(how_far_an_id_is_from_the_start),
        cmocka_unit_test(many_entries_cost_few_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
