/* Proves: what is written as an RDB file reads back the same, through any pieces; files of all
 * versions are read; what is cut, flipped, doubled, foreign or a lie is refused with the place and
 * a reason, in memory that the bytes account for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crc64.h"
#include "snapshot/rdb_file_read.h"
#include "snapshot/rdb_file_write.h"
#include "snapshot/rdb_value.h"

#include <stdio.h>

#define BYTES(literal) str_of(literal, sizeof(literal) - 1)

enum { DBS = 4, NOW_MS = 1700000000 };
static const int64_t now_ms = (int64_t)NOW_MS * 1000;

/* Bytes in memory that come in pieces. */
struct pieces {
    struct str rest;
    size_t piece;
};

static ptrdiff_t read_piece(void *context, void *bytes, size_t room)
{
    struct pieces *pieces = context;
    size_t len = pieces->rest.len < pieces->piece ? pieces->rest.len : pieces->piece;
    if (len > room) len = room;
    if (len) memcpy(bytes, pieces->rest.ptr, len);
    pieces->rest = str_from(pieces->rest, len);
    return (ptrdiff_t)len;
}

/* A store that was read, and how that went. */
struct loaded {
    struct store store;
    struct rdb_read_result result;
    bool done;
};

static void load_with(struct loaded *loaded, struct str file, size_t piece,
                      struct rdb_read_options options)
{
    struct pieces pieces = {file, piece};
    struct rdb_input input = {.read = read_piece, .context = &pieces, .size = file.len};
    options.now_ms = now_ms;
    store_init(&loaded->store, DBS, (struct hash_seed){3, 4});
    loaded->done = rdb_read_file(&input, &loaded->store, &options, &loaded->result);
}

static void load(struct loaded *loaded, struct str file)
{
    load_with(loaded, file, SIZE_MAX, (struct rdb_read_options){0});
}

static void unload(struct loaded *loaded)
{
    buf_deinit(&loaded->result.rest);
    store_deinit(&loaded->store);
}

/* --- what is written --- */

static void put(struct keyspace *ks, const char *key, const char *body, size_t len)
{
    struct str bytes = str_of(body, len);
    struct source source = source_from_str(&bytes);
    struct rdb_reader reader = {.ks = ks, .source = &source};
    struct value value;
    assert_true(rdb_read_value(&reader, &value));
    rdb_put_value(&reader, str_from_c(key), value, NO_EXPIRY);
    rdb_reader_deinit(&reader);
}

static void put_big_hash(struct keyspace *ks, const char *key, unsigned fields)
{
    struct buf body = {0};
    struct sink sink = sink_to_buf(&body);
    struct rdb_writer writer = {.sink = &sink};
    rdb_write_byte(&writer, 4);
    rdb_write_len(&writer, fields);
    for (unsigned i = 0; i < fields; i++) {
        rdb_write_i64_string(&writer, i);
        rdb_write_string(&writer, STR("a value of a field"));
    }
    put(ks, key, body.ptr, body.len);
    buf_deinit(&body);
}

static void put_numbered(struct keyspace *ks, unsigned count)
{
    char key[32], value[64];
    for (unsigned i = 0; i < count; i++) {
        int key_len = snprintf(key, sizeof(key), "key:%u", i);
        int value_len = snprintf(value, sizeof(value), "the value of key number %u", i);
        keyspace_put_string(ks, str_of(key, (size_t)key_len), str_of(value, (size_t)value_len),
                            i % 3 ? NO_EXPIRY : now_ms + 1000 + i);
    }
}

