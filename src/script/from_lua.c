#include "script/from_lua.h"

#include "base/buf.h"

#include <math.h>

enum { DEPTH_MAX = 1990 };

/* A conversion on its way. */
struct conversion {
    lua_State *lua;
    struct reply *reply;
    int version, depth;
};

static void write_value(struct conversion *to);

int64_t from_lua_integer(double number)
{
    if (isnan(number) || number >= 9223372036854775808.0 || number < -9223372036854775808.0) {
        return INT64_MIN;
    }
    return (int64_t)number;
}

static struct str text_at(lua_State *lua, int at)
{
    struct str text;
    text.ptr = lua_tolstring(lua, at, &text.len);
    return text;
}

/* The field of the table on top, pushed when it has that type. */
static bool push_field(lua_State *lua, const char *name, int type)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    if (lua_type(lua, -1) == type) return true;
    lua_pop(lua, 1);
    return false;
}

static void write_line(struct conversion *to, void (*write)(struct reply *, struct str))
{
    struct buf text = {0};
    buf_append_str(&text, text_at(to->lua, -1));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n') text.ptr[i] = ' ';
    }
    write(to->reply, buf_str(&text));
    buf_deinit(&text);
}

bool from_lua_is_counted(lua_State *lua, int at)
{
    lua_pushstring(lua, "ignore_error_stats_update");
    lua_rawget(lua, at < 0 ? at - 1 : at);
    bool is_counted = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is_counted;
}

/* The text is on top, the table it is in below. */
static void write_error(struct conversion *to)
{
    write_line(to, from_lua_is_counted(to->lua, -2) ? reply_error_again : reply_error_str);
}

static void write_ok(struct conversion *to)
{
    write_line(to, reply_status_str);
}

static void write_double(struct conversion *to)
{
    reply_double(to->reply, lua_tonumber(to->lua, -1));
}

static size_t count_fields(lua_State *lua)
{
    size_t count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        count++;
        lua_pop(lua, 1);
    }
    return count;
}

static void write_map(struct conversion *to)
{
    reply_map(to->reply, count_fields(to->lua));
    lua_pushnil(to->lua);
    while (lua_next(to->lua, -2)) {
        lua_pushvalue(to->lua, -2);
        write_value(to);
        write_value(to);
    }
}

static void write_set(struct conversion *to)
{
    reply_set(to->reply, count_fields(to->lua));
    lua_pushnil(to->lua);
    while (lua_next(to->lua, -2)) {
        lua_pop(to->lua, 1);
        lua_pushvalue(to->lua, -1);
        write_value(to);
    }
}

static void write_big_number(struct conversion *to)
{
    write_line(to, reply_big_number);
}

/* Anything that lacks one of its two parts is an empty array, as any table without elements. */
static void write_verbatim(struct conversion *to)
{
    lua_State *lua = to->lua;
    char letters[4] = "txt";
    if (!push_field(lua, "format", LUA_TSTRING)) {
        reply_array(to->reply, 0);
        return;
    }
    struct str format = text_at(lua, -1);
    memcpy(letters, format.ptr, format.len < 3 ? format.len : 3);
    lua_pop(lua, 1);
    if (!push_field(lua, "string", LUA_TSTRING)) {
        reply_array(to->reply, 0);
        return;
    }
    reply_verbatim(to->reply, text_at(lua, -1), letters);
    lua_pop(lua, 1);
}

static void write_array(struct conversion *to)
{
    lua_State *lua = to->lua;
    int count = 0;
    for (;; count++) {
        lua_rawgeti(lua, -1, count + 1);
        bool is_end = lua_isnil(lua, -1);
        lua_pop(lua, 1);
        if (is_end) break;
    }
    reply_array(to->reply, (size_t)count);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, i);
        write_value(to);
    }
}

static const struct special {
    const char *field;
    int type;
    void (*write)(struct conversion *to);
} specials[] = {
    {"err", LUA_TSTRING, write_error},
    {"ok", LUA_TSTRING, write_ok},
    {"double", LUA_TNUMBER, write_double},
    {"map", LUA_TTABLE, write_map},
    {"set", LUA_TTABLE, write_set},
    {"big_number", LUA_TSTRING, write_big_number},
    {"verbatim_string", LUA_TTABLE, write_verbatim},
};

static void write_table(struct conversion *to)
{
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (!push_field(to->lua, specials[i].field, specials[i].type)) continue;
        specials[i].write(to);
        lua_pop(to->lua, 1);
        return;
    }
    write_array(to);
}

static void write_boolean(struct conversion *to)
{
    bool value = lua_toboolean(to->lua, -1);
    if (to->version >= 3)
        reply_bool(to->reply, value);
    else if (value)
        reply_i64(to->reply, 1);
    else
        reply_null(to->reply);
}

/* Pops the value. */
static void write_value(struct conversion *to)
{
    lua_State *lua = to->lua;
    if (++to->depth > DEPTH_MAX || !lua_checkstack(lua, 4)) {
        reply_error(to->reply, "ERR reached lua stack limit");
    } else {
        switch (lua_type(lua, -1)) {
        case LUA_TSTRING:
            reply_bulk(to->reply, text_at(lua, -1));
            break;
        case LUA_TBOOLEAN:
            write_boolean(to);
            break;
        case LUA_TNUMBER:
            reply_i64(to->reply, from_lua_integer(lua_tonumber(lua, -1)));
            break;
        case LUA_TTABLE:
            write_table(to);
            break;
        default:
            reply_null(to->reply);
            break;
        }
    }
    to->depth--;
    lua_pop(lua, 1);
}

void from_lua_reply(lua_State *lua, struct reply *reply, int version)
{
    struct conversion conversion = {.lua = lua, .reply = reply, .version = version};
    write_value(&conversion);
}
