/* Proves: what the commands of streams answer, announce and leave for replicas; that ids which only
 * the moment decides and approximate trims are recorded as they came out; that groups are recorded
 * by who was given what, and when. */
#include "unit/command/steps.h"

#include "command/families.h"

#include <stdio.h>

#define WRONG  "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define SYNTAX "-ERR syntax error\r\n"
#define BAD_ID "-ERR Invalid stream ID specified as stream command argument\r\n"
#define NOW    "1700000000"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, stream_commands, string_commands, generic_commands, object_commands,
                 expire_commands, NULL);
    harness_run(&h, "SET s v");
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void ids_are_recorded_as_they_came_out(void **state)
{
    STEPS_RUN(
        *state, {"XADD x * a 1", "$12\r\n" NOW "-0\r\n", "new x;xadd x;", "XADD x " NOW "-0 a 1;"},
        {"XADD x * a 1", "$12\r\n" NOW "-1\r\n", "xadd x;", "XADD x " NOW "-1 a 1;"},
        {"XADD x " NOW "-* b 2", "$12\r\n" NOW "-2\r\n", NULL, "XADD x " NOW "-2 b 2;"},
        {"XADD x 1700000001-* b 2", "$12\r\n1700000001-0\r\n", NULL, NULL},
        {"XADD x * c 3", "$12\r\n1700000001-1\r\n", NULL, NULL},
        {"XADD x 1800000000-5 d 4", "$12\r\n1800000000-5\r\n", NULL, "XADD x 1800000000-5 d 4;"},
        {"XADD new NOMKSTREAM * a 1", "$-1\r\n", "", ""},
        {"XADD zero 0-* a 1", "$3\r\n0-1\r\n", NULL, "XADD zero 0-1 a 1;"},
        {"XLEN x", ":6\r\n", NULL, NULL}, {"TYPE x", "+stream\r\n", NULL, NULL},
        {"OBJECT ENCODING x", "$6\r\nstream\r\n", NULL, NULL});
}

static void ids_that_cannot_be_are_refused(void **state)
{
    STEPS_RUN(
        *state, {"XADD x 5-5 a 1", "$3\r\n5-5\r\n", NULL, NULL},
        {"XADD x 5-5 a 1",
         "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n",
         "", ""},
        {"XADD x 4-* a 1",
         "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n",
         "", ""},
        {"XADD x 0-0 a 1", "-ERR The ID specified in XADD must be greater than 0-0\r\n", "", ""},
        {"XADD x foo a 1", BAD_ID, "", ""}, {"XADD x 5-*x a 1", BAD_ID, "", ""},
        {"XADD x 18446744073709551616 a 1", BAD_ID, "", ""},
        {"XADD x 6-18446744073709551615 a 1", "$22\r\n6-18446744073709551615\r\n", NULL, NULL},
        {"XADD x 6-* a 1", "-ERR Elements are too large to be stored\r\n", "", ""},
        {"XADD x 18446744073709551615-18446744073709551615 a 1", NULL, NULL, NULL},
        {"XADD x * a 1",
         "-ERR The stream has exhausted the last possible ID, unable to add more items\r\n", "",
         ""},
        {"XADD x 7-7 a", "-ERR wrong number of arguments for 'xadd' command\r\n", "", ""},
        {"XADD s * a 1", WRONG, "", ""}, {"EXISTS new", ":0\r\n", NULL, NULL});
}

