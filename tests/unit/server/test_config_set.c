/* Proves: CONFIG SET changes all options or none, tells the server once per kind of change, and
 * after a refusal everything is as it was, on the server's side too. */
#include "server/config_set.h"

#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct world {
    struct config config;
    struct config_hooks hooks;
    struct config_failure failure;
    int applied[CONFIG_CHANGES];
    enum config_change refuses; /* CONFIG_CHANGES: accepts all */
    int refuse_above_port;
    int listening_port; /* what the pretended server really does */
    bool local;
};

static bool apply(void *ctx, enum config_change change, struct buf *reason)
{
    struct world *w = ctx;
    w->applied[change]++;
    if (change == CONFIG_CHANGE_LISTEN) w->listening_port = w->config.net.port;
    if (change != w->refuses || w->config.net.port <= w->refuse_above_port) return true;
    buf_append_c(reason, "the server said no");
    return false;
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    config_init(&w->config);
    w->hooks = (struct config_hooks){.ctx = w, .apply = apply};
    w->refuses = CONFIG_CHANGES;
    w->listening_port = w->config.net.port;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    config_deinit(&w->config);
    buf_deinit(&w->failure.reason);
    free(w);
    return 0;
}

#define SET(w, ...)                                                                                \
    set_options((w), (const char *const[]){__VA_ARGS__},                                           \
                sizeof((const char *const[]){__VA_ARGS__}) / (2 * sizeof(char *)))

static bool set_options(struct world *w, const char *const *words, size_t count)
{
    struct config_assignment list[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        list[i] =
            (struct config_assignment){str_from_c(words[2 * i]), str_from_c(words[2 * i + 1])};
    }
    struct config_request request = {list, count, w->local};
    buf_deinit(&w->failure.reason);
    w->failure = (struct config_failure){0};
    memset(w->applied, 0, sizeof(w->applied));
    return config_set(&w->config, &w->hooks, &request, &w->failure);
}

static void assert_refused(struct world *w, const char *culprit, const char *reason)
{
    assert_false(w->failure.unknown);
    assert_true(str_eq(w->failure.culprit, str_from_c(culprit)));
    assert_string_equal(buf_c(&w->failure.reason), reason);
}

static void several_options_change_together(void **state)
{
    struct world *w = *state;
    assert_true(SET(w, "hz", "20", "MaxMemory", "1mb", "save", "5 6"));
    assert_int_equal(w->config.process.hz, 20);
    assert_true(w->config.memory.maxmemory == 1 << 20);
    fixture_assert_value(&w->config, "save", "5 6");
    assert_int_equal(w->applied[CONFIG_CHANGE_HZ], 1);
    assert_int_equal(w->applied[CONFIG_CHANGE_MAXMEMORY], 1);
    assert_int_equal(w->applied[CONFIG_CHANGE_LISTEN], 0);
}

static void one_bad_value_changes_nothing(void **state)
{
    struct world *w = *state;
    struct config before;
    config_init(&before);
    assert_false(SET(w, "hz", "20", "requirepass", "x", "save", "5 6", "maxmemory", "abc"));
    assert_refused(w, "maxmemory", "argument must be a memory value");
    fixture_assert_equal(&w->config, &before);
    for (int i = 0; i < CONFIG_CHANGES; i++) assert_int_equal(w->applied[i], 0);
    config_deinit(&before);
}

static void a_refusal_of_the_server_puts_everything_back(void **state)
{
    struct world *w = *state;
    struct config before;
    config_init(&before);
    w->refuses = CONFIG_CHANGE_HZ;
    w->refuse_above_port = 6379;
    assert_false(SET(w, "timeout", "9", "port", "7000", "bind", "127.0.0.1", "HZ", "20"));
    assert_refused(w, "hz", "the server said no");
    fixture_assert_equal(&w->config, &before);
    assert_int_equal(w->listening_port, 6379);
    assert_int_equal(w->applied[CONFIG_CHANGE_LISTEN], 2);
    config_deinit(&before);
}

