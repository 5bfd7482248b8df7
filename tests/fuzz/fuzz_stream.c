/* A stream from hostile bytes is not only taken or refused: what is taken is read in both
 * directions, trimmed, appended to, claimed, acknowledged and frozen in between, and its counts
 * stay true.
 *
 * The first byte chooses the form (5.0, 7.0 or 7.2) and how much is trimmed. */
#include "base/crc64.h"
#include "snapshot/rdb_value.h"
#include "store/stream_group.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct store store;
    struct value stream;
};

static void require(bool condition)
{
    if (!condition) abort();
}

static bool undump(struct world *world, const uint8_t *data, size_t size)
{
    static const char FORMS[] = {15, 19, 21};
    struct buf payload = {0};
    struct rdb_reader reader = {.ks = &world->store.dbs[0]};
    buf_append_char(&payload, FORMS[data[0] % sizeof(FORMS)]);
    buf_append(&payload, data + 1, size - 1);
    buf_append(&payload, "\x0a\x00", 2);
    uint64_t crc = crc64(0, payload.ptr, payload.len);
    buf_append(&payload, &crc, sizeof(crc));
    bool sound = rdb_undump(&reader, buf_str(&payload), &world->stream) == RDB_SOUND;
    rdb_reader_deinit(&reader);
    buf_deinit(&payload);
    return sound;
}

/* The entries there are, with all their pairs. */
static size_t walk(const struct value *stream, bool reversed)
{
    struct stream_cursor cursor;
    struct stream_id id, before = reversed ? STREAM_ID_MAX : STREAM_ID_MIN;
    struct stream_pair pair;
    size_t met = 0, pairs;
    stream_range(stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, reversed);
    for (; stream_next(&cursor, &id, &pairs); met++) {
        int order = stream_id_cmp(id, before);
        require(met == 0 || (reversed ? order < 0 : order > 0));
        before = id;
        if (met % 2) continue;
        for (; stream_next_pair(&cursor, &pair); pairs--) require(pair.name.len < PACKED_MAX);
        require(pairs == 0);
    }
    return met;
}

static void check(const struct value *stream)
{
    require(walk(stream, false) == stream_len(stream));
    require(walk(stream, true) == stream_len(stream));
    require(stream_len(stream) == 0 || stream_has(stream, value_stream(stream)->first));
}

static void change_entries(struct stream_edit *edit, uint8_t choice)
{
    const struct str pairs[] = {STR("f"), STR("v"), STR("g"), STR("7")};
    struct stream_object *stream = value_stream(&edit->stream);
    struct stream_trim trim = {.by = choice & 1 ? STREAM_KEEP_LEN : STREAM_KEEP_FROM,
                               .approximate = choice & 2,
                               .len = stream->len / 2,
                               .from = stream->first};
    struct stream_id id = stream->last;
    stream_id_next(&trim.from);
    stream_trim(edit, &trim);
    for (size_t i = 1; i < 3 && stream_id_next(&id); i++)
        require(stream_append(edit, id, pairs, i) == STREAM_APPENDED);
    if (stream->len) require(stream_delete(edit, stream->first));
    check(&edit->stream);
}

/* One consumer takes everything from all others, and gives up the half of it. */
static void change_group(struct stream_edit *edit, struct stream_group *group)
{
    struct stream_consumer *thief = stream_consumer_create(edit, group, STR("thief"), 1);
    struct stream_id id = STREAM_ID_MIN;
    const struct stream_pending *pending;
    struct tree_cursor cursor;
    size_t expected = group->pendings.len, left;
    if (!thief) return;
    while ((pending = stream_pending_from(&group->pendings, &cursor, id))) {
        struct stream_delivery delivery = {id = pending->id, 1, 2};
        stream_pending_put(edit, group, thief, &delivery);
        if (id.seq % 2) {
            require(stream_pending_remove(edit, group, id));
            expected--;
        }
        if (!stream_id_next(&id)) break;
    }
    require(thief->pendings.len == expected && group->pendings.len == expected);
    require(stream_consumer_delete(edit, group, STR("thief"), &left) && left == expected);
    require(group->pendings.len == 0);
}

static void change(struct world *world, uint8_t choice)
{
    struct entry *entry = keyspace_find(&world->store.dbs[0], STR("k"));
    keyspace_writable_object(&world->store.dbs[0], &entry);
    struct stream_edit edit = {
        .stream = entry_value(entry), .epochs = &world->store.epochs, .limits = {0, 4}};
    struct stream_name_cursor cursor = {0};
    const struct stream_group *group;
    change_entries(&edit, choice);
    while ((group = stream_group_next(&edit.stream, &cursor))) {
        struct str name = stream_name_str(group->name);
        change_group(&edit, stream_group_open(&edit, name));
        cursor = (struct stream_name_cursor){0};
        require(stream_group_destroy(&edit, name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world;
    if (size == 0) return 0;
    store_init(&world.store, 1, (struct hash_seed){1, 2});
    if (undump(&world, data, size)) {
        size_t len = stream_len(&world.stream), groups = stream_group_count(&world.stream);
        check(&world.stream);
        keyspace_put(&world.store.dbs[0], STR("k"), world.stream, NO_EXPIRY);
        struct frozen_store *frozen = store_freeze(&world.store);
        change(&world, data[0] / 3);
        struct table *table = &frozen->tables[0];
        world.stream = entry_value(table_find(table, STR("k"), table_hash(table, STR("k"))));
        require(stream_len(&world.stream) == len && stream_group_count(&world.stream) == groups);
        check(&world.stream);
        store_release(frozen);
    }
    store_deinit(&world.store);
    return 0;
}
