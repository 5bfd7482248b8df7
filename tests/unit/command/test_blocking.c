/* Proves: sessions wait for keys and are served in order, after the request that filled the key; a
 * wait ends in each of its ways exactly once and leaves nothing behind; what a served command did
 * is recorded in the form that does not wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command/families.h"
#include "expect.h"
#include "unit/command/steps.h"
#include "waiters.h"

#define NIL_LIST "*-1\r\n"

static struct harness h;
static struct waiters w;

/* The last thing the hooks heard. */
static size_t released_count;
static enum unblock_reason released_as;
static int64_t told_deadline_us;

static void on_released(void *owner, struct session *session, enum unblock_reason reason)
{
    (void)owner;
    (void)session;
    released_count++;
    released_as = reason;
}

static void on_deadline(void *owner, int64_t deadline_us)
{
    (void)owner;
    told_deadline_us = deadline_us;
}

/* WAITFOR key timeout group: a made-up consumer that takes nothing, answers the length of a list
 * above 1, "gone" for a missing one when it runs again, and waits for a list to be gone too. */
static size_t waitfor_runs;

static void run_waitfor(struct call *call)
{
    int64_t timeout_ms;
    struct str woken_by;
    if (!blocking_timeout_ms(call, 2, &timeout_ms)) return;
    waitfor_runs++;
    const struct entry *entry = lookup(call, call_arg(call, 1), LOOKUP_PEEK);
    bool again = blocking_woken_by(call, &woken_by);
    if (again && (entry == NULL || entry_type(entry) != TYPE_LIST)) {
        reply_error(call->reply, "GONE");
        return;
    }
    struct str rewritten[] = {call_arg(call, 0), call_arg(call, 1), STR("77"), call_arg(call, 3)};
    struct blocking_wait wait = {
        .timeout_ms = timeout_ms,
        .timed_out = blocking_reply_null,
        .again = rewritten,
        .again_argc = 4,
        .keys = &call->argv[1],
        .key_count = 1,
        .type = TYPE_LIST,
        .until_gone = true,
        .equals = call_arg(call, 3),
    };
    blocking_wait(call, &wait);
}

/* HOLD: waits for something that is no key. */
static void answer_seven(struct host *host, struct session *session)
{
    (void)host;
    reply_i64(&session->reply, 7);
}

static void run_hold(struct call *call)
{
    struct blocking_wait wait = {
        .on = call_is(call, 1, "work") ? BLOCKED_ON_WORK : BLOCKED_ON_REPLICAS,
        .timeout_ms = 50,
        .timed_out = answer_seven,
    };
    blocking_wait(call, &wait);
}

static const struct command test_commands[] = {
    {.name = "waitfor", .run = run_waitfor, .arity = 4, .flags = CMD_BLOCKING, .group = "test"},
    {.name = "hold", .run = run_hold, .arity = 2, .flags = CMD_BLOCKING, .group = "test"},
    {0},
};

static int setup(void **state)
{
    (void)state;
    harness_init(&h, list_commands, zset_commands, string_commands, set_commands, generic_commands,
                 expire_commands, database_commands, multi_commands, test_commands, NULL);
    waiters_init(&w, &h, 8);
    w.blocking.released = on_released;
    w.blocking.deadline_changed = on_deadline;
    released_count = waitfor_runs = 0;
    told_deadline_us = INT64_MAX;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    waiters_deinit(&w);
    harness_deinit(&h);
    return 0;
}

#define SEND(at, line)     waiters_send(&w, (at), (line))
#define GOT(at, reply_)    assert_string_equal(waiters_got(&w, (at)), (reply_))
#define SERVE()            blocking_serve(&w.blocking)
#define POPPED(key, value) "*2\r\n$1\r\n" key "\r\n$1\r\n" value "\r\n"

static void assert_nothing_is_left(void)
{
    assert_int_equal(w.blocking.count, 0);
    assert_int_equal(w.blocking.until_gone_count, 0);
    assert_int_equal(w.blocking.queues.by_name.len, 0);
    assert_int_equal(w.blocking.deadlines.count, 0);
    assert_true(list_is_empty(&w.blocking.all));
    assert_false(blocking_has_ready(&w.blocking));
}

/* Effects of what was served, as steps.h writes them. */
static void assert_served_effects(const char *expected)
{
    struct buf text = {0};
    steps_read_effects(buf_str(&h.effects), &text);
    assert_string_equal(buf_c(&text), expected);
    buf_deinit(&text);
}