static void fill(struct store *store)
{
    static char big[70000];
    memset(big, 'b', sizeof(big));
    keyspace_put_string(&store->dbs[0], STR("int"), STR("-123456789012"), NO_EXPIRY);
    keyspace_put_string(&store->dbs[0], STR("small"), STR("7"), now_ms + 5);
    keyspace_put_string(&store->dbs[0], STR(""), STR(""), NO_EXPIRY);
    keyspace_put_string(&store->dbs[0], STR("blob"), str_of(big, sizeof(big)), NO_EXPIRY);
    put(&store->dbs[1], "list", "\x01\x03\x01p\x01q\xc0\x05", 8);
    put(&store->dbs[1], "set", "\x02\x02\x02xx\xc0\x01", 7);
    put(&store->dbs[1], "zset",
        "\x03\x01\x02mm\x03"
        "1.5",
        9);
    put_big_hash(&store->dbs[3], "hash", 300);
    put_numbered(&store->dbs[3], 3000);
}

static struct buf write_store(struct store *store, const struct rdb_write_options *options)
{
    struct buf out = {0};
    struct sink sink = sink_to_buf(&out);
    struct frozen_store *frozen = store_freeze(store);
    assert_true(rdb_write_file(&sink, frozen, options));
    store_release(frozen);
    return out;
}

static void same_entry(const struct entry *one, const struct entry *other)
{
    struct buf first = {0}, second = {0};
    struct value value = entry_value(one);
    assert_non_null(other);
    assert_true(entry_expire_at(one) == entry_expire_at(other));
    rdb_dump(&first, &value);
    value = entry_value(other);
    rdb_dump(&second, &value);
    assert_int_equal(first.len, second.len);
    if (value.encoding != ENC_TABLE) assert_memory_equal(first.ptr, second.ptr, first.len);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void same_store(const struct store *one, const struct store *other)
{
    for (int db = 0; db < DBS; db++) {
        struct table_cursor cursor = {0};
        const struct entry *entry;
        assert_int_equal(one->dbs[db].table.len, other->dbs[db].table.len);
        assert_int_equal(one->dbs[db].volatile_len, other->dbs[db].volatile_len);
        while ((entry = table_next(&one->dbs[db].table, &cursor))) {
            same_entry(entry, keyspace_find(&other->dbs[db], entry_key(entry)));
        }
    }
}

static const struct rdb_write_options usual = {
    .compress = true, .checksum = true, .version = "7.0.15", .now_ms = (int64_t)NOW_MS * 1000};

static void a_store_of_all_kinds_reads_back_through_any_pieces(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 4096, SIZE_MAX};
    struct store store;
    store_init(&store, DBS, (struct hash_seed){1, 2});
    fill(&store);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct rdb_write_options options = usual;
        options.compress = i % 2;
        struct buf file = write_store(&store, &options);
        struct loaded loaded;
        load_with(&loaded, buf_str(&file), sizes[i], (struct rdb_read_options){0});
        assert_true(loaded.done);
        assert_int_equal(loaded.result.keys, 3008);
        assert_int_equal(loaded.result.bytes, file.len);
        same_store(&store, &loaded.store);
        unload(&loaded);
        buf_deinit(&file);
    }
    store_deinit(&store);
}

static bool keep_code(void *context, struct str code)
{
    buf_append_str(context, code);
    return true;
}

static void head_and_libraries_are_told(void **state)
{
    (void)state;
    static const char id[] = "0123456789012345678901234567890123456789";
    static const struct str libraries[] = {STR_INIT("one;"), STR_INIT("two;")};
    struct store store;
    struct buf codes = {0};
    struct loaded loaded;
    store_init(&store, DBS, (struct hash_seed){1, 2});
    struct rdb_write_options options = usual;
    options.is_aof_base = true;
    options.used_memory = 12345;
    options.replication.id = id;
    options.replication.offset = 99;
    options.libraries = libraries;
    options.library_count = 2;
    struct buf file = write_store(&store, &options);
    buf_append_c(&file, "*1\r\n");
    load_with(&loaded, buf_str(&file), SIZE_MAX,
              (struct rdb_read_options){.on_library = keep_code, .context = &codes});
    const struct rdb_facts *facts = &loaded.result.facts;
    assert_true(loaded.done);
    assert_int_equal(facts->version, 10);
    assert_string_equal(facts->made_by, "7.0.15");
    assert_int_equal(facts->made_at_s, NOW_MS);
    assert_int_equal(facts->used_memory, 12345);
    assert_true(facts->is_aof_base);
    assert_string_equal(facts->replication_id, id);
    assert_int_equal(facts->replication_offset, 99);
    assert_int_equal(facts->replication_db, 0);
    assert_string_equal(buf_c(&codes), "one;two;");
    assert_string_equal(buf_c(&loaded.result.rest), "*1\r\n");
    assert_int_equal(loaded.result.bytes, file.len - 4);
    unload(&loaded);
    buf_deinit(&codes);
    buf_deinit(&file);
    store_deinit(&store);
}

