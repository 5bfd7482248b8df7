/* Hashes and sets against a plain model, in every form they can take: random writes interleave with
 * freezes, and each frozen view must go on showing the model as of its freeze while the data thread
 * writes, from the same thread and from another. A freeze and a write after it cost the same
 * whatever the collection's size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/fields.h"
#include "store/members.h"

#include <pthread.h>
#include <stdio.h>

enum { UNIVERSE = 3000, STEPS = 40000, VIEWS = 3, ABSENT = 0, ROOM = 400 };

/* What each field holds, or whether each member is there: 0 nothing, else a version. */
struct model {
    uint32_t version[UNIVERSE];
    size_t len;
};

/* How a collection is written to and compared with the model. */
struct kind {
    const char *name;
    uint32_t universe; /* fields or members in use: few of them stay in the small form */
    bool numbers;      /* members are integers */
    bool (*put)(struct keyspace *ks, const struct kind *kind, uint32_t i, uint32_t version);
    bool (*drop)(struct keyspace *ks, const struct kind *kind, uint32_t i);
    bool (*holds)(const struct value *value, const struct kind *kind, uint32_t i, uint32_t version);
    size_t (*count)(const struct value *value);
};

static struct str name_of(const struct kind *kind, uint32_t i, char *room)
{
    if (kind->numbers) return str_of(room, (size_t)sprintf(room, "%d", (int)(i * 37) - 40000));
    return str_of(room, (size_t)sprintf(room, "name:%u", i));
}

/* Values take every shape: integers, short, longer than an entry embeds. */
static struct str value_of(uint32_t i, uint32_t version, char *room)
{
    size_t len = (i + version) % 4 == 0 ? 200 + version % 150 : (i + version) % 50;
    if ((i + version) % 4 == 1) return str_of(room, (size_t)sprintf(room, "%u", version));
    memset(room, 'a' + (int)(version % 26), len);
    return str_of(room, len);
}

static const struct str KEY = STR_INIT("the collection");

/* --- hashes --- */

static struct fields_edit open_fields(struct keyspace *ks, struct entry **entry)
{
    struct fields_edit edit = {.store = ks->store, .limits = {.entries = 64, .bytes = 1000}};
    *entry = keyspace_find(ks, KEY);
    if (*entry) {
        keyspace_writable_object(ks, entry);
        edit.hash = entry_value(*entry);
    } else {
        edit.hash = fields_new(ks->store);
    }
    return edit;
}

static void close_edit(struct keyspace *ks, struct entry *entry, struct value value, size_t len)
{
    if (entry)
        keyspace_relink_object(ks, entry, value);
    else
        keyspace_put(ks, KEY, value, NO_EXPIRY);
    if (len == 0) keyspace_remove(ks, KEY);
}

static bool put_field(struct keyspace *ks, const struct kind *kind, uint32_t i, uint32_t version)
{
    char name[32], value[ROOM];
    struct entry *entry;
    struct fields_edit edit = open_fields(ks, &entry);
    bool is_new = fields_set(&edit, name_of(kind, i, name), value_of(i, version, value));
    close_edit(ks, entry, edit.hash, fields_len(&edit.hash));
    return is_new;
}

static bool drop_field(struct keyspace *ks, const struct kind *kind, uint32_t i)
{
    char name[32];
    struct entry *entry;
    struct fields_edit edit = open_fields(ks, &entry);
    bool existed = fields_remove(&edit, name_of(kind, i, name));
    close_edit(ks, entry, edit.hash, fields_len(&edit.hash));
    return existed;
}

static bool holds_field(const struct value *value, const struct kind *kind, uint32_t i,
                        uint32_t version)
{
    char name[32], wanted[ROOM];
    struct field field;
    bool found = fields_get(value, name_of(kind, i, name), &field);
    if (version == ABSENT) return !found;
    return found && str_eq(field.value, value_of(i, version, wanted));
}

static size_t count_fields(const struct value *value)
{
    struct fields_cursor cursor = {0};
    struct field field;
    size_t count = 0;
    while (fields_next(value, &cursor, &field)) count++;
    return count == fields_len(value) ? count : SIZE_MAX;
}

/* --- sets --- */

static struct members_edit open_members(struct keyspace *ks, struct entry **entry, struct str first)
{
    struct members_edit edit = {.store = ks->store,
                                .limits = {.integers = 100, .entries = 64, .bytes = 1000}};
    *entry = keyspace_find(ks, KEY);
    if (*entry) {
        keyspace_writable_object(ks, entry);
        edit.set = entry_value(*entry);
    } else {
        members_begin(&edit, first, 1);
    }
    return edit;
}

