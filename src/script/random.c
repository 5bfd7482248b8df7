#include "script/random.h"

#include <lauxlib.h>
#include <math.h>

static const uint64_t FACTOR = 0x5DEECE66D, MASK = (UINT64_C(1) << 48) - 1;

void random_seed(struct script_engine *engine, uint32_t seed)
{
    engine->random = ((uint64_t)seed << 16) | 0x330E;
}

static double next_fraction(struct script_engine *engine)
{
    engine->random = (engine->random * FACTOR + 0xB) & MASK;
    return (double)((engine->random >> 17) % INT32_MAX) / (double)INT32_MAX;
}

static int draw(lua_State *lua)
{
    double fraction = next_fraction(script_engine_of(lua)), low = 1, high;
    switch (lua_gettop(lua)) {
    case 0:
        lua_pushnumber(lua, fraction);
        return 1;
    case 1:
        high = (double)luaL_checkint(lua, 1);
        luaL_argcheck(lua, low <= high, 1, "interval is empty");
        break;
    case 2:
        low = (double)luaL_checkint(lua, 1);
        high = (double)luaL_checkint(lua, 2);
        luaL_argcheck(lua, low <= high, 2, "interval is empty");
        break;
    default:
        return luaL_error(lua, "wrong number of arguments");
    }
    lua_pushnumber(lua, floor(fraction * (high - low + 1)) + low);
    return 1;
}

static int seed(lua_State *lua)
{
    random_seed(script_engine_of(lua), (uint32_t)luaL_checkint(lua, 1));
    return 0;
}

void random_open(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"random", draw}, {"randomseed", seed}, {NULL, NULL}};
    luaL_register(lua, NULL, functions);
}
