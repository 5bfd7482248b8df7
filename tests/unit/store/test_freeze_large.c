/* Proves: a hash, a set, a list, a sorted set and a stream of SKEIN_ELEMENTS elements each (`make
 * freeze-large`: 5 million) are frozen without looking at them, and a worker finds in the frozen
 * view every element as it was, and none else, while the data thread changes and removes them.
 *
 * Elements are numbers, and what belongs to a number follows from it, so the model is a count and
 * the rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/fields.h"
#include "store/members.h"
#include "store/sequence.h"
#include "store/stream_group.h"
#include "store/zset.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ELEMENTS = 20000, TEXT = 32, PENDING_SHARE = 4 };

struct world {
    struct store store;
    struct prng prng;
    struct value value; /* the private collection, while it is written to */
    size_t count;
};

/* One kind of collection. */
struct kind {
    const char *name;
    struct value (*create)(struct world *world);
    /* Changes or removes an element by chance, or adds one. */
    void (*change)(struct world *world);
    /* Calls `see` for each element and returns the number of those that are not as they were. */
    size_t (*walk)(const struct value *value, size_t count, uint8_t *seen);
};

/* --- elements --- */

static struct str text_of(char letter, size_t number, char *room)
{
    return str_of(room, (size_t)sprintf(room, "%c:%08zu", letter, number));
}

/* The number of a text of this letter; SIZE_MAX when it is none. */
static size_t number_of(struct str text, char letter)
{
    size_t number = 0;
    if (text.len != 10 || text.ptr[0] != letter) return SIZE_MAX;
    for (size_t i = 2; i < text.len; i++) number = number * 10 + (size_t)(text.ptr[i] - '0');
    return number;
}

/* Counts an element; 1 when it may not be there, or is not there for the first time. */
static size_t see(uint8_t *seen, size_t count, size_t number)
{
    if (number >= count || seen[number]) return 1;
    seen[number] = 1;
    return 0;
}

static size_t any(struct world *world)
{
    return prng_below(&world->prng, world->count * 5 / 4);
}

/* --- hashes --- */

static struct fields_edit edit_hash(struct world *world)
{
    return (struct fields_edit){.hash = world->value, .store = &world->store, .limits = {128, 64}};
}

static struct value create_hash(struct world *world)
{
    char name[TEXT], value[TEXT];
    world->value = fields_new(&world->store);
    struct fields_edit edit = edit_hash(world);
    for (size_t i = 0; i < world->count; i++)
        fields_set(&edit, text_of('f', i, name), text_of('v', i, value));
    return edit.hash;
}

static void change_hash(struct world *world)
{
    struct fields_edit edit = edit_hash(world);
    char name[TEXT];
    struct str field = text_of('f', any(world), name);
    if (prng_below(&world->prng, 2))
        fields_set(&edit, field, STR("another"));
    else
        fields_remove(&edit, field);
}

static size_t walk_hash(const struct value *value, size_t count, uint8_t *seen)
{
    struct fields_cursor cursor = {0};
    struct field field;
    size_t wrong = 0;
    while (fields_next(value, &cursor, &field)) {
        size_t number = number_of(field.name, 'f');
        wrong += see(seen, count, number) + (number_of(field.value, 'v') != number);
    }
    return wrong;
}

/* --- sets --- */

static struct members_edit edit_set(struct world *world)
{
    return (struct members_edit){
        .set = world->value, .store = &world->store, .limits = {512, 128, 64}};
}

static struct value create_set(struct world *world)
{
    char name[TEXT];
    struct members_edit edit = edit_set(world);
    members_begin(&edit, text_of('m', 0, name), world->count);
    for (size_t i = 0; i < world->count; i++) members_add(&edit, text_of('m', i, name));
    return edit.set;
}

static void change_set(struct world *world)
{
    struct members_edit edit = edit_set(world);
    char name[TEXT];
    struct str member = text_of('m', any(world), name);
    if (prng_below(&world->prng, 3))
        members_remove(&edit, member);
    else
        members_add(&edit, member);
}

static size_t walk_set(const struct value *value, size_t count, uint8_t *seen)
{
    struct members_cursor cursor = {0};
    struct member member;
    size_t wrong = 0;
    while (members_next(value, &cursor, &member))
        wrong += see(seen, count, number_of(member.name, 'm'));
    return wrong;
}

/* --- lists --- */

