/* Proves: every option reaches its field, mistakes are told, URIs are read, and words keep their
 * bytes. */
#include "cli/options.h"
#include "cli/quoting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 16 };

struct parsed {
    struct cli_options options;
    struct buf why;
    bool ok;
};

static const struct cli_environment PLAIN = {0};

static struct parsed parse_in(const struct cli_environment *environment,
                              const char *const *arguments)
{
    struct parsed parsed = {0};
    char *argv[ARGUMENTS_MAX] = {(char *)(uintptr_t) "cli"};
    int argc = 1;
    for (; arguments[argc - 1]; argc++) argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    parsed.ok = options_parse(&parsed.options, argc, argv, environment, &parsed.why);
    return parsed;
}

#define PARSE(...) parse_in(&PLAIN, (const char *const[]){__VA_ARGS__, NULL})

static void drop(struct parsed *parsed)
{
    options_deinit(&parsed->options);
    buf_deinit(&parsed->why);
}

static void defaults_suit_the_place_of_output(void **state)
{
    (void)state;
    const char *const none[] = {NULL};
    struct parsed parsed = parse_in(&PLAIN, none);
    assert_true(parsed.ok);
    assert_string_equal(parsed.options.host, "127.0.0.1");
    assert_int_equal(parsed.options.port, 6379);
    assert_int_equal(parsed.options.output, OUTPUT_RAW);
    assert_false(parsed.options.show_pushes);
    assert_int_equal(parsed.options.repeat, 1);
    drop(&parsed);
    struct cli_environment terminal = {.is_terminal = true, .auth = "secret"};
    parsed = parse_in(&terminal, none);
    assert_int_equal(parsed.options.output, OUTPUT_TTY);
    assert_true(parsed.options.show_pushes);
    assert_string_equal(parsed.options.password, "secret");
    assert_false(parsed.options.password_on_command_line);
    drop(&parsed);
}

static void connection_options_reach_their_fields(void **state)
{
    (void)state;
    struct parsed parsed =
        PARSE("-h", "h", "-p", "7000", "-n", "3", "--user", "u", "-a", "pw", "-3", "get", "-k");
    assert_true(parsed.ok);
    assert_string_equal(parsed.options.host, "h");
    assert_int_equal(parsed.options.port, 7000);
    assert_int_equal(parsed.options.db, 3);
    assert_string_equal(parsed.options.user, "u");
    assert_string_equal(parsed.options.password, "pw");
    assert_true(parsed.options.password_on_command_line);
    assert_int_equal(parsed.options.protocol, 3);
    assert_int_equal(parsed.options.word_count, 2);
    assert_true(str_eq(parsed.options.words[1], STR("-k")));
    drop(&parsed);
}

static void a_password_of_the_command_line_wins_over_the_environment(void **state)
{
    (void)state;
    struct cli_environment environment = {.auth = "other"};
    struct parsed parsed = parse_in(&environment, (const char *const[]){"--pass", "mine", NULL});
    assert_string_equal(parsed.options.password, "mine");
    drop(&parsed);
}

static void modes_are_chosen_with_their_values(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value;
        enum cli_mode mode;
    } cases[] = {
        {"--stat", NULL, MODE_STAT},
        {"--latency", NULL, MODE_LATENCY},
        {"--latency-history", NULL, MODE_LATENCY_HISTORY},
        {"--latency-dist", NULL, MODE_LATENCY_DIST},
        {"--lru-test", "10", MODE_LRU_TEST},
        {"--replica", NULL, MODE_REPLICA},
        {"--slave", NULL, MODE_REPLICA},
        {"--rdb", "f", MODE_RDB},
        {"--functions-rdb", "f", MODE_FUNCTIONS_RDB},
        {"--pipe", NULL, MODE_PIPE},
        {"--bigkeys", NULL, MODE_BIGKEYS},
        {"--memkeys", NULL, MODE_MEMKEYS},
        {"--memkeys-samples", "0", MODE_MEMKEYS},
        {"--hotkeys", NULL, MODE_HOTKEYS},
        {"--scan", NULL, MODE_SCAN},
        {"--intrinsic-latency", "5", MODE_INTRINSIC_LATENCY},
        {"--eval", "f.lua", MODE_EVAL},
        {"--help", NULL, MODE_HELP},
        {"-h", NULL, MODE_HELP},
        {"--version", NULL, MODE_VERSION},
        {"--cluster", NULL, MODE_CLUSTER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct parsed parsed = PARSE(cases[i].option, cases[i].value);
        assert_true(parsed.ok);
        assert_int_equal(parsed.options.mode, cases[i].mode);
        drop(&parsed);
    }
}

static void everything_behind_cluster_is_left_alone(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--cluster", "create", "--cluster-replicas", "1");
    assert_true(parsed.ok);
    assert_int_equal(parsed.options.mode, MODE_CLUSTER);
    drop(&parsed);
}

