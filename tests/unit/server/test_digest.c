/* Proves: digests are those of DEBUG DIGEST of Redis 7.0 (the expected ones were taken from it), do
 * not depend on the order of keys, and see every change. */
#include "server/digest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/stream.h"
#include "store/zset.h"

#include <math.h>

static int setup(void **state)
{
    struct store *store = mem_new(struct store);
    store_init(store, 4, (struct hash_seed){1, 2});
    *state = store;
    return 0;
}

static int teardown(void **state)
{
    store_deinit(*state);
    mem_free(*state);
    return 0;
}

static void put(struct store *store, int db, const char *key, const char *value)
{
    keyspace_put_string(&store->dbs[db], str_from_c(key), str_from_c(value), NO_EXPIRY);
}

static void assert_digest(const struct store *store, const char *expected)
{
    struct digest digest = {0};
    char text[DIGEST_TEXT + 1] = {0};
    digest_store(&digest, store);
    digest_text(&digest, text);
    assert_string_equal(text, expected);
}

static void assert_value(const struct entry *entry, const char *expected)
{
    struct digest digest = {0};
    char text[DIGEST_TEXT + 1] = {0};
    digest_entry(&digest, entry);
    digest_text(&digest, text);
    assert_string_equal(text, expected);
}

static void an_empty_store_is_all_zeroes(void **state)
{
    assert_digest(*state, "0000000000000000000000000000000000000000");
}

static void strings_in_two_databases(void **state)
{
    put(*state, 0, "a", "15");
    put(*state, 0, "b", "hello");
    put(*state, 3, "zz", "1.5");
    assert_digest(*state, "65013a8d5cccc74ddf54c26c76b31e531c5992dc");
}

static void the_order_of_keys_does_not_matter_their_database_does(void **state)
{
    put(*state, 0, "b", "hello");
    put(*state, 3, "zz", "1.5");
    put(*state, 0, "a", "15");
    assert_digest(*state, "65013a8d5cccc74ddf54c26c76b31e531c5992dc");
    store_swap(*state, 0, 1);
    assert_digest(*state, "c63f0e0904ee559bcb19d46034ad54504927175a");
}

static void an_expiry_marks_a_value_whatever_its_time(void **state)
{
    struct store *store = *state;
    struct entry *entry = keyspace_put_string(&store->dbs[0], STR("b"), STR("hello"), NO_EXPIRY);
    assert_value(entry, "36b23a1456b2dce2c3ed252c456761301dba8060");
    entry = keyspace_set_expiry(&store->dbs[0], entry, 1);
    assert_value(entry, "d037c4eb8a8b36b602fbced4000daeab0714c1e3");
    entry = keyspace_set_expiry(&store->dbs[0], entry, 2);
    assert_value(entry, "d037c4eb8a8b36b602fbced4000daeab0714c1e3");
}

static void numbers_count_as_their_digits(void **state)
{
    struct store *store = *state;
    struct entry *entry = keyspace_put_string(&store->dbs[0], STR("n"), STR("15"), NO_EXPIRY);
    assert_int_equal(entry_encoding(entry), ENC_INT);
    assert_value(entry, "07c67dfbc5083f73c448480f17d37ddca504ccaf");
}

static void sorted_sets_and_streams(void **state)
{
    struct store *store = *state;
    struct zset_edit ranks = {.zset = zset_new(store), .store = store, .limits = {128, 64}};
    zset_add(&ranks, STR("a"), 1.5);
    zset_add(&ranks, STR("b"), -INFINITY);
    zset_add(&ranks, STR(""), 3);
    struct entry *entry = keyspace_put(&store->dbs[0], STR("z"), ranks.zset, NO_EXPIRY);
    assert_value(entry, "a655788843c354729efd5f76a9d6693a9bf03be7");
    struct stream_edit edit = {.stream = stream_new(&store->epochs), .epochs = &store->epochs};
    const struct str first[] = {STR("f"), STR("v"), STR("g"), STR("7")};
    const struct str second[] = {STR("f"), STR("100")};
    stream_append(&edit, (struct stream_id){5, 1}, first, 2);
    stream_append(&edit, (struct stream_id){6, 0}, second, 1);
    entry = keyspace_put(&store->dbs[0], STR("x"), edit.stream, NO_EXPIRY);
    assert_value(entry, "d2b075545f1b9aed917d74506aa9478535732b71");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_store_is_all_zeroes, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_in_two_databases, setup, teardown),
        cmocka_unit_test_setup_teardown(the_order_of_keys_does_not_matter_their_database_does,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(an_expiry_marks_a_value_whatever_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_count_as_their_digits, setup, teardown),
        cmocka_unit_test_setup_teardown(sorted_sets_and_streams, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
