/* Proves: bit commands answer and record what Redis does, write only when something changes, and
 * check positions before anything is allocated. */
#include "unit/command/steps.h"

#include "base/mem.h"
#include "command/families.h"

#define BAD_OFFSET "-ERR bit offset is not an integer or out of range\r\n"
#define BAD_TYPE                                                                                   \
    "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "   \
    "i64 is.\r\n"
#define SYNTAX "-ERR syntax error\r\n"
#define WRONG  "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, bitmap_commands, string_commands, generic_commands, object_commands, NULL);
    struct value list = {
        .type = TYPE_LIST, .encoding = ENC_EMBEDDED, .bytes = STR_INIT("stands for one")};
    keyspace_put(&h.store.dbs[0], STR("l"), list, NO_EXPIRY);
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void single_bits(void **state)
{
    STEPS_RUN(*state, {"GETBIT k 5", ":0\r\n", "keymiss k;", ""},
              {"SETBIT k 7 1", ":0\r\n", "new k;setbit k;", "SETBIT k 7 1;"},
              {"GET k", "$1\r\n\x01\r\n", NULL, NULL}, {"SETBIT k 7 1", ":1\r\n", "", ""},
              {"SETBIT k 8 0", ":0\r\n", "setbit k;", "SETBIT k 8 0;"},
              {"STRLEN k", ":2\r\n", NULL, NULL}, {"SETBIT k 8 0", ":0\r\n", "", ""},
              {"SETBIT k 7 0", ":1\r\n", "setbit k;", NULL}, {"GETBIT k 7", ":0\r\n", NULL, NULL},
              {"GETBIT k 4000000", ":0\r\n", NULL, NULL}, {"SET n 1", "+OK\r\n", NULL, NULL},
              {"GETBIT n 3", ":1\r\n", NULL, NULL}, {"SETBIT n 3 1", ":1\r\n", "", ""},
              {"OBJECT ENCODING n", "$3\r\nraw\r\n", NULL, NULL}, {"SETBIT l 0 1", WRONG, "", ""},
              {"GETBIT l 0", WRONG, "", ""});
}

static void positions_are_checked_before_anything_is_allocated(void **state)
{
    struct harness *h = *state;
    int64_t before = mem_thread_balance();
    STEPS_RUN(h, {"SETBIT k 4294967296 1", BAD_OFFSET, "", ""},
              {"SETBIT k -1 1", BAD_OFFSET, "", ""}, {"SETBIT k x 1", BAD_OFFSET, "", ""},
              {"SETBIT k #1 1", BAD_OFFSET, "", ""},
              {"SETBIT k 0 2", "-ERR bit is not an integer or out of range\r\n", "", ""},
              {"SETBIT k 0 x", "-ERR bit is not an integer or out of range\r\n", "", ""},
              {"GETBIT k 9223372036854775808", BAD_OFFSET, "", ""},
              {"BITFIELD k SET i64 #9223372036854775807 1", BAD_OFFSET, "", ""},
              {"BITFIELD k SET u8 #536870912 1", BAD_OFFSET, "", ""});
    assert_true(mem_thread_balance() - before < 100000);
    h->settings.proto_max_bulk_len = 10;
    STEPS_RUN(h, {"SETBIT k 80 1", BAD_OFFSET, "", ""}, {"SETBIT k 79 1", ":0\r\n", NULL, NULL});
}

static void counting(void **state)
{
    STEPS_RUN(
        *state, {"SET k foobar", "+OK\r\n", NULL, NULL}, {"BITCOUNT k", ":26\r\n", "", ""},
        {"BITCOUNT k 0 0", ":4\r\n", NULL, NULL}, {"BITCOUNT k 1 1 BYTE", ":6\r\n", NULL, NULL},
        {"BITCOUNT k 5 30 BIT", ":17\r\n", NULL, NULL},
        {"BITCOUNT k -8 -1 bit", ":4\r\n", NULL, NULL}, {"BITCOUNT k 4 2", ":0\r\n", NULL, NULL},
        {"BITCOUNT k -2 -5 NOT", ":0\r\n", NULL, NULL}, {"BITCOUNT k 0 0 NOT", SYNTAX, NULL, NULL},
        {"BITCOUNT k 0", SYNTAX, NULL, NULL}, {"BITCOUNT k 0 0 BIT x", SYNTAX, NULL, NULL},
        {"BITCOUNT nothing 0", ":0\r\n", NULL, NULL},
        {"BITCOUNT k 0 x", "-ERR value is not an integer or out of range\r\n", NULL, NULL},
        {"SET n 12", "+OK\r\n", NULL, NULL}, {"BITCOUNT n", ":6\r\n", NULL, NULL},
        {"BITCOUNT l", WRONG, NULL, NULL});
}

