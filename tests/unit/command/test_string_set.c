/* Proves: SET and its kin answer, announce and record what Redis does; times become absolute; big
 * values are taken instead of copied. */
#include "unit/command/steps.h"

#include "base/mem.h"
#include "command/families.h"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, string_commands, generic_commands, expire_commands, object_commands, NULL);
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void plain_set_and_get(void **state)
{
    STEPS_RUN(*state, {"GET k", "$-1\r\n", "keymiss k;", ""},
              {"SET k v", "+OK\r\n", "new k;set k;", "SET k v;"}, {"GET k", "$1\r\nv\r\n", "", ""},
              {"set k 12", "+OK\r\n", "set k;", "set k 12;"},
              {"OBJECT ENCODING k", "$3\r\nint\r\n", NULL, NULL}, {"GET k", "$2\r\n12\r\n", "", ""},
              {"SET k \"\"", "+OK\r\n", "set k;", NULL}, {"GET k", "$0\r\n\r\n", "", ""},
              {"SET k", "-ERR wrong number of arguments for 'set' command\r\n", "", ""});
}

static void a_set_replaces_the_expiry_unless_told_to_keep_it(void **state)
{
    STEPS_RUN(
        *state, {"SET k v EX 10", "+OK\r\n", "new k;set k;expire k;", "SET k v PXAT 1700010000;"},
        {"SET k w KEEPTTL", "+OK\r\n", "set k;", "SET k w KEEPTTL;"},
        {"PEXPIRETIME k", ":1700010000\r\n", NULL, NULL},
        {"SET k w", "+OK\r\n", "set k;", "SET k w;"}, {"PEXPIRETIME k", ":-1\r\n", NULL, NULL},
        {"SET k v KEEPTTL", "+OK\r\n", NULL, NULL}, {"PEXPIRETIME k", ":-1\r\n", NULL, NULL});
}

static void times_are_recorded_as_absolute_milliseconds(void **state)
{
    STEPS_RUN(
        *state, {"SET k v PX 5", "+OK\r\n", NULL, "SET k v PXAT 1700000005;"},
        {"SET k v EXAT 1800000", "+OK\r\n", NULL, "SET k v PXAT 1800000000;"},
        {"SET k v pxat 1800000001", "+OK\r\n", NULL, "SET k v pxat 1800000001;"},
        {"SET k v NX GET EX 10", "$1\r\nv\r\n", "", ""},
        {"SET k v XX GET EX 10", "$1\r\nv\r\n", "set k;expire k;", "SET k v PXAT 1700010000;"},
        {"SETEX k 2 w", "+OK\r\n", "set k;expire k;", "SET k w PXAT 1700002000;"},
        {"PSETEX k 2 w", "+OK\r\n", "set k;expire k;", "SET k w PXAT 1700000002;"});
}

static void wrong_times_are_refused(void **state)
{
    STEPS_RUN(
        *state, {"SET k v EX 0", "-ERR invalid expire time in 'set' command\r\n", "", ""},
        {"SET k v PX -1", "-ERR invalid expire time in 'set' command\r\n", "", ""},
        {"SET k v EX 9223372036854775807", "-ERR invalid expire time in 'set' command\r\n", "", ""},
        {"SET k v PX 9223372036854775807", "-ERR invalid expire time in 'set' command\r\n", "", ""},
        {"SET k v EX x", "-ERR value is not an integer or out of range\r\n", "", ""},
        {"SETEX k 0 v", "-ERR invalid expire time in 'setex' command\r\n", "", ""},
        {"PSETEX k -5 v", "-ERR invalid expire time in 'psetex' command\r\n", "", ""},
        {"EXISTS k", ":0\r\n", NULL, NULL}, {"SET k v", "+OK\r\n", NULL, NULL},
        {"GETEX k EX 0", "-ERR invalid expire time in 'getex' command\r\n", "", ""});
}

static void options_that_exclude_each_other_are_a_syntax_error(void **state)
{
    static const char *const requests[] = {
        "SET k v NX XX",        "SET k v XX NX",        "SET k v EX 1 PX 1",    "SET k v EX",
        "SET k v KEEPTTL EX 1", "SET k v EX 1 KEEPTTL", "SET k v PERSIST",      "SET k v WHAT",
        "GETEX k KEEPTTL",      "GETEX k NX",           "GETEX k PERSIST PX 1", "GETEX k PX",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        STEPS_RUN(*state, {requests[i], "-ERR syntax error\r\n", "", ""});
    }
    STEPS_RUN(*state, {"SET k v EX 1 EX 20", "+OK\r\n", NULL, "SET k v PXAT 1700020000;"});
}

