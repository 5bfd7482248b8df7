/* Proves: transactions queue, run, abort and record their effects as one; WATCH sees every kind of
 * change and only changes; refused requests abort as clients expect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command/families.h"
#include "command/multi.h"
#include "expect.h"

#define QUEUED   "+QUEUED\r\n"
#define NIL_LIST "*-1\r\n"

static struct harness h;

/* Another client on the same store. */
static struct session other;
static struct chain other_out;

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, expire_commands, database_commands,
                 multi_commands, NULL);
    session_init(&other, 2, &other_out);
    other.authenticated = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_deinit(&other);
    chain_deinit(&other_out);
    other_out = (struct chain){0};
    harness_deinit(&h);
    return 0;
}

static void other_does(const char *line)
{
    struct words words = {0};
    assert_true(words_split(&words, str_from_c(line)));
    struct request_view request = {.argv = words.list, .argc = (int)words.count};
    execute(&h.executor, &other, &request, ORIGIN_CLIENT);
    chain_consume(&other_out, other_out.len);
    words_deinit(&words);
}

static void queued_commands_run_at_exec_in_order(void **state)
{
    (void)state;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "SET a 1", QUEUED);
    EXPECT(&h, "INCR a", QUEUED);
    EXPECT(&h, "LPUSHX", ERR("unknown command 'LPUSHX', with args beginning with: "));
    EXPECT(&h, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    EXPECT(&h, "EXISTS a", NUM(0));
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "SET a 1", QUEUED);
    EXPECT(&h, "INCR a", QUEUED);
    EXPECT(&h, "GET a", QUEUED);
    EXPECT(&h, "EXEC", "*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n");
    EXPECT_EFFECTS(&h, "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
                       "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n");
}

static void nothing_is_recorded_when_nothing_changed_and_one_effect_needs_no_frame(void **state)
{
    (void)state;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "DEL a", QUEUED);
    EXPECT(&h, "EXEC", "*1\r\n:0\r\n");
    EXPECT_EFFECTS(&h, "");
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "GET a", QUEUED);
    EXPECT(&h, "SET a 1", QUEUED);
    EXPECT(&h, "EXEC", "*2\r\n$-1\r\n+OK\r\n");
    EXPECT_EFFECTS(&h, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n");
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "EXEC", "*0\r\n");
}

static void effects_in_several_databases_are_framed_with_select(void **state)
{
    (void)state;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "SET a 1", QUEUED);
    EXPECT(&h, "SELECT 4", QUEUED);
    EXPECT(&h, "SET b 1", QUEUED);
    EXPECT(&h, "EXEC", "*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    EXPECT_EFFECTS(&h, "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
                       "*2\r\n$6\r\nSELECT\r\n$1\r\n4\r\n"
                       "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n*1\r\n$4\r\nEXEC\r\n");
    assert_int_equal(h.executor.unit.first_db, 0);
    assert_int_equal(h.executor.unit.last_db, 4);
}

static void errors_at_run_time_do_not_stop_the_rest(void **state)
{
    (void)state;
    EXPECT(&h, "SET a x", OK);
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "INCR a", QUEUED);
    EXPECT(&h, "SET b 1", QUEUED);
    EXPECT(&h, "EXEC", "*2\r\n-ERR value is not an integer or out of range\r\n+OK\r\n");
}

static void misplaced_commands_are_refused(void **state)
{
    (void)state;
    EXPECT(&h, "EXEC", ERR("EXEC without MULTI"));
    EXPECT(&h, "DISCARD", ERR("DISCARD without MULTI"));
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "MULTI", ERR("MULTI calls can not be nested"));
    EXPECT(&h, "WATCH a", ERR("WATCH inside MULTI is not allowed"));
    EXPECT(&h, "SET a 1", QUEUED);
    EXPECT(&h, "EXEC", "*1\r\n+OK\r\n");
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "SET a 2", QUEUED);
    EXPECT(&h, "GET", ERR("wrong number of arguments for 'get' command"));
    EXPECT(&h, "DISCARD", OK);
    EXPECT(&h, "GET a", "$1\r\n1\r\n");
    EXPECT(&h, "EXEC", ERR("EXEC without MULTI"));
}