/* What an approximate trim left is what replicas trim to, exactly. */
static void trims_are_recorded_as_they_came_out(void **state)
{
    struct harness *h = *state;
    h->settings.stream_node_max_entries = 2;
    STEPS_RUN(h, {"XADD x 1-1 a 1", NULL, NULL, NULL}, {"XADD x 1-2 a 1", NULL, NULL, NULL},
              {"XADD x 1-3 a 1", NULL, NULL, NULL}, {"XADD x 1-4 a 1", NULL, NULL, NULL},
              {"XADD x MAXLEN ~ 3 1-5 a 1", NULL, "xadd x;xtrim x;", "XADD x MAXLEN = 3 1-5 a 1;"},
              {"XADD x NOMKSTREAM MAXLEN ~ 9 LIMIT 1 * a 1", NULL, "xadd x;",
               "XADD x MAXLEN = 4 " NOW "-0 a 1;"},
              {"XTRIM x MINID ~ 1-5", ":2\r\n", "xtrim x;", "XTRIM x MINID = 1-5;"},
              {"XTRIM x MINID ~ 1-5", ":0\r\n", "", ""},
              {"XADD x MAXLEN 1 1800000000-1 a 1", NULL, "xadd x;xtrim x;",
               "XADD x MAXLEN 1 1800000000-1 a 1;"},
              {"XADD x MAXLEN = 0 1800000000-* a 1", NULL, "xadd x;xtrim x;",
               "XADD x MAXLEN = 0 1800000000-2 a 1;"},
              {"XLEN x", ":0\r\n", NULL, NULL}, {"EXISTS x", ":1\r\n", NULL, NULL},
              {"XADD x MINID ~ 9000000000 1800000000-3 a 1", NULL, "xadd x;xtrim x;",
               "XADD x MINID = 18446744073709551615-18446744073709551615 1800000000-3 a 1;"});
}

static void trims_that_cannot_be_are_refused(void **state)
{
    STEPS_RUN(
        *state, {"XTRIM x MAXLEN -1", "-ERR The MAXLEN argument must be >= 0.\r\n", "", ""},
        {"XTRIM x MAXLEN x", "-ERR value is not an integer or out of range\r\n", "", ""},
        {"XTRIM x MAXLEN 9223372036854775808", "-ERR value is not an integer or out of range\r\n",
         "", ""},
        {"XTRIM x MAXLEN 9223372036854775807", ":0\r\n", "", ""},
        {"XTRIM x MAXLEN ~ 1 LIMIT 9223372036854775807", ":0\r\n", "", ""},
        {"XTRIM x MINID - ", BAD_ID, "", ""}, {"XTRIM x FOO 1", SYNTAX, "", ""},
        {"XTRIM x LIMIT 0", "-ERR syntax error, XTRIM must be called with a trimming strategy\r\n",
         "", ""},
        {"XTRIM x LIMIT 1",
         "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy\r\n", "",
         ""},
        {"XTRIM x MAXLEN 1 LIMIT 1",
         "-ERR syntax error, LIMIT cannot be used without the special ~ option\r\n", "", ""},
        {"XTRIM x MAXLEN ~ 1 LIMIT -1", "-ERR The LIMIT argument must be >= 0.\r\n", "", ""},
        {"XTRIM x MAXLEN 1 MINID 1",
         "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible\r\n", "",
         ""},
        {"XTRIM s MAXLEN 1", WRONG, "", ""});
}