static void the_server_hears_of_each_kind_of_change_once(void **state)
{
    struct world *w = *state;
    assert_true(SET(w, "port", "7000", "bind", "127.0.0.1"));
    assert_int_equal(w->applied[CONFIG_CHANGE_LISTEN], 1);
    assert_int_equal(w->listening_port, 7000);
}

static void the_same_value_again_is_no_change_except_for_tls_files(void **state)
{
    struct world *w = *state;
    assert_true(SET(w, "port", "6379"));
    assert_int_equal(w->applied[CONFIG_CHANGE_LISTEN], 0);
    assert_true(SET(w, "tls-cert-file", ""));
    assert_int_equal(w->applied[CONFIG_CHANGE_TLS], 1);
}

static void unknown_and_file_only_names_are_unknown(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"nonsense",   "user",    "rename-command",
                                        "loadmodule", "include", "list-max-ziplist-entries"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_false(SET(w, "hz", "20", names[i], "x"));
        assert_true(w->failure.unknown);
        assert_true(str_eq(w->failure.culprit, str_from_c(names[i])));
    }
    assert_int_equal(w->config.process.hz, 10);
}

static void immutable_and_protected_options_stay(void **state)
{
    struct world *w = *state;
    assert_false(SET(w, "databases", "3"));
    assert_refused(w, "databases", "can't set immutable config");
    assert_false(SET(w, "slaveof", "a 1"));
    assert_refused(w, "slaveof", "can't set immutable config");
    assert_false(SET(w, "dir", "/tmp"));
    assert_refused(w, "dir", "can't set protected config");
    assert_false(SET(w, "dbfilename", "x"));
    assert_refused(w, "dbfilename", "can't set protected config");
    w->config.security.enable_protected_configs = CONFIG_ALLOW_LOCAL;
    assert_false(SET(w, "dbfilename", "x"));
    w->local = true;
    assert_true(SET(w, "dbfilename", "x"));
    w->local = false;
    w->config.security.enable_protected_configs = CONFIG_ALLOW_YES;
    assert_true(SET(w, "dbfilename", "y"));
    assert_string_equal(w->config.snapshot.dbfilename, "y");
}

static void a_name_may_come_once_but_an_alias_beside_it(void **state)
{
    struct world *w = *state;
    assert_false(SET(w, "hz", "10", "HZ", "20"));
    assert_refused(w, "HZ", "duplicate parameter");
    assert_true(SET(w, "min-slaves-to-write", "1", "min-replicas-to-write", "2"));
    assert_int_equal(w->config.repl.min_replicas_to_write, 2);
    assert_false(SET(w, "min-slaves-to-write", "7", "min-replicas-to-write", "x"));
    assert_int_equal(w->config.repl.min_replicas_to_write, 2);
}

static void an_output_limit_is_amended(void **state)
{
    struct world *w = *state;
    assert_true(SET(w, "client-output-buffer-limit", "pubsub 1 2 3"));
    assert_int_equal(w->applied[CONFIG_CHANGE_NONE], 1);
    fixture_assert_value(&w->config, "client-output-buffer-limit",
                         "normal 0 0 0 slave 268435456 67108864 60 pubsub 1 2 3");
    assert_false(SET(w, "client-output-buffer-limit", "normal 1 1 1 foo 1 1 1"));
    fixture_assert_value(&w->config, "client-output-buffer-limit",
                         "normal 0 0 0 slave 268435456 67108864 60 pubsub 1 2 3");
}

static void works_without_a_server(void **state)
{
    struct world *w = *state;
    struct config_assignment one = {STR("port"), STR("7000")};
    struct config_request request = {&one, 1, false};
    assert_true(config_set(&w->config, NULL, &request, &w->failure));
    assert_int_equal(w->config.net.port, 7000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(several_options_change_together),
        TEST(one_bad_value_changes_nothing),
        TEST(a_refusal_of_the_server_puts_everything_back),
        TEST(the_server_hears_of_each_kind_of_change_once),
        TEST(the_same_value_again_is_no_change_except_for_tls_files),
        TEST(unknown_and_file_only_names_are_unknown),
        TEST(immutable_and_protected_options_stay),
        TEST(a_name_may_come_once_but_an_alias_beside_it),
        TEST(an_output_limit_is_amended),
        TEST(works_without_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
