/* Proves: the command line is understood as redis-server 7.0.15 understands it (each row was
 * tried there). */
#include "server/config_arguments.h"

#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARGS_MAX = 12 };

struct line {
    const char *args[ARGS_MAX];
    const char *options;
};

static int count_args(const char *const *args)
{
    int count = 0;
    while (count < ARGS_MAX && args[count]) count++;
    return count;
}

static void parse(struct config_arguments *arguments, const char *const *args)
{
    char *argv[ARGS_MAX + 1] = {(char *)"skein-server"};
    int count = count_args(args);
    for (int i = 0; i < count; i++) argv[i + 1] = (char *)args[i];
    config_arguments_init(arguments, count + 1, argv);
}

static void options_become_lines(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {{"--port", "7000"}, "port \"7000\""},
        {{"--port", "7000", "--timeout", "5"}, "port \"7000\"\ntimeout \"5\""},
        {{"--port 7000", "--timeout", "5"}, "port 7000\ntimeout \"5\""},
        {{"--replicaof", "127.0.0.1 1"}, "replicaof \"127.0.0.1 1\""},
        {{"--replicaof", "127.0.0.1", "1"}, "replicaof \"127.0.0.1\" \"1\""},
        {{"--save", ""}, "save \"\""},
        {{"--save"}, "save \"\""},
        {{"--save", "--port", "1"}, "save \"\"\nport \"1\""},
        {{"--save", "900", "1", "300", "10"}, "save \"900\" \"1\" \"300\" \"10\""},
        {{"--proc-title-template", "--my--title"}, "proc-title-template \"--my--title\""},
        {{"--port=7000"}, "port=7000"},
        {{"--requirepass", "a\n\"b"}, "requirepass \"a\\n\\\"b\""},
        {{"-x"}, "\"-x\""},
        {{"--port"}, "port"},
        {{NULL}, ""},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct config_arguments arguments;
        parse(&arguments, lines[i].args);
        assert_int_equal(arguments.start, CONFIG_START_SERVER);
        assert_null(arguments.file);
        assert_false(arguments.from_stdin);
        assert_string_equal(buf_c(&arguments.options), lines[i].options);
        config_arguments_deinit(&arguments);
    }
}

static void a_first_word_is_the_file_and_a_last_dash_standard_input(void **state)
{
    (void)state;
    struct config_arguments arguments;
    parse(&arguments, (const char *const[ARGS_MAX]){"/a.conf", "--port", "1", "-"});
    assert_string_equal(arguments.file, "/a.conf");
    assert_true(arguments.from_stdin);
    assert_string_equal(buf_c(&arguments.options), "port \"1\"");
    config_arguments_deinit(&arguments);
    parse(&arguments, (const char *const[ARGS_MAX]){"-"});
    assert_null(arguments.file);
    assert_true(arguments.from_stdin);
    assert_string_equal(buf_c(&arguments.options), "");
    config_arguments_deinit(&arguments);
}

static void other_requests_than_a_server_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *args[ARGS_MAX];
        enum config_start start;
    } rows[] = {
        {{"--version"}, CONFIG_START_VERSION},
        {{"-v"}, CONFIG_START_VERSION},
        {{"-v", "more"}, CONFIG_START_VERSION},
        {{"--help"}, CONFIG_START_HELP},
        {{"-h"}, CONFIG_START_HELP},
        {{"--check-system"}, CONFIG_START_CHECK_SYSTEM},
        {{"--test-memory", "64"}, CONFIG_START_TEST_MEMORY},
        {{"--sentinel"}, CONFIG_START_SENTINEL},
        {{"/a.conf", "--port", "1", "--sentinel"}, CONFIG_START_SENTINEL},
        {{"--port", "1", "-v"}, CONFIG_START_SERVER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct config_arguments arguments;
        parse(&arguments, rows[i].args);
        assert_int_equal(arguments.start, rows[i].start);
        config_arguments_deinit(&arguments);
    }
    struct config_arguments arguments;
    config_arguments_init(&arguments, 1, (char *[]){(char *)"/usr/bin/redis-sentinel", NULL});
    assert_int_equal(arguments.start, CONFIG_START_SENTINEL);
    config_arguments_deinit(&arguments);
    config_arguments_init(&arguments, 1, (char *[]){(char *)"/sentinel/skein-server", NULL});
    assert_int_equal(arguments.start, CONFIG_START_SERVER);
    config_arguments_deinit(&arguments);
}

