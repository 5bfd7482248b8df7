#include "script/base_functions.h"

#include "script/engine.h"

#include <lauxlib.h>
#include <string.h>

static const char READ_ONLY[] = "Attempt to modify a readonly table";

int base_refuse_write(lua_State *lua)
{
    return luaL_error(lua, "%s", READ_ONLY);
}

static bool is_frozen(lua_State *lua, int at)
{
    if (lua_type(lua, at) != LUA_TTABLE || !lua_getmetatable(lua, at)) return false;
    lua_pushliteral(lua, "__newindex");
    lua_rawget(lua, -2);
    bool is = lua_tocfunction(lua, -1) == base_refuse_write;
    lua_pop(lua, 2);
    return is;
}

/* Pushes the table behind a proxy. It must not be handed to the script. */
static void push_real(lua_State *lua, int at)
{
    lua_getmetatable(lua, at);
    lua_pushliteral(lua, "__index");
    lua_rawget(lua, -2);
    lua_remove(lua, -2);
}

/* Without a position in front, as errors of the interpreter itself. */
static int refuse_plain(lua_State *lua)
{
    lua_pushstring(lua, READ_ONLY);
    return lua_error(lua);
}

static int raw_set(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    luaL_checkany(lua, 3);
    if (is_frozen(lua, 1)) return refuse_plain(lua);
    lua_settop(lua, 3);
    if (lua_isnil(lua, 2)) return luaL_error(lua, "table index is nil");
    lua_rawset(lua, 1);
    return 1;
}

static int raw_get(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    if (is_frozen(lua, 1)) {
        push_real(lua, 1);
        lua_replace(lua, 1);
    }
    lua_rawget(lua, 1);
    return 1;
}

static int set_metatable(lua_State *lua)
{
    int type = lua_type(lua, 2);
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argcheck(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
    if (is_frozen(lua, 1)) return refuse_plain(lua);
    if (luaL_getmetafield(lua, 1, "__metatable")) {
        return luaL_error(lua, "cannot change a protected metatable");
    }
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

static int get_metatable(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (!lua_getmetatable(lua, 1)) {
        lua_pushnil(lua);
        return 1;
    }
    luaL_getmetafield(lua, 1, "__metatable");
    return 1;
}

/* Of a frozen table a copy is visited. */
static int pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_pushvalue(lua, lua_upvalueindex(1));
    if (!is_frozen(lua, 1)) {
        lua_pushvalue(lua, 1);
        lua_pushnil(lua);
        return 3;
    }
    lua_newtable(lua);
    push_real(lua, 1);
    lua_pushnil(lua);
    while (lua_next(lua, 4)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, 3);
    }
    lua_settop(lua, 3);
    lua_pushnil(lua);
    return 3;
}

/* An error that is a table with a text becomes the text. */
static int protected_call(lua_State *lua)
{
    luaL_checkany(lua, 1);
    int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
    if (status != 0 && lua_type(lua, -1) == LUA_TTABLE) {
        lua_pushliteral(lua, "err");
        lua_rawget(lua, -2);
        if (lua_type(lua, -1) == LUA_TSTRING)
            lua_replace(lua, -2);
        else
            lua_pop(lua, 1);
    }
    lua_pushboolean(lua, status == 0);
    lua_insert(lua, 1);
    return lua_gettop(lua);
}

static int loaded(lua_State *lua, int status)
{
    if (status == 0) return 1;
    lua_pushnil(lua);
    lua_insert(lua, -2);
    return 2;
}

static int load_string(lua_State *lua)
{
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    const char *name = luaL_optstring(lua, 2, text);
    return loaded(lua, luaL_loadbufferx(lua, text, len, name, "t"));
}

/* The pieces a function returns; the last one is kept alive in slot 3. */
static const char *read_piece(lua_State *lua, void *context, size_t *len)
{
    (void)context;
    lua_pushvalue(lua, 1);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) {
        *len = 0;
        return NULL;
    }
    if (!lua_isstring(lua, -1)) luaL_error(lua, "reader function must return a string");
    lua_replace(lua, 3);
    return lua_tolstring(lua, 3, len);
}

