/* Proves: the slow log: what an entry keeps, what it hides, how many there are. */
#include "server/slowlog.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit/command/harness.h"

struct world {
    struct harness h; /* first: the owner of the hooks */
    struct slowlog log;
    int64_t duration_us;
};

static void log_request(void *owner, struct call *call, const struct outcome *outcome)
{
    struct world *world = owner;
    (void)outcome;
    slowlog_add(&world->log, call, world->duration_us, "127.0.0.1:5000");
}

static void answer_ok(struct call *call)
{
    reply_ok(call->reply);
}

static const struct command subcommands[] = {
    {.name = "set", .run = answer_ok, .arity = -4},
    {.name = "setuser", .run = answer_ok, .arity = -3},
    {0},
};

static const struct command commands[] = {
    {.name = "get", .run = answer_ok, .arity = -1},
    {.name = "auth", .run = answer_ok, .arity = -1},
    {.name = "hello", .run = answer_ok, .arity = -1},
    {.name = "migrate", .run = answer_ok, .arity = -1},
    {.name = "secretive", .run = answer_ok, .arity = -1, .flags = CMD_SKIP_SLOWLOG},
    {.name = "config", .arity = -2, .subcommands = subcommands},
    {.name = "acl", .arity = -2, .subcommands = subcommands},
    {0},
};

static int setup(void **state)
{
    struct world *world = mem_new(struct world);
    harness_init(&world->h, commands, NULL);
    world->h.executor.after_run = log_request;
    slowlog_init(&world->log);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    slowlog_deinit(&world->log);
    harness_deinit(&world->h);
    mem_free(world);
    return 0;
}

static const struct slowlog_entry *newest(const struct world *world)
{
    return LIST_ENTRY(world->log.entries.next, struct slowlog_entry, node);
}

/* The arguments shown for a request, separated by blanks. */
static const char *shown(struct world *world, const char *line)
{
    static char out[8192];
    harness_run(&world->h, line);
    struct str rest = buf_str(&newest(world)->args), part;
    out[0] = '\0';
    for (int i = 0; str_split(&rest, '\n', &part); i++) {
        if (i == 0 || i % 2 == 1 || part.len == 0) continue;
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%.*s", out[0] ? " " : "",
                 (int)part.len - 1, part.ptr);
    }
    return out;
}

static void an_entry_tells_when_who_and_how_long(void **state)
{
    struct world *world = *state;
    buf_append_c(&world->h.session.name, "worker");
    world->duration_us = 1234;
    harness_run(&world->h, "GET k");
    const struct slowlog_entry *entry = newest(world);
    assert_int_equal(entry->id, 0);
    assert_int_equal(entry->time_s, HARNESS_START_MS / 1000);
    assert_int_equal(entry->duration_us, 1234);
    assert_true(str_eq(buf_str(&entry->args), STR("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")));
    assert_true(str_eq(buf_str(&entry->address), STR("127.0.0.1:5000")));
    assert_true(str_eq(buf_str(&entry->client_name), STR("worker")));
}

static void the_newest_come_first_and_the_oldest_are_forgotten(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 5; i++) harness_run(&world->h, "GET k");
    slowlog_trim(&world->log, 3);
    assert_int_equal(world->log.count, 3);
    uint64_t expected = 4;
    LIST_FOREACH(at, after, &world->log.entries)
    {
        assert_int_equal(LIST_ENTRY(at, struct slowlog_entry, node)->id, expected--);
    }
    assert_int_equal(expected, 1);
    slowlog_trim(&world->log, 0);
    harness_run(&world->h, "GET k");
    assert_int_equal(newest(world)->id, 5);
}

static void long_requests_are_cut(void **state)
{
    struct world *world = *state;
    char line[4096] = "GET ";
    memset(line + 4, 'x', 130);
    const char *text = shown(world, line);
    assert_int_equal(strspn(text + 4, "x"), 128);
    assert_string_equal(text + 4 + 128, "... (2 more bytes)");

    size_t len = (size_t)snprintf(line, sizeof(line), "GET");
    for (int i = 1; i < 33; i++) len += (size_t)snprintf(line + len, sizeof(line) - len, " a");
    text = shown(world, line);
    assert_non_null(strstr(text, " a ... (2 more arguments)"));
    assert_true(str_starts_with(buf_str(&newest(world)->args), STR("*32\r\n")));
    line[strlen(line) - 2] = '\0';
    assert_null(strstr(shown(world, line), "more"));
}

static void secrets_are_not_shown(void **state)
{
    struct world *world = *state;
    assert_string_equal(shown(world, "AUTH user pw"), "AUTH (redacted) (redacted)");
    assert_string_equal(shown(world, "HELLO 3 AUTH user pw SETNAME me"),
                        "HELLO 3 AUTH (redacted) (redacted) SETNAME me");
    assert_string_equal(shown(world, "ACL SETUSER bob >pw on"),
                        "ACL SETUSER (redacted) (redacted) (redacted)");
    assert_string_equal(shown(world, "CONFIG SET maxmemory 1 RequirePass pw"),
                        "CONFIG SET maxmemory 1 RequirePass (redacted)");
    assert_string_equal(shown(world, "MIGRATE h 1 k 0 5 COPY AUTH2 u pw"),
                        "MIGRATE h 1 k 0 5 COPY AUTH2 (redacted) (redacted)");
    assert_string_equal(shown(world, "GET auth"), "GET auth");
}

static void commands_can_ask_not_to_be_logged(void **state)
{
    struct world *world = *state;
    harness_run(&world->h, "SECRETIVE pw");
    assert_int_equal(world->log.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_entry_tells_when_who_and_how_long, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_come_first_and_the_oldest_are_forgotten, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(long_requests_are_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets_are_not_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(commands_can_ask_not_to_be_logged, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