static void conditions_decide_before_anything_changes(void **state)
{
    STEPS_RUN(*state, {"SET k v XX", "$-1\r\n", "", ""},
              {"SET k v NX", "+OK\r\n", "new k;set k;", "SET k v NX;"},
              {"SET k w NX", "$-1\r\n", "", ""}, {"SET k w XX", "+OK\r\n", "set k;", "SET k w XX;"},
              {"SETNX k x", ":0\r\n", "", ""},
              {"SETNX other x", ":1\r\n", "new other;set other;", "SETNX other x;"});
}

static void the_old_value_is_answered_when_asked_for(void **state)
{
    STEPS_RUN(*state, {"SET k v GET", "$-1\r\n", NULL, "SET k v;"},
              {"SET k w GET", "$1\r\nv\r\n", NULL, "SET k w;"},
              {"SET k x GET KEEPTTL XX", "$1\r\nw\r\n", NULL, "SET k x XX KEEPTTL;"},
              {"SET k y NX GET", "$1\r\nx\r\n", "", ""},
              {"SET missing y XX GET", "$-1\r\n", NULL, ""},
              {"GETSET k z", "$1\r\nx\r\n", "set k;", "SET k z;"},
              {"GETSET fresh z", "$-1\r\n", "keymiss fresh;new fresh;set fresh;", "SET fresh z;"});
}

static void getting_may_delete_or_time_the_key(void **state)
{
    STEPS_RUN(*state, {"GETDEL k", "$-1\r\n", "keymiss k;", ""}, {"SET k v", "+OK\r\n", NULL, NULL},
              {"GETEX k", "$1\r\nv\r\n", "", ""}, {"GETEX k PERSIST", "$1\r\nv\r\n", "", ""},
              {"GETEX k EX 5", "$1\r\nv\r\n", "expire k;", "PEXPIREAT k 1700005000;"},
              {"GETEX k PERSIST", "$1\r\nv\r\n", "persist k;", "PERSIST k;"},
              {"GETEX k PXAT 1", "$1\r\nv\r\n", "del k;", "DEL k;"},
              {"GETEX k PXAT 1", "$-1\r\n", NULL, ""}, {"SET k 5", "+OK\r\n", NULL, NULL},
              {"GETDEL k", "$1\r\n5\r\n", "del k;", "DEL k;"}, {"EXISTS k", ":0\r\n", NULL, NULL});
}

static void a_time_in_the_past_leaves_no_key(void **state)
{
    STEPS_RUN(*state, {"SET k v", "+OK\r\n", NULL, NULL},
              {"SET k w PXAT 1", "+OK\r\n", "set k;expire k;", "SET k w PXAT 1;"},
              {"GET k", "$-1\r\n", "expired k;keymiss k;", "DEL k;"});
}

static void overwriting_an_expired_key_tells_those_who_listen(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"SET k v PX 5", "+OK\r\n", NULL, NULL});
    h->host.now_ms += 10;
    STEPS_RUN(h, {"SET k w", "+OK\r\n", "expired k;new k;set k;", "MULTI;DEL k;SET k w;EXEC;"});
    STEPS_RUN(h, {"SET k v PX 5", "+OK\r\n", NULL, NULL});
    h->host.now_ms += 10;
    h->host.events_wanted = 0;
    STEPS_RUN(h, {"SET k w", "+OK\r\n", "", "SET k w;"});
}

static void several_keys_at_once(void **state)
{
    STEPS_RUN(*state,
              {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command\r\n", "", ""},
              {"MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command\r\n", "", ""},
              {"MSET a 1 b two", "+OK\r\n", "new a;set a;new b;set b;", "MSET a 1 b two;"},
              {"MGET a nothing b", "*3\r\n$1\r\n1\r\n$-1\r\n$3\r\ntwo\r\n", NULL, ""},
              {"MSETNX c 1 b 2", ":0\r\n", "", ""}, {"EXISTS c", ":0\r\n", NULL, NULL},
              {"MSETNX c 1 d 2 c 3", ":1\r\n", NULL, "MSETNX c 1 d 2 c 3;"},
              {"MGET c d", "*2\r\n$1\r\n3\r\n$1\r\n2\r\n", NULL, NULL});
}

static void other_types_are_refused_or_replaced(void **state)
{
    struct harness *h = *state;
    struct value list = {
        .type = TYPE_LIST, .encoding = ENC_EMBEDDED, .bytes = STR("stands for one")};
    static const char *const requests[] = {"GET l", "GETSET l v", "SET l v GET", "GETDEL l",
                                           "GETEX l"};
    keyspace_put(&h->store.dbs[0], STR("l"), list, NO_EXPIRY);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        STEPS_RUN(h, {requests[i],
                      "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", "",
                      ""});
    }
    STEPS_RUN(h, {"MGET l", "*1\r\n$-1\r\n", NULL, NULL}, {"SETNX l v", ":0\r\n", "", ""},
              {"SET l v", "+OK\r\n", "set l;", NULL}, {"GET l", "$1\r\nv\r\n", NULL, NULL});
}

