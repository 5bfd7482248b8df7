/* Proves: what may stop a request stops it, in the words of Redis and with the hooks told; what
 * runs leaves the effects it should, in one unit, once. */
#include "unit/command/harness.h"

#include "command/errors.h"
#include "command/families.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct harness h;
static int runs, rejections, units;
static bool has_memory;

static void count_run(struct call *call)
{
    runs++;
    reply_ok(call->reply);
}

static void change_something(struct call *call)
{
    count_run(call);
    call_changed(call, call_arg(call, 1));
}

static void change_otherwise(struct call *call)
{
    change_something(call);
    EFFECTS_ADD(call->effects, STR("ABSOLUTE"));
    effects_add_before(call->effects, call->ks->id, (const struct str[]){STR("BEFORE")}, 1);
}

/* Runs the request behind its own name. */
static void run_inner(struct call *call)
{
    struct request_view inner = {.argv = call->argv + 1, .argc = call->argc - 1};
    execute(call->host->executor, call->session, &inner, ORIGIN_SCRIPT);
    execute(call->host->executor, call->session, &inner, ORIGIN_SCRIPT);
    effects_none(call->effects);
}

static const struct command subcommands[] = {{.name = "one", .run = count_run, .arity = 2}, {0}};
static const struct command rows[] = {
    {.name = "look",
     .run = count_run,
     .arity = -1,
     .flags = CMD_READONLY | CMD_LOADING | CMD_STALE},
    {.name = "greet", .run = count_run, .arity = 1, .flags = CMD_NO_AUTH},
    {.name = "write", .run = change_something, .arity = 2, .flags = CMD_WRITE | CMD_DENYOOM},
    {.name = "idle", .run = count_run, .arity = 1, .flags = CMD_WRITE},
    {.name = "other", .run = change_otherwise, .arity = 2, .flags = CMD_WRITE},
    {.name = "twice", .run = run_inner, .arity = -2},
    {.name = "box", .arity = -2, .subcommands = subcommands},
    {0},
};

static void on_rejected(void *owner, const struct command_ref *ref, struct str error)
{
    (void)owner;
    (void)ref;
    (void)error;
    rejections++;
}

static void on_effects(void *owner, const struct effects_unit *unit, struct str bytes)
{
    harness_on_effects(owner, unit, bytes);
    units++;
}

static bool make_room(void *owner)
{
    (void)owner;
    return has_memory;
}

static int setup(void **state)
{
    (void)state;
    harness_init(&h, rows, NULL);
    h.executor.on_rejected = on_rejected;
    h.executor.on_effects = on_effects;
    h.executor.make_room = make_room;
    runs = rejections = units = 0;
    has_memory = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_deinit(&h);
    return 0;
}

#define EXPECT(request, reply) assert_string_equal(harness_run(&h, request), reply)

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    EXPECT("nothing a 'b c'",
           "-ERR unknown command 'nothing', with args beginning with: 'a' 'b c' \r\n");
    EXPECT("greet x", "-ERR wrong number of arguments for 'greet' command\r\n");
    EXPECT("write", "-ERR wrong number of arguments for 'write' command\r\n");
    EXPECT("box", "-ERR wrong number of arguments for 'box' command\r\n");
    EXPECT("box two", "-ERR unknown subcommand 'two'. Try BOX HELP.\r\n");
    EXPECT("box one more", "-ERR wrong number of arguments for 'box|one' command\r\n");
    assert_int_equal(rejections, 6);
    assert_int_equal(runs, 0);
    EXPECT("BOX One", "+OK\r\n");
    EXPECT("look at any number", "+OK\r\n");
    assert_int_equal(runs, 2);
}

static void an_unknown_command_is_quoted_only_in_part(void **state)
{
    (void)state;
    static char line[3000];
    memset(line, 'x', sizeof(line) - 1);
    line[1500] = ' ';
    harness_run(&h, line);
    assert_in_range(h.reply.len, 128 + 128, 400);
}

static void strangers_may_only_run_what_needs_no_password(void **state)
{
    (void)state;
    h.session.authenticated = false;
    EXPECT("look", "-" ERR_NO_AUTH "\r\n");
    EXPECT("greet", "+OK\r\n");
    EXPECT("nothing", "-ERR unknown command 'nothing', with args beginning with: \r\n");
    assert_int_equal(runs, 1);
}