static struct sequence edit_list(struct world *world)
{
    return (struct sequence){
        .epochs = &world->store.epochs, .limit = sequence_limit_of(-2), .list = world->value};
}

static struct value create_list(struct world *world)
{
    char room[TEXT];
    world->value = sequence_new_big(&world->store.epochs);
    struct sequence edit = edit_list(world);
    for (size_t i = 0; i < world->count; i++) sequence_insert(&edit, i, text_of('e', i, room));
    return edit.list;
}

static void change_list(struct world *world)
{
    struct sequence edit = edit_list(world);
    size_t at = prng_below(&world->prng, sequence_len(&edit.list));
    switch (prng_below(&world->prng, 3)) {
    case 0:
        sequence_insert(&edit, at, STR("another"));
        break;
    case 1:
        sequence_replace(&edit, at, STR("another"));
        break;
    default:
        sequence_remove(&edit, at, 1);
    }
}

static size_t walk_list(const struct value *value, size_t count, uint8_t *seen)
{
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    size_t wrong = 0, at = 0;
    bool more = sequence_seek(value, &cursor, 0);
    for (; more; more = sequence_next(&cursor), at++) {
        size_t number = number_of(sequence_element(&cursor, room), 'e');
        wrong += see(seen, count, number) + (number != at);
    }
    return wrong;
}

/* --- sorted sets --- */

static struct zset_edit edit_zset(struct world *world)
{
    return (struct zset_edit){.zset = world->value, .store = &world->store, .limits = {128, 64}};
}

static struct value create_zset(struct world *world)
{
    char name[TEXT];
    world->value = zset_new_big(&world->store);
    struct zset_edit edit = edit_zset(world);
    for (size_t i = 0; i < world->count; i++) zset_add(&edit, text_of('z', i, name), (double)i / 2);
    return edit.zset;
}

static void change_zset(struct world *world)
{
    struct zset_edit edit = edit_zset(world);
    char name[TEXT];
    struct str member = text_of('z', any(world), name);
    zset_remove(&edit, member);
    if (prng_below(&world->prng, 2)) zset_add(&edit, member, prng_unit(&world->prng) * 1e6);
}

static size_t walk_zset(const struct value *value, size_t count, uint8_t *seen)
{
    struct zset_walk walk = {0};
    struct ranked member;
    size_t wrong = 0, at = 0;
    while (zset_walk(value, &walk, &member)) {
        size_t number = number_of(member.name, 'z');
        wrong += see(seen, count, number) + (number != at) + (member.score != (double)number / 2);
        at++;
    }
    return wrong;
}

/* --- streams: a quarter of the entries is pending --- */

static struct stream_edit edit_stream(struct world *world)
{
    return (struct stream_edit){
        .stream = world->value, .epochs = &world->store.epochs, .limits = {4096, 100}};
}

static struct stream_id id_of(size_t number)
{
    return (struct stream_id){1 + number / 3, number % 3};
}

static struct value create_stream(struct world *world)
{
    char room[TEXT];
    world->value = stream_new(&world->store.epochs);
    struct stream_edit edit = edit_stream(world);
    struct stream_group *group =
        stream_group_create(&edit, STR("g"), STREAM_ID_MIN, STREAM_READ_UNKNOWN);
    struct stream_consumer *consumer = stream_consumer_create(&edit, group, STR("alice"), 1);
    stream_consumer_create(&edit, group, STR("bob"), 1);
    for (size_t i = 0; i < world->count; i++) {
        struct str pair[] = {STR("field"), text_of('s', i, room)};
        struct stream_delivery delivery = {id_of(i), (int64_t)i, 1};
        stream_append(&edit, delivery.id, pair, 1);
        if (i % PENDING_SHARE == 0) stream_pending_put(&edit, group, consumer, &delivery);
    }
    return edit.stream;
}

static void change_stream(struct world *world)
{
    struct stream_edit edit = edit_stream(world);
    struct stream_group *group = stream_group_open(&edit, STR("g"));
    const struct str pair[] = {STR("f"), STR("another")};
    struct stream_id id = id_of(any(world)), next = value_stream(&edit.stream)->last;
    struct stream_delivery delivery = {id, 1, 2};
    switch (prng_below(&world->prng, 4)) {
    case 0:
        stream_id_next(&next);
        stream_append(&edit, next, pair, 1);
        break;
    case 1:
        stream_delete(&edit, id);
        break;
    case 2:
        stream_pending_remove(&edit, group, id);
        break;
    default:
        stream_pending_put(&edit, group, stream_consumer_open(&edit, group, STR("bob")), &delivery);
    }
}

