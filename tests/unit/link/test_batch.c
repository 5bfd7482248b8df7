/* Proves: a batch holds the requests its bytes begin with, each in its place, and stops where
 * the next may be read differently; preparing it finds commands and hashes keys without changing
 * what they mean. */
#include "link/batch.h"

#include "base/buf.h"
#include "base/mem.h"
#include "command/families.h"
#include "store/fields.h"
#include "store/zset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct request_limits USUAL = {INT32_MAX, 1 << 20, true};
static const struct request_limits STRANGER = {INT32_MAX, 1 << 20, false};

#define PING      "*1\r\n$4\r\nPING\r\n"
#define GET_K     "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
#define HGET(key) "*3\r\n$4\r\nHGET\r\n$1\r\n" key "\r\n$1\r\nf\r\n"

static struct request_batch *batch;
static struct request_parser parser;
static struct batch_part part;

static enum request_verdict parse(struct str bytes, const struct request_limits *limits)
{
    batch_clear(batch);
    part = batch_parse(batch, &parser, bytes, limits);
    assert_int_equal(part.first, 0);
    assert_int_equal(part.end, batch->count);
    return part.verdict;
}

static int setup(void **state)
{
    (void)state;
    batch = batch_new();
    request_parser_init(&parser);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    batch_free(batch);
    batch_free(NULL);
    request_parser_deinit(&parser);
    return 0;
}

static void requests_stand_in_order_with_their_places(void **state)
{
    (void)state;
    struct str bytes = STR(PING GET_K "*2\r\n$3\r\nGE");
    assert_int_equal(parse(bytes, &USUAL), REQUEST_INCOMPLETE);
    assert_int_equal(batch->count, 2);
    assert_int_equal(batch->starts[0], 0);
    assert_int_equal(batch->starts[1], sizeof(PING) - 1);
    assert_int_equal(part.bytes, sizeof(PING GET_K) - 1);
    assert_int_equal(batch->views[0].argc, 1);
    assert_true(str_eq(batch->views[0].argv[0], STR("PING")));
    assert_int_equal(batch->views[1].argc, 2);
    assert_true(str_eq(batch->views[1].argv[1], STR("k")));
}

static void a_batch_is_full_at_its_limit_and_the_rest_follows(void **state)
{
    (void)state;
    struct buf bytes = {0};
    for (int i = 0; i < BATCH_MAX + 3; i++) {
        buf_printf(&bytes, "*300\r\n");
        for (int a = 0; a < 300; a++) buf_printf(&bytes, "$2\r\n%02d\r\n", i);
    }
    assert_int_equal(parse(buf_str(&bytes), &USUAL), REQUEST_READY);
    assert_int_equal(batch->count, BATCH_MAX);
    for (int i = 0; i < BATCH_MAX; i++) {
        assert_int_equal(batch->views[i].argv[299].ptr[0] - '0', i / 10);
        assert_int_equal(batch->views[i].argv[299].ptr[1] - '0', i % 10);
    }
    struct str rest = str_from(buf_str(&bytes), part.bytes);
    assert_int_equal(parse(rest, &USUAL), REQUEST_INCOMPLETE);
    assert_int_equal(batch->count, 3);
    buf_deinit(&bytes);
}

static void parts_of_several_clients_stand_side_by_side(void **state)
{
    (void)state;
    struct request_parser other;
    struct buf many = {0};
    request_parser_init(&other);
    buf_printf(&many, "*5000\r\n");
    for (int a = 0; a < 5000; a++) buf_printf(&many, "$4\r\n%04d\r\n", a);
    assert_int_equal(parse(STR(PING GET_K), &USUAL), REQUEST_INCOMPLETE);
    struct batch_part second = batch_parse(batch, &other, buf_str(&many), &USUAL);
    assert_int_equal(second.verdict, REQUEST_INCOMPLETE);
    assert_int_equal(second.first, 2);
    assert_int_equal(second.end, 3);
    assert_int_equal(second.bytes, many.len);
    assert_int_equal(batch->starts[2], 0);
    /* The many arguments have moved those of the first client. */
    assert_true(str_eq(batch->views[1].argv[1], STR("k")));
    assert_true(str_eq(batch->views[2].argv[4999], STR("4999")));
    buf_deinit(&many);
    request_parser_deinit(&other);
}

