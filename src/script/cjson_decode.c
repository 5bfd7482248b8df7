#include "script/cjson.h"
#include "script/json_scan.h"

#include <lauxlib.h>

struct decoding {
    lua_State *lua;
    struct json_scan scan;
    int depth, depth_max;
};

static void decode_value(struct decoding *from);

static void fail(struct decoding *from, const char *expected)
{
    luaL_error(from->lua, "Expected %s but found %s at character %d", expected,
               json_scan_found(&from->scan), (int)from->scan.start + 1);
}

static void descend(struct decoding *from)
{
    from->depth++;
    if (from->depth > from->depth_max || !lua_checkstack(from->lua, 6)) {
        luaL_error(from->lua, "Found too many nested data structures (%d) at character %d",
                   from->depth, (int)from->scan.at);
    }
}

static void push_string(struct decoding *from)
{
    const struct buf *string = from->scan.string;
    lua_pushlstring(from->lua, string->len ? string->ptr : "", string->len);
}

/* Reads on behind a member: true when another one follows. */
static bool has_more(struct decoding *from, enum json_token end, const char *expected)
{
    json_scan_next(&from->scan);
    if (from->scan.token == end) return false;
    if (from->scan.token != JSON_COMMA) fail(from, expected);
    json_scan_next(&from->scan);
    return true;
}

static void decode_object(struct decoding *from)
{
    descend(from);
    lua_newtable(from->lua);
    json_scan_next(&from->scan);
    bool more = from->scan.token != JSON_OBJECT_END;
    while (more) {
        if (from->scan.token != JSON_STRING) fail(from, "object key string");
        push_string(from);
        json_scan_next(&from->scan);
        if (from->scan.token != JSON_COLON) fail(from, "colon");
        json_scan_next(&from->scan);
        decode_value(from);
        lua_rawset(from->lua, -3);
        more = has_more(from, JSON_OBJECT_END, "comma or object end");
    }
    from->depth--;
}

static void decode_array(struct decoding *from)
{
    descend(from);
    lua_newtable(from->lua);
    json_scan_next(&from->scan);
    bool more = from->scan.token != JSON_ARRAY_END;
    for (int i = 1; more; i++) {
        decode_value(from);
        lua_rawseti(from->lua, -2, i);
        more = has_more(from, JSON_ARRAY_END, "comma or array end");
    }
    from->depth--;
}

/* Pushes the value that begins with the current token. */
static void decode_value(struct decoding *from)
{
    lua_State *lua = from->lua;
    switch (from->scan.token) {
    case JSON_OBJECT_BEGIN:
        decode_object(from);
        break;
    case JSON_ARRAY_BEGIN:
        decode_array(from);
        break;
    case JSON_STRING:
        push_string(from);
        break;
    case JSON_NUMBER:
        lua_pushnumber(lua, from->scan.number);
        break;
    case JSON_BOOLEAN:
        lua_pushboolean(lua, from->scan.boolean);
        break;
    case JSON_NULL:
        lua_pushlightuserdata(lua, NULL);
        break;
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
    case JSON_COLON:
    case JSON_COMMA:
    case JSON_END:
    case JSON_ERROR:
        fail(from, "value");
    }
}

int cjson_decode(lua_State *lua)
{
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    const struct cjson_settings *settings = &script_engine_of(lua)->cjson;
    struct decoding decoding = {.lua = lua, .depth_max = settings->decode_depth};
    struct json_scan *scan = &decoding.scan;
    scan->text.ptr = luaL_checklstring(lua, 1, &scan->text.len);
    if (scan->text.len >= 2 && (!scan->text.ptr[0] || !scan->text.ptr[1])) {
        return luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
    }
    scan->strict_numbers = settings->decode_invalid == 0;
    scan->string = script_scratch(lua);
    json_scan_next(scan);
    decode_value(&decoding);
    json_scan_next(scan);
    if (scan->token != JSON_END) fail(&decoding, "the end");
    return 1;
}
