#include "unit/script/world.h"

#define LIBRARY(name_, code_) "\"#!lua name=" name_ "\\n" code_ "\""

static void a_library_is_loaded_as_a_whole_or_not(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    STEPS_RUN(
        &h, {"FUNCTION LOAD 'return 1'", "-ERR Missing library metadata\r\n", NULL, ""},
        {"FUNCTION LOAD '#!lua name=a'", "-ERR Invalid library metadata\r\n", NULL, ""},
        {"FUNCTION LOAD \"#!lua\\nreturn 1\"", "-ERR Library name was not given\r\n", NULL, ""},
        {"FUNCTION LOAD \"#!py name=a\\nreturn 1\"", "-ERR Engine 'py' not found\r\n", NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a-b", "return 1"),
         "-ERR Library names can only contain letters, numbers, or underscores(_) and must be at "
         "least one character long\r\n",
         NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a", "return 1"), "-ERR No functions registered\r\n", NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a", "syntax error"),
         "-ERR Error compiling function: user_function:2: '=' expected near 'error'\r\n", NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a", "redis.call('get','k')"),
         "-ERR Error registering functions: ERR user_function:2: Script attempted to access "
         "nonexistent global variable 'call'\r\n",
         NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a", "redis.setresp(3)"),
         "-ERR Error registering functions: ERR user_function:2: Script attempted to access "
         "nonexistent global variable 'setresp'\r\n",
         NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a", "redis.set_repl(redis.REPL_NONE)"),
         "-ERR Error registering functions: ERR user_function:2: Script attempted to access "
         "nonexistent global variable 'set_repl'\r\n",
         NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a", "redis.register_function('f', 1)"),
         "-ERR Error registering functions: ERR second argument to redis.register_function must be "
         "a function\r\n",
         NULL, ""},
        {"FUNCTION LOAD " LIBRARY(
             "a", "redis.register_function('f', function() end) redis.register_function('F', "
                  "function() end)"),
         "-ERR Error registering functions: ERR Function already exists in the library\r\n", NULL,
         ""},
        {"FUNCTION STATS", NULL, NULL, ""}, {"FCALL f 0", "-ERR Function not found\r\n", NULL, ""},
        {"FUNCTION LOAD " LIBRARY("a",
                                  "redis.register_function('f', function(k, a) return {k, a} end)"),
         "$1\r\na\r\n", NULL, NULL},
        {"FUNCTION LOAD " LIBRARY("a", "redis.register_function('g', function() end)"),
         "-ERR Library 'a' already exists\r\n", NULL, ""},
        {"FUNCTION LOAD " LIBRARY("b", "redis.register_function('F', function() end)"),
         "-ERR Function F already exists\r\n", NULL, ""},
        {"FCALL F 1 k x", "*2\r\n*1\r\n$1\r\nk\r\n*1\r\n$1\r\nx\r\n", NULL, ""},
        {"FUNCTION LOAD REPLACE " LIBRARY("a", "redis.register_function('g', function() end)"),
         "$1\r\na\r\n", NULL, NULL},
        {"FCALL f 0", "-ERR Function not found\r\n", NULL, ""}, {"FCALL g 0", "$-1\r\n", NULL, ""});
    world_deinit(&h);
}

static void flags_of_functions_are_obeyed(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    STEPS_RUN(
        &h,
        {"FUNCTION LOAD " LIBRARY(
             "a",
             "redis.register_function{function_name='r', flags={'no-writes'}, "
             "description='d', callback=function(k) return redis.call('set', k[1], 1) end} "
             "redis.register_function('w', function(k) return redis.call('set', k[1], 1) end)"),
         "$1\r\na\r\n", NULL, NULL},
        {"FCALL r 1 k",
         "-ERR Write commands are not allowed from read-only scripts. script: r, on "
         "@user_function:2.\r\n",
         "", ""},
        {"FCALL_RO w 1 k", "-ERR Can not execute a script with write flag using *_ro command.\r\n",
         "", ""},
        {"FCALL w 1 k", "+OK\r\n", NULL, "set k 1;"},
        {"FCALL w x", "-ERR Bad number of keys provided\r\n", NULL, ""},
        {"FCALL w -1", "-ERR Number of keys can't be negative\r\n", NULL, ""},
        {"FUNCTION KILL", "-NOTBUSY No scripts in execution right now.\r\n", NULL, ""},
        {"FUNCTION LIST LIBRARYNAME", "-ERR library name argument was not given\r\n", NULL, ""},
        {"FUNCTION LIST x", "-ERR Unknown argument x\r\n", NULL, ""},
        {"FUNCTION LIST LIBRARYNAME no*", "*0\r\n", NULL, ""},
        {"FUNCTION DELETE x", "-ERR Library not found\r\n", NULL, ""},
        {"FUNCTION DELETE a", "+OK\r\n", NULL, "FUNCTION DELETE a;"},
        {"FUNCTION FLUSH x", "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option\r\n", NULL, ""});
    world_deinit(&h);
}

/* RESTORE of what DUMP gave, under each policy. */
static void a_dump_is_restored(void **state)
{
    struct harness h;
    struct buf dump = {0};
    (void)state;
    world_init(&h);
    harness_run(
        &h, "FUNCTION LOAD " LIBRARY("a", "redis.register_function('f', function() return 7 end)"));
    harness_run(&h, "FUNCTION DUMP");
    struct str reply = buf_str(&h.reply);
    reply = str_from(reply, (size_t)str_find(reply, STR("\r\n")) + 2);
    buf_append_str(&dump, str_first(reply, reply.len - 2));
    struct str argv[] = {STR("FUNCTION"), STR("RESTORE"), buf_str(&dump), STR("APPEND")};
    assert_string_equal(harness_run_argv(&h, argv, 3), "-ERR Library a already exists\r\n");
    argv[3] = STR("REPLACE");
    assert_string_equal(harness_run_argv(&h, argv, 4), "+OK\r\n");
    assert_string_equal(harness_run(&h, "FCALL f 0"), ":7\r\n");
    argv[3] = STR("FLUSH");
    assert_string_equal(harness_run_argv(&h, argv, 4), "+OK\r\n");
    argv[3] = STR("x");
    assert_true(str_starts_with(str_from_c(harness_run_argv(&h, argv, 4)),
                                STR("-ERR Wrong restore policy")));
    harness_run(&h, "FUNCTION FLUSH");
    assert_string_equal(harness_run_argv(&h, argv, 3), "+OK\r\n");
    assert_string_equal(harness_run(&h, "FCALL f 0"), ":7\r\n");
    dump.ptr[2] ^= 1;
    assert_string_equal(harness_run_argv(&h, argv, 3),
                        "-ERR DUMP payload version or checksum are wrong\r\n");
    assert_string_equal(harness_run(&h, "FCALL f 0"), ":7\r\n");
    buf_deinit(&dump);
    world_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_loaded_as_a_whole_or_not),
        cmocka_unit_test(flags_of_functions_are_obeyed),
        cmocka_unit_test(a_dump_is_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
