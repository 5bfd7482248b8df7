/* A stream as plain arrays, and random writes that go to it and to the real one. */
#ifndef SKEIN_TESTS_STREAM_MODEL_H
#define SKEIN_TESTS_STREAM_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/stream_group.h"

#include <stdio.h>

enum { MODEL_ENTRIES = 3000, MODEL_GROUPS = 3, MODEL_CONSUMERS = 4, MODEL_PAIRS = 5 };

struct model_pending {
    struct stream_id id;
    int owner;
    int64_t ms;
    uint64_t deliveries;
};

struct model_group {
    bool exists;
    struct stream_id last;
    size_t len;
    struct model_pending pendings[MODEL_ENTRIES];
    struct {
        bool exists;
        int64_t seen_ms, active_ms;
    } consumers[MODEL_CONSUMERS];
};

struct model {
    struct stream_id last, deleted;
    uint64_t added;
    size_t len;
    struct {
        struct stream_id id;
        uint32_t shape; /* what the pairs are made from */
    } entries[MODEL_ENTRIES];
    struct model_group groups[MODEL_GROUPS];
};

struct stream_world {
    struct store store;
    struct prng prng;
    struct stream_limits limits;
    struct model model;
};

/* --- names, ids and pairs out of numbers --- */

static inline size_t model_pair_count(uint32_t shape)
{
    return shape % 7 ? 2 : 1 + shape / 7 % MODEL_PAIRS;
}

/* The text of the name (even) or value (odd) at `at`; the room must be 300. */
static inline struct str model_text(uint32_t shape, size_t at, char *room)
{
    if (at % 2 == 0) {
        const char *format = shape % 5 ? "field-%zu" : "%zu";
        return str_of(room, (size_t)sprintf(room, format, at));
    }
    if (shape % 3 == 0) return str_of(room, (size_t)sprintf(room, "%u", shape * 77));
    memset(room, 'a' + (int)(shape % 26), 300);
    return str_of(room, (shape + at) % (shape % 11 ? 24 : 300));
}

static inline struct str model_name(const char *kind, int at, char *room)
{
    return str_of(room, (size_t)sprintf(room, "%s%d", kind, at * 9));
}

static inline struct entry *stream_entry_in(const struct table *table)
{
    return table_find(table, STR("x"), table_hash(table, STR("x")));
}

/* --- comparing; counts what differs, so that any thread may do it --- */

static inline size_t pair_differences(struct stream_cursor *cursor, uint32_t shape)
{
    struct stream_pair pair;
    char room[300];
    size_t wrong = 0, at = 0;
    while (stream_next_pair(cursor, &pair)) {
        wrong += !str_eq(pair.name, model_text(shape, at, room));
        wrong += !str_eq(pair.value, model_text(shape, at + 1, room));
        at += 2;
    }
    return wrong + (at != 2 * model_pair_count(shape));
}

/* `reads_pairs`: of how many entries the pairs are read: all, or every other one. */
static inline size_t entry_differences(const struct value *stream, const struct model *model,
                                       bool reversed)
{
    struct stream_cursor cursor;
    struct stream_id id;
    size_t wrong = 0, met = 0, pairs;
    stream_range(stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, reversed);
    while (stream_next(&cursor, &id, &pairs)) {
        if (met == model->len) return wrong + 1;
        size_t at = reversed ? model->len - 1 - met : met;
        met++;
        wrong += stream_id_cmp(id, model->entries[at].id) != 0;
        wrong += pairs != model_pair_count(model->entries[at].shape);
        if (met % 3) wrong += pair_differences(&cursor, model->entries[at].shape);
    }
    return wrong + (met != model->len);
}

static inline int owner_number(const struct stream_pending *pending)
{
    int number = -1;
    char text[32] = {0};
    memcpy(text, pending->owner->bytes, pending->owner->len);
    sscanf(text, "consumer%d", &number);
    return number / 9;
}

static inline size_t pending_differences(const struct stream_group *group,
                                         const struct model_group *model)
{
    struct tree_cursor cursor;
    const struct stream_pending *pending =
        stream_pending_from(&group->pendings, &cursor, STREAM_ID_MIN);
    size_t wrong = 0, at = 0;
    for (; pending && at < model->len; pending = stream_pending_next(&cursor), at++) {
        const struct model_pending *wanted = &model->pendings[at];
        wrong += stream_id_cmp(pending->id, wanted->id) != 0 ||
                 pending->delivered_ms != wanted->ms || pending->deliveries != wanted->deliveries ||
                 owner_number(pending) != wanted->owner;
    }
    return wrong + (pending != NULL) + (at != model->len);
}

