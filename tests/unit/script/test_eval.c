#include "unit/script/world.h"

static void values_become_replies(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(&h, {"return 1", ":1\r\n"}, {"return 'x'", "$1\r\nx\r\n"},
                 {"return 3.99", ":3\r\n"}, {"return -3.99", ":-3\r\n"},
                 {"return {1e300,0/0}", "*2\r\n:-9223372036854775808\r\n:-9223372036854775808\r\n"},
                 {"return nil", "$-1\r\n"}, {"return true", ":1\r\n"}, {"return false", "$-1\r\n"},
                 {"return {1,2,nil,4}", "*2\r\n:1\r\n:2\r\n"}, {"return {}", "*0\r\n"},
                 {"return {ok='a\\r\\nb'}", "+a  b\r\n"}, {"return {err='a'}", "-a\r\n"},
                 {"return {double=3.5}", "$3\r\n3.5\r\n"}, {"return {double='x'}", "*0\r\n"},
                 {"return {map={a=1}}", "*2\r\n$1\r\na\r\n:1\r\n"},
                 {"return {set={a=true}}", "*1\r\n$1\r\na\r\n"},
                 {"return {big_number='12'}", "$2\r\n12\r\n"},
                 {"return {verbatim_string={string='hi',format='txt'}}", "$2\r\nhi\r\n"},
                 {"return {1,{2,{'a'}}}", "*2\r\n:1\r\n*2\r\n:2\r\n*1\r\n$1\r\na\r\n"},
                 {"return redis.status_reply('good')", "+good\r\n"},
                 {"return redis.error_reply('x')", "-ERR x\r\n"},
                 {"return redis.error_reply('-X y')", "-X y\r\n"},
                 {"return redis.error_reply()", "-ERR wrong number or type of arguments\r\n"},
                 {"return setmetatable({}, {__index=function() error('no') end})", "*0\r\n"});
    world_deinit(&h);
}

static void replies_become_values(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h, {"return redis.call('set','k','v').ok", "$2\r\nOK\r\n"},
        {"return type(redis.call('get','none'))", "$7\r\nboolean\r\n"},
        {"redis.setresp(3) return type(redis.call('get','none'))", "$3\r\nnil\r\n"},
        {"return redis.call('get','k')", "$1\r\nv\r\n"},
        {"return redis.call('mget','k','none','k')", "*3\r\n$1\r\nv\r\n$-1\r\n$1\r\nv\r\n"},
        {"return redis.call('append','k',12)", ":3\r\n"},
        {"return redis.call('append','k',0.5) + 1", ":7\r\n"},
        {"return redis.pcall('incr','k').err",
         "$43\r\nERR value is not an integer or out of range\r\n"},
        {"local ok, e = pcall(redis.call,'incr','k') return e",
         "$43\r\nERR value is not an integer or out of range\r\n"});
    world_deinit(&h);
}

static void errors_tell_what_and_where(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    assert_string_equal(
        world_eval(&h, "error(\"boom\")"),
        "-ERR user_script:1: boom script: 872b3fcb081448525c6141cdfa3df8374d30d162, "
        "on @user_script:1.\r\n");
    assert_string_equal(world_eval(&h, "return redis.call(\"nosuch\")"),
                        "-ERR Unknown Redis command called from script script: "
                        "2218effcac8108416909801acfb39c080a85adfa, on @user_script:1.\r\n");
    assert_string_equal(world_eval(&h, "error({err=\"CUSTOM text\"})"),
                        "-CUSTOM text script: 617aa2c3a2e5376446ecfd22c68861bcb3c124ae, on "
                        "@user_script:1.\r\n");
    WORLD_EXPECT(
        &h, {"error({1})", "-ERR unknown error"}, {"error()", "-ERR nil"},
        {"error('a\\nb')", "-ERR user_script:1: a b"},
        {"return redis.call()",
         "-ERR Please specify at least one argument for this redis lib call"},
        {"return redis.call({})",
         "-ERR Lua redis lib command arguments must be strings or integers"},
        {"return redis.call('get')", "-ERR Wrong number of args calling Redis command from script"},
        {"return redis.pcall('eval','return 1',0)",
         "-ERR This Redis command is not allowed from script\r\n"},
        {"redis.setresp(4)", "-ERR RESP version must be 2 or 3."},
        {"redis.log(10,'x')", "-ERR Invalid debug level."},
        {"local a = nil return a.b",
         "-ERR user_script:1: attempt to index local 'a' (a nil value)"},
        {"syntax error here", "-ERR Error compiling script (new function): user_script:1: '=' "
                              "expected near 'error'\r\n"},
        {"local t={} t[1]=t return redis.sha1hex()", "-ERR wrong number of arguments"});
    world_deinit(&h);
}