static void ranges_are_answered(void **state)
{
    STEPS_RUN(
        *state, {"XADD x 1-1 a 1", NULL, NULL, NULL}, {"XADD x 2-1 b 2 c 3", NULL, NULL, NULL},
        {"XRANGE x - +",
         "*2\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"
         "*2\r\n$3\r\n2-1\r\n*4\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n3\r\n",
         NULL, NULL},
        {"XRANGE x (1-1 (2-1", "*0\r\n", NULL, NULL},
        {"XREVRANGE x + 1 COUNT 1",
         "*1\r\n*2\r\n$3\r\n2-1\r\n*4\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n3\r\n", NULL, NULL},
        {"XRANGE x - + COUNT 0", "*-1\r\n", NULL, NULL},
        {"XRANGE x - + COUNT -9223372036854775808", "*-1\r\n", NULL, NULL},
        {"XREVRANGE x 1 1 COUNT 9223372036854775807",
         "*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL, NULL},
        {"XRANGE none - +", "*0\r\n", "keymiss none;", NULL}, {"XRANGE s - +", WRONG, NULL, NULL},
        {"XRANGE x - + COUNT", SYNTAX, NULL, NULL}, {"XRANGE x ( +", BAD_ID, NULL, NULL},
        {"XRANGE x (18446744073709551615-18446744073709551615 +",
         "-ERR invalid start ID for the interval\r\n", NULL, NULL},
        {"XRANGE x - (0-0", "-ERR invalid end ID for the interval\r\n", NULL, NULL},
        {"XDEL x 1-1 1-1 9-9", ":1\r\n", "xdel x;", "XDEL x 1-1 1-1 9-9;"},
        {"XDEL x 1-1", ":0\r\n", "", ""}, {"XDEL x 2-1 bad", BAD_ID, "", ""},
        {"XDEL none 1", ":0\r\n", "", ""});
}

static void facts_are_set(void **state)
{
    STEPS_RUN(
        *state, {"XADD x 5-5 a 1", NULL, NULL, NULL},
        {"XSETID x 9-9 ENTRIESADDED 7 MAXDELETEDID 4-4", "+OK\r\n", "xsetid x;",
         "XSETID x 9-9 ENTRIESADDED 7 MAXDELETEDID 4-4;"},
        {"XSETID x 1-1",
         "-ERR The ID specified in XSETID is smaller than the target stream top item\r\n", "", ""},
        {"XSETID x 5-4",
         "-ERR The ID specified in XSETID is smaller than the target stream top item\r\n", "", ""},
        {"XGROUP CREATE x g 0", "+OK\r\n", NULL, NULL},
        {"XGROUP SETID x g +", "+OK\r\n", "xgroup-setid x;", "XGROUP SETID x g +;"},
        {"XREADGROUP GROUP g c STREAMS x >", "*-1\r\n", NULL, NULL},
        {"XGROUP SETID x g -", "+OK\r\n", "xgroup-setid x;", "XGROUP SETID x g -;"},
        {"XREADGROUP GROUP g c STREAMS x >",
         "*1\r\n*2\r\n$1\r\nx\r\n*1\r\n*2\r\n$3\r\n5-5\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL,
         NULL},
        {"XGROUP CREATE x h -", BAD_ID, "", ""},
        {"XSETID x 9-9 ENTRIESADDED 0",
         "-ERR The entries_added specified in XSETID is smaller than the target stream length\r\n",
         "", ""},
        {"XSETID x 9-9 ENTRIESADDED -1", "-ERR entries_added must be positive\r\n", "", ""},
        {"XSETID x 9-9 MAXDELETEDID 9-10",
         "-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id\r\n",
         "", ""},
        {"XSETID x 9-9 FOO", SYNTAX, "", ""}, {"XSETID none 1-1", "-ERR no such key\r\n", "", ""},
        {"XADD x 9-9 a 1", NULL, "", ""}, {"XLEN x", ":1\r\n", NULL, NULL});
}

/* A group that has read nothing yet, of a stream with three entries. */
static void fill(struct harness *h)
{
    STEPS_RUN(h, {"XADD x 1-1 a 1", NULL, NULL, NULL}, {"XADD x 2-2 b 2", NULL, NULL, NULL},
              {"XADD x 3-3 c 3", NULL, NULL, NULL},
              {"XGROUP CREATE x g 0", "+OK\r\n", "xgroup-create x;", "XGROUP CREATE x g 0;"});
}

#define ENTRY_1 "*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"
#define ENTRY_2 "*2\r\n$3\r\n2-2\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n"
#define ENTRY_3 "*2\r\n$3\r\n3-3\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n"
#define OF_X(n) "*1\r\n*2\r\n$1\r\nx\r\n*" #n "\r\n"

static void entries_given_to_consumers_are_recorded_by_what_was_given(void **state)
{
    struct harness *h = *state;
    fill(h);
    STEPS_RUN(
        h,
        {"XREADGROUP GROUP g c COUNT 2 STREAMS x >", OF_X(2) ENTRY_1 ENTRY_2,
         "xgroup-createconsumer x;",
         "MULTI;XGROUP CREATECONSUMER x g c;"
         "XCLAIM x g c 0 1-1 2-2 TIME " NOW " RETRYCOUNT 1 FORCE JUSTID LASTID 2-2;"
         "XGROUP SETID x g 2-2 ENTRIESREAD 2;EXEC;"},
        {"XREADGROUP GROUP g d NOACK STREAMS x >", OF_X(1) ENTRY_3, "xgroup-createconsumer x;",
         "MULTI;XGROUP CREATECONSUMER x g d;XGROUP SETID x g 3-3 ENTRIESREAD 3;EXEC;"},
        {"XREADGROUP GROUP g c STREAMS x >", "*-1\r\n", "", ""},
        {"XREADGROUP GROUP g e STREAMS x >", "*-1\r\n", "xgroup-createconsumer x;",
         "XGROUP CREATECONSUMER x g e;"},
        {"XDEL x 1-1", ":1\r\n", NULL, NULL},
        {"XREADGROUP GROUP g c STREAMS x 0", OF_X(2) "*2\r\n$3\r\n1-1\r\n*-1\r\n" ENTRY_2, "",
         "XCLAIM x g c 0 2-2 TIME " NOW " RETRYCOUNT 2 FORCE JUSTID LASTID 3-3;"},
        {"XREADGROUP GROUP g c STREAMS x 2-2", OF_X(0), "", ""},
        {"XPENDING x g", "*4\r\n:2\r\n$3\r\n1-1\r\n$3\r\n2-2\r\n*1\r\n*2\r\n$1\r\nc\r\n$1\r\n2\r\n",
         NULL, NULL},
        {"XACK x g 1-1 2-2 9-9", ":2\r\n", "", "XACK x g 1-1 2-2 9-9;"},
        {"XACK x g 1-1", ":0\r\n", "", ""}, {"XACK x g bad", BAD_ID, "", ""},
        {"XACK none g 1-1", ":0\r\n", "", ""}, {"XACK x none bad", ":0\r\n", "", ""},
        {"XPENDING x g", "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n", NULL, NULL});
}

static void idle_entries_change_hands(void **state)
{
    struct harness *h = *state;
    fill(h);
    harness_run(h, "XREADGROUP GROUP g c STREAMS x >");
    h->host.now_ms += 1000;
    STEPS_RUN(
        h,
        {"XCLAIM x g d 1001 1-1", "*0\r\n", "xgroup-createconsumer x;",
         "XGROUP CREATECONSUMER x g d;"},
        {"XCLAIM x g d 1000 1-1 9-9", "*1\r\n" ENTRY_1, "",
         "XCLAIM x g d 0 1-1 TIME 1700001000 RETRYCOUNT 2 FORCE JUSTID LASTID 3-3;"},
        {"XCLAIM x g d 0 1-1 IDLE 500 RETRYCOUNT 7 JUSTID", "*1\r\n$3\r\n1-1\r\n", "",
         "XCLAIM x g d 0 1-1 TIME 1700000500 RETRYCOUNT 7 FORCE JUSTID LASTID 3-3;"},
        {"XCLAIM x g d 0 1-1 IDLE -9223372036854775808 JUSTID", "*1\r\n$3\r\n1-1\r\n", "",
         "XCLAIM x g d 0 1-1 TIME 1700001000 RETRYCOUNT 7 FORCE JUSTID LASTID 3-3;"},
        {"XPENDING x g IDLE 1000 - + 10",
         "*2\r\n*4\r\n$3\r\n2-2\r\n$1\r\nc\r\n:1000\r\n:1\r\n"
         "*4\r\n$3\r\n3-3\r\n$1\r\nc\r\n:1000\r\n:1\r\n",
         NULL, NULL},
        {"XPENDING x g - + 10 d", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:0\r\n:7\r\n", NULL, NULL},
        {"XPENDING x g - + -9223372036854775808", "*0\r\n", NULL, NULL},
        {"XDEL x 2-2", ":1\r\n", NULL, NULL},
        {"XAUTOCLAIM x g d 500 0 COUNT 2",
         "*3\r\n$3\r\n0-0\r\n*1\r\n" ENTRY_3 "*1\r\n$3\r\n2-2\r\n", "",
         "MULTI;XACK x g 2-2;"
         "XCLAIM x g d 0 3-3 TIME 1700001000 RETRYCOUNT 2 FORCE JUSTID LASTID 3-3;EXEC;"},
        {"XAUTOCLAIM x g d 0 - COUNT 1 JUSTID", "*3\r\n$3\r\n3-3\r\n*1\r\n$3\r\n1-1\r\n*0\r\n", "",
         NULL},
        {"XACK x g 1-1 3-3", ":2\r\n", NULL, NULL}, {"XCLAIM x g c 0 3-3", "*0\r\n", "", ""},
        {"XCLAIM x g c 0 3-3 FORCE", "*1\r\n" ENTRY_3, "",
         "XCLAIM x g c 0 3-3 TIME 1700001000 RETRYCOUNT 2 FORCE JUSTID LASTID 3-3;"},
        {"XCLAIM x g c 0 9-9 FORCE LASTID 5-5", "*0\r\n", "",
         "XGROUP SETID x g 5-5 ENTRIESREAD 3;"},
        {"XGROUP DELCONSUMER x g c", ":1\r\n", "xgroup-delconsumer x;", NULL},
        {"XGROUP DELCONSUMER x g c", ":0\r\n", "", ""});
}

static void claims_that_cannot_be_are_refused(void **state)
{
    struct harness *h = *state;
    fill(h);
    STEPS_RUN(
        h, {"XCLAIM x g c x 1-1", "-ERR Invalid min-idle-time argument for XCLAIM\r\n", "", ""},
        {"XCLAIM x g c 0 bad", "-ERR Unrecognized XCLAIM option 'bad'\r\n", "", ""},
        {"XCLAIM x g c 0 1-1 TIME", "-ERR Unrecognized XCLAIM option 'TIME'\r\n", "", ""},
        {"XCLAIM x g c 0 1-1 TIME x", "-ERR Invalid TIME option argument for XCLAIM\r\n", "", ""},
        {"XCLAIM x no c 0 1-1", "-NOGROUP No such key 'x' or consumer group 'no'\r\n", "", ""},
        {"XCLAIM s no c 0 1-1", WRONG, "", ""},
        {"XAUTOCLAIM x g c 0 0 COUNT 0", "-ERR COUNT must be > 0\r\n", "", ""},
        {"XAUTOCLAIM x g c 0 0 COUNT 9223372036854775807", "-ERR COUNT must be > 0\r\n", "", ""},
        {"XAUTOCLAIM none g c 0 0", "-NOGROUP No such key 'none' or consumer group 'g'\r\n", "",
         ""},
        {"XINFO CONSUMERS x g", "*0\r\n", NULL, NULL});
}

static void groups_are_made_and_removed(void **state)
{
    STEPS_RUN(
        *state,
        {"XGROUP CREATE x g $",
         "-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want "
         "to use the MKSTREAM option to create an empty stream automatically.\r\n",
         "", ""},
        {"XGROUP CREATE x g $ MKSTREAM", "+OK\r\n", "new x;xgroup-create x;",
         "XGROUP CREATE x g $ MKSTREAM;"},
        {"XGROUP CREATE x g $ MKSTREAM", "-BUSYGROUP Consumer Group name already exists\r\n", "",
         ""},
        {"XGROUP SETID x g 5 ENTRIESREAD 3", "+OK\r\n", "xgroup-setid x;",
         "XGROUP SETID x g 5 ENTRIESREAD 3;"},
        {"XGROUP SETID x h 5", "-NOGROUP No such consumer group 'h' for key name 'x'\r\n", "", ""},
        {"XGROUP CREATE x h 0 ENTRIESREAD -2",
         "-ERR value for ENTRIESREAD must be positive or -1\r\n", "", ""},
        {"XGROUP CREATECONSUMER x g c", ":1\r\n", "xgroup-createconsumer x;", NULL},
        {"XGROUP CREATECONSUMER x g c", ":0\r\n", "", ""},
        {"XINFO GROUPS x",
         "*1\r\n*12\r\n$4\r\nname\r\n$1\r\ng\r\n$9\r\nconsumers\r\n:1\r\n$7\r\npending\r\n:0\r\n"
         "$17\r\nlast-delivered-id\r\n$3\r\n5-0\r\n$12\r\nentries-read\r\n:3\r\n$3\r\nlag\r\n:"
         "0\r\n",
         NULL, NULL},
        {"XINFO CONSUMERS x g",
         "*1\r\n*8\r\n$4\r\nname\r\n$1\r\nc\r\n$7\r\npending\r\n:0\r\n$4\r\nidle\r\n:0\r\n"
         "$8\r\ninactive\r\n:-1\r\n",
         NULL, NULL},
        {"XGROUP DESTROY x g", ":1\r\n", "xgroup-destroy x;", "XGROUP DESTROY x g;"},
        {"XGROUP DESTROY x g", ":0\r\n", "", ""}, {"XGROUP CREATE s g $", WRONG, "", ""},
        {"EXISTS x", ":1\r\n", NULL, NULL});
}

static void readers_without_a_group_are_served(void **state)
{
    struct harness *h = *state;
    fill(h);
    STEPS_RUN(
        h, {"XREAD STREAMS x 2-2", OF_X(1) ENTRY_3, NULL, NULL},
        {"XREAD COUNT 1 STREAMS x none 0 0", OF_X(1) ENTRY_1, NULL, NULL},
        {"XREAD COUNT -9223372036854775808 STREAMS x 2", OF_X(2) ENTRY_2 ENTRY_3, NULL, NULL},
        {"XREAD STREAMS x $", "*-1\r\n", NULL, NULL},
        {"XREAD STREAMS x 18446744073709551615-18446744073709551615", "*-1\r\n", NULL, NULL},
        {"XREAD STREAMS x x 0",
         "-ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
         "specified.\r\n",
         NULL, NULL},
        {"XREAD COUNT 1 STREAMS", SYNTAX, NULL, NULL}, {"XREAD STREAMS s 0", WRONG, NULL, NULL},
        {"XREAD NOACK STREAMS x 0",
         "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.\r\n",
         NULL, NULL},
        {"XREADGROUP COUNT 1 STREAMS x x 0 0", "-ERR Missing GROUP option for XREADGROUP\r\n", NULL,
         NULL},
        {"XREADGROUP GROUP no c STREAMS x >",
         "-NOGROUP No such key 'x' or consumer group 'no' in XREADGROUP with GROUP option\r\n", "",
         ""});
    h->session.reply.version = 3;
    STEPS_RUN(h, {"XREAD STREAMS x 2-2", "%1\r\n$1\r\nx\r\n*1\r\n" ENTRY_3, NULL, NULL},
              {"XREAD STREAMS x $", "_\r\n", NULL, NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_are_recorded_as_they_came_out, start, stop),
        cmocka_unit_test_setup_teardown(ids_that_cannot_be_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(trims_are_recorded_as_they_came_out, start, stop),
        cmocka_unit_test_setup_teardown(trims_that_cannot_be_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(ranges_are_answered, start, stop),
        cmocka_unit_test_setup_teardown(facts_are_set, start, stop),
        cmocka_unit_test_setup_teardown(entries_given_to_consumers_are_recorded_by_what_was_given,
                                        start, stop),
        cmocka_unit_test_setup_teardown(idle_entries_change_hands, start, stop),
        cmocka_unit_test_setup_teardown(claims_that_cannot_be_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(groups_are_made_and_removed, start, stop),
        cmocka_unit_test_setup_teardown(readers_without_a_group_are_served, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
