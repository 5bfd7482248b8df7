#include "script/api.h"

#include "base/compat.h"
#include "script/engine.h"
#include "script/library_api.h"
#include "script/sha1.h"
#include "script/to_lua.h"

#include <lauxlib.h>

int api_raise(lua_State *lua, const char *text)
{
    lua_createtable(lua, 0, 1);
    lua_pushfstring(lua, "ERR %s", text);
    lua_setfield(lua, -2, "err");
    return lua_error(lua);
}

static struct str argument(lua_State *lua, int at)
{
    struct str text;
    text.ptr = lua_tolstring(lua, at, &text.len);
    return text;
}

static bool is_one_string(lua_State *lua)
{
    if (lua_gettop(lua) == 1 && lua_type(lua, 1) == LUA_TSTRING) return true;
    to_lua_push_error(lua, STR("ERR wrong number or type of arguments"));
    return false;
}

static int error_reply(lua_State *lua)
{
    if (is_one_string(lua)) to_lua_push_error(lua, argument(lua, 1));
    return 1;
}

static int status_reply(lua_State *lua)
{
    if (!is_one_string(lua)) return 1;
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "ok");
    return 1;
}

static int sha1hex(lua_State *lua)
{
    char hex[SHA1_HEX_LEN + 1];
    if (lua_gettop(lua) != 1) return api_raise(lua, "wrong number of arguments");
    sha1_hex(lua_isstring(lua, 1) ? argument(lua, 1) : STR(""), hex);
    lua_pushstring(lua, hex);
    return 1;
}

enum { LEVELS = 4 };

static int write_log(lua_State *lua)
{
    struct script_engine *engine = script_engine_of(lua);
    int count = lua_gettop(lua);
    if (count < 2) return api_raise(lua, "redis.log() requires two arguments or more.");
    if (!lua_isnumber(lua, -count)) {
        return api_raise(lua, "First argument must be a number (log level).");
    }
    double level = lua_tonumber(lua, 1);
    if (!(level >= 0 && level < LEVELS)) return api_raise(lua, "Invalid debug level.");
    struct buf *text = script_scratch(lua);
    for (int i = 2; i <= count; i++) {
        struct str part = argument(lua, i);
        if (part.ptr == NULL) continue;
        if (text->len) buf_append_char(text, ' ');
        buf_append_str(text, part);
        script_scratch_check(lua, text);
    }
    if (engine->hooks.log) engine->hooks.log(engine->hooks.owner, (int)level, buf_str(text));
    return 0;
}

static int set_resp(lua_State *lua)
{
    api_refuse_outside_run(lua, "setresp");
    if (lua_gettop(lua) != 1) return api_raise(lua, "redis.setresp() requires one argument.");
    double version = lua_tonumber(lua, 1);
    if (version != 2 && version != 3) return api_raise(lua, "RESP version must be 2 or 3.");
    script_engine_of(lua)->session.reply.version = (int)version;
    return 0;
}

static int set_repl(lua_State *lua)
{
    api_refuse_outside_run(lua, "set_repl");
    if (lua_gettop(lua) != 1) return api_raise(lua, "redis.set_repl() requires two arguments.");
    int repl = (int)lua_tointeger(lua, 1);
    if (repl & ~SCRIPT_REPL_ALL) {
        return api_raise(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                              "REPL_NONE.");
    }
    script_engine_of(lua)->run.repl = repl;
    return 0;
}

static int replicate_commands(lua_State *lua)
{
    lua_pushboolean(lua, 1);
    return 1;
}

/* There is no debugger to stop in. */
static int breakpoint(lua_State *lua)
{
    lua_pushboolean(lua, 0);
    return 1;
}

static int debug_nothing(lua_State *lua)
{
    (void)lua;
    return 0;
}

static const luaL_Reg common[] = {
    {"error_reply", error_reply},
    {"status_reply", status_reply},
    {"sha1hex", sha1hex},
    {"log", write_log},
    {NULL, NULL},
};

static const luaL_Reg running[] = {
    {"call", api_call},    {"pcall", api_pcall},   {"acl_check_cmd", api_acl_check},
    {"setresp", set_resp}, {"set_repl", set_repl}, {NULL, NULL},
};

static const luaL_Reg evaluating[] = {
    {"replicate_commands", replicate_commands},
    {"breakpoint", breakpoint},
    {"debug", debug_nothing},
    {NULL, NULL},
};

static const struct {
    const char *name;
    int value;
} numbers[] = {
    {"LOG_DEBUG", 0},
    {"LOG_VERBOSE", 1},
    {"LOG_NOTICE", 2},
    {"LOG_WARNING", 3},
    {"REPL_NONE", SCRIPT_REPL_NONE},
    {"REPL_AOF", SCRIPT_REPL_AOF},
    {"REPL_SLAVE", SCRIPT_REPL_REPLICA},
    {"REPL_REPLICA", SCRIPT_REPL_REPLICA},
    {"REPL_ALL", SCRIPT_REPL_ALL},
    {"REDIS_VERSION_NUM", COMPAT_REDIS_VERSION_NUMBER},
};

void api_push(lua_State *lua, enum sandbox_globals kind)
{
    lua_newtable(lua);
    luaL_register(lua, NULL, common);
    luaL_register(lua, NULL, running);
    if (kind == GLOBALS_EVAL) luaL_register(lua, NULL, evaluating);
    if (kind == GLOBALS_FUNCTION) {
        lua_pushcfunction(lua, library_register_function);
        lua_setfield(lua, -2, "register_function");
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        lua_pushinteger(lua, numbers[i].value);
        lua_setfield(lua, -2, numbers[i].name);
    }
    lua_pushliteral(lua, COMPAT_REDIS_VERSION);
    lua_setfield(lua, -2, "REDIS_VERSION");
}
