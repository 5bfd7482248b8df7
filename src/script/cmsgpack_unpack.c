#include "script/cmsgpack.h"

#include "base/str.h"

#include <lauxlib.h>
#include <limits.h>

struct unpacking {
    lua_State *lua;
    struct str rest;
};

static void unpack_value(struct unpacking *from);

static const unsigned char *take(struct unpacking *from, size_t len)
{
    if (from->rest.len < len) luaL_error(from->lua, "Missing bytes in input.");
    const char *bytes = from->rest.ptr;
    from->rest.ptr += len;
    from->rest.len -= len;
    return (const unsigned char *)bytes;
}

static uint64_t take_number(struct unpacking *from, int size)
{
    const unsigned char *bytes = take(from, (size_t)size);
    uint64_t number = 0;
    while (size--) number = number << 8 | *bytes++;
    return number;
}

static void unpack_float(struct unpacking *from)
{
    uint32_t bits = (uint32_t)take_number(from, 4);
    float number;
    memcpy(&number, &bits, sizeof(number));
    lua_pushnumber(from->lua, (double)number);
}

static void unpack_double(struct unpacking *from)
{
    uint64_t bits = take_number(from, 8);
    double number;
    memcpy(&number, &bits, sizeof(number));
    lua_pushnumber(from->lua, number);
}

static void unpack_string(struct unpacking *from, uint64_t len)
{
    const unsigned char *bytes = take(from, len);
    lua_pushlstring(from->lua, (const char *)bytes, len);
}

/* Room is made as values arrive, not for the count announced. */
static void unpack_array(struct unpacking *from, uint64_t count)
{
    luaL_checkstack(from->lua, 6, "data is nested too deeply");
    lua_newtable(from->lua);
    for (uint64_t i = 1; i <= count; i++) {
        unpack_value(from);
        lua_rawseti(from->lua, -2, (int)i);
    }
}

static void unpack_map(struct unpacking *from, uint64_t count)
{
    luaL_checkstack(from->lua, 6, "data is nested too deeply");
    lua_newtable(from->lua);
    for (uint64_t i = 0; i < count; i++) {
        unpack_value(from);
        unpack_value(from);
        double key = lua_isnumber(from->lua, -2) ? lua_tonumber(from->lua, -2) : 0;
        if (lua_isnil(from->lua, -2) || key != key)
            luaL_error(from->lua, "Bad data format in input.");
        lua_rawset(from->lua, -3);
    }
}

/* Sign-extended to 64 bits. */
static void unpack_integer(struct unpacking *from, int size)
{
    int unused = 64 - size * 8;
    lua_pushnumber(from->lua, (double)((int64_t)(take_number(from, size) << unused) >> unused));
}

/* Types with a length or a value behind the first byte. */
static void unpack_wide(struct unpacking *from, unsigned char type)
{
    switch (type) {
    case 0xCA:
        unpack_float(from);
        break;
    case 0xCB:
        unpack_double(from);
        break;
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
        lua_pushnumber(from->lua, (double)(int64_t)take_number(from, 1 << (type - 0xCC)));
        break;
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
        unpack_integer(from, 1 << (type - 0xD0));
        break;
    case 0xD9:
    case 0xDA:
    case 0xDB:
        unpack_string(from, take_number(from, 1 << (type - 0xD9)));
        break;
    case 0xDC:
    case 0xDD:
        unpack_array(from, take_number(from, type == 0xDC ? 2 : 4));
        break;
    case 0xDE:
    case 0xDF:
        unpack_map(from, take_number(from, type == 0xDE ? 2 : 4));
        break;
    default:
        luaL_error(from->lua, "Bad data format in input.");
    }
}

static void unpack_value(struct unpacking *from)
{
    unsigned char type = *take(from, 1);
    if (type <= 0x7F)
        lua_pushinteger(from->lua, type);
    else if (type >= 0xE0)
        lua_pushinteger(from->lua, (signed char)type);
    else if (type <= 0x8F)
        unpack_map(from, type & 0x0F);
    else if (type <= 0x9F)
        unpack_array(from, type & 0x0F);
    else if (type <= 0xBF)
        unpack_string(from, type & 0x1F);
    else if (type == 0xC0)
        lua_pushnil(from->lua);
    else if (type == 0xC2 || type == 0xC3)
        lua_pushboolean(from->lua, type == 0xC3);
    else
        unpack_wide(from, type);
}

/* Pushes up to `limit` values (0: all) from `offset` on; when limited, the offset of the rest, or
 * -1, goes first. */
static int unpack_some(lua_State *lua, int limit, double offset)
{
    struct unpacking from = {.lua = lua};
    size_t len;
    from.rest.ptr = luaL_checklstring(lua, 1, &len);
    if (!(offset >= 0) || limit < 0) {
        return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.",
                          (int)offset, (int)len);
    }
    if (offset > (double)len) {
        return luaL_error(lua, "Start offset %d greater than input length %d.",
                          offset > INT_MAX ? INT_MAX : (int)offset, (int)len);
    }
    bool decodes_all = limit == 0 && offset == 0;
    from.rest = str_from(str_of(from.rest.ptr, len), (size_t)offset);
    if (limit == 0) limit = INT_MAX;
    int count = 0;
    for (; from.rest.len && count < limit; count++) {
        luaL_checkstack(lua, 2, "too many values");
        unpack_value(&from);
    }
    if (decodes_all) return count;
    lua_pushinteger(lua, from.rest.len ? (lua_Integer)(len - from.rest.len) : -1);
    lua_insert(lua, -(count + 1));
    return count + 1;
}

int cmsgpack_unpack(lua_State *lua)
{
    return unpack_some(lua, 0, 0);
}

int cmsgpack_unpack_one(lua_State *lua)
{
    double offset = luaL_optnumber(lua, 2, 0);
    lua_settop(lua, 1);
    return unpack_some(lua, 1, offset);
}

int cmsgpack_unpack_limit(lua_State *lua)
{
    double limit = luaL_checknumber(lua, 2), offset = luaL_optnumber(lua, 3, 0);
    lua_settop(lua, 1);
    if (limit > INT_MAX) limit = INT_MAX;
    return unpack_some(lua, limit < 0 || limit != limit ? -1 : (int)limit, offset);
}
