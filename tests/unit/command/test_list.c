/* Proves: what the commands of lists answer, announce and leave for replicas; when a list changes
 * its form; that hostile counts and indexes are bounded. */
#include "unit/command/steps.h"

#include "command/families.h"
#include "store/sequence.h"

#include <stdio.h>

#define WRONG   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define SYNTAX  "-ERR syntax error\r\n"
#define NOT_INT "-ERR value is not an integer or out of range\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, list_commands, string_commands, generic_commands, object_commands,
                 dump_commands, NULL);
    harness_run(&h, "SET s v");
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void elements_are_pushed_and_popped_at_both_ends(void **state)
{
    STEPS_RUN(*state, {"RPUSH l a b", ":2\r\n", "new l;rpush l;", "RPUSH l a b;"},
              {"LPUSH l 1 0", ":4\r\n", "lpush l;", "LPUSH l 1 0;"},
              {"LRANGE l 0 -1", "*4\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\na\r\n$1\r\nb\r\n", "", ""},
              {"LPUSHX none x", ":0\r\n", "", ""}, {"RPUSHX l c", ":5\r\n", "rpush l;", NULL},
              {"LPOP l", "$1\r\n0\r\n", "lpop l;", "LPOP l;"},
              {"RPOP l 2", "*2\r\n$1\r\nc\r\n$1\r\nb\r\n", "rpop l;", "RPOP l 2;"},
              {"LPOP l 0", "*0\r\n", "", ""}, {"LLEN l", ":2\r\n", "", ""},
              {"LPOP l 9223372036854775807", "*2\r\n$1\r\n1\r\n$1\r\na\r\n", "lpop l;del l;", NULL},
              {"EXISTS l", ":0\r\n", NULL, NULL}, {"LPOP l", "$-1\r\n", "", ""},
              {"LPOP l 3", "*-1\r\n", "", ""},
              {"LPOP l -1", "-ERR value is out of range, must be positive\r\n", "", ""},
              {"LPOP l 1 1", "-ERR wrong number of arguments for 'lpop' command\r\n", "", ""},
              {"RPUSH s x", WRONG, "", ""}, {"LPOP s", WRONG, "", ""}, {"LLEN s", WRONG, "", ""});
}

