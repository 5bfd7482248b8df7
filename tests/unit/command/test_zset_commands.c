/* Proves: what the commands of sorted sets answer in both protocols, announce and leave for
 * replicas; when a sorted set changes its form; that hostile counts are bounded and no score is
 * ever NaN. */
#include "unit/command/steps.h"

#include "command/families.h"

#include <stdio.h>

#define WRONG  "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define SYNTAX "-ERR syntax error\r\n"

static int start(void **state)
{
    static struct harness h;
    harness_init(&h, zset_commands, set_commands, string_commands, generic_commands,
                 object_commands, dump_commands, NULL);
    harness_run(&h, "SET s v");
    *state = &h;
    return 0;
}

static int stop(void **state)
{
    harness_deinit(*state);
    return 0;
}

static void members_are_added_and_rescored(void **state)
{
    STEPS_RUN(*state, {"ZADD z 1 a 2 b", ":2\r\n", "new z;zadd z;", "ZADD z 1 a 2 b;"},
              {"ZADD z 1 a", ":0\r\n", "", ""}, {"ZADD z CH 3 a 4 c", ":2\r\n", "zadd z;", NULL},
              {"ZADD z NX 9 a", ":0\r\n", "", ""}, {"ZADD z XX 9 x", ":0\r\n", "", ""},
              {"ZADD z GT CH 2 a", ":0\r\n", "", ""},
              {"ZADD z LT CH 2 a", ":1\r\n", "zadd z;", NULL},
              {"ZADD none XX 1 a", ":0\r\n", "", ""}, {"EXISTS none", ":0\r\n", NULL, NULL},
              {"ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible\r\n",
               "", ""},
              {"ZADD z NX GT 1 a",
               "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n", "", ""},
              {"ZADD z INCR 1 a 2 b",
               "-ERR INCR option supports a single increment-element pair\r\n", "", ""},
              {"ZADD z 1", "-ERR wrong number of arguments for 'zadd' command\r\n", "", ""},
              {"ZADD z 1 a 2", SYNTAX, "", ""},
              {"ZADD z x a", "-ERR value is not a valid float\r\n", "", ""},
              {"ZADD z 1 n x a", "-ERR value is not a valid float\r\n", "", ""},
              {"ZADD z nan a", "-ERR value is not a valid float\r\n", "", ""},
              {"ZSCORE z n", "$-1\r\n", NULL, NULL}, {"ZADD s 1 a", WRONG, "", ""},
              {"ZREM z a none b", ":2\r\n", "zrem z;", "ZREM z a none b;"},
              {"ZREM z c", ":1\r\n", "zrem z;del z;", NULL}, {"ZREM z c", ":0\r\n", "", ""});
}

/* Increments are recorded by what they came to. */
static void scores_are_incremented(void **state)
{
    STEPS_RUN(*state, {"ZINCRBY z 1.5 a", "$3\r\n1.5\r\n", "new z;zincr z;", "ZADD z 1.5 a;"},
              {"ZINCRBY z -2 a", "$4\r\n-0.5\r\n", "zincr z;", "ZADD z -0.5 a;"},
              {"ZADD z INCR 10 a", "$3\r\n9.5\r\n", "zincr z;", "ZADD z 9.5 a;"},
              {"ZADD z NX INCR 10 a", "$-1\r\n", "", ""},
              {"ZADD z XX INCR 10 b", "$-1\r\n", "", ""},
              {"ZINCRBY z 0 a", "$3\r\n9.5\r\n", "", ""},
              {"ZINCRBY z inf a", "$3\r\ninf\r\n", "zincr z;", "ZADD z inf a;"},
              {"ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)\r\n", "", ""},
              {"ZSCORE z a", "$3\r\ninf\r\n", NULL, NULL},
              {"ZINCRBY z x a", "-ERR value is not a valid float\r\n", "", ""});
}