static int load(lua_State *lua)
{
    if (lua_type(lua, 1) == LUA_TSTRING) return load_string(lua);
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    const char *name = luaL_optstring(lua, 2, "=(load)");
    lua_settop(lua, 3);
    return loaded(lua, lua_loadx(lua, read_piece, NULL, name, "t"));
}

enum { DIGITS_MAX = 8 };

int base_tohex(lua_State *lua)
{
    double digits = luaL_optnumber(lua, 2, DIGITS_MAX);
    luaL_checknumber(lua, 1);
    if (!(digits >= -DIGITS_MAX)) digits = -DIGITS_MAX;
    if (digits > DIGITS_MAX) digits = DIGITS_MAX;
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushvalue(lua, 1);
    lua_pushnumber(lua, digits);
    lua_call(lua, 2, 1);
    return 1;
}

int base_clock(lua_State *lua)
{
    const struct executor *executor = script_engine_of(lua)->host->executor;
    int64_t now_us = executor && executor->clock_us ? executor->clock_us(executor->owner) : 0;
    lua_pushnumber(lua, (double)now_us / 1e6);
    return 1;
}

/* Where an error was raised. A function that was called as "return f(x)" has no caller any more:
 * then the error lies in the script as a whole, whose last line is where such calls mostly are. */
struct place {
    lua_Debug at;
    bool is_known, lost_caller;
};

static bool look_up(lua_State *lua, int level, lua_Debug *at)
{
    return lua_getstack(lua, level, at) && lua_getinfo(lua, "nSl", at) && strcmp(at->what, "C");
}

static void find_place(lua_State *lua, struct place *place)
{
    const struct script_run *run = &script_engine_of(lua)->run;
    place->is_known = look_up(lua, 1, &place->at) || look_up(lua, 2, &place->at);
    if (place->is_known || run->call == NULL) return;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->function);
    place->is_known = place->lost_caller = lua_getinfo(lua, ">Sl", &place->at);
    place->at.currentline = place->at.lastlinedefined;
}

/* Pushes the table for an error that was none. */
static void push_table(lua_State *lua, const struct place *place)
{
    const char *text = lua_tostring(lua, 1);
    lua_newtable(lua);
    lua_pushliteral(lua, "ERR ");
    if (text && place->lost_caller && lua_type(lua, 1) == LUA_TSTRING) {
        lua_pushfstring(lua, "%s:%d: ", place->at.short_src, place->at.currentline);
    } else {
        lua_pushliteral(lua, "");
    }
    lua_pushstring(lua, text ? text : luaL_typename(lua, 1));
    lua_concat(lua, 3);
    lua_setfield(lua, -2, "err");
}

int base_describe_error(lua_State *lua)
{
    struct place place = {0};
    find_place(lua, &place);
    lua_settop(lua, 1);
    if (lua_type(lua, 1) != LUA_TTABLE) push_table(lua, &place);
    if (is_frozen(lua, -1) || !place.is_known) return 1;
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, place.at.source);
    lua_rawset(lua, -3);
    lua_pushliteral(lua, "line");
    lua_pushinteger(lua, place.at.currentline);
    lua_rawset(lua, -3);
    return 1;
}

void base_open(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"rawset", raw_set},
        {"rawget", raw_get},
        {"setmetatable", set_metatable},
        {"getmetatable", get_metatable},
        {"pcall", protected_call},
        {"loadstring", load_string},
        {"load", load},
        {"__redis__err__handler", base_describe_error},
        {NULL, NULL},
    };
    luaL_register(lua, NULL, functions);
    lua_getfield(lua, -1, "next");
    lua_pushcclosure(lua, pairs, 1);
    lua_setfield(lua, -2, "pairs");
}
