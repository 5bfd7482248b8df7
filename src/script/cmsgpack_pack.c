#include "script/cmsgpack.h"

#include "script/engine.h"

#include <lauxlib.h>
#include <math.h>

enum { DEPTH_MAX = 16 };

struct packing {
    lua_State *lua;
    struct buf *out;
};

static void pack_value(struct packing *to, int depth);

/* A type byte and `size` bytes of a number, the highest first. */
static void put(struct packing *to, uint8_t type, uint64_t number, int size)
{
    buf_append_char(to->out, (char)type);
    while (size--) buf_append_char(to->out, (char)(number >> (8 * size) & 0xFF));
}

static void pack_unsigned(struct packing *to, uint64_t number)
{
    if (number <= 0x7F)
        put(to, (uint8_t)number, 0, 0);
    else if (number <= UINT8_MAX)
        put(to, 0xCC, number, 1);
    else if (number <= UINT16_MAX)
        put(to, 0xCD, number, 2);
    else if (number <= UINT32_MAX)
        put(to, 0xCE, number, 4);
    else
        put(to, 0xCF, number, 8);
}

static void pack_negative(struct packing *to, int64_t number)
{
    if (number >= -32)
        put(to, (uint8_t)number, 0, 0);
    else if (number >= INT8_MIN)
        put(to, 0xD0, (uint64_t)number, 1);
    else if (number >= INT16_MIN)
        put(to, 0xD1, (uint64_t)number, 2);
    else if (number >= INT32_MIN)
        put(to, 0xD2, (uint64_t)number, 4);
    else
        put(to, 0xD3, (uint64_t)number, 8);
}

/* Floats are single where that loses nothing. */
static void pack_fraction(struct packing *to, double number)
{
    uint64_t wide;
    uint32_t narrow;
    float single = (float)number;
    memcpy(&wide, &number, sizeof(wide));
    memcpy(&narrow, &single, sizeof(narrow));
    if ((double)single == number)
        put(to, 0xCA, narrow, 4);
    else
        put(to, 0xCB, wide, 8);
}

static void pack_number(struct packing *to)
{
    double number = lua_tonumber(to->lua, -1);
    bool is_integer = number >= -9223372036854775808.0 && number < 9223372036854775808.0 &&
                      floor(number) == number;
    if (!is_integer)
        pack_fraction(to, number);
    else if (number < 0)
        pack_negative(to, (int64_t)number);
    else
        pack_unsigned(to, (uint64_t)number);
}

static void pack_string(struct packing *to)
{
    struct str s;
    s.ptr = lua_tolstring(to->lua, -1, &s.len);
    if (s.len < 32)
        put(to, (uint8_t)(0xA0 | s.len), 0, 0);
    else if (s.len <= UINT8_MAX)
        put(to, 0xD9, s.len, 1);
    else if (s.len <= UINT16_MAX)
        put(to, 0xDA, s.len, 2);
    else
        put(to, 0xDB, s.len, 4);
    buf_append_str(to->out, s);
    script_scratch_check(to->lua, to->out);
}

/* An array has the keys 1 to n and no other. */
static bool is_array(lua_State *lua, size_t *count)
{
    double max = 0;
    bool only_indexes = true;
    *count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        double key = lua_type(lua, -2) == LUA_TNUMBER ? lua_tonumber(lua, -2) : 0;
        if (!(key >= 1 && floor(key) == key)) only_indexes = false;
        if (key > max) max = key;
        ++*count;
        lua_pop(lua, 1);
    }
    return only_indexes && max == (double)*count;
}

static void put_count(struct packing *to, uint8_t small, uint8_t type, size_t count)
{
    if (count < 16)
        put(to, (uint8_t)(small | count), 0, 0);
    else if (count <= UINT16_MAX)
        put(to, type, count, 2);
    else
        put(to, (uint8_t)(type + 1), count, 4);
}

static void pack_array(struct packing *to, size_t count, int depth)
{
    put_count(to, 0x90, 0xDC, count);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(to->lua, -1, (int)i);
        pack_value(to, depth + 1);
    }
}

static void pack_map(struct packing *to, size_t count, int depth)
{
    lua_State *lua = to->lua;
    put_count(to, 0x80, 0xDE, count);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        pack_value(to, depth + 1);
        pack_value(to, depth + 1);
    }
}

static void pack_table(struct packing *to, int depth)
{
    size_t count;
    luaL_checkstack(to->lua, 8, "table is nested too deeply");
    if (is_array(to->lua, &count))
        pack_array(to, count, depth);
    else
        pack_map(to, count, depth);
}

/* Pops the value. What is nested too deeply becomes nil, as with stock. */
static void pack_value(struct packing *to, int depth)
{
    lua_State *lua = to->lua;
    int type = lua_type(lua, -1);
    if (type == LUA_TTABLE && depth == DEPTH_MAX) type = LUA_TNIL;
    switch (type) {
    case LUA_TSTRING:
        pack_string(to);
        break;
    case LUA_TBOOLEAN:
        put(to, lua_toboolean(lua, -1) ? 0xC3 : 0xC2, 0, 0);
        break;
    case LUA_TNUMBER:
        pack_number(to);
        break;
    case LUA_TTABLE:
        pack_table(to, depth);
        break;
    default:
        put(to, 0xC0, 0, 0);
        break;
    }
    script_scratch_check(lua, to->out);
    lua_pop(lua, 1);
}

int cmsgpack_pack(lua_State *lua)
{
    int count = lua_gettop(lua);
    if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
    luaL_checkstack(lua, 8, "too many arguments");
    struct packing packing = {.lua = lua, .out = script_scratch(lua)};
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(lua, i);
        pack_value(&packing, 0);
    }
    lua_pushlstring(lua, packing.out->ptr, packing.out->len);
    return 1;
}