static void a_gate_that_closes_meanwhile_aborts_exec(void **state)
{
    (void)state;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "SET a 1", QUEUED);
    h.executor.state = GATE_READ_ONLY;
    EXPECT(&h, "EXEC",
           "-EXECABORT Transaction discarded because of: READONLY You can't write "
           "against a read only replica.\r\n");
    h.executor.state = 0;
    EXPECT(&h, "EXEC", ERR("EXEC without MULTI"));
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "GET a", QUEUED);
    h.executor.state = GATE_READ_ONLY;
    EXPECT(&h, "EXEC", "*1\r\n$-1\r\n");
    EXPECT(&h, "MULTI", OK);
    h.executor.state = GATE_STALE;
    assert_int_equal(strncmp(harness_run(&h, "GET a"), "-MASTERDOWN", 11), 0);
    EXPECT(&h, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

static bool no_room(void *owner)
{
    (void)owner;
    return false;
}

static void nothing_is_queued_while_there_is_no_memory(void **state)
{
    (void)state;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "GET a", QUEUED);
    h.executor.make_room = no_room;
    EXPECT(&h, "EXEC", "*1\r\n$-1\r\n");
    EXPECT(&h, "MULTI", OK);
    assert_int_equal(strncmp(harness_run(&h, "GET a"), "-OOM", 4), 0);
    EXPECT(&h, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    h.executor.make_room = NULL;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "SET a 1", QUEUED);
    h.executor.make_room = no_room;
    EXPECT(&h, "EXEC",
           "-EXECABORT Transaction discarded because of: OOM command not allowed when "
           "used memory > 'maxmemory'.\r\n");
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "DISCARD", OK);
}

static void arguments_that_clients_reuse_are_kept_as_copies(void **state)
{
    (void)state;
    char key[] = "key";
    struct str argv[] = {STR("SET"), {key, 3}, STR("v")};
    EXPECT(&h, "MULTI", OK);
    assert_string_equal(harness_run_argv(&h, argv, 3), QUEUED);
    assert_true(h.session.queued_bytes > 0);
    memcpy(key, "xxx", 3);
    EXPECT(&h, "EXEC", "*1\r\n+OK\r\n");
    EXPECT(&h, "GET key", "$1\r\nv\r\n");
}

/* --- WATCH --- */

/* Watches `a`, lets `change` happen, and tells whether EXEC then refused. */
static bool is_spoiled_by(const char *change)
{
    EXPECT(&h, "WATCH a", OK);
    other_does(change);
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "EXISTS zzz", QUEUED);
    const char *reply = harness_run(&h, "EXEC");
    if (strcmp(reply, NIL_LIST) == 0) return true;
    assert_string_equal(reply, "*1\r\n:0\r\n");
    return false;
}

static void every_change_of_a_watched_key_spoils_exec(void **state)
{
    (void)state;
    assert_true(is_spoiled_by("SET a 1"));
    assert_true(is_spoiled_by("APPEND a x"));
    assert_true(is_spoiled_by("EXPIRE a 100"));
    other_does("COPY a b");
    assert_true(is_spoiled_by("RENAME b a"));
    assert_true(is_spoiled_by("RENAME a b"));
    other_does("SET a 1");
    assert_true(is_spoiled_by("MOVE a 3"));
}

static void what_does_not_change_the_key_does_not_spoil_exec(void **state)
{
    (void)state;
    other_does("SET b 1");
    assert_false(is_spoiled_by("SET b 2"));
    assert_false(is_spoiled_by("GET a"));
    assert_false(is_spoiled_by("DEL a"));
    assert_false(is_spoiled_by("SETNX b 3"));
    other_does("SELECT 1");
    assert_false(is_spoiled_by("SET a 1"));
}