static void the_amount_of_a_memory_test_must_be_a_number(void **state)
{
    (void)state;
    static const struct {
        const char *args[ARGS_MAX];
        int64_t megabytes;
    } rows[] = {{{"--test-memory", "64"}, 64},
                {{"--test-memory"}, 0},
                {{"--test-memory", "x"}, 0},
                {{"--test-memory", "-4"}, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct config_arguments arguments;
        parse(&arguments, rows[i].args);
        assert_true(arguments.test_megabytes == rows[i].megabytes);
        config_arguments_deinit(&arguments);
    }
}

static bool load(struct config *config, const char *const *args, const char *input,
                 struct config_error *error)
{
    static const struct fake_file list[] = {{"/a.conf", "port 1\ntimeout 1\nsave 1 1\nhz 1\n"}};
    struct fake_files files;
    struct config_arguments arguments;
    struct config_load loading;
    fake_files_init(&files, list, 1);
    parse(&arguments, args);
    config_init(config);
    config_load_init(&loading, config, &files.reader, error);
    bool good = config_load_arguments(&loading, &arguments, str_from_c(input));
    config_load_deinit(&loading);
    config_arguments_deinit(&arguments);
    return good;
}

static void options_override_input_which_overrides_the_file(void **state)
{
    (void)state;
    struct config config;
    struct config_error error = {0};
    assert_true(load(&config,
                     (const char *const[ARGS_MAX]){"/a.conf", "--port", "3", "--save", "3 3", "-"},
                     "port 2\ntimeout 2\nsave 2 2\n", &error));
    assert_int_equal(config.net.port, 3);
    assert_int_equal(config.clients.timeout_s, 2);
    assert_int_equal(config.process.hz, 1);
    fixture_assert_value(&config, "save", "1 1 2 2 3 3");
    config_deinit(&config);
}

static void a_fault_names_its_source(void **state)
{
    (void)state;
    struct config config;
    struct config_error error = {0};
    assert_false(load(&config, (const char *const[ARGS_MAX]){"--port", "1", "--port", "1", "x"}, "",
                      &error));
    assert_string_equal(buf_c(&error.source), "the command line");
    assert_int_equal(error.line, 2);
    assert_string_equal(buf_c(&error.text), "port \"1\" \"x\"");
    config_error_deinit(&error);
    config_deinit(&config);

    assert_false(load(&config, (const char *const[ARGS_MAX]){"-"}, "nonsense\n", &error));
    assert_string_equal(buf_c(&error.source), "standard input");
    config_error_deinit(&error);
    config_deinit(&config);

    assert_false(load(&config, (const char *const[ARGS_MAX]){"/missing"}, "", &error));
    struct buf report = {0};
    config_error_write(&error, "0.1", &report);
    assert_string_equal(buf_c(&report),
                        "\n*** FATAL CONFIG FILE ERROR (Skein 0.1) ***\nno file /missing\n");
    buf_deinit(&report);
    config_error_deinit(&error);
    config_deinit(&config);
}

static void the_help_fits_a_terminal(void **state)
{
    (void)state;
    struct buf help = {0};
    config_help_write("skein-server", &help);
    struct str rest = buf_str(&help), line;
    while (str_split(&rest, '\n', &line)) assert_true(line.len <= 100);
    assert_true(str_find(buf_str(&help), STR("--replicaof")) > 0);
    buf_deinit(&help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_become_lines),
        cmocka_unit_test(a_first_word_is_the_file_and_a_last_dash_standard_input),
        cmocka_unit_test(other_requests_than_a_server_are_recognised),
        cmocka_unit_test(the_amount_of_a_memory_test_must_be_a_number),
        cmocka_unit_test(options_override_input_which_overrides_the_file),
        cmocka_unit_test(a_fault_names_its_source),
        cmocka_unit_test(the_help_fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