/* A file that puts itself at the end of all numbers has no place in any stream. */
static void an_offset_that_no_stream_has_is_not_taken(void **state)
{
    (void)state;
    struct store store;
    struct loaded loaded;
    store_init(&store, DBS, (struct hash_seed){1, 2});
    struct rdb_write_options options = usual;
    options.replication.id = "0123456789012345678901234567890123456789";
    options.replication.offset = INT64_MAX;
    struct buf file = write_store(&store, &options);
    load_with(&loaded, buf_str(&file), SIZE_MAX, (struct rdb_read_options){0});
    assert_true(loaded.done);
    assert_int_equal(loaded.result.facts.replication_offset, -1);
    unload(&loaded);
    buf_deinit(&file);
    store_deinit(&store);
}

static struct buf small_file(const struct rdb_write_options *options)
{
    struct store store;
    store_init(&store, DBS, (struct hash_seed){1, 2});
    keyspace_put_string(&store.dbs[0], STR("small"), STR("7"), now_ms + 5);
    put(&store.dbs[1], "list", "\x01\x03\x01p\x01q\xc0\x05", 8);
    put(&store.dbs[1], "zset",
        "\x03\x01\x02mm\x03"
        "1.5",
        9);
    put_big_hash(&store.dbs[2], "hash", 3);
    for (int db = 0; db < DBS; db++) {
        struct table_cursor cursor = {0};
        struct entry *entry;
        while ((entry = table_next(&store.dbs[db].table, &cursor))) {
            entry_set_access(entry, ((uint32_t)(NOW_MS / 60) << 8 & ENTRY_ACCESS_MASK) | 77);
        }
    }
    struct buf file = write_store(&store, options);
    store_deinit(&store);
    return file;
}

static void what_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct buf file = small_file(&usual);
    for (size_t len = 0; len < file.len; len++) {
        struct loaded loaded;
        load(&loaded, str_of(file.ptr, len));
        assert_false(loaded.done);
        assert_true(loaded.result.fault.is_short);
        assert_true(loaded.result.fault.offset <= len);
        assert_true(loaded.result.fault.reason[0]);
        unload(&loaded);
    }
    buf_deinit(&file);
}

static void one_bit_flipped_anywhere_is_refused(void **state)
{
    (void)state;
    struct buf file = small_file(&usual);
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        struct loaded loaded;
        file.ptr[bit / 8] ^= (char)(1 << bit % 8);
        load(&loaded, buf_str(&file));
        file.ptr[bit / 8] ^= (char)(1 << bit % 8);
        if (loaded.done) fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        assert_true(loaded.result.fault.reason[0]);
        unload(&loaded);
    }
    buf_deinit(&file);
}

/* Without a checksum some flips make another sound file; none may do harm. */
static void any_byte_changed_without_a_checksum_does_no_harm(void **state)
{
    (void)state;
    struct rdb_write_options options = usual;
    options.checksum = false;
    struct buf file = small_file(&options);
    for (size_t at = 0; at < file.len; at++) {
        char before = file.ptr[at];
        for (int value = 0; value < 256; value++) {
            struct loaded loaded;
            file.ptr[at] = (char)value;
            load(&loaded, buf_str(&file));
            assert_true(loaded.done || loaded.result.fault.reason[0]);
            unload(&loaded);
        }
        file.ptr[at] = before;
    }
    buf_deinit(&file);
}

