/* Lists of every size against an array of strings: random writes at both ends and in the middle
 * interleave with freezes; frozen views keep their list, read from the same thread and from
 * another, while lists change their form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/sequence.h"

#include <pthread.h>
#include <stdio.h>

enum { LEN_MAX = 3000, STEPS = 30000, VIEWS = 3, ELEMENT_ROOM = 1200 };

struct model {
    size_t len;
    uint32_t list[LEN_MAX];
};

struct world {
    struct store store;
    struct prng prng;
    struct sequence_limit limit;
    struct model model;
};

/* Elements take every shape: small and big integers, short and long strings. */
static struct str element_of(uint32_t id, char *room)
{
    switch (id % 5) {
    case 0:
        return str_of(room, (size_t)sprintf(room, "%u", id % 100));
    case 1:
        return str_of(room, (size_t)sprintf(room, "-%u000000", id));
    case 2: {
        size_t len = id % 1100;
        memset(room, 'a' + (int)(id % 26), len);
        return str_of(room, len);
    }
    default:
        return str_of(room, (size_t)sprintf(room, "element-%u", id));
    }
}

static size_t differences(const struct value *list, const struct model *model)
{
    struct sequence_cursor cursor;
    char room[ELEMENT_ROOM], digits[NUM_I64_MAX];
    size_t wrong = 0, at = 0;
    for (bool more = sequence_seek(list, &cursor, 0); more; more = sequence_next(&cursor)) {
        struct str wanted = element_of(model->list[at % LEN_MAX], room);
        wrong += at >= model->len || !str_eq(sequence_element(&cursor, digits), wanted);
        at++;
    }
    return wrong + (at != model->len) + (sequence_len(list) != model->len);
}

static size_t differences_backwards(const struct value *list, const struct model *model)
{
    struct sequence_cursor cursor;
    char room[ELEMENT_ROOM];
    size_t wrong = 0, at = model->len;
    bool more = at && sequence_seek(list, &cursor, at - 1);
    for (; more && at; more = sequence_prev(&cursor)) {
        at--;
        wrong += !sequence_is(&cursor, element_of(model->list[at], room));
    }
    return wrong + at + more;
}

static struct entry *entry_in(const struct table *table)
{
    return table_find(table, STR("l"), table_hash(table, STR("l")));
}

static size_t place(struct world *world, size_t len)
{
    switch (prng_below(&world->prng, 4)) {
    case 0:
        return 0;
    case 1:
        return len;
    default:
        return prng_below(&world->prng, len + 1);
    }
}

static void insert(struct world *world, struct sequence *sequence, uint32_t id, size_t at)
{
    struct model *model = &world->model;
    char room[ELEMENT_ROOM];
    struct str element = element_of(id, room);
    sequence_reserve(sequence, element.len, 1);
    sequence_insert(sequence, at, element);
    memmove(model->list + at + 1, model->list + at, (model->len - at) * sizeof(id));
    model->list[at] = id;
    model->len++;
}

static void replace(struct world *world, struct sequence *sequence, uint32_t id, size_t at)
{
    char room[ELEMENT_ROOM];
    struct str element = element_of(id, room);
    if (at >= world->model.len) return;
    sequence_reserve(sequence, element.len, 1);
    sequence_replace(sequence, at, element);
    world->model.list[at] = id;
}

static void take_out(struct world *world, struct sequence *sequence, size_t at, size_t count)
{
    struct model *model = &world->model;
    if (at >= model->len) return;
    if (count > model->len - at) count = model->len - at;
    sequence_remove(sequence, at, count);
    sequence_settle(sequence, 2);
    model->len -= count;
    memmove(model->list + at, model->list + at + count, (model->len - at) * sizeof(uint32_t));
}

static void random_step(struct world *world)
{
    struct keyspace *ks = &world->store.dbs[0];
    struct entry *entry = entry_in(&ks->table);
    struct sequence sequence = {.epochs = &world->store.epochs, .limit = world->limit};
    keyspace_writable_object(ks, &entry);
    sequence.list = entry_value(entry);
    uint32_t id = (uint32_t)prng_below(&world->prng, 1000000);
    size_t at = place(world, world->model.len), kind = prng_below(&world->prng, 100);
    if (kind < 50 && world->model.len < LEN_MAX)
        insert(world, &sequence, id, at);
    else if (kind < 60)
        replace(world, &sequence, id, at);
    else if (kind < 98)
        take_out(world, &sequence, at, 1 + prng_below(&world->prng, 2));
    else
        take_out(world, &sequence, at, prng_below(&world->prng, 400));
    if (sequence.list.object != entry_object(entry))
        keyspace_relink_object(ks, entry, sequence.list);
}

static void grow(struct world *world, size_t len)
{
    while (world->model.len < len) {
        struct keyspace *ks = &world->store.dbs[0];
        struct entry *entry = entry_in(&ks->table);
        struct sequence sequence = {.epochs = &world->store.epochs, .limit = world->limit};
        keyspace_writable_object(ks, &entry);
        sequence.list = entry_value(entry);
        insert(world, &sequence, (uint32_t)prng_below(&world->prng, 1000000), world->model.len);
        if (sequence.list.object != entry_object(entry))
            keyspace_relink_object(ks, entry, sequence.list);
    }
}

static void start(struct world *world, uint64_t seed, int64_t size)
{
    prng_init(&world->prng, seed);
    store_init(&world->store, 1, (struct hash_seed){seed, 7});
    world->limit = sequence_limit_of(size);
    world->model.len = 0;
    struct value list = sequence_new(&world->store.epochs);
    keyspace_put(&world->store.dbs[0], STR("l"), list, NO_EXPIRY);
}