static void a_waiter_is_served_when_the_request_is_over(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    GOT(0, "");
    assert_true(session_is(&w.sessions[0], SESSION_BLOCKED));
    EXPECT(&h, "RPUSH k a b", NUM(2));
    GOT(0, "");
    buf_clear(&h.effects);
    buf_clear(&h.events);
    SERVE();
    GOT(0, POPPED("k", "a"));
    assert_served_effects("LPOP k;");
    EXPECT_EVENTS(&h, "lpop k;");
    assert_false(session_is(&w.sessions[0], SESSION_BLOCKED));
    assert_int_equal(released_count, 1);
    assert_int_equal(released_as, UNBLOCKED_SERVED);
    assert_nothing_is_left();
    EXPECT(&h, "LLEN k", NUM(1));
}

static void waiters_are_served_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    SEND(1, "BRPOP x k 0");
    SEND(2, "BLPOP k k k 0");
    SEND(3, "BLPOP k 0");
    assert_int_equal(blocking_queue_find(&w.blocking.queues, 0, TYPE_LIST, STR("k"))->count, 4);
    harness_run(&h, "RPUSH k 1 2 3");
    SERVE();
    GOT(0, POPPED("k", "1"));
    GOT(1, POPPED("k", "3"));
    GOT(2, POPPED("k", "2"));
    GOT(3, "");
    harness_run(&h, "RPUSH k 4");
    SERVE();
    GOT(3, POPPED("k", "4"));
    assert_nothing_is_left();
}

static void a_transaction_is_over_before_anybody_is_served(void **state)
{
    (void)state;
    SEND(0, "BLPOP a b 0");
    SEND(1, "BLPOP a 0");
    EXPECT(&h, "MULTI", OK);
    harness_run(&h, "RPUSH b 1");
    harness_run(&h, "RPUSH a 2");
    harness_run(&h, "RPUSH b 3");
    harness_run(&h, "EXEC");
    SERVE();
    /* The key that was filled first serves, not the one named first. */
    GOT(0, POPPED("b", "1"));
    GOT(1, POPPED("a", "2"));
    EXPECT(&h, "LLEN b", NUM(1));
    SEND(0, "BLPOP c 0");
    harness_run(&h, "MULTI");
    harness_run(&h, "RPUSH c 1");
    harness_run(&h, "DEL c");
    harness_run(&h, "EXEC");
    SERVE();
    GOT(0, "");
    assert_true(session_is(&w.sessions[0], SESSION_BLOCKED));
}

static void nobody_waits_inside_a_transaction(void **state)
{
    (void)state;
    harness_run(&h, "MULTI");
    harness_run(&h, "BLPOP k 0");
    harness_run(&h, "BLMOVE k d LEFT LEFT 0");
    harness_run(&h, "BRPOPLPUSH k d 0");
    harness_run(&h, "BLMPOP 0 1 k LEFT");
    harness_run(&h, "BZPOPMIN k 0");
    harness_run(&h, "BZMPOP 0 1 k MAX");
    EXPECT(&h, "EXEC", "*6\r\n" NIL_LIST NIL NIL NIL_LIST NIL_LIST NIL_LIST);
    assert_false(session_is(&h.session, SESSION_BLOCKED));
    h.session.flags |= SESSION_DENY_BLOCKING;
    EXPECT(&h, "BLPOP k 0", NIL_LIST);
    h.session.flags = SESSION_MASTER;
    EXPECT(&h, "BLPOP k 0", NIL_LIST);
    h.session.flags = 0;
    h.host.blocking = NULL;
    EXPECT(&h, "BLPOP k 0", NIL_LIST);
    h.host.blocking = &w.blocking;
    assert_nothing_is_left();
}

static void an_element_goes_through_a_chain_of_moves(void **state)
{
    (void)state;
    SEND(0, "BLPOP d 0");
    SEND(1, "BLMOVE c d LEFT RIGHT 0");
    SEND(2, "BRPOPLPUSH b c 0");
    SEND(3, "BLMOVE a b RIGHT LEFT 0");
    harness_run(&h, "RPUSH a 1");
    buf_clear(&h.effects);
    SERVE();
    GOT(0, POPPED("d", "1"));
    GOT(1, "$1\r\n1\r\n");
    GOT(2, "$1\r\n1\r\n");
    GOT(3, "$1\r\n1\r\n");
    assert_served_effects("LMOVE a b RIGHT LEFT;RPOPLPUSH b c;LMOVE c d LEFT RIGHT;LPOP d;");
    EXPECT(&h, "DBSIZE", NUM(0));
    assert_nothing_is_left();
}

