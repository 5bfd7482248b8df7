/* Proves: what SORT answers, announces and leaves for replicas; that equal weights never let the
 * order of a set's table through; that patterns are asked for the right to reach any key. */
#include "unit/command/steps.h"

#include "command/families.h"

#include <stdio.h>

#define WRONG     "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define SYNTAX    "-ERR syntax error\r\n"
#define NO_NUMBER "-ERR One or more scores can't be converted into double\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, sort_commands, list_commands, set_commands, zset_commands, hash_commands,
                 string_commands, generic_commands, expire_commands, NULL);
    harness_run(&h, "RPUSH l 3 1 10 2");
    harness_run(&h, "MSET w_1 9 w_2 8 w_3 7 w_10 6");
    harness_run(&h, "HSET o_1 f b n 5");
    harness_run(&h, "HSET o_2 f a");
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void elements_are_ordered_by_themselves(void **state)
{
    STEPS_RUN(*state, {"SORT l", "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$2\r\n10\r\n", "", ""},
              {"SORT l ALPHA", "*4\r\n$1\r\n1\r\n$2\r\n10\r\n$1\r\n2\r\n$1\r\n3\r\n", "", ""},
              {"SORT_RO l DESC LIMIT 1 2", "*2\r\n$1\r\n3\r\n$1\r\n2\r\n", "", ""},
              {"SORT l LIMIT 9223372036854775807 9223372036854775807", "*0\r\n", "", ""},
              {"SORT l LIMIT -9223372036854775808 1", "*1\r\n$1\r\n1\r\n", "", ""},
              {"SORT none", "*0\r\n", NULL, ""}, {"SORT w_1", WRONG, "", ""},
              {"RPUSH x \" 5\" \"\" 0x10 -inf", ":4\r\n", NULL, NULL},
              {"SORT x", "*4\r\n$4\r\n-inf\r\n$0\r\n\r\n$2\r\n 5\r\n$4\r\n0x10\r\n", "", ""},
              {"RPUSH y nan", ":1\r\n", NULL, NULL}, {"SORT y", NO_NUMBER, "", ""},
              {"RPUSH z 1 2x", ":2\r\n", NULL, NULL}, {"SORT z LIMIT 0 1", NO_NUMBER, "", ""});
}

static void patterns_name_keys_and_fields(void **state)
{
    STEPS_RUN(*state, {"SORT l BY w_* LIMIT 0 2", "*2\r\n$2\r\n10\r\n$1\r\n3\r\n", "", ""},
              {"SORT l BY o_*->f ALPHA LIMIT 2 2 GET # GET o_*->f",
               "*4\r\n$1\r\n2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n", "keymiss o_3;keymiss o_10;",
               ""},
              {"SORT l BY o_*->f", NO_NUMBER, NULL, ""},
              {"SORT l LIMIT 0 1 GET w_* GET none GET w_*->f GET o_* GET o_*->none",
               "*5\r\n$1\r\n9\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n", NULL, ""},
              {"SET w_3-> arrow", "+OK\r\n", NULL, NULL},
              {"SORT l GET w_*-> LIMIT 2 1", "*1\r\n$5\r\narrow\r\n", NULL, ""},
              {"SORT l BY nosort DESC LIMIT 0 2", "*2\r\n$1\r\n2\r\n$2\r\n10\r\n", "", ""});
}

static void a_missing_value_is_null_in_both_protocols(void **state)
{
    struct harness *h = *state;
    h->session.reply.version = 3;
    STEPS_RUN(h, {"SORT l LIMIT 0 1 GET none", "*1\r\n_\r\n", NULL, ""});
}

static void options_are_refused(void **state)
{
    STEPS_RUN(*state, {"SORT l x", SYNTAX, "", ""}, {"SORT l LIMIT 0", SYNTAX, "", ""},
              {"SORT l BY", SYNTAX, "", ""}, {"SORT l STORE", SYNTAX, "", ""},
              {"SORT_RO l STORE d", SYNTAX, "", ""},
              {"SORT l LIMIT x 1", "-ERR value is not an integer or out of range\r\n", "", ""});
}

