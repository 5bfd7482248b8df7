/* What a script must not reach or change, with the inputs that broke other servers. */
#include "unit/script/world.h"

#define READ_ONLY "-ERR user_script:1: Attempt to modify a readonly table"

static void frozen_tables_stay_as_they_are(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h, {"x=1", READ_ONLY}, {"string.foo=1", READ_ONLY}, {"redis.call=1", READ_ONLY},
        {"cjson.encode=1", READ_ONLY}, {"KEYS=1", READ_ONLY}, {"_G.x=1", READ_ONLY},
        {"rawset(_G,'x',1) return 1", "-ERR Attempt to modify a readonly table"},
        {"rawset(redis,'call',1) return 1", "-ERR Attempt to modify a readonly table"},
        {"setmetatable(_G,nil) return 1", "-ERR Attempt to modify a readonly table"},
        {"setmetatable(string,{}) return 1", "-ERR Attempt to modify a readonly table"},
        {"getmetatable('').x=1", READ_ONLY}, {"getmetatable('').__index=1", READ_ONLY},
        {"getmetatable('').__index.rep=1", READ_ONLY},
        {"getmetatable(_G).__index=1", "-ERR user_script:1: attempt to index a boolean value"},
        {"for k, v in pairs(string) do if k == 'rep' then return 1 end end", ":1\r\n"},
        {"local _, copy = pairs(string) copy.rep = 1 return ('a'):rep(2)", "$2\r\naa\r\n"},
        {"table.insert(string, 7) return #string", ":1\r\n"}, {"return string[1]", "$-1\r\n"},
        {"return rawget(_G,'nosuch')", "$-1\r\n"},
        {"return type(rawget(_G,'redis'))", "$5\r\ntable\r\n"});
    world_deinit(&h);
}

static void nothing_leads_out(void **state)
{
    static const char *const names[] = {"io",     "package", "require", "dofile",  "loadfile",
                                        "debug",  "print",   "getfenv", "setfenv", "newproxy",
                                        "module", "jit",     "ffi",     "arg"};
    struct harness h;
    struct buf script = {0}, expected = {0};
    (void)state;
    world_init(&h);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        buf_clear(&script);
        buf_clear(&expected);
        buf_printf(&script, "local x = %s return 1", names[i]);
        buf_printf(
            &expected,
            "-ERR user_script:1: Script attempted to access nonexistent global variable '%s'",
            names[i]);
        world_expect(&h, &(struct script_case){buf_c(&script), buf_c(&expected)});
    }
    buf_deinit(&script);
    buf_deinit(&expected);
    WORLD_EXPECT(&h, {"local n = 0 for k in pairs(os) do n = n + 1 end return n", ":1\r\n"},
                 {"return type(os.clock())", "$6\r\nnumber\r\n"},
                 {"return loadstring('return package')()",
                  "-ERR [string \"return package\"]:1: Script attempted to access nonexistent "
                  "global variable 'package'"},
                 {"return loadstring('return 5')()", ":5\r\n"},
                 {"local f, e = loadstring(string.dump(function() end)) return e ~= nil", ":1\r\n"},
                 {"local f = load(function() return nil end) return type(f)", "$8\r\nfunction\r\n"},
                 {"local done local s = string.dump(function() end) local f, e = load(function() "
                  "if not done then done = true return s end end) return type(f)",
                  "$3\r\nnil\r\n"});
    world_deinit(&h);
}

static void known_attacks_are_refused(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    WORLD_EXPECT(
        &h,
        {"local n = 0 for i = 1, 100 do n = n + #bit.tohex(255, -2147483648) end return n",
         ":800\r\n"},
        {"return #bit.tohex(1, 2147483647)", ":8\r\n"},
        {"return (pcall(unpack, {}, 0, 2147483647))", "$-1\r\n"},
        {"return select('#', pcall(unpack, {}, -2147483648, 2147483647))", ":2\r\n"},
        {"return (pcall(unpack, {1}, 1, 1e9))", "$-1\r\n"},
        {"return (pcall(string.rep, 'x', 1e9))", "$-1\r\n"},
        {"local function f() return f() + 1 end return (pcall(f))", "$-1\r\n"},
        {"local s = 'return ' .. string.rep('(', 300) .. '1' .. string.rep(')', 300) "
         "return type(loadstring(s))",
         "$3\r\nnil\r\n"},
        {"local s = string.rep('x=', 300) .. '1' return type(loadstring(s))", "$3\r\nnil\r\n"},
        {"for i = 1, 200 do local f = loadstring('local ' .. string.rep('a', i) .. ' = 1 return ' "
         "..'function() return ' .. string.rep('a', i) .. ' end') collectgarbage() end return 1",
         ":1\r\n"},
        {"for i = 1, 50 do cjson.encode({i, {}}) collectgarbage('step') end return 1", ":1\r\n"},
        {"return type(collectgarbage('count'))", "$6\r\nnumber\r\n"},
        {"local t = {} for i = 1, 100 do t[i] = coroutine.wrap(function() coroutine.yield(i) end) "
         "t[i]() end collectgarbage() return #t",
         ":100\r\n"});
    world_deinit(&h);
}

/* A heap that grows without end is an error of the script, and the next one has all its room. */
static void memory_is_limited_for_each_script(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    for (int i = 0; i < 2; i++) {
        const char *found =
            world_eval(&h, "local t = {} for i = 1, 100 do t[i] = string.rep('x', 2^24) .. i end");
        assert_non_null(strstr(found, "not enough memory"));
        assert_string_equal(world_eval(&h, "collectgarbage() return 1"), ":1\r\n");
    }
    world_deinit(&h);
}

static void what_one_script_leaves_the_next_does_not_find(void **state)
{
    struct harness h;
    (void)state;
    world_init(&h);
    harness_run(&h, "EVAL 'return 1' 1 key arg");
    WORLD_EXPECT(&h, {"return #KEYS + #ARGV", ":0\r\n"}, {"redis.setresp(3) return 1", ":1\r\n"},
                 {"return type(redis.call('get','none'))", "$7\r\nboolean\r\n"});
    world_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_tables_stay_as_they_are),
        cmocka_unit_test(nothing_leads_out),
        cmocka_unit_test(known_attacks_are_refused),
        cmocka_unit_test(memory_is_limited_for_each_script),
        cmocka_unit_test(what_one_script_leaves_the_next_does_not_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
