/* Proves: streams with all they have survive DUMP and RESTORE; the forms of 5.0 and 7.2 are read;
 * whatever contradicts itself, byte by byte, is refused, and no damage of a payload whose checksum
 * is right does harm. */
#include "unit/store/stream_model.h"

#include "base/crc64.h"
#include "snapshot/rdb_value.h"
#include "store/stream_node.h"

#define BYTES(literal) str_of(literal, sizeof(literal) - 1)

/* A type byte and a body, with a footer that is right. */
static enum rdb_verdict read_body(struct store *store, struct str body, struct value *value)
{
    struct buf payload = {0};
    struct rdb_reader reader = {.ks = &store->dbs[0]};
    buf_append_str(&payload, body);
    buf_append(&payload, "\x0a\x00", 2);
    uint64_t crc = crc64(0, payload.ptr, payload.len);
    buf_append(&payload, &crc, sizeof(crc));
    enum rdb_verdict verdict = rdb_undump(&reader, buf_str(&payload), value);
    rdb_reader_deinit(&reader);
    buf_deinit(&payload);
    return verdict;
}

static void everything_survives(void **state)
{
    (void)state;
    static struct stream_world world;
    static const int steps[] = {0, 1, 10, 300, 5000};
    stream_world_start(&world, 3, (struct stream_limits){4096, 20});
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct value stream = entry_value(stream_entry_in(&world.store.dbs[0].table)), again;
        struct buf first = {0}, second = {0};
        for (int step = 0; step < steps[i]; step++) random_stream_step(&world);
        rdb_dump(&first, &stream);
        struct str body;
        assert_true(rdb_check_footer(buf_str(&first), &body));
        assert_int_equal(read_body(&world.store, body, &again), RDB_SOUND);
        /* This form does not tell when a consumer was active: as long as it was seen. */
        static struct model told;
        told = world.model;
        for (size_t j = 0; j < MODEL_GROUPS * MODEL_CONSUMERS; j++) {
            struct model_group *group = &told.groups[j / MODEL_CONSUMERS];
            size_t at = j % MODEL_CONSUMERS;
            group->consumers[at].active_ms = group->consumers[at].seen_ms;
        }
        assert_int_equal(stream_differences(&again, &told), 0);
        assert_true(stream_is_sound(&again));
        rdb_dump(&second, &again);
        assert_true(str_eq(buf_str(&first), buf_str(&second)));
        value_drop(&world.store.dbs[0], again);
        buf_deinit(&first);
        buf_deinit(&second);
    }
    store_deinit(&world.store);
}

/* --- by hand --- */

/* One node of two entries, 5-1 and 5-2, each f v. */
#define ID_5_1 "\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\1"
#define ID_5_2 "\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\2"
#define MASTER "\2\1\0\1\1\1\x81\x66\2\0\1"
#define FIRST  "\2\1\0\1\0\1\x81\x76\2\4\1"
#define SECOND "\2\1\0\1\1\1\x81\x76\2\4\1"
/* 7 + 11 + 11 + 11 bytes, 5 + 5 + 5 items. */
#define RUN   "\x28\0\0\0\x0f\0" MASTER FIRST SECOND "\xff"
#define NODES "\1\x10" ID_5_1 "\x28" RUN
#define FACTS "\2\5\2\5\1\0\0\2"
#define TIME  "\1\0\0\0\0\0\0\0"
/* Group g has been given both, alice has one of them and bob the other. */
#define PEL "\2" ID_5_1 TIME "\1" ID_5_2 TIME "\3"
#define ALICE                                                                                      \
    "\5"                                                                                           \
    "alice" TIME "\1" ID_5_1
#define BOB                                                                                        \
    "\3"                                                                                           \
    "bob" TIME "\1" ID_5_2
#define GROUP "\1g\5\2\2" PEL "\2" ALICE BOB