static void members_are_asked_for(void **state)
{
    STEPS_RUN(*state, {"ZADD z 1 a 2 b 2 c 3.5 d", ":4\r\n", NULL, NULL},
              {"ZCARD z", ":4\r\n", NULL, NULL}, {"ZCARD none", ":0\r\n", NULL, NULL},
              {"ZMSCORE z a x d", "*3\r\n$1\r\n1\r\n$-1\r\n$3\r\n3.5\r\n", NULL, NULL},
              {"ZRANK z c", ":2\r\n", NULL, NULL}, {"ZREVRANK z c", ":1\r\n", NULL, NULL},
              {"ZRANK z c WITHSCORE", "*2\r\n:2\r\n$1\r\n2\r\n", NULL, NULL},
              {"ZRANK z x WITHSCORE", "*-1\r\n", NULL, NULL}, {"ZRANK z x", "$-1\r\n", NULL, NULL},
              {"ZRANK z c SCORE", SYNTAX, NULL, NULL}, {"ZCOUNT z (1 2", ":2\r\n", NULL, NULL},
              {"ZCOUNT z -inf +inf", ":4\r\n", NULL, NULL}, {"ZCOUNT z 3 1", ":0\r\n", NULL, NULL},
              {"ZCOUNT z x 1", "-ERR min or max is not a float\r\n", NULL, NULL},
              {"ZLEXCOUNT z - +", ":4\r\n", NULL, NULL},
              {"ZLEXCOUNT z a +", "-ERR min or max not valid string range item\r\n", NULL, NULL},
              {"ZRANDMEMBER none", "$-1\r\n", NULL, NULL},
              {"ZRANDMEMBER z 0", "*0\r\n", NULL, NULL},
              {"ZRANDMEMBER z -9223372036854775807 WITHSCORES", "-ERR value is out of range\r\n",
               NULL, NULL},
              {"ZSCAN z 0 MATCH d", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nd\r\n$3\r\n3.5\r\n", NULL, NULL},
              {"ZSCORE s a", WRONG, NULL, NULL});
}

static void ranges_are_of_ranks_scores_or_names(void **state)
{
    STEPS_RUN(
        *state, {"ZADD z 1 a 2 b 3 c", ":3\r\n", NULL, NULL},
        {"ZRANGE z 0 -1", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", NULL, NULL},
        {"ZRANGE z -9223372036854775808 9223372036854775807 REV",
         "*3\r\n$1\r\nc\r\n$1\r\nb\r\n$1\r\na\r\n", NULL, NULL},
        {"ZRANGE z 0 0 WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL, NULL},
        {"ZRANGE z (1 +inf BYSCORE LIMIT 1 -1", "*1\r\n$1\r\nc\r\n", NULL, NULL},
        {"ZRANGE z +inf (1 BYSCORE REV LIMIT 0 1", "*1\r\n$1\r\nc\r\n", NULL, NULL},
        {"ZRANGE z -inf inf BYSCORE LIMIT -1 5", "*0\r\n", NULL, NULL},
        {"ZRANGE z -inf inf BYSCORE LIMIT 9223372036854775807 9223372036854775807", "*0\r\n", NULL,
         NULL},
        {"ZREVRANGEBYSCORE z 2 -inf WITHSCORES LIMIT 1 1", "*2\r\n$1\r\na\r\n$1\r\n1\r\n", NULL,
         NULL},
        {"ZRANGE z [b + BYLEX", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n", NULL, NULL},
        {"ZRANGE z 0 1 LIMIT 0 1",
         "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
         "BYLEX\r\n",
         NULL, NULL},
        {"ZRANGE z - + BYLEX WITHSCORES",
         "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\r\n", NULL, NULL},
        {"ZRANGE none 0 -1", "*0\r\n", NULL, NULL}, {"ZRANGEBYSCORE z 1 2 REV", SYNTAX, NULL, NULL},
        {"ZRANGESTORE d z 1 2", ":2\r\n", "new d;zrangestore d;", "ZRANGESTORE d z 1 2;"},
        {"ZRANGE d 0 -1", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n", NULL, NULL},
        {"ZRANGESTORE s z 1 1", ":1\r\n", "zrangestore s;", NULL},
        {"ZRANGESTORE d z 9 9", ":0\r\n", "del d;", "ZRANGESTORE d z 9 9;"},
        {"ZRANGESTORE d z 9 9", ":0\r\n", "", ""});
}

static void ranges_are_removed(void **state)
{
    STEPS_RUN(*state, {"ZADD z 1 a 2 b 3 c 4 d 5 e", ":5\r\n", NULL, NULL},
              {"ZREMRANGEBYRANK z 0 0", ":1\r\n", "zremrangebyrank z;", "ZREMRANGEBYRANK z 0 0;"},
              {"ZREMRANGEBYSCORE z (2 3", ":1\r\n", "zremrangebyscore z;", NULL},
              {"ZREMRANGEBYLEX z [e [e", ":1\r\n", "zremrangebylex z;", NULL},
              {"ZREMRANGEBYSCORE z 10 20", ":0\r\n", "", ""},
              {"ZRANGE z 0 -1", "*2\r\n$1\r\nb\r\n$1\r\nd\r\n", NULL, NULL},
              {"ZREMRANGEBYRANK z -100 100", ":2\r\n", "zremrangebyrank z;del z;", NULL},
              {"ZREMRANGEBYRANK z 0 -1", ":0\r\n", "", ""},
              {"ZREMRANGEBYRANK s 0 -1", WRONG, "", ""});
}

static void members_are_popped_from_the_ends(void **state)
{
    STEPS_RUN(
        *state, {"ZADD z 1 a 2 b 3 c 4 d 5 e", ":5\r\n", NULL, NULL},
        {"ZPOPMIN z", "*2\r\n$1\r\na\r\n$1\r\n1\r\n", "zpopmin z;", "ZPOPMIN z;"},
        {"ZPOPMAX z 2", "*4\r\n$1\r\ne\r\n$1\r\n5\r\n$1\r\nd\r\n$1\r\n4\r\n", "zpopmax z;", NULL},
        {"ZPOPMIN z 0", "*0\r\n", "", ""},
        {"ZPOPMIN z -1", "-ERR value is out of range, must be positive\r\n", "", ""},
        {"ZMPOP 2 none z MAX", "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n", "zpopmax z;",
         "ZPOPMAX z 1;"},
        {"ZMPOP 1 z MIN COUNT 9223372036854775807",
         "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n", "zpopmin z;del z;", "ZPOPMIN z 1;"},
        {"ZMPOP 1 z MIN", "*-1\r\n", "", ""}, {"ZPOPMIN z", "*0\r\n", "", ""},
        {"ZMPOP 0 z MIN", "-ERR numkeys should be greater than 0\r\n", "", ""},
        {"ZMPOP 1 z MIN COUNT 0", "-ERR count should be greater than 0\r\n", "", ""},
        {"ZMPOP 9223372036854775807 z MIN", SYNTAX, "", ""});
}

static void sorted_sets_and_sets_are_combined(void **state)
{
    STEPS_RUN(
        *state, {"ZADD x 1 a 2 b", ":2\r\n", NULL, NULL},
        {"ZADD y 10 b 20 c", ":2\r\n", NULL, NULL}, {"SADD t b c", ":2\r\n", NULL, NULL},
        {"ZUNION 2 x y WITHSCORES",
         "*6\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$2\r\n12\r\n$1\r\nc\r\n$2\r\n20\r\n", NULL, NULL},
        {"ZUNION 2 x t WEIGHTS 2 -1 AGGREGATE MIN WITHSCORES",
         "*6\r\n$1\r\nb\r\n$2\r\n-1\r\n$1\r\nc\r\n$2\r\n-1\r\n$1\r\na\r\n$1\r\n2\r\n", NULL, NULL},
        {"ZINTER 3 x y t WITHSCORES", "*2\r\n$1\r\nb\r\n$2\r\n13\r\n", NULL, NULL},
        {"ZDIFF 2 x t", "*1\r\n$1\r\na\r\n", NULL, NULL},
        {"ZINTERCARD 2 y t", ":2\r\n", NULL, NULL},
        {"ZINTERCARD 2 y t LIMIT 1", ":1\r\n", NULL, NULL},
        {"ZUNIONSTORE d 2 x y", ":3\r\n", "new d;zunionstore d;", "ZUNIONSTORE d 2 x y;"},
        {"ZINTERSTORE x 2 x y AGGREGATE MAX", ":1\r\n", "zinterstore x;", NULL},
        {"ZRANGE x 0 -1 WITHSCORES", "*2\r\n$1\r\nb\r\n$2\r\n10\r\n", NULL, NULL},
        {"ZDIFFSTORE d 2 x y", ":0\r\n", "del d;", "ZDIFFSTORE d 2 x y;"},
        {"ZADD i inf a", ":1\r\n", NULL, NULL},
        {"ZUNION 2 i i WEIGHTS 1 -1 WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n0\r\n", NULL, NULL},
        {"ZINTER 2 i i WEIGHTS -1 0 WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n0\r\n", NULL, NULL},
        {"ZUNION 1 i WEIGHTS 0 WITHSCORES", "*2\r\n$1\r\na\r\n$1\r\n0\r\n", NULL, NULL},
        {"ZUNION 0 x", "-ERR at least 1 input key is needed for 'zunion' command\r\n", NULL, NULL},
        {"ZUNION 9223372036854775807 x", SYNTAX, NULL, NULL},
        {"ZUNION 1 x WEIGHTS y", "-ERR weight value is not a float\r\n", NULL, NULL},
        {"ZUNION 2 x s", WRONG, NULL, NULL},
        {"ZINTERCARD 1 x LIMIT -1", "-ERR LIMIT can't be negative\r\n", NULL, NULL});
}

static void resp3_has_doubles_and_pairs(void **state)
{
    struct harness *h = *state;
    h->session.reply.version = 3;
    STEPS_RUN(h, {"ZADD z 1.5 a", ":1\r\n", NULL, NULL}, {"ZSCORE z a", ",1.5\r\n", NULL, NULL},
              {"ZSCORE z b", "_\r\n", NULL, NULL},
              {"ZRANGE z 0 -1 WITHSCORES", "*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n", NULL, NULL},
              {"ZSCAN z 0", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n", NULL, NULL},
              {"ZRANDMEMBER z 2 WITHSCORES", "*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n", NULL, NULL},
              {"ZUNION 1 z WITHSCORES", "*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n", NULL, NULL},
              {"ZINCRBY z 1 a", ",2.5\r\n", NULL, NULL},
              {"ZPOPMIN z 1", "*1\r\n*2\r\n$1\r\na\r\n,2.5\r\n", NULL, NULL},
              {"ZADD z 1 a", ":1\r\n", NULL, NULL},
              {"ZPOPMIN z", "*2\r\n$1\r\na\r\n,1\r\n", NULL, NULL});
}

static const char *encoding(struct harness *h)
{
    return harness_run(h, "OBJECT ENCODING z");
}

static void a_sorted_set_changes_its_form_with_its_size(void **state)
{
    struct harness *h = *state;
    h->settings.zset_max_listpack_entries = 3;
    h->settings.zset_max_listpack_value = 8;
    harness_run(h, "ZADD z 1 a 2 b 3 c");
    assert_string_equal(encoding(h), "$8\r\nlistpack\r\n");
    harness_run(h, "ZADD z 5 a");
    assert_string_equal(encoding(h), "$8\r\nlistpack\r\n");
    harness_run(h, "ZADD z 4 d");
    assert_string_equal(encoding(h), "$8\r\nskiplist\r\n");
    STEPS_RUN(h,
              {"ZRANGE z 0 -1", "*4\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\na\r\n", NULL, NULL},
              {"ZREM z a b c", ":3\r\n", NULL, NULL});
    assert_string_equal(encoding(h), "$8\r\nskiplist\r\n");
    harness_run(h, "ZUNIONSTORE z 1 z");
    assert_string_equal(encoding(h), "$8\r\nlistpack\r\n");
    harness_run(h, "ZADD z 1 123456789");
    assert_string_equal(encoding(h), "$8\r\nskiplist\r\n");
}

/* A walk over a big one finds every member; ranks and ranges come out of a tree of some depth. */
static void big_sorted_sets_are_walked(void **state)
{
    struct harness *h = *state;
    char request[64];
    for (int i = 0; i < 5000; i++) {
        snprintf(request, sizeof(request), "ZADD z %d m%d", (i * 7919) % 5000, i);
        harness_run(h, request);
    }
    STEPS_RUN(h, {"ZCOUNT z 100 (200", ":100\r\n", NULL, NULL},
              {"ZREMRANGEBYRANK z 100 199", ":100\r\n", NULL, NULL},
              {"ZCOUNT z 100 (200", ":0\r\n", NULL, NULL}, {"ZRANK z m0", ":0\r\n", NULL, NULL},
              {"ZCARD z", ":4900\r\n", NULL, NULL});
    size_t found = 0;
    char cursor[32] = "0";
    do {
        snprintf(request, sizeof(request), "ZSCAN z %s", cursor);
        const char *reply = harness_run(h, request);
        sscanf(reply, "*2\r\n$%*d\r\n%31[0-9]", cursor);
        for (const char *at = strchr(reply, 'm'); at; at = strchr(at + 1, 'm')) found++;
    } while (strcmp(cursor, "0") != 0);
    assert_true(found >= 4900);
}

/* Names in a range of different scores depend on how the sorted set is kept; ranks do not. */
static void ranges_of_names_are_recorded_by_ranks_when_scores_differ(void **state)
{
    STEPS_RUN(*state, {"ZADD z 0 a 0 b 0 c", ":3\r\n", NULL, NULL},
              {"ZRANGESTORE d z [a [b BYLEX", ":2\r\n", NULL, "ZRANGESTORE d z [a [b BYLEX;"},
              {"ZREMRANGEBYLEX z [a [a", ":1\r\n", NULL, "ZREMRANGEBYLEX z [a [a;"},
              {"ZADD z 1 d 2 e", ":2\r\n", NULL, NULL},
              {"ZRANGESTORE d z [c [d BYLEX", ":2\r\n", NULL, "ZRANGESTORE d z 1 2;"},
              {"ZRANGESTORE d z [x [y BYLEX", ":0\r\n", NULL, "DEL d;"},
              {"ZRANGESTORE d z [x [y BYLEX", ":0\r\n", NULL, ""},
              {"ZREMRANGEBYLEX z [c [d", ":2\r\n", NULL, "ZREMRANGEBYRANK z 1 2;"},
              {"ZREMRANGEBYLEX z [x [y", ":0\r\n", NULL, ""});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_are_added_and_rescored, start, stop),
        cmocka_unit_test_setup_teardown(scores_are_incremented, start, stop),
        cmocka_unit_test_setup_teardown(members_are_asked_for, start, stop),
        cmocka_unit_test_setup_teardown(ranges_are_of_ranks_scores_or_names, start, stop),
        cmocka_unit_test_setup_teardown(ranges_are_removed, start, stop),
        cmocka_unit_test_setup_teardown(ranges_of_names_are_recorded_by_ranks_when_scores_differ,
                                        start, stop),
        cmocka_unit_test_setup_teardown(members_are_popped_from_the_ends, start, stop),
        cmocka_unit_test_setup_teardown(sorted_sets_and_sets_are_combined, start, stop),
        cmocka_unit_test_setup_teardown(resp3_has_doubles_and_pairs, start, stop),
        cmocka_unit_test_setup_teardown(a_sorted_set_changes_its_form_with_its_size, start, stop),
        cmocka_unit_test_setup_teardown(big_sorted_sets_are_walked, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