static bool put_member(struct keyspace *ks, const struct kind *kind, uint32_t i, uint32_t version)
{
    char room[32];
    struct entry *entry;
    struct str name = name_of(kind, i, room);
    struct members_edit edit = open_members(ks, &entry, name);
    (void)version;
    bool is_new = members_add(&edit, name);
    close_edit(ks, entry, edit.set, members_len(&edit.set));
    return is_new;
}

static bool drop_member(struct keyspace *ks, const struct kind *kind, uint32_t i)
{
    char room[32];
    struct entry *entry;
    struct str name = name_of(kind, i, room);
    struct members_edit edit = open_members(ks, &entry, name);
    bool existed = members_remove(&edit, name);
    close_edit(ks, entry, edit.set, members_len(&edit.set));
    return existed;
}

static bool holds_member(const struct value *value, const struct kind *kind, uint32_t i,
                         uint32_t version)
{
    char room[32];
    return members_has(value, name_of(kind, i, room)) == (version != ABSENT);
}

static size_t count_members(const struct value *value)
{
    struct members_cursor cursor = {0};
    struct member member;
    size_t count = 0;
    while (members_next(value, &cursor, &member)) count++;
    return count == members_len(value) ? count : SIZE_MAX;
}

static const struct kind KINDS[] = {
    {"a small hash", 40, false, put_field, drop_field, holds_field, count_fields},
    {"a hash that grows", 120, false, put_field, drop_field, holds_field, count_fields},
    {"a big hash", UNIVERSE, false, put_field, drop_field, holds_field, count_fields},
    {"a small set", 40, false, put_member, drop_member, holds_member, count_members},
    {"a set of integers", 90, true, put_member, drop_member, holds_member, count_members},
    {"a big set", UNIVERSE, true, put_member, drop_member, holds_member, count_members},
};

/* --- the properties --- */

static size_t differences(const struct table *table, const struct kind *kind,
                          const struct model *model)
{
    const struct entry *entry = table_find(table, KEY, table_hash(table, KEY));
    size_t wrong = 0;
    if (entry == NULL) return model->len;
    struct value value = entry_value(entry);
    for (uint32_t i = 0; i < kind->universe; i++) {
        wrong += !kind->holds(&value, kind, i, model->version[i]);
    }
    return wrong + (kind->count(&value) != model->len);
}

static void random_step(struct keyspace *ks, const struct kind *kind, struct model *model,
                        struct prng *prng)
{
    uint32_t i = (uint32_t)prng_below(prng, kind->universe);
    bool exists = model->version[i] != ABSENT;
    uint64_t choice = prng_below(prng, 20000);
    if (choice == 0) {
        keyspace_remove(ks, KEY);
        *model = (struct model){0};
    } else if (choice < 8000) {
        assert_int_equal(kind->drop(ks, kind, i), exists);
        model->len -= exists;
        model->version[i] = ABSENT;
    } else {
        uint32_t version = 1 + (uint32_t)prng_below(prng, 1000000);
        assert_int_equal(kind->put(ks, kind, i, version), !exists);
        model->len += !exists;
        model->version[i] = version;
    }
}

static void frozen_views_keep_the_model(const struct kind *kind)
{
    struct store store;
    struct prng prng;
    static struct model model, at_freeze[VIEWS];
    struct frozen_store *views[VIEWS] = {0};
    prng_init(&prng, 3);
    store_init(&store, 1, (struct hash_seed){7, 77});
    model = (struct model){0};
    for (int step = 0; step < STEPS; step++) {
        random_step(&store.dbs[0], kind, &model, &prng);
        if (prng_below(&prng, 300) != 0) continue;
        size_t at = prng_below(&prng, VIEWS);
        if (views[at]) {
            assert_int_equal(differences(&views[at]->tables[0], kind, &at_freeze[at]), 0);
            store_release(views[at]);
            views[at] = NULL;
        } else {
            views[at] = store_freeze(&store);
            at_freeze[at] = model;
        }
    }
    for (int i = 0; i < VIEWS; i++) {
        if (views[i] == NULL) continue;
        assert_int_equal(differences(&views[i]->tables[0], kind, &at_freeze[i]), 0);
        store_release(views[i]);
    }
    assert_int_equal(differences(&store.dbs[0].table, kind, &model), 0);
    store_deinit(&store);
}

struct walker {
    const struct table *table;
    const struct kind *kind;
    const struct model *model;
    size_t wrong;
};

static void *walk_often(void *context)
{
    struct walker *walker = context;
    for (int i = 0; i < 4; i++) {
        walker->wrong += differences(walker->table, walker->kind, walker->model);
    }
    return NULL;
}