static void a_state_of_the_server_refuses_what_cannot_run_in_it(void **state)
{
    (void)state;
    static const struct {
        uint32_t state;
        const char *look, *write;
    } gates[] = {
        {0, "+OK\r\n", "+OK\r\n"},
        {GATE_READ_ONLY, "+OK\r\n", "-" ERR_READONLY "\r\n"},
        {GATE_FEW_REPLICAS, "+OK\r\n", "-" ERR_NOREPLICAS "\r\n"},
        {GATE_DISK_ERROR, "+OK\r\n", "-" ERR_MISCONF "\r\n"},
        {GATE_STALE, "+OK\r\n", "-" ERR_MASTERDOWN "\r\n"},
        {GATE_LOADING, "+OK\r\n", "-" ERR_LOADING "\r\n"},
        {GATE_BUSY, "-" ERR_BUSY_SCRIPT "\r\n", "-" ERR_BUSY_SCRIPT "\r\n"},
    };
    for (size_t i = 0; i < sizeof(gates) / sizeof(*gates); i++) {
        h.executor.state = gates[i].state;
        EXPECT("look", gates[i].look);
        EXPECT("write k", gates[i].write);
    }
}

static void the_master_is_refused_nothing(void **state)
{
    (void)state;
    const struct str argv[] = {STR("write"), STR("k")};
    struct request_view request = {.argv = argv, .argc = 2};
    h.session.authenticated = false;
    has_memory = false;
    h.executor.state = GATE_READ_ONLY | GATE_LOADING | GATE_STALE;
    execute(&h.executor, &h.session, &request, ORIGIN_MASTER);
    assert_int_equal(runs, 1);
    execute(&h.executor, &h.session, &request, ORIGIN_CLIENT);
    assert_int_equal(runs, 1);
}

static void without_memory_only_what_needs_none_runs(void **state)
{
    (void)state;
    has_memory = false;
    EXPECT("write k", "-" ERR_OOM "\r\n");
    EXPECT("idle", "+OK\r\n");
    EXPECT("look", "+OK\r\n");
}

static void a_change_is_recorded_as_received_or_as_the_handler_says(void **state)
{
    (void)state;
    harness_run(&h, "wRiTe k");
    assert_string_equal(buf_c(&h.effects), "*2\r\n$5\r\nwRiTe\r\n$1\r\nk\r\n");
    harness_run(&h, "idle");
    assert_int_equal(h.effects.len, 0);
    harness_run(&h, "look");
    assert_int_equal(h.effects.len, 0);
    assert_int_equal(units, 1);
    harness_run(&h, "other k");
    assert_string_equal(buf_c(&h.effects),
                        "*1\r\n$5\r\nMULTI\r\n*1\r\n$6\r\nBEFORE\r\n*1\r\n$8\r\nABSOLUTE\r\n"
                        "*1\r\n$4\r\nEXEC\r\n");
    h.host.effects_wanted = false;
    harness_run(&h, "write k");
    assert_int_equal(units, 2);
}

static void effects_of_inner_requests_are_one_unit_of_the_outer(void **state)
{
    (void)state;
    harness_run(&h, "twice write k");
    assert_int_equal(runs, 2);
    assert_int_equal(units, 1);
    assert_string_equal(buf_c(&h.effects), "*1\r\n$5\r\nMULTI\r\n*2\r\n$5\r\nwrite\r\n$1\r\nk\r\n"
                                           "*2\r\n$5\r\nwrite\r\n$1\r\nk\r\n*1\r\n$4\r\nEXEC\r\n");
    harness_run(&h, "twice look");
    assert_int_equal(units, 1);
    assert_int_equal(h.executor.depth, 0);
    assert_null(h.executor.running);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_request_is_refused),
        TEST(an_unknown_command_is_quoted_only_in_part),
        TEST(strangers_may_only_run_what_needs_no_password),
        TEST(a_state_of_the_server_refuses_what_cannot_run_in_it),
        TEST(the_master_is_refused_nothing),
        TEST(without_memory_only_what_needs_none_runs),
        TEST(a_change_is_recorded_as_received_or_as_the_handler_says),
        TEST(effects_of_inner_requests_are_one_unit_of_the_outer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
