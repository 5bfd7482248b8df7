/* Proves: times to live are set under every condition and recorded as moments, what is past is
 * deleted, and the expire cycle finds what nobody asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command/expire_cycle.h"
#include "command/families.h"
#include "expect.h"

static struct harness h;

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, expire_commands, database_commands, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_deinit(&h);
    return 0;
}

static void a_time_to_live_is_recorded_as_the_moment_it_ends(void **state)
{
    (void)state;
    static const char effect[] = "*3\r\n$9\r\nPEXPIREAT\r\n$1\r\na\r\n$10\r\n1700010000\r\n";
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "EXPIRE a 10", NUM(1));
    EXPECT_EFFECTS(&h, effect);
    EXPECT_EVENTS(&h, "expire a;");
    EXPECT(&h, "PEXPIRE a 10000", NUM(1));
    EXPECT_EFFECTS(&h, effect);
    EXPECT(&h, "EXPIREAT a 1700010", NUM(1));
    EXPECT_EFFECTS(&h, effect);
    EXPECT(&h, "PEXPIREAT a 1700010000", NUM(1));
    EXPECT_EFFECTS(&h, effect);
    EXPECT(&h, "TTL a", NUM(10));
    EXPECT(&h, "PTTL a", NUM(10000));
    EXPECT(&h, "EXPIRETIME a", NUM(1700010));
    EXPECT(&h, "PEXPIRETIME a", NUM(1700010000));
    h.host.now_ms += 501;
    EXPECT(&h, "TTL a", NUM(9));
    EXPECT(&h, "PERSIST a", NUM(1));
    EXPECT_EVENTS(&h, "persist a;");
    EXPECT_EFFECTS(&h, "*2\r\n$7\r\nPERSIST\r\n$1\r\na\r\n");
    EXPECT(&h, "PERSIST a", NUM(0));
    EXPECT(&h, "TTL a", NUM(-1));
    EXPECT(&h, "TTL nosuch", NUM(-2));
    EXPECT(&h, "EXPIRE nosuch 10", NUM(0));
}

static void conditions_decide_whether_a_time_is_set(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "EXPIRE a 10 XX", NUM(0));
    EXPECT(&h, "EXPIRE a 10 GT", NUM(0));
    EXPECT(&h, "EXPIRE a 10 LT", NUM(1));
    EXPECT(&h, "EXPIRE a 10 NX", NUM(0));
    EXPECT(&h, "EXPIRE a 10 GT", NUM(0));
    EXPECT(&h, "EXPIRE a 11 LT", NUM(0));
    EXPECT(&h, "EXPIRE a 11 GT", NUM(1));
    EXPECT(&h, "EXPIRE a 5 XX LT", NUM(1));
    EXPECT(&h, "TTL a", NUM(5));
    EXPECT(&h, "PERSIST a", NUM(1));
    EXPECT(&h, "EXPIRE a 7 NX", NUM(1));
    EXPECT(&h, "EXPIRE a 7 NX XX",
           ERR("NX and XX, GT or LT options at the same time are not compatible"));
    EXPECT(&h, "EXPIRE a x GT LT", ERR("GT and LT options at the same time are not compatible"));
    EXPECT(&h, "EXPIRE a 1 FOO", ERR("Unsupported option FOO"));
}

static void times_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "EXPIRE a x", ERR("value is not an integer or out of range"));
    EXPECT(&h, "EXPIRE a 9223372036854775807", ERR("invalid expire time in 'expire' command"));
    EXPECT(&h, "PEXPIRE a 9223372036854775807", ERR("invalid expire time in 'pexpire' command"));
    EXPECT(&h, "EXPIREAT a 9223372036854776", ERR("invalid expire time in 'expireat' command"));
    EXPECT(&h, "EXPIRE a -9223372036854775807", ERR("invalid expire time in 'expire' command"));
    EXPECT(&h, "EXPIREAT a 9223372036854775", NUM(1));
    EXPECT(&h, "PEXPIREAT a 9223372036854775807", NUM(1));
    EXPECT(&h, "PEXPIRETIME a", NUM(9223372036854775807));
    EXPECT(&h, "GET a", "$1\r\n1\r\n");
}

static void a_moment_that_has_passed_deletes(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1", OK);
    EXPECT(&h, "EXPIRE a 0", NUM(1));
    EXPECT_EVENTS(&h, "del a;");
    EXPECT_EFFECTS(&h, "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n");
    EXPECT(&h, "SET a 1", OK);
    h.settings.is_replica = true;
    EXPECT(&h, "PEXPIREAT a 5", NUM(1));
    EXPECT(&h, "DBSIZE", NUM(1));
    EXPECT(&h, "GET a", NIL);
}

static void an_expired_key_is_deleted_before_the_request_that_meets_it(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1 PX 10", OK);
    h.host.now_ms += 10;
    EXPECT(&h, "EXPIRE a 10", NUM(0));
    EXPECT_EVENTS(&h, "expired a;");
    EXPECT_EFFECTS(&h, "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n");
}

static void what_a_master_or_a_file_tells_is_done_on_keys_past_their_time(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1 PX 10", OK);
    h.host.now_ms += 100;
    h.settings.is_replica = true;
    EXPECT(&h, "INCR a", NUM(1));
    EXPECT(&h, "DEL a", NUM(1));
    EXPECT(&h, "SET a 5 PX 10", OK);
    h.host.now_ms += 100;
    EXPECT(&h, "GET a", NIL);
    h.session.flags |= SESSION_MASTER;
    EXPECT(&h, "INCR a", NUM(6));
    h.session.flags &= ~(uint64_t)SESSION_MASTER;
    h.settings.is_replica = false;
    h.executor.state = GATE_LOADING;
    struct words words = {0};
    words_split(&words, STR("PEXPIREAT a 7"));
    struct request_view request = {.argv = words.list, .argc = (int)words.count};
    execute(&h.executor, &h.session, &request, ORIGIN_FILE);
    words_deinit(&words);
    chain_consume(&h.out, h.out.len);
    h.executor.state = 0;
    EXPECT(&h, "DBSIZE", NUM(1));
    EXPECT(&h, "GET a", NIL);
    EXPECT(&h, "DBSIZE", NUM(0));
}

/* --- the cycle --- */