static inline size_t consumer_differences(const struct stream_group *group,
                                          const struct model_group *model)
{
    size_t wrong = 0, exist = 0;
    char room[32];
    for (int i = 0; i < MODEL_CONSUMERS; i++) {
        const struct stream_consumer *consumer =
            stream_consumer_find(group, model_name("consumer", i, room));
        exist += model->consumers[i].exists;
        wrong += (consumer != NULL) != model->consumers[i].exists;
        if (consumer == NULL) continue;
        wrong += consumer->seen_ms != model->consumers[i].seen_ms ||
                 consumer->active_ms != model->consumers[i].active_ms;
        struct tree_cursor cursor;
        const struct stream_pending *pending =
            stream_pending_from(&consumer->pendings, &cursor, STREAM_ID_MIN);
        for (size_t at = 0; at < model->len; at++) {
            if (model->pendings[at].owner != i) continue;
            wrong += pending == NULL || stream_id_cmp(pending->id, model->pendings[at].id) != 0;
            if (pending) pending = stream_pending_next(&cursor);
        }
        wrong += pending != NULL;
    }
    return wrong + (group->consumers.len != exist);
}

static inline size_t stream_differences(const struct value *value, const struct model *model)
{
    const struct stream_object *stream = value_stream(value);
    size_t wrong = entry_differences(value, model, false) + entry_differences(value, model, true);
    struct stream_id first = model->len ? model->entries[0].id : STREAM_ID_MIN;
    char room[32];
    wrong += stream->len != model->len || stream->added != model->added;
    wrong += stream_id_cmp(stream->last, model->last) != 0;
    wrong += stream_id_cmp(stream->first, first) != 0;
    wrong += stream_id_cmp(stream->deleted, model->deleted) != 0;
    for (int i = 0; i < MODEL_GROUPS; i++) {
        const struct stream_group *group = stream_group_find(value, model_name("group", i, room));
        wrong += (group != NULL) != model->groups[i].exists;
        if (group == NULL) continue;
        wrong += stream_id_cmp(group->last, model->groups[i].last) != 0;
        wrong += pending_differences(group, &model->groups[i]);
        wrong += consumer_differences(group, &model->groups[i]);
    }
    return wrong;
}

static inline bool stream_is_sound(const struct value *value)
{
    const struct stream_wide *wide = value_stream(value)->wide;
    struct stream_name_cursor cursor = {0};
    const struct stream_group *group;
    if (wide == NULL) return true;
    if (!tree_is_sound(&wide->nodes) || !tree_is_sound(&wide->groups)) return false;
    while ((group = stream_group_next(value, &cursor))) {
        struct stream_name_cursor consumers = {0};
        const struct stream_consumer *consumer;
        if (!tree_is_sound(&group->pendings) || !tree_is_sound(&group->consumers)) return false;
        while ((consumer = stream_consumer_next(group, &consumers)))
            if (!tree_is_sound(&consumer->pendings)) return false;
    }
    return true;
}

/* --- random writes to entries --- */

static inline void model_drop_entries(struct model *model, size_t at, size_t count)
{
    model->len -= count;
    memmove(model->entries + at, model->entries + at + count,
            (model->len - at) * sizeof(model->entries[0]));
}

static inline void random_append(struct stream_world *world, struct stream_edit *edit)
{
    struct model *model = &world->model;
    struct str pairs[2 * MODEL_PAIRS];
    char rooms[2 * MODEL_PAIRS][300];
    uint32_t shape = (uint32_t)prng_below(&world->prng, 1000);
    struct stream_id id = model->last;
    if (prng_below(&world->prng, 3) == 0)
        id = (struct stream_id){id.ms + 1 + prng_below(&world->prng, 100000), shape % 3};
    else
        stream_id_next(&id);
    size_t count = model_pair_count(shape);
    for (size_t i = 0; i < 2 * count; i++) pairs[i] = model_text(shape, i, rooms[i]);
    assert_int_equal(stream_append(edit, id, pairs, count), STREAM_APPENDED);
    assert_int_equal(stream_append(edit, id, pairs, count), STREAM_ID_TOO_SMALL);
    model->entries[model->len].id = id;
    model->entries[model->len++].shape = shape;
    model->last = id;
    model->added++;
}