static void moves_in_a_circle_end(void **state)
{
    (void)state;
    SEND(0, "BLMOVE a b LEFT LEFT 0");
    SEND(1, "BLMOVE b a LEFT LEFT 0");
    SEND(2, "BLMOVE c c LEFT LEFT 0");
    harness_run(&h, "RPUSH a 1");
    harness_run(&h, "RPUSH c 2");
    SERVE();
    GOT(0, "$1\r\n1\r\n");
    GOT(1, "$1\r\n1\r\n");
    GOT(2, "$1\r\n2\r\n");
    EXPECT(&h, "LRANGE a 0 -1", "*1\r\n$1\r\n1\r\n");
    assert_nothing_is_left();
}

static void commands_record_what_they_took_when_they_need_not_wait(void **state)
{
    (void)state;
    STEPS_RUN(
        &h, {"RPUSH l 1 2 3 4 5", ":5\r\n", NULL, NULL},
        {"BLPOP x l 0", "*2\r\n$1\r\nl\r\n$1\r\n1\r\n", "lpop l;", "LPOP l;"},
        {"BRPOP l 0", "*2\r\n$1\r\nl\r\n$1\r\n5\r\n", "rpop l;", "RPOP l;"},
        {"BLMPOP 0 2 x l RIGHT COUNT 9", "*2\r\n$1\r\nl\r\n*3\r\n$1\r\n4\r\n$1\r\n3\r\n$1\r\n2\r\n",
         "rpop l;del l;", "RPOP l 3;"},
        {"ZADD z 1 a 2 b 3 c 4 d", ":4\r\n", NULL, NULL},
        {"BZPOPMIN z 0", "*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n", "zpopmin z;", "ZPOPMIN z;"},
        {"BZPOPMAX x z 0", "*3\r\n$1\r\nz\r\n$1\r\nd\r\n$1\r\n4\r\n", "zpopmax z;", "ZPOPMAX z;"},
        {"BZMPOP 0 1 z MIN COUNT 2",
         "*2\r\n$1\r\nz\r\n*2\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n",
         "zpopmin z;del z;", "ZPOPMIN z 2;"},
        {"SET s v", OK, NULL, NULL},
        {"BLPOP s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", "",
         ""});
}

static void only_the_awaited_type_wakes(void **state)
{
    (void)state;
    SEND(0, "BZPOPMIN k 0");
    SEND(1, "BLPOP k 0");
    harness_run(&h, "SADD k 1");
    SERVE();
    harness_run(&h, "DEL k");
    harness_run(&h, "RPUSH k a");
    SERVE();
    GOT(0, "");
    GOT(1, POPPED("k", "a"));
    harness_run(&h, "SET k v");
    harness_run(&h, "ZADD z 1 m");
    harness_run(&h, "ZRANGESTORE k z 0 -1");
    SERVE();
    GOT(0, "*3\r\n$1\r\nk\r\n$1\r\nm\r\n$1\r\n1\r\n");
    assert_nothing_is_left();
}

static void whatever_brings_a_key_wakes(void **state)
{
    static const char *const ways[] = {"RENAME from k", "COPY from k REPLACE", "SWAPDB 0 1",
                                       "MOVE k 0"};
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        harness_run(&h, "FLUSHALL");
        SEND(0, "BLPOP k 0");
        harness_run(&h, "RPUSH from v");
        harness_run(&h, "SELECT 1");
        harness_run(&h, "RPUSH k v");
        if (ways[i][0] != 'M') harness_run(&h, "SELECT 0");
        SERVE();
        GOT(0, "");
        harness_run(&h, ways[i]);
        SERVE();
        GOT(0, POPPED("k", "v"));
        harness_run(&h, "SELECT 0");
    }
    assert_nothing_is_left();
}

static void databases_are_apart(void **state)
{
    (void)state;
    SEND(0, "SELECT 1");
    SEND(0, "BLPOP k 0");
    SEND(1, "BLPOP k 0");
    GOT(0, OK);
    harness_run(&h, "RPUSH k a");
    SERVE();
    GOT(0, "");
    GOT(1, POPPED("k", "a"));
}