static void keys_and_arguments_are_counted(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    STEPS_RUN(
        &h,
        {"EVAL 'return {KEYS,ARGV}' 1 a b c", "*2\r\n*1\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n",
         NULL, NULL},
        {"EVAL 'return 1' x", "-ERR value is not an integer or out of range\r\n", NULL, NULL},
        {"EVAL 'return 1' -1", "-ERR Number of keys can't be negative\r\n", NULL, NULL},
        {"EVAL 'return 1' 5", "-ERR Number of keys can't be greater than number of args\r\n", NULL,
         NULL},
        {"EVALSHA xx 0", "-NOSCRIPT No matching script. Please use EVAL.\r\n", NULL, NULL},
        {"SCRIPT LOAD 'return 1'", "$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n", NULL,
         NULL},
        {"EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0", ":1\r\n", NULL, NULL},
        {"SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db x", "*2\r\n:1\r\n:0\r\n", NULL,
         NULL},
        {"SCRIPT FLUSH x", "-ERR SCRIPT FLUSH only support SYNC|ASYNC option\r\n", NULL, NULL},
        {"SCRIPT FLUSH SYNC", "+OK\r\n", NULL, NULL},
        {"SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "*1\r\n:0\r\n", NULL, NULL},
        {"SCRIPT KILL", "-NOTBUSY No scripts in execution right now.\r\n", NULL, NULL},
        {"SCRIPT DEBUG x", "-ERR Use SCRIPT DEBUG YES/SYNC/NO\r\n", NULL, NULL});
    world_deinit(&h);
}

/* A text sent again is known without its hash, until scripts are flushed. */
static void a_script_sent_again_is_still_in_the_cache(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    for (int i = 0; i < 3; i++) {
        STEPS_RUN(&h, {"EVAL 'return 1' 0", ":1\r\n", NULL, NULL},
                  {"EVAL 'return 2' 0", ":2\r\n", NULL, NULL},
                  {"EVAL 'return 3' 0", ":3\r\n", NULL, NULL},
                  {"EVAL 'return 4' 0", ":4\r\n", NULL, NULL},
                  {"EVAL 'return 5' 0", ":5\r\n", NULL, NULL},
                  {"EVAL 'return 1' 0", ":1\r\n", NULL, NULL},
                  {"EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", ":1\r\n", NULL, NULL},
                  {"SCRIPT FLUSH", "+OK\r\n", NULL, NULL},
                  {"EVAL 'return 1' 0", ":1\r\n", NULL, NULL},
                  {"EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", ":1\r\n", NULL, NULL});
    }
    world_deinit(&h);
}

static void effects_of_a_script_stand_together(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    STEPS_RUN(&h,
              {"EVAL \"redis.call('set','a',1) redis.call('incr','a') return 1\" 0", ":1\r\n", NULL,
               "MULTI;set a 1;incr a;EXEC;"},
              {"EVAL \"return redis.call('set','a',1)\" 0", "+OK\r\n", NULL, "set a 1;"},
              {"EVAL \"redis.set_repl(redis.REPL_NONE) return redis.call('set','a',2)\" 0",
               "+OK\r\n", NULL, ""},
              {"EVAL_RO \"return redis.pcall('set','a',2)\" 0",
               "-ERR Write commands are not allowed from read-only scripts.\r\n", "", ""},
              {"MULTI", "+OK\r\n", NULL, NULL},
              {"EVAL \"return redis.call('set','a',5)\" 0", "+QUEUED\r\n", NULL, NULL},
              {"INCR a", "+QUEUED\r\n", NULL, NULL},
              {"EXEC", "*2\r\n+OK\r\n:6\r\n", NULL, "MULTI;set a 5;INCR a;EXEC;"});
    world_deinit(&h);
}

static void a_shebang_says_what_a_script_may_do(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(&h, {"#!lua\nreturn 1", ":1\r\n"}, {"#!lua flags=\nreturn 1", ":1\r\n"},
                 {"#!lua", "-ERR Invalid script shebang\r\n"},
                 {"#!lua flags=bad\nreturn 1", "-ERR Unexpected flag in script shebang: bad\r\n"},
                 {"#!lua foo=1\nreturn 1", "-ERR Unknown lua shebang option: foo=1\r\n"},
                 {"#!python\nreturn 1", "-ERR Unexpected engine in script shebang: #!python\r\n"},
                 {"#!lua flags=no-writes,allow-oom\nreturn redis.call('set','a',1)",
                  "-ERR Write commands are not allowed from read-only scripts."},
                 {"#!lua flags=allow-stale\nerror('x')", "-ERR user_script:2: x"});
    assert_string_equal(harness_run(&h, "EVAL_RO \"#!lua\\nreturn 1\" 0"),
                        "-ERR Can not execute a script with write flag using *_ro command.\r\n");
    world_deinit(&h);
}

static void random_numbers_are_those_of_drand48(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h, {"return math.random(1000000)", ":396465\r\n"},
        {"return {math.random(1,10),math.random(1,10),math.random(1,10)}",
         "*3\r\n:9\r\n:4\r\n:5\r\n"},
        {"math.randomseed(5) return tostring(math.random())", "$16\r\n0.52483957937213\r\n"});
    world_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_replies),
        cmocka_unit_test(replies_become_values),
        cmocka_unit_test(errors_tell_what_and_where),
        cmocka_unit_test(keys_and_arguments_are_counted),
        cmocka_unit_test(a_script_sent_again_is_still_in_the_cache),
        cmocka_unit_test(effects_of_a_script_stand_together),
        cmocka_unit_test(a_shebang_says_what_a_script_may_do),
        cmocka_unit_test(random_numbers_are_those_of_drand48),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