static void positions_count_from_either_end(void **state)
{
    STEPS_RUN(*state, {"RPUSH l a b c a", ":4\r\n", NULL, NULL},
              {"LINDEX l 0", "$1\r\na\r\n", NULL, NULL}, {"LINDEX l -2", "$1\r\nc\r\n", NULL, NULL},
              {"LINDEX l 4", "$-1\r\n", NULL, NULL}, {"LINDEX l -5", "$-1\r\n", NULL, NULL},
              {"LINDEX l -9223372036854775808", "$-1\r\n", NULL, NULL},
              {"LINDEX l 9223372036854775807", "$-1\r\n", NULL, NULL},
              {"LRANGE l 1 2", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n", NULL, NULL},
              {"LRANGE l -9223372036854775808 0", "*1\r\n$1\r\na\r\n", NULL, NULL},
              {"LRANGE l 3 9223372036854775807", "*1\r\n$1\r\na\r\n", NULL, NULL},
              {"LRANGE l 3 2", "*0\r\n", NULL, NULL}, {"LRANGE none 0 -1", "*0\r\n", NULL, NULL},
              {"LPOS l a", ":0\r\n", NULL, NULL}, {"LPOS l a RANK 2", ":3\r\n", NULL, NULL},
              {"LPOS l a RANK -1", ":3\r\n", NULL, NULL}, {"LPOS l x", "$-1\r\n", NULL, NULL},
              {"LPOS l a COUNT 0", "*2\r\n:0\r\n:3\r\n", NULL, NULL},
              {"LPOS l a COUNT 0 RANK -1 MAXLEN 2", "*1\r\n:3\r\n", NULL, NULL},
              {"LPOS none a COUNT 1", "*0\r\n", NULL, NULL},
              {"LPOS l a COUNT -1", "-ERR COUNT can't be negative\r\n", NULL, NULL},
              {"LPOS l a RANK 9223372036854775807", "$-1\r\n", NULL, NULL},
              {"LPOS l a COUNT", SYNTAX, NULL, NULL});
}

static void lists_are_edited_in_place(void **state)
{
    STEPS_RUN(*state, {"RPUSH l a b c", ":3\r\n", NULL, NULL},
              {"LINSERT l BEFORE b x", ":4\r\n", "linsert l;", "LINSERT l BEFORE b x;"},
              {"LINSERT l after c y", ":5\r\n", "linsert l;", NULL},
              {"LINSERT l BEFORE nothing y", ":-1\r\n", "", ""},
              {"LINSERT none BEFORE a y", ":0\r\n", "", ""}, {"LINSERT l NEXT b x", SYNTAX, "", ""},
              {"LSET l -1 z", "+OK\r\n", "lset l;", "LSET l -1 z;"},
              {"LSET l 5 z", "-ERR index out of range\r\n", "", ""},
              {"LSET none 0 z", "-ERR no such key\r\n", "", ""},
              {"LRANGE l 0 -1", "*5\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nz\r\n",
               NULL, NULL},
              {"LTRIM l 1 -2", "+OK\r\n", "ltrim l;", "LTRIM l 1 -2;"},
              {"LTRIM l 0 -1", "+OK\r\n", "ltrim l;", ""},
              {"LRANGE l 0 -1", "*3\r\n$1\r\nx\r\n$1\r\nb\r\n$1\r\nc\r\n", NULL, NULL},
              {"LTRIM l 5 10", "+OK\r\n", "ltrim l;del l;", "LTRIM l 5 10;"},
              {"LTRIM l 0 0", "+OK\r\n", "", ""}, {"EXISTS l", ":0\r\n", NULL, NULL});
}

static void equal_elements_are_removed(void **state)
{
    STEPS_RUN(*state, {"RPUSH l a b a a c a", ":6\r\n", NULL, NULL},
              {"LREM l -1 a", ":1\r\n", "lrem l;", "LREM l -1 a;"},
              {"LREM l 2 a", ":2\r\n", "lrem l;", NULL},
              {"LRANGE l 0 -1", "*3\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nc\r\n", NULL, NULL},
              {"LREM l 0 x", ":0\r\n", "", ""},
              {"LREM l -9223372036854775808 b", ":1\r\n", NULL, NULL},
              {"LREM l 0 a", ":1\r\n", NULL, NULL}, {"LREM l 0 c", ":1\r\n", "lrem l;del l;", NULL},
              {"LREM l 0 c", ":0\r\n", "", ""}, {"LREM l x c", NOT_INT, "", ""});
}

static void elements_move_between_lists(void **state)
{
    STEPS_RUN(
        *state, {"RPUSH a 1 2 3", ":3\r\n", NULL, NULL},
        {"LMOVE a b LEFT RIGHT", "$1\r\n1\r\n", "new b;rpush b;lpop a;", "LMOVE a b LEFT RIGHT;"},
        {"RPOPLPUSH a b", "$1\r\n3\r\n", "lpush b;rpop a;", "RPOPLPUSH a b;"},
        {"RPOPLPUSH b b", "$1\r\n1\r\n", "lpush b;rpop b;", NULL},
        {"LRANGE b 0 -1", "*2\r\n$1\r\n1\r\n$1\r\n3\r\n", NULL, NULL},
        {"LMOVE a b RIGHT LEFT", "$1\r\n2\r\n", "lpush b;rpop a;del a;", NULL},
        {"LMOVE a b RIGHT LEFT", "$-1\r\n", "", ""}, {"LMOVE b b UP LEFT", SYNTAX, "", ""},
        {"LMOVE b s LEFT LEFT", WRONG, "", ""}, {"LLEN b", ":3\r\n", NULL, NULL},
        {"DEL b", ":1\r\n", NULL, NULL}, {"RPUSH b only", ":1\r\n", NULL, NULL},
        {"LMOVE b b LEFT LEFT", "$4\r\nonly\r\n", "lpush b;lpop b;", NULL},
        {"LLEN b", ":1\r\n", NULL, NULL});
}

static void the_first_list_with_elements_is_popped(void **state)
{
    STEPS_RUN(*state, {"RPUSH b 1 2 3", ":3\r\n", NULL, NULL},
              {"LMPOP 2 a b LEFT", "*2\r\n$1\r\nb\r\n*1\r\n$1\r\n1\r\n", "lpop b;", "LPOP b 1;"},
              {"LMPOP 2 a b RIGHT COUNT 9223372036854775807",
               "*2\r\n$1\r\nb\r\n*2\r\n$1\r\n3\r\n$1\r\n2\r\n", "rpop b;del b;", "RPOP b 2;"},
              {"LMPOP 2 a b LEFT", "*-1\r\n", "", ""},
              {"LMPOP 0 a LEFT", "-ERR numkeys should be greater than 0\r\n", "", ""},
              {"LMPOP 9223372036854775807 a LEFT", SYNTAX, "", ""},
              {"LMPOP 1 a LEFT COUNT 0", "-ERR count should be greater than 0\r\n", "", ""},
              {"LMPOP 1 a LEFT COUNT 1 COUNT 1", SYNTAX, "", ""},
              {"LMPOP 1 s LEFT", WRONG, "", ""});
}

static const char *encoding(struct harness *h)
{
    return harness_run(h, "OBJECT ENCODING l");
}

static void a_list_changes_its_form_with_its_size(void **state)
{
    struct harness *h = *state;
    h->settings.list_max_listpack_size = 4;
    harness_run(h, "RPUSH l 1 2 3 4");
    assert_string_equal(encoding(h), "$8\r\nlistpack\r\n");
    harness_run(h, "RPUSH l 5");
    assert_string_equal(encoding(h), "$9\r\nquicklist\r\n");
    STEPS_RUN(h, {"LRANGE l 0 -1", "*5\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n",
                  NULL, NULL});
    harness_run(h, "RPOP l 2");
    assert_string_equal(encoding(h), "$9\r\nquicklist\r\n");
    harness_run(h, "RPOP l");
    assert_string_equal(encoding(h), "$8\r\nlistpack\r\n");
    h->settings.list_max_listpack_size = -1;
    char request[4300] = "RPUSH l ";
    memset(request + strlen(request), 'x', 4200);
    harness_run(h, request);
    assert_string_equal(encoding(h), "$9\r\nquicklist\r\n");
    STEPS_RUN(h, {"LLEN l", ":3\r\n", NULL, NULL}, {"LSET l 2 y", "+OK\r\n", NULL, NULL});
    assert_string_equal(encoding(h), "$9\r\nquicklist\r\n");
}

/* Many elements make a tree of some depth; trimming and removing leaves what it should. */
static void long_lists_are_cut_and_searched(void **state)
{
    struct harness *h = *state;
    char request[64];
    h->settings.list_max_listpack_size = 10;
    for (int i = 0; i < 20000; i++) {
        snprintf(request, sizeof(request), "RPUSH l %d", i % 1000);
        harness_run(h, request);
    }
    STEPS_RUN(h, {"LINDEX l 12345", "$3\r\n345\r\n", NULL, NULL},
              {"LPOS l 999 RANK -3", ":17999\r\n", NULL, NULL},
              {"LREM l 0 500", ":20\r\n", NULL, NULL}, {"LLEN l", ":19980\r\n", NULL, NULL},
              {"LREM l -2 999", ":2\r\n", NULL, NULL}, {"LINDEX l -1", "$3\r\n998\r\n", NULL, NULL},
              {"LINSERT l BEFORE 998 x", ":19979\r\n", NULL, NULL},
              {"LINDEX l 997", "$1\r\nx\r\n", NULL, NULL},
              {"LTRIM l 995 1000", "+OK\r\n", NULL, NULL},
              {"LRANGE l 0 -1",
               "*6\r\n$3\r\n996\r\n$3\r\n997\r\n$1\r\nx\r\n$3\r\n998\r\n$3\r\n999\r\n$1\r\n0\r\n",
               NULL, NULL});
}

/* Pushing while a frozen view exists copies what it must and nothing else is seen. */
static void a_snapshot_does_not_see_later_pushes(void **state)
{
    struct harness *h = *state;
    harness_run(h, "RPUSH l a b c");
    struct frozen_store *frozen = store_freeze(&h->store);
    STEPS_RUN(h, {"RPUSH l d", ":4\r\n", NULL, NULL}, {"LPOP l", "$1\r\na\r\n", NULL, NULL},
              {"DEL l", ":1\r\n", NULL, NULL});
    const struct table *table = &frozen->tables[0];
    struct value list = entry_value(table_find(table, STR("l"), table_hash(table, STR("l"))));
    struct sequence_cursor cursor;
    char room[NUM_I64_MAX];
    assert_int_equal(sequence_len(&list), 3);
    assert_true(sequence_seek(&list, &cursor, 0));
    assert_true(str_eq(sequence_element(&cursor, room), STR("a")));
    store_release(frozen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(elements_are_pushed_and_popped_at_both_ends, start, stop),
        cmocka_unit_test_setup_teardown(positions_count_from_either_end, start, stop),
        cmocka_unit_test_setup_teardown(lists_are_edited_in_place, start, stop),
        cmocka_unit_test_setup_teardown(equal_elements_are_removed, start, stop),
        cmocka_unit_test_setup_teardown(elements_move_between_lists, start, stop),
        cmocka_unit_test_setup_teardown(the_first_list_with_elements_is_popped, start, stop),
        cmocka_unit_test_setup_teardown(a_list_changes_its_form_with_its_size, start, stop),
        cmocka_unit_test_setup_teardown(long_lists_are_cut_and_searched, start, stop),
        cmocka_unit_test_setup_teardown(a_snapshot_does_not_see_later_pushes, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