/* A search for an element within bounds, in one direction, meets what comparing all would. */
static void search_agrees(const struct value *list, const struct model *model,
                          struct sequence_search search)
{
    char room[ELEMENT_ROOM];
    size_t to = search.to < model->len ? search.to : model->len;
    size_t at = search.backwards ? to : search.from;
    sequence_search_begin(&search, list);
    for (;;) {
        bool more = search.backwards ? at > search.from : at < to;
        if (!more) break;
        size_t here = search.backwards ? --at : at++;
        if (!str_eq(element_of(model->list[here], room), search.element)) continue;
        assert_true(sequence_search_next(&search));
        assert_int_equal(search.index, here);
    }
    assert_false(sequence_search_next(&search));
    assert_false(sequence_search_next(&search));
}

static void finds(const struct value *list, const struct model *model, size_t wanted)
{
    char room[ELEMENT_ROOM];
    struct sequence_search search = {.element = element_of(model->list[wanted], room),
                                     .to = SIZE_MAX};
    search_agrees(list, model, search);
    search.backwards = true;
    search_agrees(list, model, search);
    search.from = wanted / 2;
    search.to = wanted + 1;
    search_agrees(list, model, search);
    search.backwards = false;
    search_agrees(list, model, search);
}

static void agrees(const struct table *table, const struct model *model)
{
    struct value list = entry_value(entry_in(table));
    struct sequence_search absent = {.element = STR("nobody puts this in"), .to = SIZE_MAX};
    for (size_t at = 0; at < model->len; at += 1 + model->len / 8) finds(&list, model, at);
    search_agrees(&list, model, absent);
    assert_int_equal(differences(&list, model), 0);
    assert_int_equal(differences_backwards(&list, model), 0);
}

static void frozen_views_keep_their_list(void **state)
{
    (void)state;
    static const int64_t sizes[] = {-1, -2, 8, 0, 100};
    static struct world world;
    static struct model at_freeze[VIEWS];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct frozen_store *views[VIEWS] = {0};
        start(&world, i + 1, sizes[i]);
        for (int step = 0; step < STEPS; step++) {
            random_step(&world);
            if (step % 5000 == 0) grow(&world, 800);
            if (step % 50 == 0 && world.model.len) {
                struct value list = entry_value(entry_in(&world.store.dbs[0].table));
                finds(&list, &world.model, place(&world, world.model.len - 1));
            }
            if (prng_below(&world.prng, 300) != 0) continue;
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
        struct value list = entry_value(entry_in(walker->table));
        walker->wrong += differences(&list, walker->model);
    }
    return NULL;
}

static void a_worker_reads_a_frozen_list_while_the_data_thread_writes(void **state)
{
    (void)state;
    static struct world world;
    static struct model at_freeze;
    start(&world, 9, -1);
    for (int round = 0; round < 6; round++) {
        grow(&world, 1000);
        struct frozen_store *frozen = store_freeze(&world.store);
        at_freeze = world.model;
        struct walker walker = {&frozen->tables[0], &at_freeze, 0};
        pthread_t thread;
        pthread_create(&thread, NULL, walk_often, &walker);
        for (int i = 0; i < 3000; i++) random_step(&world);
        pthread_join(thread, NULL);
        assert_int_equal(walker.wrong, 0);
        store_release(frozen);
    }
    store_deinit(&world.store);
}

static void a_copy_is_independent(void **state)
{
    (void)state;
    static struct world world;
    static struct model then;
    start(&world, 3, -2);
    grow(&world, 1000);
    struct keyspace *ks = &world.store.dbs[0];
    keyspace_copy(entry_in(&ks->table), ks, STR("c"));
    then = world.model;
    for (int i = 0; i < 2000; i++) random_step(&world);
    struct value copy = entry_value(keyspace_find(ks, STR("c")));
    assert_int_equal(differences(&copy, &then), 0);
    store_deinit(&world.store);
}

/* What the allocator gave for a list is what it says it uses, within a tenth. */
static void memory_is_told_right(void **state)
{
    (void)state;
    static struct world world;
    start(&world, 4, -2);
    int64_t before = mem_thread_balance();
    grow(&world, LEN_MAX);
    struct value searched = entry_value(entry_in(&world.store.dbs[0].table));
    finds(&searched, &world.model, LEN_MAX / 2);
    double spent = (double)(mem_thread_balance() - before);
    struct value list = entry_value(entry_in(&world.store.dbs[0].table));
    assert_int_equal(list.object->ops->weight(list.object), LEN_MAX);
    double exact = (double)list.object->ops->memory(list.object, 0);
    double sampled = (double)list.object->ops->memory(list.object, 100);
    assert_true(exact > 0.9 * spent && exact < 1.1 * spent + 1000);
    assert_true(sampled > 0.7 * exact && sampled < 1.3 * exact);
    store_deinit(&world.store);
}

static void the_limit_counts_bytes_or_elements(void **state)
{
    (void)state;
    assert_int_equal(sequence_limit_of(-2).bytes, 8192);
    assert_int_equal(sequence_limit_of(-5).bytes, 65536);
    assert_int_equal(sequence_limit_of(INT64_MIN).bytes, 65536);
    assert_int_equal(sequence_limit_of(0).count, 1);
    assert_int_equal(sequence_limit_of(128).count, 128);
    assert_true(sequence_limit_of(-1).count > INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_views_keep_their_list),
        cmocka_unit_test(a_worker_reads_a_frozen_list_while_the_data_thread_writes),
        cmocka_unit_test(a_copy_is_independent),
        cmocka_unit_test(memory_is_told_right),
        cmocka_unit_test(the_limit_counts_bytes_or_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