static void access_of_the_kind_that_is_used_is_kept(void **state)
{
    (void)state;
    static const enum rdb_access kinds[] = {RDB_ACCESS_LRU, RDB_ACCESS_LFU};
    for (size_t i = 0; i < 2; i++) {
        struct rdb_write_options options = usual;
        options.access = kinds[i];
        struct buf file = small_file(&options);
        struct loaded loaded;
        load_with(&loaded, buf_str(&file), SIZE_MAX, (struct rdb_read_options){.access = kinds[i]});
        assert_true(loaded.done);
        uint32_t access = entry_access(keyspace_find(&loaded.store.dbs[0], STR("small")));
        if (kinds[i] == RDB_ACCESS_LFU) assert_int_equal(access & 0xff, 77);
        uint32_t written = ((uint32_t)(NOW_MS / 60) << 8 & ENTRY_ACCESS_MASK) | 77;
        uint32_t idle = ((uint32_t)NOW_MS - written) & ENTRY_ACCESS_MASK;
        if (idle > ENTRY_ACCESS_MASK / 2) idle = ENTRY_ACCESS_MASK / 2;
        uint32_t wanted = ((uint32_t)NOW_MS - idle) & ENTRY_ACCESS_MASK;
        if (kinds[i] == RDB_ACCESS_LRU) assert_int_equal(access, wanted);
        unload(&loaded);
        buf_deinit(&file);
    }
}

/* --- files made by hand --- */

static struct buf with_checksum(struct str body)
{
    struct buf file = {0};
    buf_append_str(&file, body);
    uint64_t crc = crc64(0, file.ptr, file.len);
    buf_append(&file, &crc, sizeof(crc));
    return file;
}

static const struct {
    const char *name;
    struct str bytes; /* before the checksum; old versions have none */
    bool has_checksum;
    uint64_t keys;
} readable[] = {
    {"version 1: a string, an expiry in seconds, all old forms",
     STR_INIT("REDIS0001\xfe\x00"
              "\xfd\x00\x00\x00\x7f\x00\x01k\x01v" /* until 2037 */
              "\x01\x04list\x01\x01x"
              "\x02\x03set\x01\x01x"
              "\x03\x04zset\x01\x01x\x01"
              "5"
              "\x04\x04hash\x01\x01"
              "f\x01v"
              "\x09\x06zipmap\x0c\x02\x01"
              "a\x01\x00"
              "1\x01"
              "b\x01\x00"
              "2\xff\xff"),
     false, 6},
    {"version 2: zipmap of one pair",
     STR_INIT("REDIS0002\xfe\x00\x09\x01z\x07\x01\x01"
              "a\x01\x00"
              "1\xff\xff"),
     false, 1},
    {"version 3: ziplists and an intset",
     STR_INIT("REDIS0003\xfe\x01"
              "\x0a\x04list\x0f\x0f\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x02"
              "ab\xff"
              "\x0b\x06intset\x0a\x02\x00\x00\x00\x01\x00\x00\x00\x05\x00"
              "\x0c\x04zset\x10\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01x\x03\xf3\xff"
              "\xff"),
     false, 3},
    {"version 5: the first with a checksum", STR_INIT("REDIS0005\xfe\x00\x00\x01k\x01v\xff"), true,
     1},
    {"version 6: quicklist of ziplists",
     STR_INIT("REDIS0006\xfe\x00\x0e\x04list\x01\x0f\x0f\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00"
              "\x02"
              "ab\xff\xff"),
     true, 1},
    {"version 7: head and sizes",
     STR_INIT("REDIS0007\xfa\x09redis-ver\x05"
              "3.2.0\xfe\x00\xfb\x01\x00\x00\x01k\x01v\xff"),
     true, 1},
    {"version 8: binary scores",
     STR_INIT("REDIS0008\xfe\x00\x05\x01z\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x3f\xff"), true, 1},
    {"version 9: idle time and frequency before a key",
     STR_INIT("REDIS0009\xfe\x00\xf8\x05\xf9\x07\x00\x01k\x01v\xff"), true, 1},
    {"version 10: packed hash",
     STR_INIT("REDIS0010\xfe\x00\x10\x01h\x0d\x0d\x00\x00\x00\x02\x00\x81"
              "f\x02\x81v\x02\xff\xff"),
     true, 1},
    {"version 11: packed set",
     STR_INIT("REDIS0011\xfe\x00\x14\x01s\x0a\x0a\x00\x00\x00\x01\x00\x81m\x02\xff\xff"), true, 1},
    {"version 12: slots, hashes whose fields could expire but do not",
     STR_INIT("REDIS0012\xf4\x05\x02\x00\xfe\x00"
              "\x18\x01h\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01"
              "f\x01v"
              "\x19\x01r\x00\x00\x00\x00\x00\x00\x00\x00\x0f\x0f\x00\x00\x00\x03\x00\x81"
              "f\x02\x81v\x02\x00\x01\xff\xff"),
     true, 2},
};

