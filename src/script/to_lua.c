#include "script/to_lua.h"

#include "base/assert.h"
#include "base/num.h"

#include <lauxlib.h>
#include <math.h>

static void push_value(lua_State *lua, struct str *rest);

static void push_str(lua_State *lua, struct str s)
{
    lua_pushlstring(lua, s.len ? s.ptr : "", s.len);
}

/* Pushes {[name] = text}. */
static void push_tagged(lua_State *lua, const char *name, struct str text)
{
    lua_createtable(lua, 0, 1);
    push_str(lua, text);
    lua_setfield(lua, -2, name);
}

void to_lua_push_error(lua_State *lua, struct str text)
{
    if (text.len && text.ptr[0] == '-') text = str_from(text, 1);
    while (text.len && strchr("\r\n", text.ptr[text.len - 1])) text.len--;
    lua_createtable(lua, 0, 1);
    lua_pushlstring(lua, "ERR ", str_find_char(text, ' ') < 0 ? 4 : 0);
    push_str(lua, text);
    lua_concat(lua, 2);
    lua_setfield(lua, -2, "err");
}

static struct str take_line(struct str *rest)
{
    ptrdiff_t end = str_find(*rest, STR("\r\n"));
    ASSERT(end >= 0);
    struct str line = str_first(*rest, (size_t)end);
    *rest = str_from(*rest, (size_t)end + 2);
    return line;
}

static int64_t to_number(struct str text)
{
    int64_t number = 0;
    num_parse_i64(text, &number);
    return number;
}

/* Takes a string of `len` bytes with the line end behind it. */
static struct str take_body(struct str *rest, int64_t len)
{
    ASSERT(len >= 0 && rest->len >= (size_t)len + 2);
    struct str body = str_first(*rest, (size_t)len);
    *rest = str_from(*rest, (size_t)len + 2);
    return body;
}

static void push_array(lua_State *lua, struct str *rest, int64_t count)
{
    lua_createtable(lua, (int)count, 0);
    for (int64_t i = 1; i <= count; i++) {
        push_value(lua, rest);
        lua_rawseti(lua, -2, (int)i);
    }
}

/* Members become keys with the value true; in a map they have values of their own. */
static void push_tagged_table(lua_State *lua, struct str *rest, int64_t count, bool is_map)
{
    lua_createtable(lua, 0, 1);
    lua_createtable(lua, 0, (int)count);
    for (int64_t i = 0; i < count; i++) {
        push_value(lua, rest);
        if (is_map)
            push_value(lua, rest);
        else
            lua_pushboolean(lua, 1);
        if (lua_isnil(lua, -2))
            lua_pop(lua, 2);
        else
            lua_rawset(lua, -3);
    }
    lua_setfield(lua, -2, is_map ? "map" : "set");
}

static void push_double(lua_State *lua, struct str text)
{
    double number = NAN;
    num_parse_double(text, &number);
    lua_createtable(lua, 0, 1);
    lua_pushnumber(lua, number);
    lua_setfield(lua, -2, "double");
}

static void push_verbatim(lua_State *lua, struct str body)
{
    lua_createtable(lua, 0, 1);
    lua_createtable(lua, 0, 2);
    push_str(lua, str_from(body, 4));
    lua_setfield(lua, -2, "string");
    push_str(lua, str_first(body, 3));
    lua_setfield(lua, -2, "format");
    lua_setfield(lua, -2, "verbatim_string");
}

static void push_null_or(lua_State *lua, struct str *rest, int64_t len, bool is_array)
{
    if (len < 0)
        lua_pushboolean(lua, 0);
    else if (is_array)
        push_array(lua, rest, len);
    else
        push_str(lua, take_body(rest, len));
}

static void push_value(lua_State *lua, struct str *rest)
{
    luaL_checkstack(lua, 8, "reply is nested too deeply");
    struct str line = take_line(rest), text = str_from(line, 1);
    switch (line.ptr[0]) {
    case '+':
        push_tagged(lua, "ok", text);
        break;
    case '-':
        to_lua_push_error(lua, text);
        break;
    case ':':
        lua_pushnumber(lua, (double)to_number(text));
        break;
    case '$':
    case '*':
        push_null_or(lua, rest, to_number(text), line.ptr[0] == '*');
        break;
    case '%':
    case '~':
        push_tagged_table(lua, rest, to_number(text), line.ptr[0] == '%');
        break;
    case '#':
        lua_pushboolean(lua, text.ptr[0] == 't');
        break;
    case ',':
        push_double(lua, text);
        break;
    case '(':
        push_tagged(lua, "big_number", text);
        break;
    case '=':
        push_verbatim(lua, take_body(rest, to_number(text)));
        break;
    default: /* '_' */
        lua_pushnil(lua);
        break;
    }
}

void to_lua_push(lua_State *lua, struct str reply)
{
    push_value(lua, &reply);
}
