/* Proves: lengths, ranges, appending, numbers and common sequences of strings as Redis has them,
 * with its limits checked before anything is allocated. */
#include "unit/command/steps.h"

#include "base/mem.h"
#include "command/families.h"

#include <stdio.h>

#define TOO_BIG "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"
#define NOT_INT "-ERR value is not an integer or out of range\r\n"
#define WRONG   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, string_commands, generic_commands, expire_commands, object_commands, NULL);
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

static void strings_grow_at_their_end(void **state)
{
    STEPS_RUN(*state, {"STRLEN k", ":0\r\n", "keymiss k;", ""},
              {"APPEND k 12", ":2\r\n", "new k;append k;", "APPEND k 12;"},
              {"OBJECT ENCODING k", "$3\r\nint\r\n", NULL, NULL},
              {"APPEND k 3", ":3\r\n", "append k;", "APPEND k 3;"},
              {"OBJECT ENCODING k", "$3\r\nraw\r\n", NULL, NULL},
              {"APPEND k \"\"", ":3\r\n", "append k;", NULL},
              {"GET k", "$3\r\n123\r\n", NULL, NULL}, {"STRLEN k", ":3\r\n", "", ""},
              {"APPEND l x", WRONG, "", ""}, {"STRLEN l", WRONG, "", ""});
}

static void a_part_is_overwritten_and_gaps_are_zeroes(void **state)
{
    STEPS_RUN(*state, {"SETRANGE k 0 \"\"", ":0\r\n", "", ""},
              {"SETRANGE k 2 ab", ":4\r\n", "new k;setrange k;", "SETRANGE k 2 ab;"},
              {"GETRANGE k 2 3", "$2\r\nab\r\n", NULL, NULL}, {"STRLEN k", ":4\r\n", NULL, NULL},
              {"SETRANGE k 3 XYZ", ":6\r\n", NULL, NULL},
              {"GETRANGE k 2 -1", "$4\r\naXYZ\r\n", NULL, NULL},
              {"SETRANGE k 1 \"\"", ":6\r\n", "", ""}, {"SET n 1234", "+OK\r\n", NULL, NULL},
              {"SETRANGE n 1 x", ":4\r\n", NULL, NULL}, {"GET n", "$4\r\n1x34\r\n", NULL, NULL},
              {"SETRANGE k -1 x", "-ERR offset is out of range\r\n", "", ""},
              {"SETRANGE k x x", NOT_INT, "", ""}, {"SETRANGE l 0 x", WRONG, "", ""});
}

static void limits_are_checked_before_anything_is_allocated(void **state)
{
    struct harness *h = *state;
    h->settings.proto_max_bulk_len = 100;
    int64_t before = mem_thread_balance();
    STEPS_RUN(h, {"SETRANGE k 98 abc", TOO_BIG, "", ""},
              {"SETRANGE k 9223372036854775807 a", TOO_BIG, "", ""},
              {"SETRANGE k 9223372036854775806 ab", TOO_BIG, "", ""},
              {"SETRANGE k 97 abc", ":100\r\n", NULL, NULL}, {"APPEND k x", TOO_BIG, "", ""},
              {"APPEND k \"\"", ":100\r\n", NULL, NULL});
    assert_true(mem_thread_balance() - before < 100000);
}

/* The stream of a master is obeyed beyond our own limit, but not without any. */
static void a_master_may_allow_more(void **state)
{
    struct harness *h = *state;
    h->settings.proto_max_bulk_len = 100;
    h->session.flags |= SESSION_MASTER;
    STEPS_RUN(h, {"SETRANGE k 1000 abc", ":1003\r\n", NULL, NULL},
              {"SETRANGE k 9223372036854775806 ab", TOO_BIG, "", ""});
}

static void ranges_count_from_either_end(void **state)
{
    static const struct {
        const char *range, *bytes;
    } cases[] = {
        {"0 3", "$4\r\nThis\r\n"},
        {"-3 -1", "$3\r\ntxt\r\n"},
        {"0 -1", "$7\r\nThistxt\r\n"},
        {"5 3", "$0\r\n\r\n"},
        {"-1 -3", "$0\r\n\r\n"},
        {"-100 1", "$2\r\nTh\r\n"},
        {"0 -100", "$1\r\nT\r\n"},
        {"5 5000", "$2\r\nxt\r\n"},
        {"100 200", "$0\r\n\r\n"},
        {"-9223372036854775808 9223372036854775807", "$7\r\nThistxt\r\n"},
    };
    STEPS_RUN(*state, {"SET k Thistxt", "+OK\r\n", NULL, NULL});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char request[100];
        snprintf(request, sizeof(request), "GETRANGE k %s", cases[i].range);
        STEPS_RUN(*state, {request, cases[i].bytes, "", ""});
    }
    STEPS_RUN(*state, {"SET k 1234", "+OK\r\n", NULL, NULL},
              {"SUBSTR k 1 2", "$2\r\n23\r\n", NULL, NULL},
              {"GETRANGE nothing 0 -1", "$0\r\n\r\n", NULL, NULL},
              {"GETRANGE l 0 1", WRONG, NULL, ""}, {"GETRANGE k x 1", NOT_INT, NULL, ""});
}