static void files_of_all_versions_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        struct loaded loaded;
        struct buf file = {0};
        if (readable[i].has_checksum)
            file = with_checksum(readable[i].bytes);
        else
            buf_append_str(&file, readable[i].bytes);
        load(&loaded, buf_str(&file));
        if (!loaded.done) {
            fail_msg("%s: at %llu: %s", readable[i].name,
                     (unsigned long long)loaded.result.fault.offset, loaded.result.fault.reason);
        }
        assert_int_equal(loaded.result.keys, readable[i].keys);
        unload(&loaded);
        buf_deinit(&file);
    }
}

static const struct {
    struct str bytes; /* a checksum follows */
    uint64_t record_at;
    const char *reason;
} refused[] = {
    {STR_INIT("REDIS0013\xff"), 0, "RDB version 13"},
    {STR_INIT("REDIS0000\xff"), 0, "RDB version 0"},
    {STR_INIT("REDISabcd\xff"), 0, "does not begin"},
    {STR_INIT("VALKEY080\xff"), 0, "does not begin"},
    {STR_INIT("REDIS0010\xfe\x04\xff"), 9, "database 4, but there are only 4"},
    {STR_INIT("REDIS0010\xfe\x00\x00\x01k\x01v\x00\x01k\x01w\xff"), 16, "a second value of key"},
    {STR_INIT("REDIS0010\xfe\x00\x06\x81\x00\x00\x00\x00\x00\x00\x04\x00\xff"), 11,
     "a value of the module type 'AAAAAAAAB'"},
    {STR_INIT("REDIS0010\xf7\x81\x00\x00\x00\x00\x00\x00\x04\x00\xff"), 9,
     "data of the module type 'AAAAAAAAB'"},
    {STR_INIT("REDIS0010\xf6\x01x\xff"), 9, "release candidate"},
    {STR_INIT("REDIS0010\xfe\x00\x1f\x01k\xff"), 11, "unknown type 31"},
    {STR_INIT("REDIS0012\xfe\x00\x18\x01h\x00\x00\x00\x00\x00\x00\x00\x00\x01\x05\x01"
              "f\x01v\xff"),
     11, "fields that expire"},
    {STR_INIT("REDIS0012\xfe\x00\x19\x01r\x00\x00\x00\x00\x00\x00\x00\x00\x0f\x0f\x00\x00\x00\x03"
              "\x00\x81"
              "f\x02\x81v\x02\x07\x01\xff\xff"),
     11, "fields that expire"},
    {STR_INIT("REDIS0010\xfe\x00\x10\x01h\x03xyz\xff"), 11, "damaged: the listpack hash of key"},
    {STR_INIT("REDIS0010\xfe\x00\x02\x01s\x02\x01m\x01m\xff"), 11, "damaged: the set of key"},
    {STR_INIT("REDIS0010\xfe\x00\x00\x81\xff\xff\xff\xff\xff\xff\xff\xffxx"), 11, "ends inside"},
};