static size_t wrong_pendings(const struct value *value, size_t count)
{
    const struct stream_group *group = stream_group_find(value, STR("g"));
    const struct stream_consumer *alice = stream_consumer_find(group, STR("alice"));
    const struct tree *trees[] = {&group->pendings, &alice->pendings};
    size_t wrong = 0;
    for (size_t i = 0; i < 2; i++) {
        struct tree_cursor cursor;
        size_t at = 0;
        const struct stream_pending *pending =
            stream_pending_from(trees[i], &cursor, STREAM_ID_MIN);
        for (; pending; pending = stream_pending_next(&cursor), at += PENDING_SHARE) {
            wrong += stream_id_cmp(pending->id, id_of(at)) != 0 || pending->deliveries != 1 ||
                     pending->owner != alice->name || pending->delivered_ms != (int64_t)at;
        }
        wrong += at < count || at >= count + PENDING_SHARE;
    }
    return wrong;
}

static size_t walk_stream(const struct value *value, size_t count, uint8_t *seen)
{
    struct stream_cursor cursor;
    struct stream_pair pair;
    struct stream_id id;
    size_t wrong = wrong_pendings(value, count), at = 0, pairs;
    stream_range(value, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, false);
    for (; stream_next(&cursor, &id, &pairs); at++) {
        wrong += !stream_next_pair(&cursor, &pair) || stream_id_cmp(id, id_of(at)) != 0;
        wrong += see(seen, count, number_of(pair.value, 's')) + !str_eq(pair.name, STR("field"));
    }
    return wrong;
}

static const struct kind kinds[] = {
    {"hash", create_hash, change_hash, walk_hash},
    {"set", create_set, change_set, walk_set},
    {"list", create_list, change_list, walk_list},
    {"sorted set", create_zset, change_zset, walk_zset},
    {"stream", create_stream, change_stream, walk_stream},
};

/* --- the test --- */

struct walker {
    const struct kind *kind;
    const struct table *table;
    size_t count, wrong;
    _Atomic bool done;
};

static struct entry *entry_in(const struct table *table)
{
    return table_find(table, STR("k"), table_hash(table, STR("k")));
}

static void *walk_all(void *context)
{
    struct walker *walker = context;
    uint8_t *seen = calloc(walker->count, 1);
    struct value value = entry_value(entry_in(walker->table));
    walker->wrong = walker->kind->walk(&value, walker->count, seen);
    for (size_t i = 0; i < walker->count; i++) walker->wrong += seen[i] == 0;
    free(seen);
    atomic_store(&walker->done, true);
    return NULL;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* At least so many changes are made, and then more until the worker is through. */
static void change_while(struct world *world, const struct kind *kind, struct walker *walker)
{
    struct keyspace *ks = &world->store.dbs[0];
    for (size_t i = 0; i < ELEMENTS || !atomic_load(&walker->done); i++) {
        struct entry *entry = entry_in(&ks->table);
        keyspace_writable_object(ks, &entry);
        world->value = entry_value(entry);
        kind->change(world);
    }
}

static void freeze_and_walk(const struct kind *kind, size_t count)
{
    struct world world = {.count = count};
    prng_init(&world.prng, count);
    store_init(&world.store, 1, (struct hash_seed){3, 4});
    double started = now_ms();
    keyspace_put(&world.store.dbs[0], STR("k"), kind->create(&world), NO_EXPIRY);
    double made = now_ms();
    struct frozen_store *frozen = store_freeze(&world.store);
    double froze = now_ms();
    struct walker walker = {.kind = kind, .table = &frozen->tables[0], .count = count};
    pthread_t thread;
    pthread_create(&thread, NULL, walk_all, &walker);
    change_while(&world, kind, &walker);
    pthread_join(thread, NULL);
    assert_int_equal(walker.wrong, 0);
    /* A thousandth of what looking at each element would take; the margin is for a busy machine. */
    assert_true(froze - made < 5 + (made - started) / 1000);
    store_release(frozen);
    store_deinit(&world.store);
}

static void frozen_collections_stay_while_they_are_written_to(void **state)
{
    (void)state;
    const char *elements = getenv("SKEIN_ELEMENTS");
    size_t count = elements ? strtoull(elements, NULL, 10) : ELEMENTS;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) freeze_and_walk(&kinds[i], count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_collections_stay_while_they_are_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
