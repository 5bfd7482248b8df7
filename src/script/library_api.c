#include "script/library_api.h"

#include "script/api.h"
#include "script/library.h"
#include "script/shebang.h"

#include <lauxlib.h>

/* A registration as it was asked for; its texts lie on the Lua stack, at these places. */
struct registration {
    int name, description, callback; /* 0: not given */
    uint32_t flags;
};

static int fail(lua_State *lua, const char *text)
{
    return api_raise(lua, text);
}

static uint32_t read_flags(lua_State *lua, int at)
{
    uint32_t flags = 0;
    if (lua_type(lua, at) != LUA_TTABLE) {
        fail(lua, "flags argument to redis.register_function must be a table representing function "
                  "flags");
    }
    for (int i = 1;; i++) {
        lua_rawgeti(lua, at, i);
        if (lua_isnil(lua, -1)) break;
        const char *name = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
        uint32_t flag = shebang_flag(str_from_c(name));
        if (flag == 0) fail(lua, "unknown flag given");
        flags |= flag;
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return flags;
}

/* One named argument: its name at -2, its value at -1, both of which stay. */
static void read_named(lua_State *lua, struct registration *registration)
{
    int at = lua_gettop(lua);
    const char *name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    if (strcmp(name, "function_name") == 0) {
        if (!lua_isstring(lua, at)) {
            fail(lua, "function_name argument given to redis.register_function must be a string");
        }
        registration->name = at;
    } else if (strcmp(name, "description") == 0) {
        if (!lua_isstring(lua, at)) {
            fail(lua, "description argument given to redis.register_function must be a string");
        }
        registration->description = at;
    } else if (strcmp(name, "callback") == 0) {
        if (lua_type(lua, at) != LUA_TFUNCTION) {
            fail(lua, "callback argument given to redis.register_function must be a function");
        }
        registration->callback = at;
    } else if (strcmp(name, "flags") == 0) {
        registration->flags = read_flags(lua, at);
    } else {
        fail(lua, "unknown argument given to redis.register_function");
    }
}

/* Every pair leaves its value on the stack; there are no more of them than known names. */
static void read_table(lua_State *lua, struct registration *registration)
{
    lua_pushnil(lua);
    while (lua_next(lua, 1)) {
        read_named(lua, registration);
        lua_pushvalue(lua, -2);
    }
    if (registration->name == 0) {
        fail(lua, "redis.register_function must get a function name argument");
    }
    if (registration->callback == 0) {
        fail(lua, "redis.register_function must get a callback argument");
    }
}

static void read_registration(lua_State *lua, struct registration *registration)
{
    int count = lua_gettop(lua);
    if (count < 1 || count > 2) {
        fail(lua, "wrong number of arguments to redis.register_function");
    }
    if (count == 1) {
        if (lua_type(lua, 1) != LUA_TTABLE) {
            fail(lua, "calling redis.register_function with a single argument is only applicable "
                      "to Lua table (representing named arguments).");
        }
        read_table(lua, registration);
        return;
    }
    if (!lua_isstring(lua, 1)) {
        fail(lua, "first argument to redis.register_function must be a string");
    }
    if (lua_type(lua, 2) != LUA_TFUNCTION) {
        fail(lua, "second argument to redis.register_function must be a function");
    }
    registration->name = 1;
    registration->callback = 2;
}

static struct str text_at(lua_State *lua, int at)
{
    struct str text;
    text.ptr = lua_tolstring(lua, at, &text.len);
    return text;
}

int library_register_function(lua_State *lua)
{
    struct library_loading *loading = script_engine_of(lua)->loading;
    struct registration registration = {0};
    if (loading == NULL) {
        return fail(lua, "redis.register_function can only be called on FUNCTION LOAD command");
    }
    read_registration(lua, &registration);
    if (!library_name_is_valid(text_at(lua, registration.name))) {
        return fail(lua, &LIBRARY_NAME_ERROR[sizeof("ERR ") - 1]);
    }
    struct library_function function = {.flags = registration.flags};
    lua_pushvalue(lua, registration.callback);
    function.callback = luaL_ref(lua, LUA_REGISTRYINDEX);
    buf_append_str(&function.name, text_at(lua, registration.name));
    function.is_described = registration.description != 0;
    if (function.is_described) {
        buf_append_str(&function.description, text_at(lua, registration.description));
    }
    if (library_add(loading->library, &function)) return 0;
    luaL_unref(lua, LUA_REGISTRYINDEX, function.callback);
    buf_deinit(&function.name);
    buf_deinit(&function.description);
    return fail(lua, "Function already exists in the library");
}