static inline void random_delete(struct stream_world *world, struct stream_edit *edit)
{
    struct model *model = &world->model;
    if (model->len == 0) return;
    size_t at = prng_below(&world->prng, prng_below(&world->prng, 2) ? model->len : 1);
    struct stream_id id = model->entries[at].id;
    assert_true(stream_has(&edit->stream, id));
    assert_true(stream_delete(edit, id));
    assert_false(stream_delete(edit, id));
    assert_false(stream_has(&edit->stream, id));
    model_drop_entries(model, at, 1);
    if (stream_id_cmp(id, model->deleted) > 0) model->deleted = id;
}

static inline void random_trim(struct stream_world *world, struct stream_edit *edit)
{
    struct model *model = &world->model;
    if (model->len == 0) return;
    size_t keep = model->len - prng_below(&world->prng, model->len) / 3;
    struct stream_trim trim = {
        .by = prng_below(&world->prng, 2) ? STREAM_KEEP_LEN : STREAM_KEEP_FROM,
        .approximate = prng_below(&world->prng, 2),
        .len = keep,
        .from = model->entries[model->len - keep].id,
        .limit = prng_below(&world->prng, 4) ? 0 : prng_below(&world->prng, 200),
    };
    uint64_t gone = stream_trim(edit, &trim);
    assert_true(gone <= model->len - keep);
    if (!trim.approximate && trim.limit == 0) assert_int_equal(gone, model->len - keep);
    if (trim.limit) assert_true(gone <= trim.limit + world->limits.node_entries);
    model_drop_entries(model, 0, gone);
}

/* --- random writes to groups --- */

static inline size_t model_pending_at(const struct model_group *group, struct stream_id id)
{
    size_t at = 0;
    while (at < group->len && stream_id_cmp(group->pendings[at].id, id) < 0) at++;
    return at;
}

static inline void model_put(struct model_group *group, const struct model_pending *pending)
{
    size_t at = model_pending_at(group, pending->id);
    bool exists = at < group->len && stream_id_cmp(group->pendings[at].id, pending->id) == 0;
    if (!exists) {
        memmove(group->pendings + at + 1, group->pendings + at,
                (group->len - at) * sizeof(*pending));
        group->len++;
    }
    group->pendings[at] = *pending;
}

static inline void model_take(struct model_group *group, size_t at)
{
    group->len--;
    memmove(group->pendings + at, group->pendings + at + 1,
            (group->len - at) * sizeof(group->pendings[0]));
}

struct group_step {
    struct stream_world *world;
    struct stream_edit *edit;
    struct model_group *model;
    struct stream_group *group;
    int consumer;
};

static inline void random_delivery(struct group_step *step)
{
    struct model *model = &step->world->model;
    struct prng *prng = &step->world->prng;
    struct model_group *group = step->model;
    char room[32];
    struct str name = model_name("consumer", step->consumer, room);
    struct stream_consumer *consumer = stream_consumer_open(step->edit, step->group, name);
    assert_int_equal(consumer != NULL, group->consumers[step->consumer].exists);
    if (consumer == NULL || model->len == 0 || group->len + 1 >= MODEL_ENTRIES) return;
    for (size_t left = prng_below(prng, 4); left > 0; left--) {
        size_t at = prng_below(prng, model->len);
        struct model_pending pending = {
            .id = model->entries[prng_below(prng, 2) ? at : model->len - 1].id,
            .owner = step->consumer,
            .ms = (int64_t)prng_below(prng, 1 << 30),
            .deliveries = prng_below(prng, 5),
        };
        struct stream_delivery delivery = {pending.id, pending.ms, pending.deliveries};
        stream_pending_put(step->edit, step->group, consumer, &delivery);
        model_put(group, &pending);
        stream_group_deliver(step->edit, step->group, pending.id);
        if (stream_id_cmp(pending.id, group->last) > 0) group->last = pending.id;
        consumer->active_ms = group->consumers[step->consumer].active_ms = pending.ms;
    }
}

