#include "script/sandbox.h"

#include "script/api.h"
#include "script/base_functions.h"
#include "script/cjson.h"
#include "script/cmsgpack.h"
#include "script/random.h"
#include "script/struct.h"

#include <lauxlib.h>
#include <lualib.h>

/* Addresses of these are keys in the registry: an array of all proxies, one table per set of
 * globals. */
static const char PROXIES = 0;
static const char GLOBALS[GLOBALS_KINDS] = {0};
static const char REAL[GLOBALS_KINDS] = {0};

static const char *const base_names[] = {
    "_VERSION",  "assert", "collectgarbage", "error",    "gcinfo", "ipairs", "next",
    "rawequal",  "select", "tonumber",       "tostring", "type",   "unpack", "xpcall",
    "coroutine", "string", "table",          "math",     "bit",
};

static const char *const string_names[] = {"byte",   "char",    "dump", "find",  "format",
                                           "gmatch", "gsub",    "len",  "lower", "match",
                                           "rep",    "reverse", "sub",  "upper", NULL};

static const char *const table_names[] = {"concat", "foreach", "foreachi", "getn", "insert",
                                          "maxn",   "remove",  "sort",     NULL};

/* Copies the named fields of the table on top into a new table, which takes its place. */
static void keep_only(lua_State *lua, const char *const *names)
{
    lua_newtable(lua);
    for (; *names; names++) {
        lua_getfield(lua, -2, *names);
        lua_setfield(lua, -2, *names);
    }
    lua_remove(lua, -2);
}

/* Replaces the table on top by a proxy of it. */
static void freeze(lua_State *lua)
{
    lua_newtable(lua);
    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, base_refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&PROXIES);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    lua_pushvalue(lua, -2);
    lua_rawseti(lua, -2, (int)lua_objlen(lua, -2) + 1);
    lua_pop(lua, 1);
}

static int missing_global(lua_State *lua)
{
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?";
    return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name);
}

/* The table on top raises an error for names it does not have. */
static void refuse_missing(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, missing_global);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

static void open_library(lua_State *lua, lua_CFunction open, const char *name)
{
    lua_pushcfunction(lua, open);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
}

/* Replaces a global table of the state by its frozen form with only these fields. */
static void freeze_global(lua_State *lua, const char *name, const char *const *names)
{
    lua_getglobal(lua, name);
    if (names) keep_only(lua, names);
    freeze(lua);
    lua_setglobal(lua, name);
}

/* Methods of strings; the metatable scripts can see is a frozen copy. */
static void guard_strings(lua_State *lua)
{
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_getglobal(lua, "string");
    lua_setfield(lua, -2, "__index");
    lua_newtable(lua);
    lua_getglobal(lua, "string");
    lua_setfield(lua, -2, "__index");
    freeze(lua);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 2);
}

static void open_standard(lua_State *lua)
{
    open_library(lua, luaopen_base, "");
    open_library(lua, luaopen_table, LUA_TABLIBNAME);
    open_library(lua, luaopen_string, LUA_STRLIBNAME);
    open_library(lua, luaopen_math, LUA_MATHLIBNAME);
    open_library(lua, luaopen_bit, LUA_BITLIBNAME);
    lua_getglobal(lua, "math");
    random_open(lua);
    lua_pop(lua, 1);
    lua_getglobal(lua, LUA_BITLIBNAME);
    lua_getfield(lua, -1, "tohex");
    lua_pushcclosure(lua, base_tohex, 1);
    lua_setfield(lua, -2, "tohex");
    lua_pop(lua, 1);
    freeze_global(lua, "string", string_names);
    freeze_global(lua, "table", table_names);
    freeze_global(lua, "math", NULL);
    freeze_global(lua, "bit", NULL);
    freeze_global(lua, "coroutine", NULL);
    guard_strings(lua);
}

/* os has one function. */
static void open_os(lua_State *lua, int globals)
{
    static const luaL_Reg functions[] = {{"clock", base_clock}, {NULL, NULL}};
    lua_newtable(lua);
    luaL_register(lua, NULL, functions);
    freeze(lua);
    lua_setfield(lua, globals, "os");
}

static void open_own(lua_State *lua, int globals)
{
    static const struct {
        const char *name;
        void (*push)(lua_State *lua);
    } libraries[] = {{"cjson", cjson_push}, {"cmsgpack", cmsgpack_push}, {"struct", struct_push}};
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        libraries[i].push(lua);
        freeze(lua);
        lua_setfield(lua, globals, libraries[i].name);
    }
}

/* Builds one set of globals out of those of the state. */
static void build_globals(lua_State *lua, enum sandbox_globals kind)
{
    lua_newtable(lua);
    int globals = lua_gettop(lua);
    for (size_t i = 0; i < sizeof(base_names) / sizeof(base_names[0]); i++) {
        lua_getglobal(lua, base_names[i]);
        lua_setfield(lua, globals, base_names[i]);
    }
    base_open(lua);
    open_os(lua, globals);
    open_own(lua, globals);
    api_push(lua, kind);
    freeze(lua);
    lua_setfield(lua, globals, "redis");
    refuse_missing(lua);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&REAL[kind]);
    lua_pushvalue(lua, globals);
    lua_rawset(lua, LUA_REGISTRYINDEX);
    lua_pushvalue(lua, globals);
    freeze(lua);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, globals, "_G");
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&GLOBALS[kind]);
    lua_insert(lua, -2);
    lua_rawset(lua, LUA_REGISTRYINDEX);
    lua_pop(lua, 1);
}

void sandbox_open(lua_State *lua)
{
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&PROXIES);
    lua_newtable(lua);
    lua_rawset(lua, LUA_REGISTRYINDEX);
    open_standard(lua);
    for (int kind = 0; kind < GLOBALS_KINDS; kind++) {
        build_globals(lua, (enum sandbox_globals)kind);
    }
    sandbox_enter(lua, GLOBALS_EVAL);
}

/* Empties the table on top, which hardly ever holds anything. */
static void wipe(lua_State *lua)
{
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        lua_pushvalue(lua, -1);
        lua_pushnil(lua);
        lua_rawset(lua, -4);
    }
}

void sandbox_enter(lua_State *lua, enum sandbox_globals kind)
{
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&PROXIES);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    int count = (int)lua_objlen(lua, -1);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, i);
        wipe(lua);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&GLOBALS[kind]);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    lua_replace(lua, LUA_GLOBALSINDEX);
}

void sandbox_set_global(lua_State *lua, const char *name)
{
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&REAL[GLOBALS_EVAL]);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, name);
    lua_pop(lua, 1);
}