static void searching(void **state)
{
    STEPS_RUN(*state, {"SET k \"\\xff\\xf0\\x00\"", "+OK\r\n", NULL, NULL},
              {"BITPOS k 0", ":12\r\n", "", ""}, {"BITPOS k 1 2", ":-1\r\n", NULL, NULL},
              {"BITPOS k 1 1", ":8\r\n", NULL, NULL}, {"BITPOS k 0 2 -1", ":16\r\n", NULL, NULL},
              {"BITPOS k 0 0 0", ":-1\r\n", NULL, NULL}, {"BITPOS k 1 3 4", ":-1\r\n", NULL, NULL},
              {"BITPOS k 0 7 15 BIT", ":12\r\n", NULL, NULL},
              {"BITPOS k 0 2 5 BIT", ":-1\r\n", NULL, NULL},
              {"BITPOS k 1 -1 -1 BYTE", ":-1\r\n", NULL, NULL},
              {"SET k \"\\xff\\xff\"", "+OK\r\n", NULL, NULL},
              {"BITPOS k 0", ":16\r\n", NULL, NULL}, {"BITPOS k 0 1", ":16\r\n", NULL, NULL},
              {"BITPOS k 0 0 -1", ":-1\r\n", NULL, NULL}, {"SET k \"\"", "+OK\r\n", NULL, NULL},
              {"BITPOS k 0", ":-1\r\n", NULL, NULL}, {"BITPOS nothing 0", ":0\r\n", NULL, NULL},
              {"BITPOS nothing 1", ":-1\r\n", NULL, NULL},
              {"BITPOS k 2", "-ERR The bit argument must be 1 or 0.\r\n", NULL, NULL},
              {"BITPOS k 0 0 0 NOT", SYNTAX, NULL, NULL},
              {"BITPOS k 0 0 0 BIT x", SYNTAX, NULL, NULL}, {"BITPOS l 0", WRONG, NULL, NULL});
}

static void combining(void **state)
{
    STEPS_RUN(
        *state, {"MSET a abcd b ab", "+OK\r\n", NULL, NULL},
        {"BITOP AND r a b", ":4\r\n", "new r;set r;", "BITOP AND r a b;"},
        {"GETRANGE r 0 1", "$2\r\nab\r\n", NULL, NULL}, {"BITCOUNT r 2 3", ":0\r\n", NULL, NULL},
        {"BITOP OR r a b nothing", ":4\r\n", NULL, NULL}, {"GET r", "$4\r\nabcd\r\n", NULL, NULL},
        {"OBJECT ENCODING r", "$3\r\nraw\r\n", NULL, NULL},
        {"BITOP XOR r r a", ":4\r\n", NULL, NULL}, {"BITCOUNT r", ":0\r\n", NULL, NULL},
        {"BITOP NOT r a", ":4\r\n", NULL, NULL}, {"BITOP NOT r r", ":4\r\n", NULL, NULL},
        {"GET r", "$4\r\nabcd\r\n", NULL, NULL},
        {"BITOP OR r nothing", ":0\r\n", "keymiss nothing;del r;", "BITOP OR r nothing;"},
        {"EXISTS r", ":0\r\n", NULL, NULL},
        {"BITOP OR r nothing", ":0\r\n", "keymiss nothing;", ""},
        {"BITOP NAND r a b", SYNTAX, "", ""},
        {"BITOP NOT r a b", "-ERR BITOP NOT must be called with a single source key.\r\n", "", ""},
        {"BITOP OR r a l", WRONG, "", ""});
}