static void all_forms_are_read(void **state)
{
    (void)state;
    static const struct {
        struct str body;
        uint64_t added;
        size_t groups, pending;
        int64_t active_ms;
    } rows[] = {
        {STR_INIT("\x13" NODES FACTS "\0"), 2, 0, 0, 0},
        {STR_INIT("\x0f" NODES "\2\5\2\0"), 2, 0, 0, 0},
        {STR_INIT("\x13" NODES FACTS "\1" GROUP), 2, 1, 2, 1},
        {STR_INIT("\x0f" NODES "\2\5\2\1\1g\5\2" PEL "\2" ALICE BOB), 2, 1, 2, 1},
        {STR_INIT("\x15" NODES FACTS "\1\1g\5\2\2\1" ID_5_1 TIME "\1\1\5"
                  "alice" TIME "\7\0\0\0\0\0\0\0\1" ID_5_1),
         2, 1, 1, 7},
        {STR_INIT("\x13\0\0\0\0\0\0\0\0\0\0"), 0, 0, 0, 0},
    };
    struct store store;
    store_init(&store, 1, (struct hash_seed){1, 2});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value value;
        assert_int_equal(read_body(&store, rows[i].body, &value), RDB_SOUND);
        const struct stream_object *stream = value_stream(&value);
        assert_int_equal(stream->len, rows[i].added);
        assert_int_equal(stream->added, rows[i].added);
        assert_int_equal(stream->first.seq, rows[i].added ? 1 : 0);
        assert_int_equal(stream_group_count(&value), rows[i].groups);
        const struct stream_group *group = stream_group_find(&value, STR("g"));
        if (group) {
            const struct stream_consumer *alice = stream_consumer_find(group, STR("alice"));
            assert_int_equal(group->entries_read, 2);
            assert_int_equal(group->pendings.len, rows[i].pending);
            assert_int_equal(alice->active_ms, rows[i].active_ms);
        }
        value_drop(&store.dbs[0], value);
    }
    store_deinit(&store);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    static const struct str bodies[] = {
        /* The length, the last id, the count of all ever added. */
        STR_INIT("\x13" NODES "\3\5\2\5\1\0\0\3\0"),
        STR_INIT("\x13" NODES "\2\5\1\5\1\0\0\2\0"),
        STR_INIT("\x13" NODES "\2\5\2\5\1\0\0\1\0"),
        /* The same node twice, and the id of a node behind its first entry. */
        STR_INIT("\x13\2\x10" ID_5_1 "\x28" RUN "\x10" ID_5_1 "\x28" RUN "\4\5\2\5\1\0\0\4\0"),
        STR_INIT("\x13\1\x0f\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\x28" RUN FACTS "\0"),
        /* More live entries, more dead ones, another number of names, no terminator. */
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0\3\1\0\1\1\1\x81\x66\2\0\1" FIRST SECOND
                 "\xff" FACTS "\0"),
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0\2\1\1\1\1\1\x81\x66\2\0\1" FIRST SECOND
                 "\xff" FACTS "\0"),
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0\2\1\0\1\2\1\x81\x66\2\0\1" FIRST SECOND
                 "\xff" FACTS "\0"),
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0\2\1\0\1\1\1\x81\x66\2\1\1" FIRST SECOND
                 "\xff" FACTS "\0"),
        /* Ids that do not grow, unknown flags, a wrong number of items, one item too few. */
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0" MASTER SECOND SECOND "\xff" FACTS "\0"),
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0" MASTER FIRST
                 "\4\1\0\1\1\1\x81\x76\2\4\1\xff" FACTS "\0"),
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0" MASTER FIRST
                 "\2\1\0\1\1\1\x81\x76\2\5\1\xff" FACTS "\0"),
        STR_INIT("\x13\1\x10" ID_5_1 "\x26\x26\0\0\0\x0e\0" MASTER FIRST
                 "\2\1\0\1\1\1\x81\x76\2\xff" FACTS "\0"),
        /* A number that is text. */
        STR_INIT("\x13\1\x10" ID_5_1 "\x28\x28\0\0\0\x0f\0" MASTER FIRST
                 "\2\1\0\1\x81\x31\2\x81\x76\2\4\1\xff" FACTS "\0"),
        /* Two groups of one name, two consumers of one name. */
        STR_INIT("\x13" NODES FACTS "\2" GROUP GROUP),
        STR_INIT("\x13" NODES FACTS "\1\1g\5\2\2" PEL "\2" ALICE ALICE),
        /* Pending with nobody, with two, with a consumer but not with the group; not in order. */
        STR_INIT("\x13" NODES FACTS "\1\1g\5\2\2" PEL "\1" ALICE),
        STR_INIT("\x13" NODES FACTS "\1\1g\5\2\2" PEL "\2" ALICE "\3"
                 "bob" TIME "\2" ID_5_1 ID_5_2),
        STR_INIT("\x13" NODES FACTS "\1\1g\5\2\2\1" ID_5_1 TIME "\1\2" ALICE BOB),
        STR_INIT("\x13" NODES FACTS "\1\1g\5\2\2\2" ID_5_2 TIME "\1" ID_5_1 TIME "\1\2" ALICE BOB),
        /* Counts far beyond what arrives. */
        STR_INIT("\x13\x81\xff\xff\xff\xff\xff\xff\xff\xff\x10" ID_5_1 "\x28" RUN),
        STR_INIT("\x13" NODES FACTS "\x81\xff\xff\xff\xff\xff\xff\xff\xff" GROUP),
        STR_INIT("\x13" NODES FACTS "\1\1g\5\2\2\x81\xff\xff\xff\xff\xff\xff\xff\xff" ID_5_1 TIME),
    };
    struct store store;
    store_init(&store, 1, (struct hash_seed){1, 2});
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct value value;
        enum rdb_verdict verdict = read_body(&store, bodies[i], &value);
        if (verdict != RDB_BAD_VALUE) fail_msg("contradiction %zu was not seen", i);
    }
    store_deinit(&store);
}