static void an_inline_request_is_alone(void **state)
{
    (void)state;
    struct str bytes = STR(PING "get 'a b'\r\n" PING);
    assert_int_equal(parse(bytes, &USUAL), REQUEST_READY);
    assert_int_equal(batch->count, 1);
    assert_false(part.is_inline);
    bytes = str_from(bytes, part.bytes);
    request_finish(&parser);
    assert_int_equal(parse(bytes, &USUAL), REQUEST_READY);
    assert_int_equal(batch->count, 1);
    assert_true(part.is_inline);
    assert_true(str_eq(batch->views[0].argv[1], STR("a b")));
    assert_int_equal(part.bytes, sizeof("get 'a b'\r\n") - 1);
}

static void a_stranger_is_read_one_request_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(parse(STR(PING PING), &STRANGER), REQUEST_READY);
    assert_int_equal(batch->count, 1);
    assert_int_equal(part.bytes, sizeof(PING) - 1);
}

static void what_is_wrong_is_told_behind_what_was_right(void **state)
{
    (void)state;
    struct str bytes = STR(PING "*1\r\n:4\r\n");
    assert_int_equal(parse(bytes, &USUAL), REQUEST_INVALID);
    assert_int_equal(batch->count, 1);
    assert_string_equal(buf_c(&parser.error), "ERR Protocol error: expected '$', got ':'");
}

static void preparing_hashes_the_keys_and_finds_the_commands(void **state)
{
    (void)state;
    struct store store;
    struct registry registry;
    store_init(&store, 1, (struct hash_seed){1, 2});
    registry_init(&registry);
    registry_add(&registry, string_commands);
    keyspace_put_string(&store.dbs[0], STR("k"), STR("value"), -1);
    struct str bytes = STR("*0\r\n" GET_K "*1\r\n$3\r\nGET\r\n*1\r\n$4\r\nNONE\r\n" GET_K);
    assert_int_equal(parse(bytes, &USUAL), REQUEST_INCOMPLETE);
    assert_int_equal(batch->count, 5);
    batch_prepare(batch, &registry, &store.dbs[0]);
    assert_null(batch->views[0].ref);
    assert_string_equal(batch->views[1].ref->full_name, "get");
    assert_int_equal(batch->views[1].hint.hash, table_hash(&store.dbs[0].table, STR("k")));
    assert_null(batch->views[2].hint.key.ptr);
    assert_null(batch->views[3].ref);
    store.hint = batch->views[4].hint;
    assert_non_null(keyspace_find(&store.dbs[0], batch->views[4].argv[1]));
    assert_null(keyspace_find(&store.dbs[0], STR("other")));
    registry_deinit(&registry);
    store_deinit(&store);
}

/* What is behind the key need not be what the command expects, nor need the command be complete. */
static void preparing_collections_asks_and_changes_nothing(void **state)
{
    (void)state;
    struct store store;
    struct registry registry;
    store_init(&store, 1, (struct hash_seed){1, 2});
    registry_init(&registry);
    registry_add(&registry, hash_commands);
    struct keyspace *ks = &store.dbs[0];
    struct zset_edit big = {.store = &store, .zset = zset_new_big(&store)};
    zset_add(&big, STR("f"), 1);
    keyspace_put(ks, STR("z"), big.zset, NO_EXPIRY);
    keyspace_put(ks, STR("h"), fields_new(&store), NO_EXPIRY);
    keyspace_put_string(ks, STR("s"), STR("value"), NO_EXPIRY);
    struct str bytes =
        STR(HGET("z") HGET("h") HGET("s") HGET("n") "*2\r\n$4\r\nHGET\r\n$1\r\nz\r\n");
    assert_int_equal(parse(bytes, &USUAL), REQUEST_INCOMPLETE);
    assert_int_equal(batch->count, 5);
    batch_prepare(batch, &registry, ks);
    struct element_hint hint = {.name = STR("f")};
    element_hint_object(&hint, ks, batch->views[0].hint.hash);
    element_hint_parts(&hint);
    assert_ptr_equal(hint.table, &value_zset(&big.zset)->table);
    element_hint_object(&hint, ks, batch->views[2].hint.hash);
    assert_null(hint.object);
    assert_null(hint.table);
    registry_deinit(&registry);
    store_deinit(&store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_stand_in_order_with_their_places),
        TEST(a_batch_is_full_at_its_limit_and_the_rest_follows),
        TEST(parts_of_several_clients_stand_side_by_side),
        TEST(an_inline_request_is_alone),
        TEST(a_stranger_is_read_one_request_at_a_time),
        TEST(what_is_wrong_is_told_behind_what_was_right),
        TEST(preparing_hashes_the_keys_and_finds_the_commands),
        TEST(preparing_collections_asks_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