static size_t run_round(struct expire_cycle *cycle, struct call *call, int *largest)
{
    size_t deleted = 0;
    uint64_t rounds = cycle->rounds;
    for (int steps = 0; cycle->rounds == rounds && steps < 100000; steps++) {
        size_t now = expire_cycle_step(cycle, call, 4);
        if ((int)now > *largest) *largest = (int)now;
        deleted += now;
    }
    assert_int_equal(cycle->rounds, rounds + 1);
    return deleted;
}

static void the_cycle_deletes_all_that_is_due_in_small_steps(void **state)
{
    (void)state;
    char request[64];
    struct expire_cycle cycle = {0};
    struct effects effects = {.wanted = true};
    struct call call = {.host = &h.host, .effects = &effects};
    int largest = 0;
    for (int i = 0; i < 3000; i++) {
        if (i == 1500) harness_run(&h, "SELECT 5");
        snprintf(request, sizeof(request), "SET k%d v PX %d", i, i % 3 ? 1000 : 100000);
        EXPECT(&h, request, OK);
    }
    EXPECT(&h, "SET stays v", OK);
    assert_int_equal(run_round(&cycle, &call, &largest), 0);
    h.host.now_ms += 5000;
    assert_int_equal(run_round(&cycle, &call, &largest), 2000);
    assert_true(largest <= 64);
    assert_int_equal(h.host.stats.expired, 2000);
    assert_int_equal(effects.before_count, 2000);
    EXPECT(&h, "DBSIZE", NUM(501));
    EXPECT(&h, "SELECT 0", OK);
    EXPECT(&h, "DBSIZE", NUM(500));
    effects_deinit(&effects);
}

static void the_cycle_leaves_the_keys_of_a_replica_alone(void **state)
{
    (void)state;
    struct expire_cycle cycle = {0};
    struct effects effects = {.wanted = true};
    struct call call = {.host = &h.host, .effects = &effects};
    EXPECT(&h, "SET a 1 PX 10", OK);
    h.host.now_ms += 100;
    h.settings.is_replica = true;
    assert_int_equal(expire_cycle_step(&cycle, &call, 100), 0);
    h.settings.is_replica = false;
    h.settings.active_expire = false;
    assert_int_equal(expire_cycle_step(&cycle, &call, 100), 0);
    EXPECT(&h, "DBSIZE", NUM(1));
    h.settings.active_expire = true;
    assert_int_equal(expire_cycle_step(&cycle, &call, 100), 1);
    effects_deinit(&effects);
}

static void more_effort_gets_more_time(void **state)
{
    (void)state;
    struct expire_effort least = expire_effort(1, 10), most = expire_effort(10, 10);
    assert_int_equal(least.tick_us, 25000);
    assert_int_equal(most.tick_us, 43000);
    assert_true(most.pages > least.pages);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_time_to_live_is_recorded_as_the_moment_it_ends),
        TEST(conditions_decide_whether_a_time_is_set),
        TEST(times_that_do_not_fit_are_refused),
        TEST(a_moment_that_has_passed_deletes),
        TEST(an_expired_key_is_deleted_before_the_request_that_meets_it),
        TEST(what_a_master_or_a_file_tells_is_done_on_keys_past_their_time),
        TEST(the_cycle_deletes_all_that_is_due_in_small_steps),
        TEST(the_cycle_leaves_the_keys_of_a_replica_alone),
        TEST(more_effort_gets_more_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