static void json_asks_for_resp3_unless_told_otherwise(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--json");
    assert_int_equal(parsed.options.protocol, 3);
    assert_true(parsed.options.protocol_is_optional);
    drop(&parsed);
    parsed = PARSE("-2", "--json");
    assert_int_equal(parsed.options.protocol, 2);
    drop(&parsed);
    parsed = PARSE("--quoted-json", "-3");
    assert_int_equal(parsed.options.output, OUTPUT_QUOTED_JSON);
    assert_false(parsed.options.protocol_is_optional);
    drop(&parsed);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {"--bogus"},
        {"-p"},
        {"-p", "x"},
        {"-n", "-1"},
        {"-i", "x"},
        {"-i", "-1"},
        {"-r", "1.5"},
        {"--rdb"},
        {"--ldb"},
        {"-u", "x://"},
        {"--show-pushes", "maybe"},
        {"--quoted-input", "\"a"},
        {"--quoted-pattern", "\"a"},
        {"-"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct parsed parsed = parse_in(&PLAIN, cases[i]);
        if (parsed.ok) fail_msg("accepted: %s", cases[i][0]);
        assert_true(parsed.why.len > 0);
        drop(&parsed);
    }
}

static void quoted_words_may_hold_any_byte(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--quoted-input", "set", "\"a\\x00b\"", "'c d'");
    assert_true(parsed.ok);
    assert_true(str_eq(parsed.options.words[1], str_of("a\0b", 3)));
    assert_true(str_eq(parsed.options.words[2], STR("c d")));
    drop(&parsed);
    struct buf out = {0};
    assert_false(quoting_remove(STR("a b"), &out));
    assert_false(quoting_remove(STR(""), &out));
    buf_deinit(&out);
}

static void patterns_are_kept_plain_or_unquoted(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--scan", "--pattern", "\"a");
    assert_true(str_eq(buf_str(&parsed.options.pattern), STR("\"a")));
    drop(&parsed);
    parsed = PARSE("--scan", "--quoted-pattern", "\"\\xff*\"");
    assert_true(str_eq(buf_str(&parsed.options.pattern), STR("\xff*")));
    drop(&parsed);
}

static void uris_of_servers_are_read(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("-u", "redis://us%20er:p%40ss@example.org:7000/5");
    assert_true(parsed.ok);
    assert_string_equal(parsed.options.user, "us er");
    assert_string_equal(parsed.options.password, "p@ss");
    assert_string_equal(parsed.options.host, "example.org");
    assert_int_equal(parsed.options.port, 7000);
    assert_int_equal(parsed.options.db, 5);
    assert_false(parsed.options.tls.enabled);
    drop(&parsed);
    parsed = PARSE("-u", "rediss://only@[::1]:1?x=1");
    assert_true(parsed.ok && parsed.options.tls.enabled);
    assert_null(parsed.options.user);
    assert_string_equal(parsed.options.password, "only");
    assert_string_equal(parsed.options.host, "::1");
    assert_int_equal(parsed.options.port, 1);
    drop(&parsed);
    parsed = PARSE("-u", "redis://");
    assert_true(parsed.ok);
    assert_string_equal(parsed.options.host, "127.0.0.1");
    drop(&parsed);
}

static void uris_of_sockets_are_read(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("-u", "unix:///run/a%20b.sock?db=2");
    assert_true(parsed.ok);
    assert_string_equal(parsed.options.socket_path, "/run/a b.sock");
    assert_int_equal(parsed.options.db, 2);
    drop(&parsed);
    parsed = PARSE("-u", "redis+unix://u:p@/s");
    assert_true(parsed.ok);
    assert_string_equal(parsed.options.user, "u");
    assert_string_equal(parsed.options.socket_path, "/s");
    drop(&parsed);
}

static void broken_uris_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "http://x",      "redis://h:99999", "redis://h:x",    "redis://h/x",
        "redis://%zz@h", "redis://[::1",    "redis://h/-1",   "redis://a%00b@h",
        "unix://",       "redis://%4",      "redis://[::1]x",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct parsed parsed = PARSE("-u", cases[i]);
        if (parsed.ok) fail_msg("accepted: %s", cases[i]);
        drop(&parsed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_suit_the_place_of_output),
        cmocka_unit_test(connection_options_reach_their_fields),
        cmocka_unit_test(a_password_of_the_command_line_wins_over_the_environment),
        cmocka_unit_test(modes_are_chosen_with_their_values),
        cmocka_unit_test(everything_behind_cluster_is_left_alone),
        cmocka_unit_test(json_asks_for_resp3_unless_told_otherwise),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(quoted_words_may_hold_any_byte),
        cmocka_unit_test(patterns_are_kept_plain_or_unquoted),
        cmocka_unit_test(uris_of_servers_are_read),
        cmocka_unit_test(uris_of_sockets_are_read),
        cmocka_unit_test(broken_uris_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