enum { BIG = 100000 };

static struct blob *big_blob(struct harness *h)
{
    struct blob *blob = blob_new(BIG, h->store.epochs.now);
    memset(blob->bytes, 'x', BIG);
    blob->len = BIG;
    return blob;
}

static void a_big_argument_is_taken_and_later_lent(void **state)
{
    struct harness *h = *state;
    struct blob *blob = big_blob(h);
    struct str argv[] = {STR("SET"), STR("k"), blob_str(blob)};
    struct request_view request = {.argv = argv, .argc = 3, .adoptable = blob};
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    assert_null(request.adoptable);
    chain_consume(&h->out, h->out.len);
    struct entry *entry = keyspace_find(&h->store.dbs[0], STR("k"));
    assert_ptr_equal(entry_value(entry).blob, blob);

    assert_int_equal(atomic_load(&blob->refs), 1);
    argv[0] = STR("GET");
    request.argc = 2;
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    assert_int_equal(atomic_load(&blob->refs), 2);
    chain_consume(&h->out, h->out.len);
    assert_int_equal(atomic_load(&blob->refs), 1);
}

static void an_argument_that_is_not_the_value_is_not_taken(void **state)
{
    struct harness *h = *state;
    struct blob *blob = big_blob(h);
    struct str argv[] = {STR("SET"), STR("k"), str_first(blob_str(blob), 5)};
    struct request_view request = {.argv = argv, .argc = 3, .adoptable = blob};
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    assert_ptr_equal(request.adoptable, blob);
    chain_consume(&h->out, h->out.len);
    blob_unref(blob);
    STEPS_RUN(h, {"GET k", "$5\r\nxxxxx\r\n", NULL, NULL});
}

/* A reply on its way to a slow client keeps the bytes it was given. */
static void a_lent_value_is_not_changed_under_its_reader(void **state)
{
    struct harness *h = *state;
    struct blob *blob = big_blob(h);
    struct value value = {.type = TYPE_STRING, .encoding = ENC_BLOB, .blob = blob};
    keyspace_put(&h->store.dbs[0], STR("k"), value, NO_EXPIRY);
    struct str get[] = {STR("GET"), STR("k")};
    struct request_view request = {.argv = get, .argc = 2};
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    struct str setrange[] = {STR("SETRANGE"), STR("k"), STR("0"), STR("yy")};
    request = (struct request_view){.argv = setrange, .argc = 4};
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    char *sent = mem_alloc(h->out.len);
    chain_copy(&h->out, sent);
    assert_memory_equal(sent, "$100000\r\nxxxx", 13);
    mem_free(sent);
    chain_consume(&h->out, h->out.len);
    STEPS_RUN(h, {"GETRANGE k 0 3", "$4\r\nyyxx\r\n", NULL, NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_set_and_get),
        TEST(a_set_replaces_the_expiry_unless_told_to_keep_it),
        TEST(times_are_recorded_as_absolute_milliseconds),
        TEST(wrong_times_are_refused),
        TEST(options_that_exclude_each_other_are_a_syntax_error),
        TEST(conditions_decide_before_anything_changes),
        TEST(the_old_value_is_answered_when_asked_for),
        TEST(getting_may_delete_or_time_the_key),
        TEST(a_time_in_the_past_leaves_no_key),
        TEST(overwriting_an_expired_key_tells_those_who_listen),
        TEST(several_keys_at_once),
        TEST(other_types_are_refused_or_replaced),
        TEST(a_big_argument_is_taken_and_later_lent),
        TEST(an_argument_that_is_not_the_value_is_not_taken),
        TEST(a_lent_value_is_not_changed_under_its_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