static inline void random_ack(struct group_step *step)
{
    struct model_group *group = step->model;
    if (group->len == 0) return;
    size_t at = prng_below(&step->world->prng, group->len);
    struct stream_id id = group->pendings[at].id;
    assert_non_null(stream_pending_find(&step->group->pendings, id));
    assert_true(stream_pending_remove(step->edit, step->group, id));
    assert_false(stream_pending_remove(step->edit, step->group, id));
    model_take(group, at);
}

static inline void random_consumer(struct group_step *step)
{
    struct model_group *group = step->model;
    char room[32];
    struct str name = model_name("consumer", step->consumer, room);
    bool exists = group->consumers[step->consumer].exists;
    if (!exists || prng_below(&step->world->prng, 4)) {
        int64_t now = (int64_t)prng_below(&step->world->prng, 1 << 30);
        bool made = stream_consumer_create(step->edit, step->group, name, now) != NULL;
        assert_int_equal(made, !exists);
        if (!made) return;
        group->consumers[step->consumer].exists = true;
        group->consumers[step->consumer].seen_ms = now;
        group->consumers[step->consumer].active_ms = STREAM_NEVER_ACTIVE;
        return;
    }
    size_t pending, expected = 0;
    for (size_t at = 0; at < group->len;) {
        bool is_his = group->pendings[at].owner == step->consumer;
        expected += is_his;
        if (is_his)
            model_take(group, at);
        else
            at++;
    }
    assert_true(stream_consumer_delete(step->edit, step->group, name, &pending));
    assert_int_equal(pending, expected);
    group->consumers[step->consumer].exists = false;
}

static inline void random_group_step(struct stream_world *world, struct stream_edit *edit)
{
    int at = (int)prng_below(&world->prng, MODEL_GROUPS);
    struct group_step step = {.world = world,
                              .edit = edit,
                              .model = &world->model.groups[at],
                              .consumer = (int)prng_below(&world->prng, MODEL_CONSUMERS)};
    char room[32];
    struct str name = model_name("group", at, room);
    size_t kind = prng_below(&world->prng, 300);
    if (kind == 0 && step.model->exists) {
        assert_true(stream_group_destroy(edit, name));
        memset(step.model, 0, sizeof(*step.model));
    }
    if (!step.model->exists && kind < 40) {
        assert_non_null(stream_group_create(edit, name, world->model.last, STREAM_READ_UNKNOWN));
        assert_null(stream_group_create(edit, name, world->model.last, STREAM_READ_UNKNOWN));
        step.model->exists = true;
        step.model->last = world->model.last;
    }
    step.group = stream_group_open(edit, name);
    assert_int_equal(step.group != NULL, step.model->exists);
    if (step.group == NULL) return;
    if (kind < 20)
        random_consumer(&step);
    else if (kind < 180)
        random_delivery(&step);
    else
        random_ack(&step);
}

static inline struct stream_edit stream_world_edit(struct stream_world *world)
{
    struct keyspace *ks = &world->store.dbs[0];
    struct entry *entry = stream_entry_in(&ks->table);
    keyspace_writable_object(ks, &entry);
    return (struct stream_edit){
        .stream = entry_value(entry), .epochs = &world->store.epochs, .limits = world->limits};
}

static inline void random_stream_step(struct stream_world *world)
{
    struct stream_edit edit = stream_world_edit(world);
    size_t kind = prng_below(&world->prng, 1000);
    bool is_full = world->model.len + 1 >= MODEL_ENTRIES;
    if (kind < 450 && !is_full)
        random_append(world, &edit);
    else if (kind < 600)
        random_delete(world, &edit);
    else if (kind < 604 || is_full)
        random_trim(world, &edit);
    else
        random_group_step(world, &edit);
}

static inline void stream_world_start(struct stream_world *world, uint64_t seed,
                                      struct stream_limits limits)
{
    prng_init(&world->prng, seed);
    store_init(&world->store, 1, (struct hash_seed){seed, 7});
    world->limits = limits;
    memset(&world->model, 0, sizeof(world->model));
    struct value stream = stream_new(&world->store.epochs);
    keyspace_put(&world->store.dbs[0], STR("x"), stream, NO_EXPIRY);
}

#endif
