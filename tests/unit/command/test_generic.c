/* Proves: deleting, renaming, copying and moving keys answer, announce and record what Redis does,
 * keep expiries, and refuse what they must. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command/families.h"
#include "expect.h"

static struct harness h;

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, expire_commands, database_commands,
                 object_commands, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_deinit(&h);
    return 0;
}

static void deleting_counts_announces_and_records_as_received(void **state)
{
    (void)state;
    EXPECT(&h, "MSET a 1 b 2 c 3", OK);
    EXPECT(&h, "DEL a nosuch b", NUM(2));
    EXPECT_EVENTS(&h, "del a;del b;");
    EXPECT_EFFECTS(&h, "*4\r\n$3\r\nDEL\r\n$1\r\na\r\n$6\r\nnosuch\r\n$1\r\nb\r\n");
    EXPECT(&h, "DEL a", NUM(0));
    EXPECT_EFFECTS(&h, "");
    EXPECT(&h, "UNLINK c c", NUM(1));
    EXPECT(&h, "DBSIZE", NUM(0));
}

static void existence_is_counted_for_every_mention(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "EXISTS a a nosuch", NUM(2));
    EXPECT_EVENTS(&h, "keymiss nosuch;");
    assert_int_equal(h.host.stats.hits, 2);
    assert_int_equal(h.host.stats.misses, 1);
    EXPECT(&h, "TOUCH a nosuch", NUM(1));
    EXPECT(&h, "TYPE a", "+string\r\n");
    EXPECT(&h, "TYPE nosuch", "+none\r\n");
}

static void renaming_keeps_value_and_expiry_and_replaces(void **state)
{
    (void)state;
    EXPECT(&h, "RENAME a b", ERR("no such key"));
    EXPECT(&h, "SET a 1 PX 5000", OK);
    EXPECT(&h, "SET b 2", OK);
    EXPECT(&h, "RENAMENX a b", NUM(0));
    EXPECT(&h, "RENAMENX a a", NUM(0));
    EXPECT(&h, "RENAME a a", OK);
    EXPECT_EVENTS(&h, "");
    EXPECT(&h, "RENAME a b", OK);
    EXPECT_EVENTS(&h, "new b;rename_from a;rename_to b;");
    EXPECT(&h, "GET b", "$1\r\n1\r\n");
    EXPECT(&h, "PTTL b", NUM(5000));
    EXPECT(&h, "EXISTS a", NUM(0));
    EXPECT(&h, "RENAMENX b c", NUM(1));
    EXPECT(&h, "DBSIZE", NUM(1));
}

static void long_strings_survive_renaming_copying_and_moving(void **state)
{
    (void)state;
    char request[1100] = "SET a ";
    char reply[1100] = "$1000\r\n";
    memset(request + 6, 'x', 1000);
    memset(reply + 7, 'x', 1000);
    memcpy(reply + 1007, "\r\n", 3);
    EXPECT(&h, request, OK);
    EXPECT(&h, "COPY a b", NUM(1));
    EXPECT(&h, "RENAME a c", OK);
    EXPECT(&h, "MOVE c 3", NUM(1));
    EXPECT(&h, "APPEND b y", NUM(1001));
    EXPECT(&h, "SELECT 3", OK);
    EXPECT(&h, "GET c", reply);
    EXPECT(&h, "OBJECT ENCODING c", "$3\r\nraw\r\n");
}

static void copying_obeys_replace_and_database(void **state)
{
    (void)state;
    EXPECT(&h, "COPY a b", NUM(0));
    EXPECT(&h, "SET a 1 PX 7000", OK);
    EXPECT(&h, "COPY a a", ERR("source and destination objects are the same"));
    EXPECT(&h, "COPY a a DB 0", ERR("source and destination objects are the same"));
    EXPECT(&h, "COPY a b DB", ERR("syntax error"));
    EXPECT(&h, "COPY a b DB x", ERR("value is not an integer or out of range"));
    EXPECT(&h, "COPY a b DB 16", ERR("DB index is out of range"));
    EXPECT(&h, "COPY a b DB 9999999999",
           ERR("value is out of range, value must between -2147483648 and 2147483647"));
    EXPECT(&h, "COPY a b", NUM(1));
    EXPECT_EVENTS(&h, "new b;copy_to b;");
    EXPECT_EFFECTS(&h, "*3\r\n$4\r\nCOPY\r\n$1\r\na\r\n$1\r\nb\r\n");
    EXPECT(&h, "PTTL b", NUM(7000));
    EXPECT(&h, "SET a 2", OK);
    EXPECT(&h, "COPY a b", NUM(0));
    EXPECT(&h, "COPY a b REPLACE", NUM(1));
    EXPECT(&h, "GET b", "$1\r\n2\r\n");
    EXPECT(&h, "PTTL b", NUM(-1));
    EXPECT(&h, "COPY a a DB 1", NUM(1));
    EXPECT(&h, "SELECT 1", OK);
    EXPECT(&h, "GET a", "$1\r\n2\r\n");
}

static void an_expired_key_in_the_target_database_is_deleted_there(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "SELECT 2", OK);
    EXPECT(&h, "SET a old PX 10", OK);
    EXPECT(&h, "SELECT 0", OK);
    h.host.now_ms += 100;
    EXPECT(&h, "MOVE a 2", NUM(1));
    EXPECT_EFFECTS(&h, "*1\r\n$5\r\nMULTI\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n"
                       "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
                       "*3\r\n$4\r\nMOVE\r\n$1\r\na\r\n$1\r\n2\r\n*1\r\n$4\r\nEXEC\r\n");
}

static void moving_needs_a_free_place(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "MOVE a 0", ERR("source and destination objects are the same"));
    EXPECT(&h, "MOVE a -1", ERR("DB index is out of range"));
    EXPECT(&h, "MOVE nosuch 1", NUM(0));
    EXPECT(&h, "MOVE a 1", NUM(1));
    EXPECT_EVENTS(&h, "new a;move_from a;move_to a;");
    EXPECT(&h, "SET a 2", OK);
    EXPECT(&h, "MOVE a 1", NUM(0));
    EXPECT(&h, "GET a", "$1\r\n2\r\n");
}

static void databases_are_emptied_and_swapped(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "SWAPDB 0 1", OK);
    EXPECT(&h, "DBSIZE", NUM(0));
    EXPECT(&h, "SELECT 1", OK);
    EXPECT(&h, "DBSIZE", NUM(1));
    EXPECT(&h, "SWAPDB x 1", ERR("invalid first DB index"));
    EXPECT(&h, "SWAPDB 0 99999999999", ERR("invalid second DB index"));
    EXPECT(&h, "SWAPDB 0 16", ERR("DB index is out of range"));
    EXPECT(&h, "FLUSHDB foo", ERR("syntax error"));
    EXPECT(&h, "FLUSHDB ASYNC", OK);
    EXPECT_EFFECTS(&h, "*2\r\n$7\r\nFLUSHDB\r\n$5\r\nASYNC\r\n");
    EXPECT(&h, "DBSIZE", NUM(0));
    EXPECT(&h, "FLUSHALL", OK);
    EXPECT_EFFECTS(&h, "*1\r\n$8\r\nFLUSHALL\r\n");
    EXPECT(&h, "SELECT 16", ERR("DB index is out of range"));
    EXPECT(&h, "SELECT x", ERR("value is not an integer or out of range"));
}

static void object_tells_how_a_value_is_kept(void **state)
{
    (void)state;
    EXPECT(&h, "SET n 123", OK);
    EXPECT(&h, "SET big 123456", OK);
    EXPECT(&h, "SET s abc", OK);
    EXPECT(&h, "SET l 0123456789012345678901234567890123456789abcde", OK);
    EXPECT(&h, "OBJECT ENCODING n", "$3\r\nint\r\n");
    EXPECT(&h, "OBJECT ENCODING s", "$6\r\nembstr\r\n");
    EXPECT(&h, "OBJECT ENCODING l", "$3\r\nraw\r\n");
    EXPECT(&h, "APPEND s d", NUM(4));
    EXPECT(&h, "OBJECT ENCODING s", "$3\r\nraw\r\n");
    EXPECT(&h, "OBJECT REFCOUNT n", NUM(2147483647));
    EXPECT(&h, "OBJECT REFCOUNT big", NUM(1));
    EXPECT(&h, "OBJECT ENCODING nosuch", NIL);
    EXPECT_EVENTS(&h, "");
    EXPECT(&h, "GET s", "$4\r\nabcd\r\n");
    h.host.now_ms += 12345;
    EXPECT(&h, "OBJECT IDLETIME s", NUM(12));
    assert_int_equal(strncmp(harness_run(&h, "OBJECT FREQ s"), "-ERR An LFU", 11), 0);
    EXPECT(&h, "TOUCH s", NUM(1));
    EXPECT(&h, "OBJECT IDLETIME s", NUM(0));
    h.settings.lfu = true;
    assert_int_equal(strncmp(harness_run(&h, "OBJECT IDLETIME s"), "-ERR An LFU", 11), 0);
    EXPECT(&h, "OBJECT FOO", ERR("unknown subcommand 'FOO'. Try OBJECT HELP."));
    assert_int_equal(strncmp(harness_run(&h, "OBJECT HELP"), "*11\r\n+OBJECT <sub", 17), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deleting_counts_announces_and_records_as_received),
        TEST(existence_is_counted_for_every_mention),
        TEST(renaming_keeps_value_and_expiry_and_replaces),
        TEST(long_strings_survive_renaming_copying_and_moving),
        TEST(copying_obeys_replace_and_database),
        TEST(an_expired_key_in_the_target_database_is_deleted_there),
        TEST(moving_needs_a_free_place),
        TEST(databases_are_emptied_and_swapped),
        TEST(object_tells_how_a_value_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