static void results_are_stored(void **state)
{
    STEPS_RUN(*state, {"SORT l STORE d", ":4\r\n", "new d;sortstore d;", "SORT l STORE d;"},
              {"LINDEX d 3", "$2\r\n10\r\n", NULL, NULL},
              {"SORT l GET w_* GET none STORE l", ":8\r\n", "sortstore l;",
               "SORT l GET w_* GET none STORE l;"},
              {"LRANGE l 0 1", "*2\r\n$1\r\n9\r\n$0\r\n\r\n", NULL, NULL},
              {"SET d v", "+OK\r\n", NULL, NULL},
              {"SORT none STORE d", ":0\r\n", "keymiss none;del d;", "SORT none STORE d;"},
              {"SORT none STORE d", ":0\r\n", "keymiss none;", ""},
              {"SORT l ALPHA STORE d LIMIT 0 0", ":0\r\n", "", ""});
}

/* The tables of two servers have different orders. */
static void the_order_of_a_set_is_not_stored(void **state)
{
    STEPS_RUN(*state, {"SADD s d b a c 7", ":5\r\n", NULL, NULL},
              {"SORT s BY nosort STORE d", ":5\r\n", NULL, "SORT s BY nosort STORE d;"},
              {"LRANGE d 0 -1", "*5\r\n$1\r\n7\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n",
               NULL, NULL},
              {"SORT s BY none_* ALPHA STORE d DESC", ":5\r\n", NULL, NULL},
              {"LRANGE d 0 -1", "*5\r\n$1\r\nd\r\n$1\r\nc\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\n7\r\n",
               NULL, NULL},
              {"SORT s BY none_* LIMIT 1 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", NULL, NULL});
}

/* Equal weights leave the elements of a list as they are. */
static void the_order_of_a_list_is_kept(void **state)
{
    STEPS_RUN(*state, {"RPUSH x c a b", ":3\r\n", NULL, NULL},
              {"SORT x BY none_* ALPHA", "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n", NULL, ""},
              {"SORT x BY none_* ALPHA DESC", "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n", NULL, ""},
              {"SORT x BY none_*", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", NULL, ""});
}

static void weights_that_have_expired_are_deleted_on_the_way(void **state)
{
    struct harness *h = *state;
    harness_run(h, "PEXPIRE w_1 5");
    h->host.now_ms += 10;
    STEPS_RUN(h,
              {"SORT l BY w_* LIMIT 0 1 STORE d", ":1\r\n",
               "expired w_1;keymiss w_1;new d;sortstore d;",
               "MULTI;DEL w_1;SORT l BY w_* LIMIT 0 1 STORE d;EXEC;"},
              {"LRANGE d 0 0", "*1\r\n$1\r\n1\r\n", NULL, NULL});
}

static bool refuse(void *owner, const struct call *call)
{
    (void)owner;
    (void)call;
    return false;
}

static void patterns_need_the_right_to_read_all_keys(void **state)
{
    struct harness *h = *state;
    h->host.may_read_all_keys = refuse;
    STEPS_RUN(h,
              {"SORT l BY w_*",
               "-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n", "", ""},
              {"SORT_RO l GET #",
               "-ERR GET option of SORT denied due to insufficient ACL permissions.\r\n", "", ""},
              {"SORT l BY nosort LIMIT 0 1", "*1\r\n$1\r\n3\r\n", "", ""});
}

static void large_sources_of_digits_are_sorted(void **state)
{
    struct harness *h = *state;
    for (int i = 0; i < 3000; i++) {
        char request[64];
        snprintf(request, sizeof(request), "RPUSH big %d", i * 7919 % 3000);
        harness_run(h, request);
    }
    STEPS_RUN(h, {"SORT big LIMIT 2998 2", "*2\r\n$4\r\n2998\r\n$4\r\n2999\r\n", "", ""},
              {"SORT big ALPHA DESC LIMIT 0 1", "*1\r\n$3\r\n999\r\n", "", ""},
              {"SORT big STORE big", ":3000\r\n", "sortstore big;", NULL},
              {"LINDEX big 1234", "$4\r\n1234\r\n", NULL, NULL});
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(elements_are_ordered_by_themselves),
        TEST(patterns_name_keys_and_fields),
        TEST(a_missing_value_is_null_in_both_protocols),
        TEST(options_are_refused),
        TEST(results_are_stored),
        TEST(the_order_of_a_set_is_not_stored),
        TEST(the_order_of_a_list_is_kept),
        TEST(weights_that_have_expired_are_deleted_on_the_way),
        TEST(patterns_need_the_right_to_read_all_keys),
        TEST(large_sources_of_digits_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