static void integers_count_up_and_down(void **state)
{
    STEPS_RUN(*state, {"INCR k", ":1\r\n", "new k;incrby k;", "INCR k;"},
              {"INCRBY k 41", ":42\r\n", "incrby k;", "INCRBY k 41;"},
              {"DECR k", ":41\r\n", "incrby k;", NULL}, {"DECRBY k 50", ":-9\r\n", NULL, NULL},
              {"OBJECT ENCODING k", "$3\r\nint\r\n", NULL, NULL},
              {"EXPIRE k 100", ":1\r\n", NULL, NULL}, {"INCR k", ":-8\r\n", NULL, NULL},
              {"TTL k", ":100\r\n", NULL, NULL}, {"INCRBY k x", NOT_INT, "", ""},
              {"INCRBY k 1.5", NOT_INT, "", ""}, {"SET k 007", "+OK\r\n", NULL, NULL},
              {"INCR k", NOT_INT, "", ""}, {"INCR l", WRONG, "", ""},
              {"SET k 9223372036854775807", "+OK\r\n", NULL, NULL},
              {"INCR k", "-ERR increment or decrement would overflow\r\n", "", ""},
              {"DECRBY k -9223372036854775808", "-ERR decrement would overflow\r\n", "", ""},
              {"DECRBY k 9223372036854775807", ":0\r\n", NULL, NULL});
}

static void floats_are_recorded_by_their_result(void **state)
{
    STEPS_RUN(
        *state,
        {"INCRBYFLOAT k 10.5", "$4\r\n10.5\r\n", "new k;incrbyfloat k;", "SET k 10.5 KEEPTTL;"},
        {"INCRBYFLOAT k 0.1", "$4\r\n10.6\r\n", "incrbyfloat k;", "SET k 10.6 KEEPTTL;"},
        {"INCRBYFLOAT k -0.6", "$2\r\n10\r\n", NULL, NULL},
        {"OBJECT ENCODING k", "$6\r\nembstr\r\n", NULL, NULL}, {"INCR k", ":11\r\n", NULL, NULL},
        {"EXPIRE k 100", ":1\r\n", NULL, NULL},
        {"INCRBYFLOAT k 5.0e3", "$4\r\n5011\r\n", NULL, NULL}, {"TTL k", ":100\r\n", NULL, NULL},
        {"INCRBYFLOAT k nan", "-ERR value is not a valid float\r\n", "", ""},
        {"INCRBYFLOAT k inf", "-ERR increment would produce NaN or Infinity\r\n", "", ""},
        {"INCRBYFLOAT k \" 1\"", "-ERR value is not a valid float\r\n", "", ""},
        {"INCRBYFLOAT l 1", WRONG, "", ""}, {"SET k abc", "+OK\r\n", NULL, NULL},
        {"INCRBYFLOAT k 1", "-ERR value is not a valid float\r\n", "", ""});
}

/* Thousands of digits are stored, so thousands of digits have to be understood. */
static void what_incrbyfloat_stored_it_can_read(void **state)
{
    STEPS_RUN(*state, {"INCRBYFLOAT k 1e4000", NULL, NULL, NULL},
              {"STRLEN k", ":4000\r\n", NULL, NULL},
              {"OBJECT ENCODING k", "$3\r\nraw\r\n", NULL, NULL},
              {"INCRBYFLOAT k -1e4000", "$1\r\n0\r\n", NULL, "SET k 0 KEEPTTL;"});
}

static void the_longest_common_sequence(void **state)
{
    STEPS_RUN(
        *state, {"MSET a ohmytext b mynewtext", "+OK\r\n", NULL, NULL},
        {"LCS a b", "$6\r\nmytext\r\n", "", ""}, {"LCS a b LEN", ":6\r\n", NULL, NULL},
        {"LCS a b IDX",
         "*4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n*2\r\n*2\r\n:2\r\n"
         ":3\r\n*2\r\n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n",
         NULL, NULL},
        {"LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
         "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n"
         "$3\r\nlen\r\n:6\r\n",
         NULL, NULL},
        {"LCS a nothing", "$0\r\n\r\n", NULL, NULL}, {"LCS a nothing LEN", ":0\r\n", NULL, NULL},
        {"LCS nothing nothing IDX", "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n", NULL, NULL},
        {"LCS a l", "-ERR The specified keys must contain string values\r\n", NULL, NULL},
        {"LCS a b MINMATCHLEN", "-ERR syntax error\r\n", NULL, NULL},
        {"LCS a b MINMATCHLEN x", NOT_INT, NULL, NULL},
        {"LCS a b LEN IDX",
         "-ERR If you want both the length and indexes, please just use IDX.\r\n", NULL, NULL});
}

/* Where several sequences are the longest, clients get the one Redis chooses. */
static void ties_are_resolved_as_in_redis(void **state)
{
    STEPS_RUN(*state, {"MSET a ab b ba", "+OK\r\n", NULL, NULL},
              {"LCS a b", "$1\r\nb\r\n", NULL, NULL}, {"LCS b a", "$1\r\na\r\n", NULL, NULL});
}

static void the_table_of_a_common_sequence_is_bounded(void **state)
{
    struct harness *h = *state;
    STEPS_RUN(h, {"MSET a 123456789 b 123456789", "+OK\r\n", NULL, NULL});
    h->settings.proto_max_bulk_len = 399;
    STEPS_RUN(h,
              {"LCS a b",
               "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n",
               NULL, NULL});
    h->settings.proto_max_bulk_len = 400;
    STEPS_RUN(h, {"LCS a b", "$9\r\n123456789\r\n", NULL, NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strings_grow_at_their_end),
        TEST(a_part_is_overwritten_and_gaps_are_zeroes),
        TEST(limits_are_checked_before_anything_is_allocated),
        TEST(a_master_may_allow_more),
        TEST(ranges_count_from_either_end),
        TEST(integers_count_up_and_down),
        TEST(floats_are_recorded_by_their_result),
        TEST(what_incrbyfloat_stored_it_can_read),
        TEST(the_longest_common_sequence),
        TEST(ties_are_resolved_as_in_redis),
        TEST(the_table_of_a_common_sequence_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