static void times_run_out_in_their_order_with_the_reply_of_the_command(void **state)
{
    (void)state;
    h.executor.last_clock_us = 1000;
    SEND(0, "BLPOP k 0.05");
    assert_int_equal(told_deadline_us, 51000);
    SEND(1, "BLMOVE k d LEFT LEFT 0.01");
    assert_int_equal(told_deadline_us, 11000);
    SEND(2, "BZPOPMIN k 0.0000001");
    SEND(3, "BLPOP k 0");
    w.sessions[2].reply.version = 3;
    assert_int_equal(blocking_next_deadline(&w.blocking), 2000);
    blocking_expire(&w.blocking, 1999);
    assert_int_equal(released_count, 0);
    blocking_expire(&w.blocking, 11000);
    GOT(2, "_\r\n");
    GOT(1, NIL_LIST);
    GOT(0, "");
    assert_int_equal(released_as, UNBLOCKED_TIMEOUT);
    assert_int_equal(told_deadline_us, 51000);
    blocking_expire(&w.blocking, INT64_MAX - 1);
    GOT(0, NIL_LIST);
    assert_int_equal(told_deadline_us, INT64_MAX);
    GOT(3, "");
    assert_int_equal(w.blocking.count, 1);
}

static void timeouts_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"-1", "timeout is negative"},
        {"-0.002", "timeout is negative"},
        {"-inf", "timeout is negative"},
        {"inf", "timeout is out of range"},
        {"1e30", "timeout is out of range"},
        {"9223372036854775", "timeout is out of range"},
        {"9223372036854775807", "timeout is out of range"},
        {"nan", "timeout is not a float or out of range"},
        {"x", "timeout is not a float or out of range"},
        {"\"\"", "timeout is not a float or out of range"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[80], expected[80];
        snprintf(line, sizeof(line), "BLPOP k %s", cases[i].text);
        snprintf(expected, sizeof(expected), "-ERR %s\r\n", cases[i].error);
        EXPECT(&h, line, expected);
    }
    EXPECT(&h, "WAITFOR k 1.5 g", ERR("timeout is not an integer or out of range"));
    EXPECT(&h, "WAITFOR k -1 g", ERR("timeout is negative"));
    EXPECT(&h, "WAITFOR k 9223372036854775807 g", ERR("timeout is out of range"));
    h.executor.last_clock_us = INT64_MAX / 2;
    SEND(0, "BLPOP k 9223370000000000");
    assert_int_equal(blocking_next_deadline(&w.blocking), INT64_MAX - 1);
}