/* Reads and changes all of a stream, wherever it came from. */
static void use(struct store *store, struct value stream)
{
    struct stream_edit edit = {.stream = stream, .epochs = &store->epochs, .limits = {0, 4}};
    struct stream_trim trim = {.by = STREAM_KEEP_LEN, .len = stream_len(&stream) / 2};
    struct stream_name_cursor groups = {0};
    const struct stream_group *group;
    struct stream_cursor cursor;
    struct stream_pair pair;
    struct stream_id id = value_stream(&stream)->last;
    const struct str pairs[] = {STR("f"), STR("v")};
    size_t met[2] = {0}, count;
    for (int reversed = 0; reversed < 2; reversed++) {
        stream_range(&stream, &cursor, STREAM_ID_MIN, STREAM_ID_MAX, reversed);
        while (stream_next(&cursor, &id, &count)) {
            met[reversed]++;
            while (stream_next_pair(&cursor, &pair)) count--;
            assert_int_equal(count, 0);
        }
        assert_int_equal(met[reversed], stream_len(&stream));
    }
    stream_trim(&edit, &trim);
    while (stream_len(&stream) > 0) assert_true(stream_delete(&edit, value_stream(&stream)->first));
    id = value_stream(&stream)->last;
    if (stream_id_next(&id)) assert_int_equal(stream_append(&edit, id, pairs, 1), STREAM_APPENDED);
    while ((group = stream_group_next(&stream, &groups))) {
        struct stream_group *own = stream_group_open(&edit, stream_name_str(group->name));
        struct stream_consumer *thief = stream_consumer_create(&edit, own, STR("thief"), 1);
        const struct stream_pending *pending;
        while (thief && (pending = stream_pending_last(&own->pendings)) &&
               !str_eq(stream_name_str(pending->owner), STR("thief"))) {
            struct stream_delivery delivery = {pending->id, 1, 2};
            stream_pending_put(&edit, own, thief, &delivery);
            stream_pending_remove(&edit, own, delivery.id);
        }
    }
    assert_true(stream_is_sound(&stream));
}

/* True when the body is taken with this byte at this place; it is used then. */
static bool takes(struct store *store, struct str body, size_t at, unsigned byte)
{
    char damaged[512];
    struct value value;
    memcpy(damaged, body.ptr, body.len);
    damaged[at] = (char)byte;
    if (read_body(store, str_of(damaged, body.len), &value) != RDB_SOUND) return false;
    use(store, value);
    value_drop(&store->dbs[0], value);
    return true;
}

/* Each byte of sound bodies is replaced by all others: what is taken even so must be usable. */
static void no_damage_does_harm(void **state)
{
    (void)state;
    static const struct str bodies[] = {
        STR_INIT("\x13" NODES FACTS "\1" GROUP),
        STR_INIT("\x0f" NODES "\2\5\2\1\1g\5\2" PEL "\2" ALICE BOB),
    };
    struct store store;
    size_t taken = 0, tried = 0;
    store_init(&store, 1, (struct hash_seed){1, 2});
    for (size_t i = 0; i < 2; i++) {
        size_t damages = (bodies[i].len - 1) * 256;
        for (size_t j = 0; j < damages; j++)
            taken += takes(&store, bodies[i], 1 + j / 256, j % 256);
        tried += damages;
    }
    assert_true(taken > 1000 && tried > taken + 10000);
    store_deinit(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_survives),
        cmocka_unit_test(all_forms_are_read),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(no_damage_does_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