static void a_worker_reads_while_we_write(const struct kind *kind)
{
    struct store store;
    struct prng prng;
    static struct model model, at_freeze;
    prng_init(&prng, 9);
    store_init(&store, 1, (struct hash_seed){5, 6});
    model = (struct model){0};
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 4000; i++) random_step(&store.dbs[0], kind, &model, &prng);
        at_freeze = model;
        struct frozen_store *frozen = store_freeze(&store);
        struct walker walker = {&frozen->tables[0], kind, &at_freeze, 0};
        pthread_t thread;
        pthread_create(&thread, NULL, walk_often, &walker);
        for (int i = 0; i < 4000; i++) random_step(&store.dbs[0], kind, &model, &prng);
        pthread_join(thread, NULL);
        assert_int_equal(walker.wrong, 0);
        store_release(frozen);
    }
    assert_int_equal(differences(&store.dbs[0].table, kind, &model), 0);
    store_deinit(&store);
}

static void for_each_kind(void (*property)(const struct kind *))
{
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        print_message("           %s\n", KINDS[i].name);
        property(&KINDS[i]);
    }
}

static void frozen_views_keep_the_model_as_of_their_freeze(void **state)
{
    (void)state;
    for_each_kind(frozen_views_keep_the_model);
}

static void a_worker_reads_a_frozen_view_while_the_data_thread_writes(void **state)
{
    (void)state;
    for_each_kind(a_worker_reads_while_we_write);
}

static void copies_share_nothing(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(KINDS) / sizeof(KINDS[0]); k++) {
        const struct kind *kind = &KINDS[k];
        struct store store;
        struct prng prng;
        static struct model model, at_copy;
        prng_init(&prng, 4);
        store_init(&store, 2, (struct hash_seed){7, 77});
        model = (struct model){0};
        for (int i = 0; i < 5000; i++) random_step(&store.dbs[0], kind, &model, &prng);
        assert_true(model.len > 0);
        keyspace_copy(keyspace_find(&store.dbs[0], KEY), &store.dbs[1], KEY);
        at_copy = model;
        for (int i = 0; i < 5000; i++) random_step(&store.dbs[0], kind, &model, &prng);
        keyspace_remove(&store.dbs[0], KEY);
        assert_int_equal(differences(&store.dbs[1].table, kind, &at_copy), 0);
        store_deinit(&store);
    }
}

/* What a write after a freeze copies: the path to it, never the whole. */
static void a_write_to_a_big_frozen_hash_copies_little(void **state)
{
    (void)state;
    enum { MANY = 200000, LITTLE = 100 * 1000 };
    struct store store;
    char name[32];
    store_init(&store, 1, (struct hash_seed){7, 77});
    struct keyspace *ks = &store.dbs[0];
    for (uint32_t i = 0; i < MANY; i++) put_field(ks, &KINDS[2], i, 1);
    struct frozen_store *frozen = store_freeze(&store);
    int64_t before = mem_thread_balance();
    put_field(ks, &KINDS[2], 77, 5);
    drop_field(ks, &KINDS[2], 78);
    assert_in_range(mem_thread_balance() - before, 0, LITTLE);
    const struct entry *entry =
        table_find(&frozen->tables[0], KEY, table_hash(&frozen->tables[0], KEY));
    struct value old = entry_value(entry);
    assert_true(holds_field(&old, &KINDS[2], 77, 1) && holds_field(&old, &KINDS[2], 78, 1));
    struct value now = entry_value(keyspace_find(ks, KEY));
    assert_true(holds_field(&now, &KINDS[2], 77, 5));
    assert_false(fields_get(&now, name_of(&KINDS[2], 78, name), &(struct field){0}));
    store_release(frozen);
    store_deinit(&store);
}

/* Entries of 64 bytes and what the table spends on each. */
static void a_field_of_16_and_32_bytes_takes_little(void **state)
{
    (void)state;
    enum { MANY = 100000, BYTES_MAX = 96 };
    struct store store;
    char name[32];
    store_init(&store, 1, (struct hash_seed){7, 77});
    struct fields_edit edit = {.store = &store, .hash = fields_new(&store)};
    int64_t before = mem_thread_balance();
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "field:%010u", i);
        fields_set(&edit, str_of(name, 16), STR("0123456789abcdef0123456789abcdef"));
    }
    int64_t spent = mem_thread_balance() - before;
    print_message("           %.1f bytes for each field\n", (double)spent / MANY);
    assert_in_range(spent / MANY, 1, BYTES_MAX);
    size_t told = edit.hash.object->ops->memory(edit.hash.object, 5);
    assert_in_range(told, (uint64_t)spent * 9 / 10, (uint64_t)spent * 11 / 10);
    edit.hash.object->ops->free(edit.hash.object);
    store_deinit(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_views_keep_the_model_as_of_their_freeze),
        cmocka_unit_test(a_worker_reads_a_frozen_view_while_the_data_thread_writes),
        cmocka_unit_test(copies_share_nothing),
        cmocka_unit_test(a_write_to_a_big_frozen_hash_copies_little),
        cmocka_unit_test(a_field_of_16_and_32_bytes_takes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