static void a_wait_can_be_ended_from_outside(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    SEND(1, "BLPOP k 0");
    assert_false(blocking_unblock(&w.blocking, &h.session, false));
    assert_true(blocking_unblock(&w.blocking, &w.sessions[0], false));
    GOT(0, NIL_LIST);
    assert_int_equal(released_as, UNBLOCKED_TIMEOUT);
    assert_true(blocking_unblock(&w.blocking, &w.sessions[1], true));
    GOT(1, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    assert_int_equal(released_as, UNBLOCKED_ERROR);
    assert_false(blocking_unblock(&w.blocking, &w.sessions[1], true));
    assert_nothing_is_left();
}

static void a_change_of_role_ends_the_waits_that_only_a_master_can_serve(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    SEND(1, "HOLD replicas");
    SEND(2, "HOLD work");
    blocking_refuse_all(&w.blocking, "UNBLOCKED no master any more");
    GOT(0, "-UNBLOCKED no master any more\r\n");
    GOT(1, "-UNBLOCKED no master any more\r\n");
    assert_int_equal(released_as, UNBLOCKED_REFUSED);
    GOT(2, "");
    assert_int_equal(w.blocking.count, 1);
}

static void other_things_can_be_waited_for(void **state)
{
    (void)state;
    SEND(0, "HOLD replicas");
    SEND(1, "HOLD replicas");
    SEND(2, "HOLD replicas");
    SEND(3, "HOLD work");
    reply_i64(&w.sessions[0].reply, 3);
    blocking_end(&w.blocking, &w.sessions[0], UNBLOCKED_SERVED);
    GOT(0, NUM(3));
    assert_true(blocking_unblock(&w.blocking, &w.sessions[2], false));
    GOT(2, NUM(7));
    assert_false(blocking_unblock(&w.blocking, &w.sessions[3], true));
    blocking_expire(&w.blocking, 50000);
    GOT(1, NUM(7));
    GOT(3, NUM(7));
    assert_nothing_is_left();
}

static void who_leaves_is_not_served(void **state)
{
    (void)state;
    SEND(0, "BLPOP k j 5");
    SEND(1, "BLPOP k 0");
    assert_true(blocking_memory(&w.sessions[0]) > 0);
    blocking_leave(&w.blocking, &w.sessions[0]);
    assert_int_equal(blocking_memory(&w.sessions[0]), 0);
    blocking_leave(&w.blocking, &w.sessions[0]);
    harness_run(&h, "RPUSH k a");
    SERVE();
    GOT(0, "");
    GOT(1, POPPED("k", "a"));
    assert_int_equal(told_deadline_us, INT64_MAX);
    assert_nothing_is_left();
}

/* The link may close any client while one is being served, that one too. */
static size_t leaver;

static enum execute_verdict run_and_close(void *owner, struct session *session,
                                          struct request_view *request)
{
    (void)owner;
    enum execute_verdict verdict = execute(&h.executor, session, request, ORIGIN_CLIENT);
    blocking_leave(&w.blocking, &w.sessions[leaver]);
    return verdict;
}

static void clients_may_close_while_one_is_served(void **state)
{
    (void)state;
    w.blocking.run_again = run_and_close;
    for (leaver = 0; leaver < 3; leaver++) {
        SEND(0, "BLPOP k 0");
        SEND(1, "BLPOP k 0");
        SEND(2, "BLPOP k 0");
        harness_run(&h, "RPUSH k a b c");
        SERVE();
        GOT(0, POPPED("k", "a"));
        GOT(1, leaver == 1 ? "" : POPPED("k", "b"));
        GOT(2, leaver == 0 ? POPPED("k", "c") : leaver == 1 ? POPPED("k", "b") : "");
        assert_nothing_is_left();
        harness_run(&h, "DEL k");
    }
}

static void a_served_command_may_fail_and_is_over_then(void **state)
{
    (void)state;
    SEND(0, "BLMOVE k d LEFT LEFT 0");
    SEND(1, "BLPOP k 0");
    harness_run(&h, "SET d string");
    harness_run(&h, "RPUSH k a");
    SERVE();
    GOT(0, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    GOT(1, POPPED("k", "a"));
    assert_nothing_is_left();
}

static bool nobody_may(void *owner, struct call *call, struct buf *reason)
{
    (void)owner;
    if (strcmp(call->command->name, "blpop") != 0) return true;
    buf_append_c(reason, "NOPERM no more");
    return false;
}

static void rights_are_asked_again(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    h.executor.acl_allows = nobody_may;
    harness_run(&h, "RPUSH k a");
    SERVE();
    GOT(0, "-NOPERM no more\r\n");
    EXPECT(&h, "LLEN k", NUM(1));
    assert_nothing_is_left();
}

static bool is_paused;

static bool must_wait(void *owner, const struct session *session, uint32_t flags)
{
    (void)owner;
    (void)session;
    (void)flags;
    return is_paused;
}

static void a_pause_puts_serving_off(void **state)
{
    (void)state;
    h.executor.must_wait = must_wait;
    SEND(0, "BLPOP k 0");
    SEND(1, "BLPOP k 0");
    harness_run(&h, "RPUSH k a b");
    is_paused = true;
    SERVE();
    GOT(0, "");
    assert_true(session_is(&w.sessions[0], SESSION_BLOCKED));
    assert_true(blocking_has_ready(&w.blocking));
    is_paused = false;
    SERVE();
    GOT(0, POPPED("k", "a"));
    GOT(1, POPPED("k", "b"));
    assert_nothing_is_left();
}

static void who_finds_nothing_keeps_place_deadline_and_request(void **state)
{
    (void)state;
    SEND(0, "WAITFOR k 5 g");
    SEND(1, "BLPOP k 0");
    int64_t deadline_us = blocking_next_deadline(&w.blocking);
    h.executor.last_clock_us = 3000;
    assert_int_equal(blocking_request(&w.sessions[0]).argc, 4);
    assert_true(str_is(blocking_request(&w.sessions[0]).argv[2], "77"));
    harness_run(&h, "RPUSH k a b");
    SERVE();
    assert_int_equal(waitfor_runs, 2);
    GOT(0, "");
    GOT(1, POPPED("k", "a"));
    assert_true(session_is(&w.sessions[0], SESSION_BLOCKED));
    assert_int_equal(blocking_next_deadline(&w.blocking), deadline_us);
    SEND(2, "BLMPOP 0 1 nokey LEFT");
    harness_run(&h, "RPUSH nokey a");
    SERVE();
    assert_int_equal(waitfor_runs, 2);
    blocking_expire(&w.blocking, deadline_us);
    GOT(0, NIL);
}

static void equals_of_one_who_found_nothing_are_left_alone(void **state)
{
    (void)state;
    SEND(0, "WAITFOR k 0 g");
    SEND(1, "WAITFOR k 0 g");
    SEND(2, "WAITFOR k 0 other");
    SEND(3, "WAITFOR k 0 g");
    waitfor_runs = 0;
    harness_run(&h, "RPUSH k a");
    SERVE();
    assert_int_equal(waitfor_runs, 2);
    blocking_ready(&w.blocking, &h.store.dbs[0], STR("k"));
    SERVE();
    assert_int_equal(waitfor_runs, 4);
}

static void who_relies_on_a_key_hears_that_it_is_gone(void **state)
{
    static const char *const ways[] = {"DEL k",       "SET k v",        "RENAME k j", "LPOP k",
                                       "PEXPIRE k 0", "FLUSHALL",       "FLUSHDB",    "SWAPDB 0 1",
                                       "MOVE k 1",    "RENAME string k"};
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        harness_run(&h, "FLUSHALL");
        harness_run(&h, "SET string v");
        harness_run(&h, "RPUSH k a");
        SEND(0, "WAITFOR k 0 g");
        SEND(1, "WAITFOR k 0 g");
        waitfor_runs = 0;
        harness_run(&h, "LSET k 0 b");
        SERVE();
        assert_int_equal(waitfor_runs, 0);
        harness_run(&h, ways[i]);
        SERVE();
        GOT(0, "-GONE\r\n");
        GOT(1, "-GONE\r\n");
        assert_nothing_is_left();
    }
}

static void nothing_is_served_inside_a_request(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    harness_run(&h, "RPUSH k a");
    h.executor.depth = 1;
    SERVE();
    GOT(0, "");
    h.executor.depth = 0;
    SERVE();
    GOT(0, POPPED("k", "a"));
}

static void expired_keys_serve_nobody(void **state)
{
    (void)state;
    SEND(0, "BLPOP k 0");
    harness_run(&h, "MULTI");
    harness_run(&h, "RPUSH k a");
    harness_run(&h, "PEXPIRE k 10");
    harness_run(&h, "EXEC");
    h.host.now_ms += 10;
    SERVE();
    GOT(0, "");
    assert_true(session_is(&w.sessions[0], SESSION_BLOCKED));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_waiter_is_served_when_the_request_is_over),
        TEST(waiters_are_served_in_the_order_in_which_they_came),
        TEST(a_transaction_is_over_before_anybody_is_served),
        TEST(nobody_waits_inside_a_transaction),
        TEST(an_element_goes_through_a_chain_of_moves),
        TEST(moves_in_a_circle_end),
        TEST(commands_record_what_they_took_when_they_need_not_wait),
        TEST(only_the_awaited_type_wakes),
        TEST(whatever_brings_a_key_wakes),
        TEST(databases_are_apart),
        TEST(times_run_out_in_their_order_with_the_reply_of_the_command),
        TEST(timeouts_are_read_strictly),
        TEST(a_wait_can_be_ended_from_outside),
        TEST(a_change_of_role_ends_the_waits_that_only_a_master_can_serve),
        TEST(other_things_can_be_waited_for),
        TEST(who_leaves_is_not_served),
        TEST(clients_may_close_while_one_is_served),
        TEST(a_served_command_may_fail_and_is_over_then),
        TEST(rights_are_asked_again),
        TEST(a_pause_puts_serving_off),
        TEST(who_finds_nothing_keeps_place_deadline_and_request),
        TEST(equals_of_one_who_found_nothing_are_left_alone),
        TEST(who_relies_on_a_key_hears_that_it_is_gone),
        TEST(nothing_is_served_inside_a_request),
        TEST(expired_keys_serve_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