static void what_cannot_be_read_is_refused_with_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct loaded loaded;
        struct buf file = with_checksum(refused[i].bytes);
        load(&loaded, buf_str(&file));
        const struct rdb_fault *fault = &loaded.result.fault;
        assert_false(loaded.done);
        if (strstr(fault->reason, refused[i].reason) == NULL) {
            fail_msg("case %zu: %s", i, fault->reason);
        }
        if (!strstr(fault->reason, "second")) {
            assert_int_equal(fault->record_at, refused[i].record_at);
        }
        unload(&loaded);
        buf_deinit(&file);
    }
}

static void a_size_that_is_a_lie_costs_no_memory(void **state)
{
    (void)state;
    struct buf file =
        with_checksum(BYTES("REDIS0010\xfe\x00\xfb\x80\x7f\xff\xff\xff\x00\x00\x01k\x01v\xff"));
    struct loaded loaded;
    load(&loaded, buf_str(&file));
    assert_true(loaded.done);
    assert_true(loaded.store.dbs[0].table.page_bytes < 4096);
    unload(&loaded);
    buf_deinit(&file);
}

static void keys_whose_time_is_over_are_left_out_if_asked_for(void **state)
{
    (void)state;
    struct store store;
    store_init(&store, DBS, (struct hash_seed){1, 2});
    keyspace_put_string(&store.dbs[0], STR("past"), STR("v"), now_ms - 1);
    keyspace_put_string(&store.dbs[0], STR("future"), STR("v"), now_ms + 1);
    put_big_hash(&store.dbs[0], "hash", 200);
    keyspace_set_expiry(&store.dbs[0], keyspace_find(&store.dbs[0], STR("hash")), 1);
    struct buf file = write_store(&store, &usual);
    for (int drop = 0; drop < 2; drop++) {
        struct loaded loaded;
        load_with(&loaded, buf_str(&file), SIZE_MAX,
                  (struct rdb_read_options){.drop_expired = drop});
        assert_true(loaded.done);
        assert_int_equal(loaded.result.keys, drop ? 1 : 3);
        assert_int_equal(loaded.result.expired, drop ? 2 : 0);
        assert_int_equal(loaded.store.dbs[0].volatile_len, drop ? 1 : 3);
        unload(&loaded);
    }
    buf_deinit(&file);
    store_deinit(&store);
}

static void both_ways_can_be_cancelled(void **state)
{
    (void)state;
    struct store store;
    struct rdb_progress progress = {0};
    store_init(&store, DBS, (struct hash_seed){1, 2});
    fill(&store);
    struct buf file = write_store(&store, &usual), out = {0};
    atomic_store(&progress.cancelled, true);
    struct rdb_write_options options = usual;
    options.progress = &progress;
    struct sink sink = sink_to_buf(&out);
    struct frozen_store *frozen = store_freeze(&store);
    assert_false(rdb_write_file(&sink, frozen, &options));
    store_release(frozen);
    struct loaded loaded;
    load_with(&loaded, buf_str(&file), SIZE_MAX, (struct rdb_read_options){.progress = &progress});
    assert_false(loaded.done);
    assert_true(loaded.result.fault.cancelled);
    assert_int_equal(atomic_load(&progress.keys_total), 3008);
    unload(&loaded);
    buf_deinit(&out);
    buf_deinit(&file);
    store_deinit(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_of_all_kinds_reads_back_through_any_pieces),
        cmocka_unit_test(head_and_libraries_are_told),
        cmocka_unit_test(an_offset_that_no_stream_has_is_not_taken),
        cmocka_unit_test(what_is_cut_anywhere_is_refused),
        cmocka_unit_test(one_bit_flipped_anywhere_is_refused),
        cmocka_unit_test(any_byte_changed_without_a_checksum_does_no_harm),
        cmocka_unit_test(access_of_the_kind_that_is_used_is_kept),
        cmocka_unit_test(files_of_all_versions_are_read),
        cmocka_unit_test(what_cannot_be_read_is_refused_with_place_and_reason),
        cmocka_unit_test(a_size_that_is_a_lie_costs_no_memory),
        cmocka_unit_test(keys_whose_time_is_over_are_left_out_if_asked_for),
        cmocka_unit_test(both_ways_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