static void emptying_and_swapping_spoil_only_keys_that_are_or_were_there(void **state)
{
    (void)state;
    assert_false(is_spoiled_by("FLUSHALL"));
    other_does("SET a 1");
    assert_true(is_spoiled_by("FLUSHALL"));
    assert_false(is_spoiled_by("SWAPDB 0 1"));
    other_does("SET a 1");
    assert_true(is_spoiled_by("SWAPDB 0 1"));
    assert_true(is_spoiled_by("SWAPDB 0 1"));
    assert_false(is_spoiled_by("SWAPDB 2 3"));
    assert_true(is_spoiled_by("FLUSHDB"));
}

static void a_key_that_expires_after_watch_spoils_exec(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1 PX 10", OK);
    EXPECT(&h, "WATCH a", OK);
    h.host.now_ms += 100;
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "EXISTS zzz", QUEUED);
    EXPECT(&h, "EXEC", NIL_LIST);
}

static void a_key_that_had_expired_before_watch_may_be_deleted(void **state)
{
    (void)state;
    EXPECT(&h, "SET a 1 PX 10", OK);
    h.host.now_ms += 100;
    assert_false(is_spoiled_by("GET a"));
    EXPECT(&h, "SET a 1 PX 10", OK);
    h.host.now_ms += 100;
    assert_true(is_spoiled_by("SET a 2"));
    EXPECT(&h, "SET a 1 PX 10", OK);
    h.host.now_ms += 100;
    assert_false(is_spoiled_by("FLUSHALL"));
}

static void unwatch_discard_and_the_end_of_a_session_forget(void **state)
{
    (void)state;
    EXPECT(&h, "WATCH a b a", OK);
    assert_int_equal(h.watches.keys.len, 2);
    EXPECT(&h, "UNWATCH", OK);
    assert_int_equal(h.watches.keys.len, 0);
    EXPECT(&h, "WATCH a", OK);
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "DISCARD", OK);
    assert_int_equal(h.watches.keys.len, 0);
    assert_false(is_spoiled_by("GET a"));
    other_does("WATCH a c");
    EXPECT(&h, "WATCH a", OK);
    assert_int_equal(h.watches.keys.len, 2);
    session_deinit(&other);
    assert_int_equal(h.watches.keys.len, 1);
    EXPECT(&h, "SET a 1", OK);
    assert_int_equal(h.watches.keys.len, 0);
    EXPECT(&h, "MULTI", OK);
    EXPECT(&h, "EXEC", NIL_LIST);
    session_init(&other, 2, &other_out);
}

static void all_watchers_of_a_key_are_told(void **state)
{
    (void)state;
    EXPECT(&h, "WATCH a b", OK);
    other_does("WATCH b a");
    EXPECT(&h, "SET a 1", OK);
    assert_true(session_is(&h.session, SESSION_DIRTY_CAS));
    assert_true(session_is(&other, SESSION_DIRTY_CAS));
    assert_int_equal(h.watches.keys.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(queued_commands_run_at_exec_in_order),
        TEST(nothing_is_recorded_when_nothing_changed_and_one_effect_needs_no_frame),
        TEST(effects_in_several_databases_are_framed_with_select),
        TEST(errors_at_run_time_do_not_stop_the_rest),
        TEST(misplaced_commands_are_refused),
        TEST(a_gate_that_closes_meanwhile_aborts_exec),
        TEST(nothing_is_queued_while_there_is_no_memory),
        TEST(arguments_that_clients_reuse_are_kept_as_copies),
        TEST(every_change_of_a_watched_key_spoils_exec),
        TEST(what_does_not_change_the_key_does_not_spoil_exec),
        TEST(emptying_and_swapping_spoil_only_keys_that_are_or_were_there),
        TEST(a_key_that_expires_after_watch_spoils_exec),
        TEST(a_key_that_had_expired_before_watch_may_be_deleted),
        TEST(unwatch_discard_and_the_end_of_a_session_forget),
        TEST(all_watchers_of_a_key_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
