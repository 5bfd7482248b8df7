#include "script/cjson.h"

#include <lauxlib.h>
#include <limits.h>

static struct cjson_settings *settings_of(lua_State *lua)
{
    return &script_engine_of(lua)->cjson;
}

/* The optional integer at an index, between two bounds. */
static void set_integer(lua_State *lua, int at, int low, int *setting)
{
    int high = setting == &settings_of(lua)->precision ? 14 : INT_MAX;
    if (lua_isnoneornil(lua, at)) return;
    double number = luaL_checknumber(lua, at);
    if (!(number >= low && number <= high)) {
        luaL_argerror(lua, at,
                      lua_pushfstring(lua, "expected integer between %d and %d", low, high));
    }
    *setting = (int)number;
}

static int one_integer(lua_State *lua, int *setting)
{
    luaL_argcheck(lua, lua_gettop(lua) <= 1, 2, "found too many arguments");
    set_integer(lua, 1, 1, setting);
    lua_pushinteger(lua, *setting);
    return 1;
}

static int encode_max_depth(lua_State *lua)
{
    return one_integer(lua, &settings_of(lua)->encode_depth);
}

static int decode_max_depth(lua_State *lua)
{
    return one_integer(lua, &settings_of(lua)->decode_depth);
}

static int encode_number_precision(lua_State *lua)
{
    return one_integer(lua, &settings_of(lua)->precision);
}

static void set_bool(lua_State *lua, int at, bool *setting)
{
    static const char *const words[] = {"off", "on", NULL};
    if (lua_isnoneornil(lua, at)) return;
    if (lua_isboolean(lua, at))
        *setting = lua_toboolean(lua, at);
    else
        *setting = luaL_checkoption(lua, at, NULL, words) == 1;
}

static int encode_keep_buffer(lua_State *lua)
{
    bool *setting = &settings_of(lua)->keep_buffer;
    set_bool(lua, 1, setting);
    lua_pushboolean(lua, *setting);
    return 1;
}

static int encode_sparse_array(lua_State *lua)
{
    struct cjson_settings *settings = settings_of(lua);
    luaL_argcheck(lua, lua_gettop(lua) <= 3, 4, "found too many arguments");
    set_bool(lua, 1, &settings->sparse_convert);
    set_integer(lua, 2, 0, &settings->sparse_ratio);
    set_integer(lua, 3, 0, &settings->sparse_safe);
    lua_pushboolean(lua, settings->sparse_convert);
    lua_pushinteger(lua, settings->sparse_ratio);
    lua_pushinteger(lua, settings->sparse_safe);
    return 3;
}

/* 0: refused, 1: written and read, 2: written as null. */
static int invalid_numbers(lua_State *lua, int *setting, bool null_allowed)
{
    static const char *const words[] = {"off", "on", "null", NULL};
    static const char *const two_words[] = {"off", "on", NULL};
    if (lua_isboolean(lua, 1))
        *setting = lua_toboolean(lua, 1);
    else if (!lua_isnoneornil(lua, 1))
        *setting = luaL_checkoption(lua, 1, NULL, null_allowed ? words : two_words);
    if (*setting == 2)
        lua_pushstring(lua, words[2]);
    else
        lua_pushboolean(lua, *setting);
    return 1;
}

static int encode_invalid_numbers(lua_State *lua)
{
    return invalid_numbers(lua, &settings_of(lua)->encode_invalid, true);
}

static int decode_invalid_numbers(lua_State *lua)
{
    return invalid_numbers(lua, &settings_of(lua)->decode_invalid, false);
}

static int cjson_new(lua_State *lua)
{
    cjson_push(lua);
    return 1;
}

void cjson_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"encode", cjson_encode},
        {"decode", cjson_decode},
        {"encode_sparse_array", encode_sparse_array},
        {"encode_max_depth", encode_max_depth},
        {"decode_max_depth", decode_max_depth},
        {"encode_number_precision", encode_number_precision},
        {"encode_keep_buffer", encode_keep_buffer},
        {"encode_invalid_numbers", encode_invalid_numbers},
        {"decode_invalid_numbers", decode_invalid_numbers},
        {"new", cjson_new},
        {NULL, NULL},
    };
    lua_newtable(lua);
    luaL_register(lua, NULL, functions);
    lua_pushlightuserdata(lua, NULL);
    lua_setfield(lua, -2, "null");
    lua_pushliteral(lua, "cjson");
    lua_setfield(lua, -2, "_NAME");
    lua_pushliteral(lua, "2.1.0");
    lua_setfield(lua, -2, "_VERSION");
}