static void fields_are_read_and_written(void **state)
{
    STEPS_RUN(*state,
              {"BITFIELD k SET u8 0 255 GET i8 0 INCRBY u8 0 1 GET u4 #1",
               "*4\r\n:0\r\n:-1\r\n:0\r\n:0\r\n", "new k;setbit k;",
               "BITFIELD k SET u8 0 255 GET i8 0 INCRBY u8 0 1 GET u4 #1;"},
              {"BITFIELD k GET u8 0", "*1\r\n:0\r\n", "", ""}, {"BITFIELD k", "*0\r\n", "", ""},
              {"BITFIELD k SET u8 0 0", "*1\r\n:0\r\n", "", ""},
              {"BITFIELD k SET i64 #1 -1", "*1\r\n:0\r\n", "setbit k;", NULL},
              {"STRLEN k", ":16\r\n", NULL, NULL},
              {"BITFIELD_RO k GET i64 64 GET u63 200", "*2\r\n:-1\r\n:0\r\n", "", ""},
              {"BITFIELD_RO k SET u8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand\r\n",
               "", ""},
              {"BITFIELD k GET u64 0", BAD_TYPE, "", ""},
              {"BITFIELD k GET i65 0", BAD_TYPE, "", ""}, {"BITFIELD k GET x8 0", BAD_TYPE, "", ""},
              {"BITFIELD k GET u0 0", BAD_TYPE, "", ""}, {"BITFIELD k GET u8", SYNTAX, "", ""},
              {"BITFIELD k SET u8 0", SYNTAX, "", ""},
              {"BITFIELD k OVERFLOW what", "-ERR Invalid OVERFLOW type specified\r\n", "", ""},
              {"BITFIELD k OVERFLOW", SYNTAX, "", ""}, {"BITFIELD l GET u8 0", WRONG, "", ""},
              {"BITFIELD l SET u8 0 1", WRONG, "", ""});
}

static void overflow_wraps_saturates_or_fails(void **state)
{
    STEPS_RUN(
        *state, {"BITFIELD k SET i8 0 127 INCRBY i8 0 1", "*2\r\n:0\r\n:-128\r\n", NULL, NULL},
        {"BITFIELD k OVERFLOW SAT INCRBY i8 0 -1 INCRBY i8 0 300", "*2\r\n:-128\r\n:127\r\n", NULL,
         NULL},
        {"BITFIELD k OVERFLOW FAIL INCRBY i8 0 1", "*1\r\n$-1\r\n", "", ""},
        {"BITFIELD k SET u8 0 -1 GET u8 0", "*2\r\n:127\r\n:255\r\n", NULL, NULL},
        {"BITFIELD k OVERFLOW SAT INCRBY u8 0 -300 INCRBY u8 0 300", "*2\r\n:0\r\n:255\r\n", NULL,
         NULL},
        {"BITFIELD k OVERFLOW SAT SET u4 0 -1", "*1\r\n:15\r\n", NULL, NULL},
        {"BITFIELD k SET i64 0 9223372036854775807 OVERFLOW FAIL INCRBY i64 0 1 OVERFLOW WRAP "
         "INCRBY i64 0 1",
         "*3\r\n:-72057594037927936\r\n$-1\r\n:-9223372036854775808\r\n", NULL, NULL});
}

static void saturation_has_the_quirk_of_redis(void **state)
{
    STEPS_RUN(*state,
              {"BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775680 GET i8 0",
               "*2\r\n:0\r\n:-128\r\n", NULL, NULL},
              {"BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775681 GET i8 0",
               "*2\r\n:-128\r\n:127\r\n", NULL, NULL},
              {"BITFIELD k OVERFLOW SAT INCRBY i8 0 -9223372036854775808", "*1\r\n:-128\r\n", NULL,
               NULL});
}

/* Redis grows the string of its own key but tells its replicas nothing. */
static void a_string_that_only_grew_is_recorded(void **state)
{
    STEPS_RUN(*state,
              {"BITFIELD k OVERFLOW FAIL INCRBY u2 30 9", "*1\r\n$-1\r\n", "new k;",
               "BITFIELD k OVERFLOW FAIL INCRBY u2 30 9;"},
              {"STRLEN k", ":4\r\n", NULL, NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(single_bits),
        TEST(positions_are_checked_before_anything_is_allocated),
        TEST(counting),
        TEST(searching),
        TEST(combining),
        TEST(fields_are_read_and_written),
        TEST(overflow_wraps_saturates_or_fails),
        TEST(saturation_has_the_quirk_of_redis),
        TEST(a_string_that_only_grew_is_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
