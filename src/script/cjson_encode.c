#include "script/cjson.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>

/* An encoding on its way; the bytes are the engine's, so an error leaks nothing. */
struct encoding {
    lua_State *lua;
    const struct cjson_settings *settings;
    struct buf *out;
    int depth;
};

static void encode_value(struct encoding *to);

static void fail(struct encoding *to, const char *reason)
{
    luaL_error(to->lua, "Cannot serialise %s: %s", luaL_typename(to->lua, -1), reason);
}

static const char *escape_of(char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '/':
        return "\\/";
    case '\b':
        return "\\b";
    case '\t':
        return "\\t";
    case '\n':
        return "\\n";
    case '\f':
        return "\\f";
    case '\r':
        return "\\r";
    default:
        return NULL;
    }
}

static void encode_string(struct encoding *to)
{
    struct str s;
    s.ptr = lua_tolstring(to->lua, -1, &s.len);
    buf_append_char(to->out, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        const char *escape = escape_of(s.ptr[i]);
        if (escape)
            buf_append_c(to->out, escape);
        else if (c < 32 || c == 127)
            buf_printf(to->out, "\\u%04x", c);
        else
            buf_append_char(to->out, s.ptr[i]);
    }
    buf_append_char(to->out, '"');
    script_scratch_check(to->lua, to->out);
}

static void encode_number(struct encoding *to)
{
    double number = lua_tonumber(to->lua, -1);
    if (isfinite(number)) {
        buf_printf(to->out, "%.*g", to->settings->precision, number);
        return;
    }
    if (to->settings->encode_invalid == 0) fail(to, "must not be NaN or Inf");
    if (to->settings->encode_invalid == 2)
        buf_append_c(to->out, "null");
    else if (isnan(number))
        buf_append_c(to->out, "nan");
    else
        buf_append_c(to->out, number > 0 ? "inf" : "-inf");
}

/* The length of an array that the table on top is, or -1 for an object. */
static int64_t array_length(struct encoding *to)
{
    lua_State *lua = to->lua;
    double max = 0;
    int64_t items = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        double key = lua_type(lua, -2) == LUA_TNUMBER ? lua_tonumber(lua, -2) : 0;
        if (!(key >= 1 && floor(key) == key)) {
            lua_pop(lua, 2);
            return -1;
        }
        if (key > max) max = key;
        items++;
        lua_pop(lua, 1);
    }
    const struct cjson_settings *settings = to->settings;
    bool is_sparse = settings->sparse_ratio > 0 && max > (double)settings->sparse_safe &&
                     max > (double)items * settings->sparse_ratio;
    if (is_sparse && !settings->sparse_convert) fail(to, "excessively sparse array");
    return is_sparse || max > INT32_MAX ? -1 : (int64_t)max;
}

static void encode_array(struct encoding *to, int64_t length)
{
    buf_append_char(to->out, '[');
    for (int64_t i = 1; i <= length; i++) {
        if (i > 1) buf_append_char(to->out, ',');
        lua_rawgeti(to->lua, -1, (int)i);
        encode_value(to);
        lua_pop(to->lua, 1);
        script_scratch_check(to->lua, to->out);
    }
    buf_append_char(to->out, ']');
}

/* The key is not converted in place: that would confuse lua_next. */
static void encode_key(struct encoding *to)
{
    switch (lua_type(to->lua, -1)) {
    case LUA_TSTRING:
        encode_string(to);
        break;
    case LUA_TNUMBER:
        buf_append_char(to->out, '"');
        encode_number(to);
        buf_append_char(to->out, '"');
        break;
    default:
        fail(to, "table key must be a number or string");
    }
}

static void encode_object(struct encoding *to)
{
    lua_State *lua = to->lua;
    bool is_first = true;
    buf_append_char(to->out, '{');
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        if (!is_first) buf_append_char(to->out, ',');
        is_first = false;
        lua_pushvalue(lua, -2);
        encode_key(to);
        lua_pop(lua, 1);
        buf_append_char(to->out, ':');
        encode_value(to);
        lua_pop(lua, 1);
        script_scratch_check(lua, to->out);
    }
    buf_append_char(to->out, '}');
}

static void encode_table(struct encoding *to)
{
    if (++to->depth > to->settings->encode_depth || !lua_checkstack(to->lua, 6)) {
        luaL_error(to->lua, "Cannot serialise, excessive nesting (%d)", to->depth);
    }
    int64_t length = array_length(to);
    if (length > 0)
        encode_array(to, length);
    else
        encode_object(to);
    to->depth--;
}

/* The value on top, which stays. */
static void encode_value(struct encoding *to)
{
    lua_State *lua = to->lua;
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        encode_string(to);
        break;
    case LUA_TNUMBER:
        encode_number(to);
        break;
    case LUA_TBOOLEAN:
        buf_append_c(to->out, lua_toboolean(lua, -1) ? "true" : "false");
        break;
    case LUA_TTABLE:
        encode_table(to);
        break;
    case LUA_TNIL:
        buf_append_c(to->out, "null");
        break;
    default:
        if (lua_islightuserdata(lua, -1) && lua_touserdata(lua, -1) == NULL)
            buf_append_c(to->out, "null");
        else
            fail(to, "type not supported");
    }
}

int cjson_encode(lua_State *lua)
{
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    struct encoding encoding = {
        .lua = lua, .settings = &script_engine_of(lua)->cjson, .out = script_scratch(lua)};
    encode_value(&encoding);
    lua_pushlstring(lua, encoding.out->ptr, encoding.out->len);
    return 1;
}
